from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_mapping import ADMINISTRATOR, MappingCase


@tagged("post_install", "-at_install")
class TestValueMap(MappingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(cls.env, "map.administrator", ADMINISTRATOR)
        cls.operator = new_test_user(cls.env, "map.operator", "integration_core.group_operator")
        cls.value_map.owner_id = cls.administrator
        cls.lines = cls.env["integration.value.map.line"]

    def line(self, user, source="blau", target="blue", **values):
        vals = {"map_id": self.value_map.id, "source": source, "target": target, **values}
        return self.lines.with_user(user).create(vals)

    def test_operators_propose_administrators_confirm(self):
        line = self.line(self.operator, proposed_by_id=self.administrator.id)
        self.assertEqual((line.state, line.proposed_by_id), ("proposed", self.operator))
        self.assertEqual(self.value_map.activity_ids.user_id, self.administrator)
        with self.assertRaises(AccessError):
            line.action_confirm()
        with self.assertRaises(AccessError):
            line.target = "azure"
        with self.assertRaises(AccessError):
            self.line(self.operator, "gelb", state="confirmed")
        line.with_user(self.administrator).action_confirm()
        self.assertEqual((line.state, line.confirmed_by_id), ("confirmed", self.administrator))
        self.assertFalse(self.value_map.activity_ids)
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", line._name), ("res_id", "=", line.id)]
        )
        self.assertLessEqual({"create", "confirm"}, set(entries.mapped("act")))

    def test_an_administrator_confirms_by_writing(self):
        line = self.line(self.administrator)
        self.assertEqual((line.state, line.confirmed_by_id), ("confirmed", self.administrator))
        with self.assertRaises(AccessError):
            line.with_user(self.administrator).confirmed_by_id = self.operator
        with self.assertRaises(UserError):
            line.with_user(self.administrator).state = "proposed"

    def test_changes_are_audited(self):
        line = self.line(self.administrator).with_user(self.administrator)
        line.target = "azure"
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", line._name), ("res_id", "=", line.id), ("act", "=", "change")]
        )
        self.assertIn("azure", entry[0].changes)
        self.assertEqual(entry[0].actor_id, self.administrator.id)

    def test_one_task_however_many_proposals(self):
        self.line(self.operator)
        self.line(self.operator, "gelb", "yellow")
        self.assertEqual(len(self.value_map.activity_ids), 1)
        self.value_map.line_ids.filtered(lambda line: line.state == "proposed").with_user(
            self.administrator
        ).action_reject()
        self.assertFalse(self.value_map.activity_ids)
        self.assertEqual(self.value_map.line_ids.mapped("source"), ["rot"])

    def test_a_responsible_who_may_not_confirm_is_not_asked(self):
        self.value_map.owner_id = self.operator
        self.line(self.operator)
        self.assertTrue(self.value_map.activity_ids.user_id.has_group(ADMINISTRATOR))

    def test_a_day_has_one_meaning(self):
        self.line(self.administrator, valid_to="2026-06-30")
        self.line(self.administrator, target="azure", valid_from="2026-07-01")
        for values in (
            {},
            {"valid_from": "2026-06-30", "valid_to": "2026-06-30"},
            {"valid_from": "2030-01-01"},
        ):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, "two meanings"):
                self.line(self.administrator, **values)
        with self.assertRaisesRegex(ValidationError, "lies before"):
            self.line(self.administrator, "gelb", valid_from="2026-02-01", valid_to="2026-01-01")

    def test_a_proposal_may_contradict_until_it_is_confirmed(self):
        self.line(self.administrator)
        line = self.line(self.operator, target="azure").with_user(self.administrator)
        with self.assertRaisesRegex(ValidationError, "proposed already"):
            self.line(self.operator, target="navy")
        with self.assertRaisesRegex(ValidationError, "two meanings"):
            line.action_confirm()

    @mute_logger("odoo.sql_db")
    def test_empty_values_are_no_defaults(self):
        for source, target in (("", "blue"), ("blau", "")):
            with self.subTest(source), self.assertRaises(IntegrityError), self.cr.savepoint():
                self.line(self.administrator, source, target)

    def test_import_of_a_pasted_list(self):
        rows = [["Colours", f"C{n}", f"colour {n}", "2026-01-01"] for n in range(300)]
        names = ["map_id", "source", "target", "valid_from"]
        result = self.lines.with_user(self.administrator).load(names, rows)
        self.assertFalse(result["messages"])
        self.assertEqual(self.value_map.value_count, 301)
        proposals = [["Colours", f"D{n}", f"shade {n}"] for n in range(300)]
        result = self.lines.with_user(self.operator).load(names[:3], proposals)
        self.assertFalse(result["messages"])
        self.value_map.invalidate_recordset()
        self.assertEqual(self.value_map.proposed_count, 300)
        self.assertEqual(len(self.value_map.activity_ids), 1)

    def test_import_tells_of_doubles(self):
        names = ["map_id", "source", "target"]
        rows = [["Colours", "C1", "a"], ["Colours", "C1", "b"]]
        result = self.lines.with_user(self.administrator).load(names, rows)
        self.assertIn("two meanings", str(result["messages"]))
        self.assertEqual(self.value_map.line_ids.mapped("source"), ["rot"])

    def test_export_has_what_import_needs(self):
        self.line(self.administrator, valid_from="2026-01-01")
        rows = self.lines.search([("map_id", "=", self.value_map.id)]).export_data(
            ["map_id/code", "source", "target", "valid_from"]
        )["datas"]
        self.assertEqual(rows[0][:3], ["colour", "blau", "blue"])

    def test_what_an_interface_has_used_is_not_deleted(self):
        line = self.value_map.line_ids.with_user(self.administrator)
        with self.assertRaisesRegex(UserError, "Inbound"):
            line.unlink()
        self._use(self.mapping.browse())
        line.unlink()

    def test_what_a_reviewed_mapping_refers_to_stays(self):
        self.value_map.code = "colours"
        self.value_map.code = "colour"
        self.mapping.action_submit()
        with self.assertRaisesRegex(UserError, "Partner thing"):
            self.value_map.code = "colours"
        with self.assertRaisesRegex(UserError, "Partner thing"):
            self.value_map.unlink()
        self.value_map.active = False
        self.assertEqual(self.quarantine("rot").state, "done")
        self.assertEqual(self.value_map.mapping_count, 1)
        self.assertEqual(self.value_map.copy().code, "colour_copy")

    def test_the_maps_of_a_mapping_change_at_the_mapping_alone(self):
        self.mapping.sudo().state = "approved"
        other = {"name": "Other", "code": "other.colours"}
        maps = self.env["integration.value.map"].with_user(self.administrator)
        with self.assertRaises(AccessError):
            self.value_map.with_user(self.administrator).mapping_ids = [(3, self.mapping.id)]
        with self.assertRaises(AccessError):
            maps.create({**other, "mapping_ids": [(4, self.mapping.id)]})
        self.env["ir.default"].set(
            maps._name, "mapping_ids", [(4, self.mapping.id)], user_id=self.administrator.id
        )
        maps.with_context(default_mapping_ids=[(4, self.mapping.id)]).create(other)
        self.value_map.with_user(self.administrator).copy()
        self.env.invalidate_all()
        self.assertEqual(self.mapping.value_map_ids, self.value_map)

    def test_nobody_claims_a_confirmation_by_defaults(self):
        defaults = {
            "default_state": "confirmed",
            "default_confirmed_by_id": self.administrator.id,
            "default_proposed_by_id": self.administrator.id,
            "default_confirmed_at": "2026-01-01 00:00:00",
        }
        lines = self.lines.with_user(self.operator).with_context(**defaults)
        line = lines.create({"map_id": self.value_map.id, "source": "blau", "target": "blue"})
        self.assertEqual((line.state, line.proposed_by_id), ("proposed", self.operator))
        self.assertFalse(line.confirmed_by_id or line.confirmed_at)

    def test_maps_are_read_again_after_a_change_alone(self):
        def known():
            return self.mapping._value_maps({"colour"})

        self._use(self.env["integration.mapping"])  # values in use are not deleted
        first = known()
        self.assertIs(known(), first)
        line = self.value_map.line_ids
        steps = (
            (lambda: line.write({"target": "scarlet"}), {"rot": "scarlet"}),
            (lambda: self.line(self.administrator), {"rot": "scarlet", "blau": "blue"}),
            (line.unlink, {"blau": "blue"}),
        )
        for change, expected in steps:
            with self.subTest(expected=expected):
                change()
                self.assertEqual(known().on(date.today()), {"colour": expected})
                self.assertIs(known(), known())
        self.value_map.mapping_ids.sudo().state = "draft"
        self.value_map.code = "other"
        self.assertEqual(self.mapping._value_maps({"other"}).on(date.today())["other"], expected)
