from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.integration_core.tests.common import delivered

from .overview_case import OverviewCase


class MonitoringUiCase(OverviewCase, HttpCase):
    """An operator with a browser, and one interface whose messages tests make."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env,
            "tour.operator",
            "base.group_user,integration_core.group_operator",
            password="tour.operator",
        )
        # Only what the test is about: demo data have traffic of their own.
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'retired' WHERE id NOT IN %s",
            [(cls.inbound.id, cls.outbound.id, cls.foreign.id)],
        )
        cls.outbound.write({"name": "Tour orders", "runbook": "<p>Call the supplier.</p>"})
        cls.env.invalidate_all()

    def _dead(self):
        self.fire()
        self.dispatch()
        message = self.messages(self.outbound)
        self.env.cr.execute(
            """
            UPDATE integration_message
               SET state = 'dead', attempts = 3, correlation_id = 'tour-case',
                   wire_id = 'TOURCONTROL', error_class = 'transient', error_code = 'http_503',
                   error_message = 'The partner answered 503.'
             WHERE id = %s
            """,
            [message.id],
        )
        self.env.invalidate_all()
        self.beat()
        return message

    def play(self, tour, path="/odoo", **options):
        self.start_tour(path, f"integration_monitoring_{tour}", login="tour.operator", **options)


@tagged("post_install", "-at_install")
class TestUiMonitoring(MonitoringUiCase):
    """The screens in a browser, as an operator meets them."""

    def test_from_the_overview_to_what_failed_and_to_healed(self):
        message = self._dead()
        self.play("replay")
        self.env.invalidate_all()
        self.assertEqual(message.state, "queued")
        self.send_with(delivered)
        self.drain(self.outbound)
        self.env.invalidate_all()
        self.assertEqual(message.state, "done")
        self.roll(self.outbound)
        self.beat()
        self.play("healed")

    def test_the_page_of_an_interface(self):
        for ago in (120, 600, 5000):
            self.store_message(self.outbound, "done", ago)
        self.roll(self.outbound)
        self.beat()
        revision = self.env["integration.revision"].create(
            {"interface_id": self.outbound.id, "number": 3, "summary": "Another address"}
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_revision SET state = 'in_force', applied_at = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(hours=2), revision.id],
        )
        self.play("interface")

    def test_the_map(self):
        self._dead()
        self.play("map")

    def test_a_trace(self):
        self._dead()
        self.play("trace")
