from odoo.tests import tagged

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from . import upgrading
from .common import EngineCase, delivered


@tagged("post_install", "-at_install")
class TestFault(EngineCase):
    """Whose fault a failure is, so that dead letters are told apart."""

    def _failed(self, error):
        self.send_with(lambda _outgoing: Outcome(error=error))
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        return self.messages(self.outbound)

    def test_a_refusal_is_the_partners(self):
        message = self._failed(errors.PermanentError("Refused.", code="http_422"))
        self.assertEqual((message.state, message.fault), ("dead", "partner"))

    def test_a_wrong_mapping_is_our_own(self):
        message = self._failed(errors.MappingError("Wrong."))
        self.assertEqual((message.state, message.fault), ("quarantined", "own"))

    def test_an_error_may_know_better_than_its_class(self):
        error = errors.PermanentError("Too large.", code="http_413")
        error.fault = errors.Fault.OWN
        self.assertEqual(self._failed(error).fault, "own")

    def test_a_received_message_that_breaks_its_contract_is_the_senders(self):
        self.handle_with(lambda *_args: self.fail("it breaks its contract"))
        message = self.receive("k-1", {"amount": "1"})
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.fault), ("quarantined", "partner"))

    def test_a_retry_forgets_it(self):
        message = self._failed(errors.PermanentError("Refused."))
        self.send_with(delivered)
        message.action_retry()
        message.invalidate_recordset()
        self.assertEqual((message.state, message.fault), ("queued", False))

    def test_upgrade_tells_it_of_what_waits(self):
        message = self._failed(errors.PermanentError("Refused."))
        self.env.cr.execute("UPDATE integration_message SET fault = NULL")
        upgrading.script("19.0.1.2.0", "post-fault").migrate(self.env.cr, "19.0.1.1.0")
        message.invalidate_recordset()
        self.assertEqual(message.fault, "partner")

    def test_dead_letters_are_grouped_by_it(self):
        self._failed(errors.PermanentError("Refused."))
        view = self.env.ref("integration_core.integration_message_view_search")
        self.assertIn("group_fault", view.arch)
        domain = [
            ("state", "in", ("quarantined", "dead")),
            ("id", "in", self.messages(self.outbound).ids),
        ]
        groups = self.env["integration.message"]._read_group(domain, ["fault"], ["__count"])
        self.assertEqual(groups, [("partner", 1)])
