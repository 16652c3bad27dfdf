from pathlib import Path

from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.tests import upgrading

MIGRATIONS = Path(__file__).parents[1] / "migrations"
BEFORE, VERSION = "19.0.1.0.0", "19.0.1.1.0"


@tagged("post_install", "-at_install")
class TestMigrations(upgrading.RenewalMixin, TransactionCase):
    def test_items_that_are_sent_say_whether_they_expire(self):
        self.assert_renews(upgrading.script(VERSION, "post-item_expires", MIGRATIONS), BEFORE)

    def test_what_people_changed_stays(self):
        self.assert_leaves_alone(upgrading.script(VERSION, "post-item_expires", MIGRATIONS), BEFORE)

    def test_reservations_say_which_item_of_the_kit_they_are(self):
        script = upgrading.script(VERSION, "post-kit_part", MIGRATIONS)
        product = self.env["product.product"].create({"name": "Item", "is_storable": True})
        kit = self.env["ehr.case.kit"].create(
            {"name": "Kit", "code": "MIG", "line_ids": [
                Command.create({"product_id": product.id, "sequence": place})
                for place in (20, 10)
            ]}
        )  # fmt: skip
        kit.invalidate_recordset(["line_ids"])  # in their order
        warehouse = self.env["stock.warehouse"].search([], limit=1)
        values = {
            "product_id": product.id,
            "location_id": warehouse.lot_stock_id.id,
            "location_dest_id": warehouse.lot_stock_id.id,
        }
        moves = self.env["stock.move"].create([values, values, values])
        self.env.flush_all()
        script.migrate(self.env.cr, BEFORE)
        self.env.cr.execute("ALTER TABLE stock_move ADD COLUMN IF NOT EXISTS ehr_kit_line_id int")
        for move, line in zip(moves, kit.line_ids, strict=False):
            self.env.cr.execute(
                "UPDATE stock_move SET ehr_kit_line_id = %s WHERE id = %s", (line.id, move.id)
            )
        script.migrate(self.env.cr, BEFORE)
        self.env.invalidate_all()
        parts = dict(
            zip(kit.line_ids.mapped("sequence"), moves.mapped("ehr_kit_part"), strict=False)
        )
        self.assertEqual(parts, {10: 1, 20: 2})
        self.assertFalse(moves[2].ehr_kit_part)

    def test_mappings_say_more(self):
        script = upgrading.script("19.0.1.2.0", "post-mappings", MIGRATIONS)
        shipped, new = {}, {}
        for name, (header, section) in script.CHANGES.items():
            one = shipped[name] = self.env.ref(f"integration_ehr_supply.{name}")
            new[name] = (one.header, one.section_ids.mapped("expression"))
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE integration_mapping SET header = %s WHERE id = %s",
                (one.header.replace(*reversed(header)), one.id),
            )
            if section:
                self.env.cr.execute(
                    "UPDATE integration_mapping_section SET expression = %s WHERE id = %s",
                    (
                        one.section_ids.expression.replace(*reversed(section)),
                        one.section_ids.id,
                    ),
                )
        self.env.invalidate_all()
        old = {one: (one.header, one.section_ids.mapped("expression")) for one in shipped.values()}
        for _time in range(2):
            script.migrate(self.env.cr, "19.0.1.1.0")
            self.env.invalidate_all()
            for name, one in shipped.items():
                made = self.env.ref(f"integration_ehr_supply.{name}")
                self.assertEqual((made.state, made.version, made.previous_id), ("approved", 2, one))
                said = (made.header, made.section_ids.mapped("expression"))
                self.assertEqual(said, new[name])
                self.assertNotEqual(said, old[one])
                self.assertEqual((one.header, one.section_ids.mapped("expression")), old[one])

    def test_what_people_changed_of_these_stays(self):
        script = upgrading.script("19.0.1.2.0", "post-mappings", MIGRATIONS)
        names = [f"integration_ehr_supply.{name}" for name in script.CHANGES]
        for name in names:
            self.env.ref(name).action_new_version()
        script.migrate(self.env.cr, "19.0.1.1.0")
        self.assertEqual({self.env.ref(name).version for name in names}, {1})

    def _general_order(self, script):
        """The mapping as it was shipped before."""
        one = self.env.ref(script.NAME)
        section = one.section_ids.filtered(lambda each: script.NEW in each.expression)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_mapping_section SET expression = %s WHERE id = %s",
            (section.expression.replace(script.NEW, script.OLD), section.id),
        )
        self.env.invalidate_all()
        return one

    def test_a_general_order_that_replaces_another_names_no_item(self):
        script = upgrading.script("19.0.1.3.0", "post-general_order", MIGRATIONS)
        shipped = self.env.ref(script.NAME)
        new = shipped.section_ids.mapped("expression")
        one = self._general_order(script)
        for _time in range(2):
            script.migrate(self.env.cr, "19.0.1.2.0")
            self.env.invalidate_all()
            made = self.env.ref(script.NAME)
            self.assertEqual((made.state, made.version, made.previous_id), ("approved", 2, one))
            self.assertEqual(made.section_ids.mapped("expression"), new)

    def test_a_mapping_of_general_orders_that_people_changed_stays(self):
        script = upgrading.script("19.0.1.3.0", "post-general_order", MIGRATIONS)
        one = self._general_order(script)
        one.action_new_version()
        script.migrate(self.env.cr, "19.0.1.2.0")
        self.assertEqual(self.env.ref(script.NAME), one)
