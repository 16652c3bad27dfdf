import json

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import own_events
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from .common import EngineCase, delivered


def refused(_outgoing):
    return Outcome(
        error=errors.PermanentError("Refused: Jane Doe.", code="http_422"),
        http_status=422,
        sent=b"{}",
    )


@tagged("post_install", "-at_install")
class TestOwnEvents(EngineCase):
    """The engine tells of its own failures, to whom wants to know, and never of its telling."""

    def setUp(self):
        super().setUp()
        self.exhausted = self.env.ref("integration_core.event_type_message_exhausted")
        self.disabled = self.env.ref("integration_core.event_type_endpoint_disabled")

    def _watcher(self, *types):
        return self._interface(
            "Watcher",
            direction="outbound",
            event_type_ids=[(6, 0, [event_type.id for event_type in types])],
        )

    def _give_up(self, sender=refused):
        self.send_with(sender)
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        return self.messages(self.outbound)

    def _told(self, interface):
        """What a drain of ``interface`` sends now."""
        told = []
        self.dispatch()
        self.send_with(lambda one: told.append((one.message_type, one.document)) or delivered(one))
        self.drain(interface)
        return told

    def test_a_message_that_was_given_up_is_told_without_its_content(self):
        watcher = self._watcher(self.exhausted)
        message = self._give_up()
        [(code, document)] = self._told(watcher)
        self.assertEqual(code, own_events.EXHAUSTED)
        self.assertEqual(document["message_id"], message.uuid)
        self.assertEqual(document["event_type"], self.event_type.code)
        self.assertEqual((document["attempts"], document["http_status"]), (1, 422))
        self.assertEqual((document["error_code"], document["fault"]), ("http_422", "partner"))
        self.assertNotIn("Jane", json.dumps(document))
        self.assertNotIn("Zedland", json.dumps(document))
        self.assertEqual(self.messages(watcher).state, "done", "it fulfils its contract")
        self.assertEqual(self.messages(watcher).correlation_id, message.correlation_id)

    def test_nobody_listens_nothing_is_written(self):
        self._give_up()
        self.assertFalse(
            self.env["integration.event"].search([("type_id", "=", self.exhausted.id)])
        )

    def test_no_loop(self):
        watcher = self._watcher(self.exhausted)
        self._give_up()
        self.dispatch()
        self.drain(watcher)
        self.assertEqual(self.messages(watcher).mapped("state"), ["dead"])
        self.dispatch()
        self.assertEqual(len(self.messages(watcher)), 1, "its own failure is not told")

    def test_it_is_no_document_with_a_status(self):
        self._watcher(self.exhausted)
        self._give_up()
        self.dispatch()
        rows = self.env["integration.record.sync"].search([("res_model", "=like", "integration.%")])
        self.assertFalse(rows)
        self.assertNotIn(
            "integration.message", self.env["integration.record.sync"]._read_touched_models()
        )

    def test_a_disabled_endpoint_is_told(self):
        watcher = self._watcher(self.disabled)
        self.outbound._disable_endpoint("The partner has taken nothing for 120 hours.")
        [(code, document)] = self._told(watcher)
        self.assertEqual(code, own_events.DISABLED)
        self.assertEqual(document["interface"], self.outbound.name)
        self.assertEqual(document["system"], "PARTNER")
        self.assertIn("120 hours", document["reason"])
        self.assertEqual(self.messages(watcher).state, "done", "it fulfils its contract")

    def test_telling_may_fail_without_undoing_the_record(self):
        self._watcher(self.exhausted)
        self.send_with(refused)
        self.fire()
        self.dispatch()
        self.patch(own_events.outbox, "write", lambda *_args: 1 / 0)
        with self.assertLogs("odoo.addons.integration_core.engine.own_events", "ERROR"):
            self.drain(self.outbound)
        self.assertEqual(self.messages(self.outbound).state, "dead")

    def test_people_make_no_types_of_the_engine(self):
        administrator = new_test_user(
            self.env, "own.administrator", "integration_core.group_administrator"
        )
        types = self.env["integration.event.type"].with_user(administrator)
        values = {"name": "Mine", "code": "mine", "model_name": "res.country"}
        with self.assertRaises(UserError):
            types.create({**values, "trigger": "engine"})
        mine = types.create({**values, "trigger": "created"})
        with self.assertRaises(UserError):
            mine.trigger = "engine"

    def test_examples_fulfil_their_contracts(self):
        for code in own_events.CODES:
            version = self.env["integration.contract"].search([("code", "=", code)])
            version = version.current_version_id
            with self.subTest(code):
                self.assertEqual(version._validator().violations(json.loads(version.example)), [])


@tagged("post_install", "-at_install")
class TestSendTest(EngineCase):
    """A person sees whether an endpoint works, by the way that all messages take."""

    def setUp(self):
        super().setUp()
        self.patch(type(self.env["integration.transport.none"]), "_sends_tests", True)
        self.operator = new_test_user(self.env, "test.operator", "integration_core.group_operator")

    def _test(self, interface):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            action = interface.with_user(self.operator).action_send_test()
        self.env.invalidate_all()
        return self.env["integration.message"].browse(action["res_id"])

    def test_it_goes_through_the_engine_to_one_endpoint(self):
        other = self._interface(
            "Other", direction="outbound", event_type_ids=[(6, 0, self.event_type.ids)]
        )
        message = self._test(self.outbound)
        self.assertEqual((message.message_type, message.state), ("integration.test", "queued"))
        self.assertEqual(message.sequence_number, 1)
        sent = []
        self.send_with(lambda one: sent.append(one.document) or delivered(one))
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")
        self.assertIs(sent[0]["test"], True)
        self.dispatch()
        self.assertFalse(self.messages(other))
        contract = self.env["integration.contract"].search([("code", "=", own_events.TEST)])
        self.assertEqual(contract.current_version_id._validator().violations(sent[0]), [])
        entry = self.env["integration.audit.entry"].search(
            [("act", "=", "test"), ("res_id", "=", self.outbound.id)]
        )
        self.assertEqual(entry.actor_id, self.operator.id)

    def test_neither_filter_nor_mapping_nor_wire_contract_apply(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET event_filter = 'data.key', contract_version_id = %s "
            "WHERE id = %s",
            [self.contract.version_ids.id, self.outbound.id],
        )
        self.outbound.invalidate_recordset()
        message = self._test(self.outbound)
        self.send_with(delivered)
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")

    def test_private_interfaces_have_private_tests(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.outbound.id],
        )
        self.outbound.invalidate_recordset()
        message = self._test(self.outbound)
        self.assertFalse(message.event_id.data)
        self.send_with(delivered)
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")

    def test_it_waits_while_the_interface_is_paused(self):
        self.outbound.action_pause()
        message = self._test(self.outbound)
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "held")

    def test_who_may_and_where(self):
        draft = self.outbound.copy({"name": "Draft"})
        with self.assertRaises(UserError):
            self._test(draft)
        with self.assertRaises(UserError):
            self._test(self.inbound)
        observer = new_test_user(self.env, "test.observer", "integration_core.group_observer")
        with self.assertRaises(UserError):
            self.outbound.with_user(observer).action_send_test()
        self.patch(type(self.env["integration.transport.none"]), "_sends_tests", False)
        with self.assertRaises(UserError):
            self._test(self.outbound)

    def test_a_test_that_fails_is_no_event(self):
        watcher = self._interface(
            "Watcher",
            direction="outbound",
            event_type_ids=[
                (6, 0, self.env.ref("integration_core.event_type_message_exhausted").ids)
            ],
        )
        self.send_with(refused)
        message = self._test(self.outbound)
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "dead")
        self.dispatch()
        self.assertFalse(self.messages(watcher))
