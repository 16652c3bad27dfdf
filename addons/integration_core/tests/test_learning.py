from odoo.tests import tagged

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from .common import EngineCase


class Teller:
    """A sender whose partner tells something with each answer, and that is briefed before."""

    def __init__(self, error=None):
        self.error = error
        self.briefed = []

    def brief(self, env, messages):
        self.briefed += [(env.uid, message.res_model) for message in messages]

    def __call__(self, message):
        status = 412 if self.error else 201
        return Outcome(error=self.error, http_status=status, sent=b"{}", learned="id 7")


@tagged("post_install", "-at_install")
class TestLearning(EngineCase):
    """What partners tell beside the fate of a message."""

    def learn(self, sender, note=lambda *_args: None):
        self.noted = []

        def learned(transport, interface, message, told):
            self.noted.append((interface, message.state, told))
            note(transport, message)

        self.patch(type(self.env["integration.transport.none"]), "_learned", learned)
        self.send_with(sender)
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        return self.messages(self.outbound)

    def test_the_transport_takes_note_before_the_result_is_recorded(self):
        sender = Teller()
        message = self.learn(sender)
        self.assertEqual(message.state, "done")
        self.assertEqual(self.noted, [(self.outbound, "processing", "id 7")])
        self.assertEqual(sender.briefed, [(1, "res.country")])

    def test_a_failure_may_tell_something_as_well(self):
        message = self.learn(Teller(errors.ConflictError("Another version is there.")))
        self.assertEqual((message.state, len(self.noted)), ("quarantined", 1))

    def test_a_contradiction_is_a_failure_of_the_message(self):
        def contradict(_transport, message):
            message.env["res.partner"].create({"name": "half of the note"})
            raise errors.ConflictError("It is another one's.", code="external_id_taken")

        message = self.learn(Teller(), contradict)
        self.assertEqual((message.state, message.error_code), ("quarantined", "external_id_taken"))
        self.assertFalse(self.env["res.partner"].search([("name", "=", "half of the note")]))

    def test_a_fault_in_noting_does_not_hide_why_the_message_failed(self):
        def fail(*_args):
            raise errors.ConflictError("No.")

        message = self.learn(Teller(errors.PermanentError("Refused.", code="http_422")), fail)
        self.assertEqual((message.state, message.error_code), ("dead", "http_422"))
