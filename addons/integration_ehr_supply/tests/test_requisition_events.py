import json

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.integration_core.engine import payloads
from odoo.addons.integration_core.tools import contracts

from .supply_case import SupplyCase


@tagged("post_install", "-at_install")
class TestRequisitionEvents(SupplyCase):
    """What becomes of an order is told when it changes, and leads from message to journal entry."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.type = cls.env.ref("integration_ehr_supply.event_type_requisition_changed")
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'draft' WHERE id = %s", [cls.outbound.id]
        )
        cls.outbound.invalidate_recordset()
        cls.outbound.write(
            {"event_type_ids": [Command.set(cls.type.ids)], "data_class": "clinical"}
        )
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'active' WHERE id = %s", [cls.outbound.id]
        )
        cls.outbound.invalidate_recordset()
        cls.env.registry.clear_cache()

    def events(self):
        """Contents of the events since the last call; what follows is another transaction."""
        self.env.flush_all()
        self.env.cr.flush()
        self.env.cr.execute(
            "SELECT uuid, data, body, encoding FROM integration_event WHERE type_id = %s AND "
            "dispatched_at IS NULL ORDER BY id",
            [self.type.id],
        )
        rows = self.env.cr.fetchall()
        ring = self.env["integration.credential"]._key_ring()
        schema = contracts.compile_schema(
            json.loads(self.type.contract_id.current_version_id.schema)
        )
        found = []
        for uuid, data, body, encoding in rows:
            content = payloads.open_event(data, body and bytes(body), encoding, uuid, ring)
            found.append(json.loads(content))
            self.assertEqual(schema.violations(found[-1]), [])
        self.dispatch()
        self.env.cr.postcommit.data.clear()
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        self.env.invalidate_all()
        return found

    def statuses(self):
        return [[line["status"] for line in one["lines"]] for one in self.events()]

    def test_each_step_is_told(self):
        self.set_stock(self.gloves, 6)
        one = self.ordered(self.order())
        self.statuses()
        one.picking_ids.move_ids.picked = True
        self.assertEqual(self.statuses(), [["picked"]])
        rest = self.deliver(one.picking_ids)
        (event,) = self.events()
        line = event["lines"][0]
        self.assertEqual(
            (line["status"], line["delivered"], line["back_ordered"]),
            ("partly_delivered", "6", "4"),
        )
        self.assertEqual((event["system"], event["kind"]), ("EHR", "stock"))
        self.set_stock(self.gloves, 4)
        rest.action_assign()
        self.events()
        self.deliver(rest)
        self.assertEqual(self.statuses(), [["delivered"]])

    def test_what_the_store_cancels_is_told(self):
        self.set_stock(self.gloves, 20)
        one = self.ordered(self.order())
        self.statuses()
        one.picking_ids.action_cancel()
        self.assertEqual(self.statuses(), [["cancelled"]])
        self.assertEqual(one.state, "cancelled")

    def test_what_comes_back_was_not_delivered(self):
        self.set_stock(self.gloves, 20)
        one = self.ordered(self.order())
        self.deliver(one.picking_ids)
        picking = one.picking_ids
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = 3
        returned = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        self.deliver(returned)
        self.assertEqual((one.line_ids.delivered_quantity, one.line_ids.state), (7, "ended"))

    def test_from_message_to_journal_entry_and_back(self):
        """What a ward uses up at once is an expense, whose entry leads back to the order."""
        accounts = self.env["account.account"]
        company = self.company
        expense, valuation = (
            accounts.create({"name": name, "code": code, "account_type": kind})
            for name, code, kind in (
                ("Ward use", "699001", "expense"),
                ("Stock", "399001", "asset_current"),
            )
        )
        company.account_stock_journal_id = company.account_stock_journal_id or self.env[
            "account.journal"
        ].create({"name": "Stock", "code": "STKT", "type": "general"})
        category = self.env["product.category"].create(
            {"name": "Counted", "property_valuation": "real_time"}
        )
        category.property_stock_valuation_account_id = valuation
        used = self.env["stock.location"].create(
            {"name": "Used by 4W", "usage": "inventory", "valuation_account_id": expense.id}
        )
        self.route.destination_location_id = used
        self.gloves.write({"categ_id": category.id, "standard_price": 2})
        self.set_stock(self.gloves, 20)
        one = self.ordered(self.order(centre="4120"))
        self.deliver(one.picking_ids)
        entry = one.entry_ids
        self.assertEqual(len(entry), 1)
        self.assertEqual(entry.state, "posted")
        self.assertEqual(entry._ehr_requisitions(), one)
        self.assertEqual(one.line_ids.move_ids.account_move_id, entry)
        self.assertEqual(entry.action_open_ehr_requisitions()["res_id"], one.id)
        self.assertEqual(one.action_open_entries()["res_id"], entry.id)
        self.assertEqual(one.action_open_transfers()["res_id"], one.picking_ids.id)
        analytic = one.line_ids.move_ids.analytic_account_line_ids
        self.assertEqual(analytic[self.centre.plan_id._column_name()], self.centre)
        messages = self.env["integration.message"].search(
            [("res_model", "=", one._name), ("res_id", "=", one.id), ("direction", "=", "inbound")]
        )
        self.assertEqual(messages, self.told)


@tagged("post_install", "-at_install")
class TestRequisitionReadiness(SupplyCase):
    def findings(self):
        checks = self.env["integration.readiness.check"]
        found = {}
        for name in checks._checks()["ehr.requisition"]:
            for one in getattr(checks, name)(self.feed):
                found[name] = one
        return found

    def test_places_items_and_suppliers(self):
        found = self.findings()
        self.assertNotIn(self.ward, found["_check_supply_routes"].records)
        nowhere = self.env["ehr.location"].create({"point_of_care": "9W", "kind": "unit"})
        nameless = self.storable("Nameless")
        self.route.shortage = "purchase"
        found = self.findings()
        self.assertIn(nowhere, found["_check_supply_routes"].records)
        self.assertIn(nameless, found["_check_supplied_identifiers"].records)
        self.assertIn(self.gloves, found["_check_route_suppliers"].records)
        self.assertNotIn(self.gloves, found["_check_supplied_identifiers"].records)

    def test_the_orders_are_checked_before_the_interface_goes_live(self):
        self.assertIn(
            "_check_supply_routes",
            self.env["integration.readiness.check"]._checks()["ehr.requisition"],
        )
