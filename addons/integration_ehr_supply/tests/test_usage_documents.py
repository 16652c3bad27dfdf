"""Companies, journal entries, traces, and who sees what."""

import json

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tools import contracts

from .usage_case import UsageCase

CONTRACTS = (
    "ehr_consumption",
    "ehr_encoded_order",
    "ehr_general_order",
    "ehr_kit_request",
    "ehr_outsourced",
)


@tagged("post_install", "-at_install")
class TestUsageDocuments(UsageCase):
    def test_examples_keep_their_contracts(self):
        for name in CONTRACTS:
            version = self.env.ref(f"integration_ehr_supply.contract_{name}_1_0_0")
            schema = contracts.compile_schema(json.loads(version.schema))
            self.assertEqual(schema.violations(json.loads(version.example)), [], name)
            self.assertEqual(version.state, "approved")

    def test_empty_lists_of_transfers_say_what_fills_them(self):
        """Inventory would say *Let's create one* of every list of transfers."""
        for name, text in (
            ("action_ehr_kit_picking", "No kits are reserved"),
            ("action_ehr_emergency_receipt", "No emergency receipts"),
        ):
            action = self.env.ref(f"integration_ehr_supply.{name}")
            self.assertIn(text, action.read(["help", "res_model", "context"])[0]["help"], name)

    def other_hospital(self):
        """Another company with a ward of the same name; its stock location."""
        other = self.env["res.company"].create(
            {"name": "Other hospital", "ehr_create_locations": True}
        )
        self.service_user.company_ids += other
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        theirs = self.env(context={**self.env.context, "allowed_company_ids": other.ids})
        stock = theirs["stock.location"].create(
            {
                "name": "Their ward",
                "location_id": warehouse.view_location_id.id,
                "company_id": other.id,
            }
        )
        centre = theirs["account.analytic.account"].create(
            {"name": "Theirs", "plan_id": self.cost_centre.plan_id.id, "company_id": other.id}
        )
        theirs["ehr.location"].create(
            {
                "facility": "MAIN",
                "point_of_care": "3W",
                "stock_location_id": stock.id,
                "analytic_account_id": centre.id,
                "company_id": other.id,
            }
        )
        theirs["stock.quant"]._update_available_quantity(self.swab, stock, 10)
        return other, stock

    def test_two_companies_do_not_mix(self):
        other, stock = self.other_hospital()
        system = self.env["integration.system"].create(
            {"name": "Their EHR", "code": "EHR2", "kind": "ehr", "company_id": other.id,
             "tz": "Europe/Brussels"}
        )  # fmt: skip
        self.service_user.company_id = other
        type(self).feed, mine = (
            self._feed("Theirs", "integration_ehr_supply.routing_hl7_v2_usage", 12577,
                       system=system),
            self.feed,
        )  # fmt: skip
        try:
            self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB"))))
        finally:
            type(self).feed = mine
        self.assertEqual(self.left(self.swab, stock), 8)
        self.assertEqual(self.left(self.swab, self.ward_stock), 100)
        one = self.used("D1")
        self.assertEqual((one.company_id, one.move_id.company_id), (other, other))
        reader = new_test_user(self.env, "usage.reader", "stock.group_stock_user")
        self.assertFalse(self.env["ehr.consumption"].with_user(reader).search([]))
        with self.assertRaises(AccessError):
            one.with_user(reader).read(["number"])

    def test_traced_from_message_to_journal_entry_and_back(self):
        account = self.env["account.account"].create(
            {"name": "Usage", "code": "USE1", "account_type": "expense"}
        )
        valuation = self.env["account.account"].create(
            {"name": "Stock", "code": "STK1", "account_type": "asset_current"}
        )
        journal = self.env["account.journal"].create(
            {"name": "Stock of the test", "code": "USGT", "type": "general"}
        )
        self.env.company.account_stock_journal_id = journal
        category = self.env["product.category"].create(
            {
                "name": "Valued",
                "property_valuation": "real_time",
                "property_cost_method": "standard",
                "property_stock_valuation_account_id": valuation.id,
            }
        )
        self.swab.categ_id = category
        self.swab.property_stock_production.valuation_account_id = account
        message = self.bring(self.rds(self.rxd("D1", "1", "SWAB")))
        self.assert_done(message)
        one = self.used("D1")
        entry = one.account_move_id
        self.assertEqual((entry.state, sum(entry.line_ids.mapped("debit"))), ("posted", 4))
        self.assertEqual(entry.ehr_consumption_count, 1)
        for document in (entry, one.move_id, one.picking_id):
            domain = document.action_open_ehr_consumptions()["domain"]
            self.assertEqual(self.env["ehr.consumption"].search(domain), one)
        self.assertEqual(one.action_open_message()["res_id"], message.id)
        self.assertEqual(one.action_open_move()["res_id"], one.move_id.id)
        self.assertEqual(one.action_open_entry()["res_id"], entry.id)
        self.assertEqual(message.res_id, one.id)

    def test_storekeepers_see_a_reference_and_not_the_visit(self):
        self.admit("71")
        self.bring(self.rds(self.rxd("D1", "1", "SWAB"), self.rxd("D1", "2", "SWAB"), visit="71"))
        lines = self.used("D1")
        keeper = new_test_user(self.env, "usage.keeper", "stock.group_stock_user")
        seen = lines.with_user(keeper)
        self.assertEqual(len(set(seen.mapped("visit_reference"))), 1)
        self.assertNotIn("encounter_id", seen.fields_get())
        with self.assertRaises(AccessError):
            seen.read(["encounter_id"])
        with self.assertRaises(AccessError):
            seen.write({"quantity": 1})
        self.assertEqual(seen[0].move_id.ehr_consumption_count, 2)
        told = json.dumps([seen.read(["number", "visit_reference", "order_number"])], default=str)
        self.assertNotIn("71^", told)
        self.assertNotIn("Canary", told)

    def test_those_without_a_right_see_none(self):
        self.bring(self.rds(self.rxd("D1", "1", "SWAB")))
        user = new_test_user(self.env, "usage.nobody", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["ehr.consumption"].with_user(user).search([])

    def test_the_rights_of_the_feed_suffice(self):
        groups = self.service_user.group_ids
        self.assertNotIn(self.env.ref("stock.group_stock_manager"), groups.all_implied_ids)
        self.assertNotIn(self.env.ref("account.group_account_user"), groups.all_implied_ids)
        self.env.company.ehr_usage_shortage = "emergency"
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB", "103"))))

    def test_settings(self):
        settings = self.env["res.config.settings"].create(
            {"ehr_usage_shortage": "negative", "ehr_usage_hours": 3}
        )
        settings.execute()
        self.assertEqual(
            (self.env.company.ehr_usage_shortage, self.env.company.ehr_usage_hours),
            ("negative", 3),
        )

    def test_kits_need_units_and_goods(self):
        kits = self.env["ehr.case.kit"]
        with self.assertRaises(ValidationError):
            kits.create(
                {
                    "name": "Bad",
                    "code": "BAD",
                    "line_ids": [
                        Command.create(
                            {
                                "product_id": self.swab.id,
                                "uom_id": self.env.ref("uom.product_uom_kgm").id,
                            }
                        )
                    ],
                }
            )
