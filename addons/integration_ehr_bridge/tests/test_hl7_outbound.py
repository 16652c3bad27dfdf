import time
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.integration_core.engine import awaited
from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_ehr_bridge.engine import hl7_answers, mllp_sender
from odoo.addons.integration_ehr_bridge.tools.hl7 import message as hl7
from odoo.addons.integration_ehr_bridge.tools.sending import header

from .hl7_peer import DirectKeeper, Listener, ack

MAPPING = """{
    type: 'ADT', trigger: 'A08',
    segments: [{id: 'EVN', f1: 'A08'}, {id: 'PV1', f19: [{c1: root.key}]}]
}"""


class Hl7OutboundCase(EngineCase):
    """An outbound interface that writes the events of the engine's tests as HL7."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mapping = cls.env["integration.mapping"].create(
            {"name": "As HL7", "header": MAPPING, "state": "approved"}
        )
        cls.policy.write(
            {"ordering": "strict", "read_timeout": 0.5, "total_timeout": 5, "max_attempts": 5}
        )
        cls.system.write({"environment": "production", "tz": "Europe/Berlin"})
        cls.hl7 = cls._interface(
            "HL7 out",
            direction="outbound",
            transport="mllp",
            url="mllp://127.0.0.1:2575",
            allowed_networks="127.0.0.0/8",
            mapping_id=cls.mapping.id,
            event_type_ids=[(6, 0, cls.event_type.ids)],
            hl7_application="ODOO",
            hl7_facility="GENERAL",
            hl7_partner_application="EHR",
        )
        # One interface gets the event, and it is this one.
        cls.outbound.active = False

    def set_up(self, **values):
        """Set governed fields, as if that had been approved."""

        if not values:
            return
        names = ", ".join(f"{name} = %s" for name in values)
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE integration_interface SET {names} WHERE id = %s",
            [*values.values(), self.hl7.id],
        )
        self.hl7.invalidate_recordset()

    def listen(self, answer):
        """Let the interface send to a scripted listener; return it."""
        listener = Listener(answer)
        self.addCleanup(listener.close)
        self.set_up(url=f"mllp://127.0.0.1:{listener.port}")
        self.keeper = DirectKeeper()
        self.addCleanup(lambda: self.keeper.holding and self.keeper.holding.disconnect())
        self.patch(mllp_sender.MllpSender, "__init__", _with(self.keeper))
        return listener

    def sent(self):
        """Fire an event and drain; the message."""
        self.fire()
        self.dispatch()
        return self.drained()

    def drained(self):
        self.drain(self.hl7)
        message = self.messages(self.hl7)
        message.invalidate_recordset()
        return message


def _with(keeper):
    original = mllp_sender.MllpSender.__init__

    def init(self, registry, partner):
        original(self, registry, partner, keeper)

    return init


@tagged("post_install", "-at_install")
class TestHl7Outbound(Hl7OutboundCase):
    def test_a_message_is_written_sent_and_acknowledged(self):
        listener = self.listen(lambda _message, identifier: ack(identifier))
        message = self.sent()
        self.assertEqual(message.state, "done", message.error_message)
        (bytes_,) = listener.messages
        found = hl7.parse(bytes_)
        self.assertEqual(found.get("PV1-19"), "Zedland")
        self.assertEqual(found.raw("MSH-9"), "ADT^A08")
        self.assertEqual((found.get("MSH-3"), found.get("MSH-5")), ("ODOO", "EHR"))
        self.assertEqual(found.get("MSH-11"), "P")
        self.assertIn(found.get("MSH-7")[-5:], ("+0100", "+0200"))
        self.assertEqual(message.wire_id, header.control_id(message.external_key))
        self.assertEqual(found.get("MSH-10"), message.wire_id)
        kinds = {one.kind: one.content_type for one in message.payload_ids}
        self.assertEqual(kinds["sent"], "application/hl7-v2")
        self.assertIn("response", kinds)

    def test_a_retry_has_the_same_bytes(self):
        answers = [b"", None]
        listener = self.listen(lambda _m, identifier: answers.pop() if answers else ack(identifier))
        message = self.sent()
        for _time in range(2):
            self.assertEqual((message.state, message.error_class), ("retry", "unknown_outcome"))
            self.make_due(message)
            message = self.drained()
        self.assertEqual((message.state, message.attempts), ("done", 3))
        self.assertEqual(len(listener.messages), 3)
        self.assertEqual(len(set(listener.messages)), 1)
        self.assertEqual(message.attempt_ids.mapped("error_code"), ["no_ack", "ack_timeout", False])

    def test_an_error_is_for_a_person_unless_the_interface_says_otherwise(self):
        codes = ["AE", "AE", "AR"]
        error = "ERR||PID^1^3|204^Unknown key Jane Roe^HL70357|E||||Jane Roe"
        self.listen(lambda _message, identifier: ack(identifier, codes.pop(0), error))
        message = self.sent()
        self.assertEqual((message.state, message.error_code), ("quarantined", "hl7_ae"))
        self.assertIn("Unknown key identifier (PID-3)", message.error_message)
        self.assertNotIn("Jane", message.error_message)
        self.assertEqual(message.fault, "partner")
        self.set_up(hl7_on_error="retry")
        message.action_retry()
        message = self.drained()
        self.assertEqual((message.state, message.error_class), ("retry", "transient"))
        self.make_due(message)
        message = self.drained()
        self.assertEqual((message.state, message.error_code), ("quarantined", "hl7_ar"))

    def test_silence_is_held_for_a_person(self):
        replies = [b""]
        listener = self.listen(
            lambda _message, identifier: replies.pop() if replies else ack(identifier)
        )
        self.set_up(hl7_on_silence="hold")
        message = self.sent()
        self.assertEqual((message.state, message.attempts), ("quarantined", 1))
        self.assertEqual(message.error_class, "unknown_outcome")
        self.assertEqual(len(listener.messages), 1)
        message.action_retry()
        message = self.drained()
        self.assertEqual(message.state, "done")
        self.assertEqual(len(set(listener.messages)), 1, "the partner recognises it")

    def test_the_one_repetition_is_the_question(self):
        replies = [b"", "ask"]
        listener = self.listen(
            lambda _message, identifier: b"" if not replies.pop(0) else ack(identifier)
        )
        self.set_up(hl7_on_silence="query")
        message = self.sent()
        self.assertEqual((message.state, message.attempts), ("done", 1))
        self.assertEqual(len(listener.messages), 2)
        self.assertEqual(listener.connections, 2, "the late answer is not to be met")

    def test_a_question_without_an_answer_is_held(self):
        listener = self.listen(lambda _message, _identifier: b"")
        self.set_up(hl7_on_silence="query")
        message = self.sent()
        self.assertEqual((message.state, message.error_code), ("quarantined", "hl7_unanswered"))
        self.assertEqual(len(listener.messages), 2)

    def test_enhanced_mode_waits_for_what_became_of_it(self):
        self.listen(lambda _message, identifier: ack(identifier, "CA"))
        self.set_up(hl7_ack_mode="stored_handled", hl7_ack_deadline=60)
        message = self.sent()
        self.assertEqual(message.state, "waiting")
        raw = ack(message.wire_id, "AE", "ERR|||207|E")[1:-2]
        with self.enter_registry_test_mode():
            taken = hl7_answers.take(self.env.registry, self.system.id, hl7.parse(raw), raw)
        self.assertTrue(taken)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_code), ("quarantined", "hl7_ae"))
        self.assertIn("acknowledgement", message.payload_ids.mapped("kind"))

    def test_an_answer_on_the_same_connection_is_heard(self):
        listener = self.listen(lambda _message, identifier: ack(identifier, "CA"))
        self.set_up(hl7_ack_mode="stored_handled")
        message = self.sent()
        self.assertEqual(message.state, "waiting")
        listener.say(ack(message.wire_id))
        for _time in range(50):
            with self.enter_registry_test_mode():
                self.keeper.holding.listen()
            message.invalidate_recordset()
            if message.state == "done":
                break
            time.sleep(0.05)
        self.assertEqual(message.state, "done")

    def test_a_receiver_that_skips_the_first_step_is_believed(self):
        self.listen(lambda _message, identifier: ack(identifier, "AA"))
        self.set_up(hl7_ack_mode="stored_handled")
        self.assertEqual(self.sent().state, "done")

    def test_foreign_acknowledgements_are_nobodys(self):
        raw = ack("4711")[1:-2]
        with patch.object(awaited, "acknowledge") as acknowledge:
            self.assertFalse(
                hl7_answers.take(self.env.registry, self.system.id, hl7.parse(raw), raw)
            )
        acknowledge.assert_not_called()


@tagged("post_install", "-at_install")
class TestHl7OutboundSettings(Hl7OutboundCase):
    def missing(self, **values):
        self.set_up(**values)
        return " ".join(self.hl7._missing_for_traffic())

    def test_complete(self):
        self.assertFalse(self.missing())

    def test_what_is_missing_is_said(self):
        self.assertIn("URL is empty", self.missing(url=None))
        self.assertIn("begins with mllps://", self.missing(url="https://ehr.example"))
        self.assertIn("MSH-3", self.missing(hl7_application=None))
        self.assertIn("No mapping", self.missing(mapping_id=None))

    def test_encryption(self):
        self.assertIn("mllps://", self.missing(url="mllp://ehr.example:2575"))
        self.assertNotIn("mllps://", self.missing(url="mllps://ehr.example:2575"))
        self.assertFalse(self.missing(url="mllp://127.0.0.1:2575"))
        self.assertIn("Clinical", self.missing(data_class="clinical"))

    def test_order_and_connections(self):
        self.assertIn("several connections cannot", self.missing(mllp_connections=2))
        self.policy.write({"ordering": "key", "lanes": 4})
        self.assertFalse(self.missing(mllp_connections=4))
        self.assertIn("4 lanes", self.missing(mllp_connections=2))
        with self.assertRaises(ValidationError):
            self.env["integration.interface"].create(
                {"name": "X", "system_id": self.system.id, "mllp_connections": 0}
            )

    def test_holding_needs_a_policy_that_blocks(self):
        self.assertIn("overtake", self.missing(hl7_on_silence="hold"))
        self.policy.failure_blocks_key = True
        self.assertFalse(self.missing())

    def test_credentials(self):
        basic = self.env["integration.credential"].create({"name": "Login", "kind": "basic"})
        said = self.missing(credential_id=basic.id)
        self.assertIn("cannot work with a credential", said)
        self.assertIn("no effect", said)
        said = self.missing(transport="hl7_http", url="http://ehr.example/hl7")
        self.assertIn("must begin with https://", said)
        self.assertFalse(self.missing(url="https://ehr.example/hl7"))

    def test_processing_id_follows_the_environment(self):
        self.assertEqual(self.hl7._hl7_header_rules().processing_id, "P")
        self.system.environment = "test"
        self.assertEqual(self.hl7._hl7_header_rules().processing_id, "T")
