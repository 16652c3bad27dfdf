import json

from odoo.tests import tagged

from odoo.addons.integration_core.engine import package_export, package_import
from odoo.addons.integration_core.tools import package_text

from .routing_case import ADMIT, BOOK, RoutingCase


@tagged("post_install", "-at_install")
class TestPackageRouting(RoutingCase):
    """A routing travels with its interface, with its mappings and contracts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.version = cls.env["integration.package.export"]._suite_version()

    def content(self):
        text = package_text.dump(package_export.content_of(self.inbound), self.version)
        return json.loads(json.dumps(package_text.load(text, self.version).content))

    def import_(self, content):
        package = package_text.load(package_text.dump(content, self.version), self.version)
        return package_import.Importer(self.system.company_id, package, {}).run()

    def test_export(self):
        content = self.content()
        [interface] = content["interfaces"].values()
        self.assertEqual(interface["routing"], "test_routing")
        self.assertIn("Admission", content["mappings"])
        self.assertIn("ward", content["value_maps"])
        rules = content["routings"]["test_routing"]["rules"]
        self.assertEqual(
            [(rule["message_type"], rule["action"], rule["handler"]) for rule in rules],
            [
                ("ADT^A01", "handle", ADMIT),
                ("ADT^*", "handle", ADMIT),
                ("SIU^*", "handle", BOOK),
                ("ACK", "filter", ""),
            ],
        )
        self.assertEqual(rules[0]["mapping"], "Admission")

    def test_an_interface_without_one_says_nothing_of_it(self):
        text = package_text.dump(package_export.content_of(self.outbound), self.version)
        self.assertNotIn('"routing"', text)

    def test_the_same_changes_nothing(self):
        content = self.content()
        self.assertEqual(self.import_(content).made, [])
        here = package_export.content_here(self.env, self.system.company_id, content)
        self.assertEqual(here["routings"], content["routings"])

    def test_a_changed_one_becomes_a_version_and_a_proposal(self):
        self.set_state(self.routing, "approved")
        content = self.content()
        content["routings"]["test_routing"]["rules"].append(
            {"message_type": "*", "action": "filter", "note": "The rest"}
        )
        made = self.import_(content).made
        self.assertEqual([what for what, _record in made], ["version", "revision"])
        new = made[0][1]
        self.assertEqual((new.version, new.state, len(new.line_ids)), (2, "draft", 5))
        self.assertEqual(new.line_ids[0].mapping_id, self.mapping)
        self.assertEqual(new.line_ids[-1].note, "The rest")
        self.assertEqual(made[1][1].proposal_id.routing_id, new)
        self.assertEqual(self.inbound.routing_id, self.routing)
        self.assertEqual(len(self.routing.line_ids), 4)

    def test_a_draft_under_work_is_left_alone(self):
        content = self.content()
        content["routings"]["test_routing"]["rules"].pop()
        with self.assertRaisesRegex(package_text.PackageError, "being worked on"):
            self.import_(content)

    def test_what_is_not_known_here_is_refused(self):
        self.set_state(self.routing, "approved")
        for change, pattern in (
            ({"handler": "integration.handler.nowhere"}, "does not exist here"),
            ({"surprise": 1}, "not known here"),
            ({"mapping": "Nobody"}, "mapping is not part"),
            ({"contract": "nobody 1.0.0"}, "neither in the package nor here"),
        ):
            content = self.content()
            content["routings"]["test_routing"]["rules"][1].update(change)
            with self.subTest(change), self.assertRaisesRegex(package_text.PackageError, pattern):
                self.import_(content)
        content = self.content()
        content["routings"] = {}
        with self.assertRaisesRegex(package_text.PackageError, "routing is not part"):
            self.import_(content)
