import json
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models import integration_mapping_trial
from .test_mapping import ADMINISTRATOR, MappingCase


@tagged("post_install", "-at_install")
class TestMappingTrial(MappingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(cls.env, "trial.administrator", ADMINISTRATOR)
        cls.viewer = new_test_user(cls.env, "trial.viewer", "integration_core.group_content_viewer")
        cls.operator = new_test_user(cls.env, "trial.operator", "integration_core.group_operator")
        cls.version = cls.contract.version_ids
        cls.trial = cls.mapping.with_user(cls.administrator)

    def run_trial(self, value, **options):
        return self.trial.run_trial(json.dumps(value), options)

    def test_result(self):
        found = self.run_trial({"farbe": "rot", "menge": "1.50"}, after_id=self.version.id)
        self.assertEqual(json.loads(found["output"]), {"key": "red", "amount": "1.5"})
        for name in ("faults", "missing", "before", "after"):
            self.assertFalse(found[name], name)
        self.assertGreaterEqual(found["ms"], 0)

    def test_everything_that_is_wrong(self):
        found = self.run_trial(
            {"farbe": "blau", "menge": "viel"}, before_id=self.version.id, after_id=self.version.id
        )
        self.assertEqual(found["before"][0]["place"], "/")
        self.assertEqual(found["before"][0]["message"], "key is required")
        self.assertEqual(found["faults"][0]["place"], "header")
        self.assertIn("decimal()", found["faults"][0]["message"])
        self.assertEqual(
            [(m["map_id"], m["value"]) for m in found["missing"]], [(self.value_map.id, "blau")]
        )

    def test_a_repeated_part_names_its_item(self):
        section = {"target": "lines", "source": "l", "expression": "decimal(item)"}
        spec = {"header": "{key: 'a'}", "sections": [section], "value_map_ids": []}
        found = self.run_trial({"l": ["1", "x"]}, spec=spec)
        self.assertEqual(found["faults"][0]["place"], "item 2 of lines")
        self.assertEqual(json.loads(found["output"])["lines"], ["1", None])

    def test_the_form_need_not_be_saved(self):
        spec = {"header": "{key: 'unsaved'}", "sections": [], "value_map_ids": []}
        new = self.env["integration.mapping"].with_user(self.administrator)
        self.assertIn("unsaved", new.run_trial("{}", {"spec": spec})["output"])
        # Who may not write mappings tries what is saved.
        found = self.mapping.with_user(self.viewer).run_trial(
            '{"farbe": "rot", "menge": "1"}', {"spec": spec}
        )
        self.assertIn("red", found["output"])

    def test_mistakes_are_told_where_they_are(self):
        for text, header, reason in (
            ("{", "`{}`", "line 1 column"),
            ("{}", "{key: root.", "header: syntax error at character"),
            ("{}", "root.a", "must give an object"),
            ("[" * 100 + "]" * 100, "`{}`", "deep"),
            ("{}", "{a: lookup('other', 'x')}", "there is no value map"),
        ):
            spec = {"header": header, "sections": [], "value_map_ids": []}
            found = self.trial.run_trial(text, {"spec": spec})
            with self.subTest(text[:9], header=header):
                self.assertIn(reason.lower(), str(found["faults"]).lower())

    def test_trials_are_bounded(self):
        explosion = " | ".join(["[@, @][]"] * 40)
        spec = {"header": f"{{a: (root | {explosion})}}", "sections": [], "value_map_ids": []}
        found = self.trial.run_trial("{}", {"spec": spec})
        self.assertIn("too many steps", found["faults"][0]["message"])
        self.assertLess(found["ms"], 10_000)
        with patch.object(integration_mapping_trial, "TRIAL_CHARS", 10):
            self.assertIn("longer", self.trial.run_trial("[1, 2, 3, 4, 5]")["faults"][0]["message"])
        with patch.object(integration_mapping_trial, "SHOWN_CHARS", 10):
            found = self.run_trial({"farbe": "rot", "menge": "1"})
            self.assertLess(len(found["output"]), 20)

    def test_a_stored_message(self):
        self.handle_with(lambda *args: None)
        message = self.receive("m1", b'{"farbe": "rot", "menge": 1.10000000000000000001}')
        self.value_map.line_ids.valid_to = "2026-01-01"
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = '2025-12-31' WHERE id = %s", [message.id]
        )
        self.env.invalidate_all()
        found = self.trial.trial_input(message.id)
        self.assertIn("1.10000000000000000001", found["text"])
        self.assertEqual(found["after_id"], self.version.id)
        result = self.trial.run_trial(found["text"], {"message_id": message.id})
        self.assertEqual(result["day"], "2025-12-31")
        self.assertIn("red", result["output"])
        self.assertTrue(self.trial.run_trial(found["text"])["missing"])
        self.mapping.header = '{key: context.moment, amount: `"1"`}'
        result = self.trial.run_trial(found["text"], {"message_id": message.id})
        self.assertIn("2025-12-31T00:00:00.000Z", result["output"])

    def test_a_sent_message(self):
        self._use(self.mapping, self.outbound)
        self.fire("rot")
        self.dispatch()
        message = self.messages(self.outbound)
        found = self.trial.trial_input(message.id)
        self.assertIn("rot", found["text"])
        self.assertEqual(found["before_id"], self.version.id)

    def test_who_may_try(self):
        message = self.receive("m1", {"farbe": "rot", "menge": "1"})
        for user in (self.operator,):
            mapping = self.mapping.with_user(user)
            with self.assertRaises(AccessError):
                mapping.trial_input(message.id)
            with self.assertRaises(AccessError):
                mapping.run_trial("{}")
            self.assertFalse(mapping.trial_setup()["may_read"])
        self.assertIn("rot", self.mapping.with_user(self.viewer).trial_input(message.id)["text"])

    def test_clinical_content_is_shown_for_a_reason(self):
        self.inbound.flush_recordset()
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        self.inbound._configuration_changed()
        message = self.receive("m1", {"farbe": "Jane Doe"})
        clinical = new_test_user(
            self.env, "trial.clinical", "integration_core.group_clinical_viewer"
        )
        found = self.mapping.with_user(self.viewer).trial_input(message.id, "because I want it")
        self.assertFalse(found["text"])
        self.assertIn("Clinical", found["refused"])
        trial = self.mapping.with_user(clinical)
        found = trial.trial_input(message.id)
        self.assertEqual((found["text"], found["needs_reason"]), ("", True))
        with self.assertRaises(UserError):
            trial.trial_input(message.id, "short")
        found = trial.trial_input(message.id, "The colours of ward 3 are wrong")
        self.assertIn("Jane Doe", found["text"])
        self.assertGreater(found["seconds"], 0)
        self.assertIn("Jane Doe", trial.trial_input(message.id)["text"])

    def test_messages_of_all_versions_are_offered(self):
        self.mapping.action_submit()
        self.mapping.action_approve()
        new = self.mapping.browse(self.mapping.action_new_version()["res_id"])
        domain = new.with_user(self.administrator).trial_setup()["domain"]
        message = self.receive("m1", {"farbe": "rot"})
        self.assertIn(message, self.env["integration.message"].search(domain))
        action = message.with_user(self.administrator).action_try_mapping()
        self.assertEqual(action["params"]["mapping_id"], self.mapping.id)

    def test_nothing_is_stored(self):
        """The canary is in no table, transient or not."""
        self.run_trial({"farbe": "c4n4ry-7731", "menge": "1"})
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT table_name, column_name FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name LIKE 'integration%%'
               AND data_type IN ('text', 'character varying', 'jsonb')
            """
        )
        for table, column in self.env.cr.fetchall():
            self.env.cr.execute(
                f'SELECT 1 FROM "{table}" WHERE "{column}"::text LIKE %s LIMIT 1',
                ["%c4n4ry-7731%"],
            )
            self.assertFalse(self.env.cr.fetchone(), f"{table}.{column}")
