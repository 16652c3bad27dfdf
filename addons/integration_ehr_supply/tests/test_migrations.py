from pathlib import Path

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.tests import upgrading

MIGRATIONS = Path(__file__).parents[1] / "migrations"
NAME = "integration_ehr_supply.mapping_hl7_item_out"


@tagged("post_install", "-at_install")
class TestMigrations(TransactionCase):
    def test_items_that_are_sent_say_whether_they_expire(self):
        script = upgrading.script("19.0.1.1.0", "post-item_expires", MIGRATIONS)
        shipped = self.env.ref(NAME)
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
            made = self.env.ref(NAME)
            self.assertEqual((made.state, made.version, made.previous_id), ("approved", 2, shipped))
            self.assertEqual(made.section_ids.expression, new)
            self.assertEqual((shipped.state, shipped.section_ids.expression), ("approved", old))

    def test_what_people_changed_stays(self):
        script = upgrading.script("19.0.1.1.0", "post-item_expires", MIGRATIONS)
        self.env.ref(NAME).action_new_version()
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.assertEqual(self.env.ref(NAME).version, 1)
