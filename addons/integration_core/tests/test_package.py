import base64
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import package_export
from odoo.addons.integration_core.tools import package_text

from .common import EngineCase

KEY = "PARTNER / Outbound"


class PackageCase(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada = new_test_user(cls.env, "package.ada", "integration_core.group_administrator")
        cls.value_map = cls.env["integration.value.map"].create(
            {
                "name": "Units",
                "code": "package_units",
                "line_ids": [(0, 0, {"source": "PCS", "target": "C62"})],
            }
        )
        cls.mapping = cls.env["integration.mapping"].create(
            {
                "name": "Package mapping",
                "header": "{\n  key: root.key\n}",
                "value_map_ids": [(6, 0, cls.value_map.ids)],
                "section_ids": [
                    (0, 0, {"target": "lines", "source": "lines", "expression": "{a: item.a}"})
                ],
            }
        )
        cls.credential = cls.env["integration.credential"].create({"name": "Shared secret"})
        cls.env.cr.execute(
            "UPDATE integration_interface SET mapping_id = %s, credential_id = %s, "
            "url = 'https://partner.example/hook' WHERE id = %s",
            [cls.mapping.id, cls.credential.id, cls.outbound.id],
        )
        cls.outbound.invalidate_recordset()
        cls.version = cls.env["integration.package.export"]._suite_version()

    def text(self, interfaces=None):
        content = package_export.content_of(interfaces or self.outbound)
        return package_text.dump(content, self.version)

    def changed(self, change):
        """The package after ``change(content)``, with the right digest."""
        content = json.loads(json.dumps(package_text.load(self.text(), self.version).content))
        change(content)
        return package_text.dump(content, self.version)

    def check(self, text, user=None):
        dialog = self.env["integration.package.import"].with_user(user or self.ada)
        dialog = dialog.create({"file": base64.b64encode(text.encode()), "company_id": 1})
        dialog.company_id = self.system.company_id
        dialog.action_check()
        return dialog

    def import_(self, text, **place):
        dialog = self.check(text)
        dialog.line_ids.write(place)
        return dialog.action_import()["params"]["message"]

    def assert_refused(self, text, pattern):
        with self.assertRaises(UserError) as caught:  # and what it did is undone
            self.import_(text)
        self.assertRegex(str(caught.exception), pattern)


@tagged("post_install", "-at_install")
class TestPackage(PackageCase):
    def test_export(self):
        dialog = self.env["integration.package.export"].with_user(self.ada)
        dialog = dialog.create({"interface_ids": [(6, 0, self.outbound.ids)]})
        dialog.action_export()
        text = base64.b64decode(dialog.file).decode()
        self.assertEqual(text, self.text())
        self.assertEqual(dialog.sha256, json.loads(text)["sha256"])
        entry = self.env["integration.audit.entry"].search([("act", "=", "export")], limit=1)
        self.assertIn(dialog.sha256, entry.changes)
        self.assertEqual(entry.res_id, self.outbound.id)
        content = json.loads(text)["content"]
        self.assertEqual(content["credentials"], {"Shared secret": {"kind": "hmac"}})
        self.assertEqual(content["interfaces"][KEY]["event_types"], ["test.country.phone"])
        self.assertNotIn(self.outbound.token, text)

    def test_no_secret_is_exported(self):
        secret = "whsec_dGhlIGNhbmFyeSBpbiB0aGUgY29hbCBtaW5l"
        self.env["integration.credential.version"].create(
            {"credential_id": self.credential.id, "secret": secret}
        )
        version = self.credential.version_ids.sudo()
        text = self.text()
        self.assertNotIn(secret[6:], text)
        self.assertNotIn("ciphertext", text)
        self.assertTrue(version.has_secret)

    def test_only_administrators(self):
        olga = new_test_user(self.env, "package.olga", "integration_core.group_operator")
        with self.assertRaises(AccessError):
            self.check(self.text(), user=olga)
        with self.assertRaises(AccessError):
            self.env["integration.package.export"].with_user(olga).create({}).action_export()

    def test_the_same_changes_nothing(self):
        dialog = self.check(self.text())
        self.assertEqual(dialog.line_ids.status, "unchanged")
        self.assertNotIn("text-bg-warning", dialog.difference_html)
        before = self.env["integration.revision"].search_count([])
        self.assertIn("here already", dialog.action_import()["params"]["message"])
        self.assertEqual(self.env["integration.revision"].search_count([]), before)
        self.assertFalse(dialog.text or dialog.file)

    def test_new_interface_is_a_draft(self):
        def rename(content):
            record = content["interfaces"].pop(KEY)
            content["interfaces"]["PARTNER / Second"] = record

        self.import_(self.changed(rename), url="https://here.example/", apply_environment=True)
        found = self.env["integration.interface"].search([("name", "=", "Second")])
        self.assertEqual((found.state, found.url), ("draft", "https://here.example/"))
        self.assertEqual(found.system_id, self.system)
        self.assertEqual(found.mapping_id, self.mapping)
        self.assertEqual(found.author_ids, self.ada)
        self.assertFalse(found._carries_traffic())
        entry = self.env["integration.audit.entry"].search(
            [("act", "=", "import"), ("res_model", "=", "integration.interface")]
        )
        self.assertEqual((entry.res_id, entry.actor_id), (found.id, self.ada.id))

    def test_change_of_a_live_interface_is_proposed(self):
        def change(content):
            content["interfaces"][KEY].update(latency_class="batch", echo_allowed=True)

        text = self.changed(change)
        self.assertIn("latency_class", self.check(text).difference_html)
        self.import_(text)
        self.assertEqual(self.outbound.latency_class, "near_realtime")
        revision = self.outbound.open_revision_id
        self.assertEqual(revision.state, "draft")
        self.assertEqual(set(revision._changes()), {"latency_class", "echo_allowed"})
        self.assertEqual(self.outbound.url, "https://partner.example/hook")
        self.assert_refused(text, "proposed already")

    def test_address_stays_unless_asked_for(self):
        def change(content):
            content["interfaces"][KEY]["environment"]["url"] = "https://elsewhere.example"

        self.import_(self.changed(change))
        self.assertFalse(self.outbound.open_revision_id)
        self.import_(self.changed(change), apply_environment=True, url="https://elsewhere.example/")
        self.assertEqual(set(self.outbound.open_revision_id._changes()), {"url"})

    def test_changed_mapping_becomes_a_draft_version(self):
        self.env.cr.execute(
            "UPDATE integration_mapping SET state = 'approved' WHERE id = %s", [self.mapping.id]
        )
        self.env.invalidate_all()

        def change(content):
            content["mappings"]["Package mapping"]["header"] = "{key: root.id}"

        self.import_(self.changed(change))
        newest = self.env["integration.mapping"].search(
            [("name", "=", "Package mapping")], order="version desc", limit=1
        )
        self.assertEqual((newest.version, newest.state), (2, "draft"))
        self.assertEqual(newest.header, "{key: root.id}")
        self.assertEqual(len(newest.section_ids), 1)
        self.assertEqual(self.mapping.header, "{\n  key: root.key\n}")
        self.assertEqual(set(self.outbound.open_revision_id._changes()), {"mapping_id"})

    def test_values_are_proposed(self):
        def change(content):
            values = content["value_maps"]["package_units"]["values"]
            values.append({"source": "KT", "target": "KT", "valid_from": "", "valid_to": ""})

        self.import_(self.changed(change))
        states = {line.source: line.state for line in self.value_map.line_ids}
        self.assertEqual(states, {"PCS": "confirmed", "KT": "proposed"})

    def test_changed_policy_becomes_another_one(self):
        def change(content):
            content["policies"]["Test policy"]["max_attempts"] = 7

        self.import_(self.changed(change))
        self.assertEqual(self.policy.max_attempts, 3)
        revision = self.outbound.open_revision_id
        policy = self.env["integration.policy"].browse(revision._changes()["policy_id"])
        self.assertEqual(policy.max_attempts, 7)
        self.assertTrue(policy.name.startswith("Test policy ("))

    def test_contract_versions(self):
        def add(content):
            versions = content["contracts"]["test.thing"]["versions"]
            versions["1.1.0"] = {"schema": {"type": "object"}, "example": None}

        self.import_(self.changed(add))
        new = self.contract.version_ids.filtered(lambda v: v.version == "1.1.0")
        self.assertEqual(new.state, "draft")

        def falsify(content):
            content["contracts"]["test.thing"]["versions"]["1.0.0"]["schema"] = {}

        self.assert_refused(self.changed(falsify), "another content")

    def test_event_type_in_use_stays(self):
        def change(content):
            content["event_types"]["test.country.phone"]["field_value"] = "1"

        self.assert_refused(self.changed(change), "in use")
        self.assertEqual(self.event_type.field_value, "999")


@tagged("post_install", "-at_install")
class TestMaliciousPackage(PackageCase):
    def test_names_are_shown_as_text(self):
        attack = "<img src=x onerror=alert(1)>"

        def change(content):
            content["value_maps"][attack] = {"name": attack, "description": "", "values": []}
            content["interfaces"][KEY]["legacy_interface"] = attack

        html = str(self.check(self.changed(change)).difference_html)
        self.assertNotIn("<img", html)
        self.assertIn("&lt;img", html)

    def test_markup_in_a_runbook_is_cleaned(self):
        def change(content):
            content["interfaces"].clear()
            content["interfaces"]["PARTNER / Third"] = {
                **package_text.load(self.text(), self.version).content["interfaces"][KEY],
                "runbook": "<p>Call</p><script>alert(1)</script>",
            }

        self.import_(self.changed(change))
        third = self.env["integration.interface"].search([("name", "=", "Third")])
        self.assertIn("Call", third.runbook)
        self.assertNotIn("script", third.runbook)

    def test_wrong_kinds_and_unknown_things(self):
        for path, value, pattern in (
            (("interfaces", KEY, "latency_class"), "warp", "does not exist"),
            (("interfaces", KEY, "criticality"), 5, "must be a text"),
            (("interfaces", KEY, "expected_per_day"), "many", "must be a number"),
            (("interfaces", KEY, "expected_per_day"), 2**40, "too large"),
            (("interfaces", KEY, "echo_allowed"), "yes", "true or false"),
            (("interfaces", KEY, "state"), "active", "not known"),
            (("interfaces", KEY, "token"), "mine", "not known"),
            (("interfaces", KEY, "company_id"), 2, "not known"),
            (("interfaces", KEY, "event_types"), "x", "must be a list"),
            (("interfaces", KEY, "event_types"), ["nowhere"], "neither in the package"),
            (("interfaces", KEY, "policy"), {}, "policy is not part"),
            (("interfaces", KEY, "mapping"), {"a": 1}, "mapping is not part"),
            (("interfaces", KEY, "system"), "OTHER", "begin with the code"),
            (("credentials", "Shared secret", "secret"), "whsec_x", "not known"),
            (("systems", "PARTNER", "kind"), ["x"], "must be a text"),
            (("systems", "PARTNER", "company_id"), 2, "not known"),
            (("policies", "Test policy", "lanes"), True, "must be a number"),
            (("value_maps", "package_units", "values"), [{"source": []}], "must be a text"),
            (("contracts", "test.thing", "versions"), [], "must be an object"),
        ):

            def change(content, path=path, value=value):
                content[path[0]][path[1]][path[2]] = value

            with self.subTest(path=path, value=value):
                self.env.invalidate_all()
                if path[0] == "systems" and path[2] == "kind":

                    def change(content, path=path, value=value):
                        record = content["systems"].pop("PARTNER")
                        content["systems"]["NEW"] = {**record, "kind": value}

                self.assert_refused(self.changed(change), pattern)

    def test_expressions_are_no_programs(self):
        for header in ("__import__('os').system('x')", "{a: root.b", "nothing('x')"):

            def change(content, header=header):
                content["mappings"]["Other"] = {
                    "description": "",
                    "header": header,
                    "sections": [],
                    "value_maps": [],
                }

            with self.subTest(header=header):
                self.assert_refused(self.changed(change), "Nothing was imported")
        self.assertFalse(self.env["integration.mapping"].search([("name", "=", "Other")]))

    def test_conditions_are_no_programs(self):
        def change(content):
            record = content["event_types"].pop("test.country.phone")
            record["condition"] = "[('id', '=', __import__('os').getpid())]"
            content["event_types"]["test.attack"] = record
            content["interfaces"].clear()

        self.assert_refused(self.changed(change), "Nothing was imported")

    def test_newer_huge_changed_and_nonsense(self):
        newer = json.loads(self.text())
        newer["suite"] = "19.0.9.0.0"
        tampered = json.loads(self.text())
        tampered["content"]["policies"]["Test policy"]["lanes"] = 16
        for text, pattern in (
            (json.dumps(newer), "Upgrade to 19.0.9.0.0"),
            (json.dumps(tampered), "sha256"),
            ("[" * 10_000, "nested too deeply"),
            ("hello", "no interface package"),
            (" " * (package_text.MAX_BYTES + 1), "KiB at most"),
            ("x" * (package_text.MAX_BYTES * 2), "KiB at most"),
        ):
            with self.subTest(text[:20]), self.assertRaisesRegex(UserError, pattern):
                self.check(text)

    def test_what_is_shown_is_what_is_imported(self):
        dialog = self.check(self.text())

        def change(content):
            content["policies"]["Test policy"]["max_attempts"] = 9

        dialog.file = base64.b64encode(self.changed(change).encode())
        with self.assertRaisesRegex(UserError, "look at what it changes"):
            dialog.action_import()

    def test_shown_html_is_ours(self):
        dialog = self.env["integration.package.import"].with_user(self.ada)
        dialog = dialog.create({"text": "x", "difference_html": "<script>alert(1)</script>"})
        self.assertFalse(dialog.difference_html)

    def test_other_companies(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        dialog = self.env["integration.package.import"].with_user(self.ada)
        with self.assertRaises(UserError):
            dialog.create({"text": self.text(), "company_id": other.id}).action_check()
