from pathlib import Path

from odoo.tests import tagged

from odoo.addons.integration_core.tests import upgrading
from odoo.addons.integration_core.tests.common import EngineCase

MIGRATIONS = Path(__file__).parents[1] / "migrations"
VERSION = "19.0.1.1.0"


@tagged("post_install", "-at_install")
class TestUpgradeLists(EngineCase):
    def test_lists_hold_since_they_were_sent(self):
        script = upgrading.script(VERSION, "post-list_times", MIGRATIONS)
        for name in script.NAMES:
            shipped = self.env.ref(f"{script.MODULE}.{name}")
            new = shipped.section_ids.expression
            old = new.replace(script.NEW, script.OLD)
            self.assertNotEqual(new, old)
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE integration_mapping_section SET expression = %s WHERE id = %s",
                (old, shipped.section_ids.id),
            )
            self.env.invalidate_all()
            for _time in range(2):
                script.migrate(self.env.cr, "19.0.1.0.0")
                self.env.invalidate_all()
                made = self.env.ref(f"{script.MODULE}.{name}")
                self.assertEqual(
                    (made.state, made.version, made.previous_id), ("approved", 2, shipped)
                )
                self.assertEqual(made.section_ids.expression, new)
                self.assertEqual(shipped.section_ids.expression, old)

    def test_what_people_changed_stays(self):
        script = upgrading.script(VERSION, "post-list_times", MIGRATIONS)
        names = [f"{script.MODULE}.{name}" for name in script.NAMES]
        for name in names:
            self.env.ref(name).action_new_version()
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.assertEqual([self.env.ref(name).version for name in names], [1, 1])

    def test_what_waits_stands_where_its_message_arrived(self):
        script = upgrading.script(VERSION, "post-coming_arrived", MIGRATIONS)
        message = self.receive("m1", b"{}")
        vals = {
            "kind": "staff",
            "name": "D1",
            "effective_at": "2030-01-01",
            "records": [[1, {}]],
            "user_id": self.env.uid,
            "company_id": self.env.company.id,
        }
        known, purged = self.env["ehr.coming"].create(
            [
                {**vals, "digest": digest, "message_uuid": uuid}
                for digest, uuid in (("a", message.uuid), ("b", "gone"))
            ]
        )
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual((known.arrived, purged.arrived), (message.id, 0))
