import json

from odoo.tests import tagged

from odoo.addons.integration_core.tests.common import delivered
from odoo.addons.integration_core.tools import contracts

from .common import ProcurementCase


@tagged("post_install", "-at_install")
class TestPurchaseOrder(ProcurementCase):
    def _events(self, order):
        return self.env["integration.event"].search(
            [("res_model", "=", "purchase.order"), ("res_id", "=", order.id)]
        )

    def test_confirmation_makes_one_event_that_satisfies_its_contract(self):
        order = self.order()
        self.assertFalse(self._events(order), "a request for quotation is no order yet")
        order.button_confirm()
        self.env.cr.flush()
        event = self._events(order)
        self.assertEqual(len(event), 1)
        self.assertEqual(event.partner_id, self.supplier)
        data = json.loads(event.data)
        version = self.env.ref("integration_procurement.contract_purchase_order_1_0_0")
        self.assertEqual(contracts.compile_schema(json.loads(version.schema)).violations(data), [])
        self.assertEqual(data["order_number"], order.name)
        self.assertEqual([line["quantity"] for line in data["lines"]], ["5", "2"])
        self.assertEqual([line["unit_price"] for line in data["lines"]], ["12.5", "0.1"])
        self.assertEqual({line["unit"] for line in data["lines"]}, {"C62"})

    def test_order_for_another_supplier_stays_here(self):
        other = self.env["res.partner"].create({"name": "Other supplier"})
        self.order(partner_id=other.id).button_confirm()
        self.env.cr.flush()
        self.dispatch()
        self.assertFalse(self.messages(self.outbound))

    def test_order_of_another_company_stays_here(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.supplier.company_id = False
        order = (
            self.env["purchase.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": self.supplier.id,
                    "company_id": company.id,
                    "order_line": [
                        (0, 0, {"product_id": self.product.id, "product_qty": 1, "price_unit": 1})
                    ],
                }
            )
        )
        order.button_confirm()
        self.env.cr.flush()
        self.dispatch()
        self.assertFalse(self.messages(self.outbound))

    def test_unknown_unit_stops_the_order_and_can_be_mended(self):
        order = self.order()
        box = self.env["uom.uom"].create({"name": "Box of nobody knows", "relative_factor": 1})
        order.order_line[0].product_uom_id = box
        self.send_with(delivered)
        order.button_confirm()
        self.env.cr.flush()
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))
        self.assertIn("/lines/0/unit", message.error_message)
        order.invalidate_recordset()
        self.assertEqual(order.integration_sync_state, "failed")
        box.integration_code = "BX"
        message.action_retry()
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")

    def test_price_below_a_cent_keeps_its_digits(self):
        order = self.order()
        order.order_line[0].price_unit = 0.0125
        line = order._integration_canonical()["lines"][0]
        self.assertEqual(line["unit_price"], "0.0125")

    def test_requested_day_is_the_day_of_the_warehouse(self):
        order = self.order()
        order.picking_type_id.warehouse_id.partner_id.tz = "Pacific/Auckland"
        order.order_line.date_planned = "2026-11-29 23:00:00"  # noon on the 30th over there
        line = order._integration_canonical()["lines"][0]
        self.assertEqual(line["requested_date"], "2026-11-30")
