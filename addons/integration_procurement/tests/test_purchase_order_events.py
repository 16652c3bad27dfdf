import json

from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tools import contracts

from .common import ProcurementCase

TYPES = (
    "event_type_purchase_order_to_approve",
    "event_type_purchase_order_approved",
    "event_type_purchase_order_confirmed",
    "event_type_purchase_order_changed",
    "event_type_purchase_order_cancelled",
    "event_type_request_for_quotation_sent",
)


@tagged("post_install", "-at_install")
class TestPurchaseOrderEvents(ProcurementCase):
    """What the outside learns while an order goes its way, each in its own transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        types = [cls.env.ref(f"integration_procurement.{name}").id for name in TYPES]
        cls.reconfigure(cls.outbound, event_type_ids=[(6, 0, types)])
        cls.env.company.write(
            {"po_double_validation": "two_step", "po_double_validation_amount": 5}
        )
        cls.buyer = new_test_user(cls.env, "buyer.events", "purchase.group_purchase_user")
        cls.manager = new_test_user(cls.env, "manager.events", "purchase.group_purchase_manager")

    def told(self, order):
        """What is in the outbox about an order, in the words of its events; emptied by that."""
        self.env.flush_all()
        self.env.cr.flush()
        events = self.env["integration.event"].search(
            [("res_model", "=", "purchase.order"), ("res_id", "=", order.id)], order="id"
        )
        version = self.env.ref("integration_procurement.contract_purchase_order_1_1_0")
        schema = contracts.compile_schema(json.loads(version.schema))
        found, self.changes = [], []
        for event in events:
            data = json.loads(event.data)
            self.changes += data.get("changes", [])
            self.assertEqual(schema.violations(data), [])
            found.append((event.type_code.removeprefix("procurement."), data["state"]))
        # As if the transaction had ended: the next step is told anew.
        events.unlink()
        self.env.cr.postcommit.data.clear()
        return sorted(found)

    def test_review_and_approval(self):
        order = self.order()
        order.with_user(self.buyer).button_confirm()
        self.assertEqual(order.state, "to approve")
        self.assertEqual(self.told(order), [("purchase_order.to_approve", "to_approve")])
        order.with_user(self.manager).button_approve()
        self.assertEqual(
            self.told(order),
            [
                ("purchase_order.approved", "confirmed"),
                ("purchase_order.confirmed", "confirmed"),
            ],
        )
        self.assertTrue(order.integration_approved)

    def test_what_needs_no_approval_is_confirmed_only(self):
        order = self.order()
        order.with_user(self.manager).button_confirm()
        self.assertEqual(self.told(order), [("purchase_order.confirmed", "confirmed")])
        self.assertFalse(order.integration_approved)

    def test_several_orders_at_once(self):
        reviewed, plain = self.order(), self.order()
        reviewed.with_user(self.buyer).button_confirm()
        self.told(reviewed)
        (reviewed | plain).with_user(self.manager).button_approve()
        self.assertEqual((reviewed | plain).mapped("state"), ["purchase", "purchase"])
        self.assertEqual((reviewed.integration_approved, plain.integration_approved), (True, False))

    def test_quotation_and_its_end(self):
        order = self.order()
        order.print_quotation()
        self.assertEqual(self.told(order), [("request_for_quotation.sent", "quotation_requested")])
        order.button_cancel()
        self.assertEqual(self.told(order), [], "nobody has an order that could be cancelled")

    def test_cancelled_and_approved_again(self):
        order = self.order()
        order.with_user(self.buyer).button_confirm()
        order.with_user(self.manager).button_approve()
        self.told(order)
        order.button_cancel()
        self.assertEqual(self.told(order), [("purchase_order.cancelled", "cancelled")])
        order.button_draft()
        order.with_user(self.buyer).button_confirm()
        self.assertEqual(self.told(order), [("purchase_order.to_approve", "to_approve")])
        order.with_user(self.manager).button_approve()
        self.assertIn(("purchase_order.approved", "confirmed"), self.told(order))

    def test_changes_of_a_confirmed_order(self):
        order = self.order()
        order.order_line[0].product_qty = 6
        self.assertEqual(self.told(order), [], "a quotation is nobody's business yet")
        order.with_user(self.manager).button_confirm()
        self.assertEqual(self.told(order), [("purchase_order.confirmed", "confirmed")])
        line = order.order_line[0]
        line.write({"product_qty": 7, "price_unit": 12.5, "date_planned": line.date_planned})
        self.assertEqual(self.told(order), [("purchase_order.changed", "confirmed")])
        self.assertIn({"path": f"/lines/{line.id}/quantity", "from": "6", "to": "7"}, self.changes)
        line.write({"supplier_confirmed_qty": 7})
        order.priority = "1"
        self.assertEqual(self.told(order), [], "what is not told outside does not change it")
        order.button_cancel()
        self.assertEqual(self.told(order), [("purchase_order.cancelled", "cancelled")])
