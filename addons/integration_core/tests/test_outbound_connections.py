import threading
import time

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.engine import outbound
from odoo.addons.integration_core.engine.deliveries import Course


class Partner:
    """Stands for a delivery whose first course is not answered before all others are done."""

    def __init__(self, count):
        self.courses = [Course() for _number in range(count)]
        self.others = threading.Event()
        self.threads = set()
        self._left = count - 1
        self._lock = threading.Lock()

    def serve(self, course, _is_over):
        self.threads.add(threading.get_ident())
        if course is self.courses[0]:
            if not self.others.wait(20):
                raise AssertionError("the others wait behind one answer that does not come")
            return
        with self._lock:
            self._left -= 1
            if not self._left:
                self.others.set()


@tagged("post_install", "-at_install")
class TestOutboundConnections(TransactionCase):
    def _drain(self, share):
        """A drain that has sent over one connection before."""
        drain = outbound.OutboundDrain(self.env.registry, 0)
        drain._connections.note(1, work=share, elapsed=1.0)
        return drain

    def test_one_answer_that_does_not_come_holds_up_nobody(self):
        partner = Partner(20)
        drain = self._drain(0.9)
        started = time.monotonic()
        drain._run(partner.courses, partner, "token", 4)
        self.assertTrue(partner.others.is_set())
        self.assertGreaterEqual(time.monotonic() - started, outbound.HELP_SECONDS)
        self.assertEqual(drain._connections.next(4), 4, "it waited: there is room for all")

    def test_a_quick_partner_is_served_over_few(self):
        partner = Partner(20)
        partner.others.set()
        self._drain(0.9)._run(partner.courses, partner, "token", 4)
        self.assertEqual(len(partner.threads), 1)
