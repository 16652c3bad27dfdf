import json
from datetime import datetime

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import SCHEMA, EngineCase

ADMINISTRATOR = "integration_core.group_administrator"
APPROVER = "integration_core.group_approver"


class MappingCase(EngineCase):
    """A mapping from German to English things, used by the inbound interface."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.value_map = cls.env["integration.value.map"].create(
            {
                "name": "Colours",
                "code": "colour",
                "line_ids": [(0, 0, {"source": "rot", "target": "red"})],
            }
        )
        cls.mapping = cls.env["integration.mapping"].create(
            {
                "name": "Partner thing",
                "header": "{key: lookup('colour', root.farbe), amount: decimal(root.menge)}",
                "value_map_ids": [(6, 0, cls.value_map.ids)],
            }
        )
        cls._use(cls.mapping)

    @classmethod
    def _use(cls, mapping, interface=None):
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET mapping_id = %s WHERE id = %s",
            [mapping.id or None, (interface or cls.inbound).id],
        )
        cls.env.invalidate_all()

    def quarantine(self, *colours, interface=None):
        """Messages that wait for these colours."""
        self.handle_with(lambda *args: None)
        messages = self.env["integration.message"]
        for colour in colours:
            key = f"{colour}-{self.env['integration.message'].search_count([])}"
            body = {"farbe": colour, "menge": "1"}
            spec = {"id": interface.id} if interface else {}
            messages |= self.receive(key, body, **spec)
        for one in messages.interface_id:
            self.drain(one)
        self.env.invalidate_all()
        return messages


@tagged("post_install", "-at_install")
class TestMapping(MappingCase):
    def test_mapped_content_reaches_the_handler(self):
        seen = []
        self.handle_with(lambda handler, received, data: seen.append(data))
        self.receive("m1", b'{"farbe": "rot", "menge": 12.50}')
        self.drain(self.inbound)
        self.assertEqual(seen, [{"key": "red", "amount": "12.5"}])

    def test_unmapped_value_is_quarantined_and_mended(self):
        seen = []
        self.handle_with(lambda handler, received, data: seen.append(data["key"]))
        message = self.receive("m1", b'{"farbe": "blau", "menge": 1}')
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_class), ("quarantined", "mapping"))
        self.assertEqual(message.error_code, "missing_value")
        self.assertIn("colour", message.error_message)
        self.assertNotIn("blau", message.error_message)
        self.value_map.line_ids = [(0, 0, {"source": "blau", "target": "blue"})]
        message.action_retry()
        self.drain(self.inbound)
        self.assertEqual(seen, ["blue"])

    def test_the_value_of_the_day_of_arrival_applies(self):
        """A message that is handled again later is translated as on its own day."""
        seen = []
        self.handle_with(lambda handler, received, data: seen.append(data["key"]))
        self.value_map.line_ids.valid_to = "2026-03-28"
        self.value_map.line_ids = [
            (0, 0, {"source": "rot", "target": "crimson", "valid_from": "2026-03-29"})
        ]
        self.system.tz = "Asia/Tokyo"
        for key, moment in (
            ("late", datetime(2026, 3, 28, 16)),  # already the 29th in Tokyo
            ("early", datetime(2026, 3, 28, 14)),
        ):
            message = self.receive(key, {"farbe": "rot", "menge": "1"})
            self.env.cr.execute(
                "UPDATE integration_message SET created_at = %s WHERE id = %s",
                [moment, message.id],
            )
        self.drain(self.inbound)
        self.assertEqual(seen, ["crimson", "red"])

    def test_recent_messages_are_tried_on_a_new_contract_in_canonical_form(self):
        self.handle_with(lambda *args: None)
        self.receive("m1", {"farbe": "rot", "menge": "1.5"})
        self.drain(self.inbound)
        schema = json.dumps({**SCHEMA, "properties": {"amount": {"maxLength": 1}}})
        version = self.env["integration.contract.version"].create(
            {"contract_id": self.contract.id, "version": "2.0.0", "schema": schema}
        )
        version.action_try_samples()
        self.assertIn("/amount: 1", version.sample_text)

    def test_an_expression_knows_when_the_message_arrived(self):
        seen = []
        self.handle_with(lambda handler, received, data: seen.append(data["key"]))
        self._use(self.mapping.copy({"header": '{key: context.moment, amount: `"1"`}'}))
        message = self.receive("m1", {"farbe": "rot"})
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = '2026-03-28 16:00:00.25' WHERE id = %s",
            [message.id],
        )
        self.drain(self.inbound)
        self.assertEqual(seen, ["2026-03-28T16:00:00.250Z"])

    def test_a_proposed_value_is_not_applied(self):
        self.value_map.line_ids = [
            (0, 0, {"source": "blau", "target": "blue", "state": "proposed"})
        ]
        self.assertEqual(self.quarantine("blau").state, "quarantined")

    def test_mapped_content_must_satisfy_the_canonical_contract(self):
        self.handle_with(lambda *args: self.fail("must not be handled"))
        self._use(self.mapping.copy({"header": "{amount: root.menge}"}))
        message = self.receive("m1", b'{"farbe": "rot", "menge": "1"}')
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))

    def test_a_mapping_that_explodes_quarantines_its_message(self):
        """It is cut off in bounded time, and the drain goes on with the next message."""
        explosion = " | ".join(["[@, @][]"] * 40)
        self._use(self.mapping.copy({"header": f"{{key: 'x', amount: (root | {explosion})}}"}))
        self.handle_with(lambda *args: self.fail("must not be handled"))
        messages = self.receive("m1", {"a": 1}) | self.receive("m2", {"a": 2})
        started = datetime.now()
        self.drain(self.inbound)
        self.assertLess((datetime.now() - started).total_seconds(), 10)
        self.env.invalidate_all()
        self.assertEqual(messages.mapped("state"), ["quarantined"] * 2)
        self.assertEqual(set(messages.mapped("error_code")), {"mapping_too_expensive"})
        self.assertIn("header", messages[0].error_message)

    def test_new_mapping_begins_valid(self):
        mapping = self.env["integration.mapping"].create({"name": "New"})
        self.assertEqual(mapping._compiled().apply({"a": 1}, {}, {}), {})

    def test_wrong_expression_is_refused_when_it_is_entered(self):
        with self.assertRaisesRegex(ValidationError, "syntax error at character"):
            self.mapping.header = "{key: root."
        with self.assertRaisesRegex(ValidationError, "section lines, source"):
            self.mapping.section_ids = [
                (0, 0, {"target": "lines", "source": "a[", "expression": "item"})
            ]


@tagged("post_install", "-at_install")
class TestMappingLifecycle(MappingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.author = new_test_user(cls.env, "mapping.author", f"{ADMINISTRATOR},{APPROVER}")
        cls.approver = new_test_user(cls.env, "mapping.approver", APPROVER)
        cls.draft = (
            cls.env["integration.mapping"]
            .with_user(cls.author)
            .create(
                {
                    "name": "Draft",
                    "header": "{key: lookup('colour', root.farbe)}",
                    "value_map_ids": [(6, 0, cls.value_map.ids)],
                    "section_ids": [
                        (0, 0, {"target": "lines", "source": "a", "expression": "item"})
                    ],
                }
            )
        )

    def approve(self, mapping):
        mapping.action_submit()
        mapping.with_user(self.approver).action_approve()
        return mapping

    def test_approved_by_another_person(self):
        self.draft.action_submit()
        self.assertEqual(self.draft.state, "in_review")
        with self.assertRaisesRegex(UserError, "yourself"):
            self.draft.action_approve()
        self.assertTrue(self.draft.with_user(self.approver).may_approve)
        self.draft.with_user(self.approver).action_approve()
        self.assertEqual((self.draft.state, self.draft.approved_by_id), ("approved", self.approver))
        acts = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.mapping"), ("res_id", "=", self.draft.id)]
        )
        self.assertLessEqual({"create", "submit", "approve"}, set(acts.mapped("act")))

    def test_who_changed_a_repeated_part_is_an_author(self):
        other = new_test_user(self.env, "mapping.other", f"{ADMINISTRATOR},{APPROVER}")
        self.draft.section_ids.with_user(other).expression = "item.a"
        self.draft.action_submit()
        with self.assertRaisesRegex(UserError, "yourself"):
            self.draft.with_user(other).action_approve()

    def test_sent_back_with_a_reason(self):
        self.draft.action_submit()
        self.draft.with_user(self.approver).action_send_back("The unit is missing.")
        self.assertEqual(self.draft.state, "draft")
        self.assertIn("The unit is missing.", self.draft.message_ids[0].body)

    def test_out_of_draft_nothing_changes(self):
        self.draft.action_submit()
        for state in ("in_review", "approved"):
            for values in (
                {"header": "{a: root}"},
                {"name": "Other"},
                {"section_ids": [(0, 0, {"target": "b", "source": "a", "expression": "item"})]},
                {"section_ids": [(1, self.draft.section_ids.id, {"source": "b"})]},
                {"section_ids": [(5,)]},
                {"value_map_ids": [(5,)]},
            ):
                with self.subTest(state, values=values), self.assertRaises(UserError):
                    self.draft.write(values)
            with self.assertRaises(UserError):
                self.draft.section_ids.source = "b"
            with self.assertRaises(UserError):
                self.draft.section_ids.unlink()
            with self.assertRaises(UserError):
                self.draft.unlink()
            if state == "in_review":
                self.draft.with_user(self.approver).action_approve()
        self.draft.description = "A remark is no content."

    def test_state_moves_by_buttons_only(self):
        for values in (
            {"state": "approved"},
            {"version": 7},
            {"author_ids": [(5,)]},
            {"submitted_by_id": self.approver.id},
            {"previous_id": self.mapping.id},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.draft.write(values)
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.draft.create({"name": "Another", **values})

    def test_new_version(self):
        self.approve(self.draft)
        action = self.draft.action_new_version()
        version = self.draft.browse(action["res_id"])
        self.assertEqual(version.display_name, "Draft v2")
        self.assertEqual((version.state, version.previous_id), ("draft", self.draft))
        self.assertEqual(version.author_ids, self.author)
        self.assertEqual(version.section_ids.mapped("target"), ["lines"])
        self.assertFalse(version.diff)
        version.header = "{key: lookup('colour', root.farbe), <b>: root.a}".replace("<b>", "b")
        self.assertIn("text-success", version.diff)
        self.assertIn("- {key: lookup", version.diff)
        with self.assertRaisesRegex(UserError, "stays"):
            version.name = "Other"
        self.assertEqual(self.draft.browse(self.draft.action_new_version()["res_id"]).version, 3)
        with self.assertRaises(AccessError):
            self.draft.with_user(self.approver).action_new_version()

    def test_the_difference_is_escaped(self):
        self.approve(self.draft)
        version = self.draft.browse(self.draft.action_new_version()["res_id"])
        version.header = "{key: '<img src=x>'}"
        self.assertIn("&lt;img", version.diff)
        self.assertNotIn("<img", version.diff)

    def test_a_value_map_that_is_not_chosen_is_noticed(self):
        self.draft.value_map_ids = [(5,)]
        with self.assertRaisesRegex(ValidationError, "“colour”"):
            self.draft.action_submit()

    def test_an_interface_needs_an_approved_mapping(self):
        interface = self.env["integration.interface"].create(
            {"name": "New", "system_id": self.system.id, "mapping_id": self.draft.id}
        )
        sentence = "The mapping “Draft v1” is not approved."
        self.assertIn(sentence, interface._missing_for_traffic())
        self.approve(self.draft)
        self.assertNotIn(sentence, interface._missing_for_traffic())

    def test_retire(self):
        self.approve(self.draft)
        self._use(self.draft)
        self.assertIn(self.inbound, self.draft.interface_ids)
        with self.assertRaisesRegex(UserError, "Inbound"):
            self.draft.action_retire()
        self._use(self.mapping)
        with self.assertRaises(AccessError):
            self.draft.with_user(self.approver).action_retire()
        self.draft.action_retire()
        self.assertEqual(self.draft.state, "retired")
        with self.assertRaises(UserError):
            self.draft.action_submit()

    def test_a_copy_is_a_mapping_of_its_own(self):
        copy = self.approve(self.draft).copy()
        self.assertEqual((copy.name, copy.version, copy.state), ("Draft (copy)", 1, "draft"))
        self.assertFalse(copy.previous_id)
