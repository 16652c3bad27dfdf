"""The rules of procurement find what they are named after, and nothing else."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestProcurementRules(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create({"name": "MedSupply"})
        cls.product = cls.env["product.product"].create(
            {"name": "Gauze", "is_storable": True, "type": "consu"}
        )
        system = cls.env["integration.system"].create(
            {"name": "Supplier", "code": "RULES", "kind": "supplier"}
        )
        cls.interface = cls.env["integration.interface"].create(
            {"name": "Orders", "system_id": system.id, "direction": "outbound"}
        )

    def order(self):
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.supplier.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_qty": 3})],
            }
        )
        order.button_confirm()
        return order

    def status(self, record, state, hours):
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO integration_record_sync (res_model, res_id, interface_id, state, changed_at)
            VALUES (%s, %s, %s, %s, now() AT TIME ZONE 'UTC' - %s)
            ON CONFLICT (res_model, res_id, interface_id) DO UPDATE
               SET state = EXCLUDED.state, changed_at = EXCLUDED.changed_at
            """,
            [record._name, record.id, self.interface.id, state, timedelta(hours=hours)],
        )
        self.env.invalidate_all()

    def late(self, name):
        rule = self.env.ref(f"integration_monitoring_procurement.business_rule_{name}")
        rule._look()
        self.assertFalse(rule.problem)
        self.env.invalidate_all()
        return rule.breach_ids.filtered(lambda one: one.state != "healed")

    def test_orders_not_acknowledged(self):
        late, confirmed, fresh = self.order(), self.order(), self.order()
        self.status(late, "waiting", 25)
        self.status(confirmed, "synchronised", 25)
        self.status(fresh, "waiting", 23)
        found = self.late("orders_unacknowledged")
        self.assertEqual(found.mapped("res_id"), late.ids)
        self.assertEqual(found.res_model, "purchase.order")
        self.assertEqual(found.document_name, late.display_name)
        self.assertEqual(found.company_id, self.env.company)
        self.status(late, "synchronised", 0)
        self.assertFalse(self.late("orders_unacknowledged"))

    def test_orders_that_did_not_get_out(self):
        failed, waiting = self.order(), self.order()
        self.status(failed, "failed", 2)
        self.status(waiting, "waiting", 2)
        self.assertEqual(self.late("orders_unsent").mapped("res_id"), failed.ids)

    def receipt(self, order):
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 3, "picked": True})
        picking.button_validate()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_picking SET date_done = date_done - interval '2 days' WHERE id = %s",
            [picking.id],
        )
        self.env.invalidate_all()
        self.assertEqual(picking.state, "done")
        return picking

    def test_receipts_without_shipping_notice(self):
        electronic, by_hand = self.order(), self.order()
        self.status(electronic, "waiting", 48)
        receipts = [self.receipt(one) for one in (electronic, by_hand)]
        found = self.late("receipts_unannounced")
        self.assertEqual(found.mapped("res_id"), receipts[0].ids)

    def invoice(self, due_days_ago):
        return self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.supplier.id,
                "invoice_date": fields.Date.today() - timedelta(days=due_days_ago),
                "invoice_date_due": fields.Date.today() - timedelta(days=due_days_ago),
                "invoice_line_ids": [
                    Command.create({"product_id": self.product.id, "price_unit": 5})
                ],
            }
        )

    def test_invoices_not_posted(self):
        old, fresh = self.invoice(0), self.invoice(0)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET create_date = create_date - interval '6 days' WHERE id = %s",
            [old.id],
        )
        self.env.invalidate_all()
        found = self.late("invoices_unposted").mapped("res_id")
        self.assertIn(old.id, found)
        self.assertNotIn(fresh.id, found)

    def test_invoices_not_paid_in_time(self):
        late, due = self.invoice(5), self.invoice(2)
        (late + due).action_post()
        found = self.late("invoices_unpaid").mapped("res_id")
        self.assertIn(late.id, found)
        self.assertNotIn(due.id, found)

    def test_stock_updates_not_applied(self):
        self.env.cr.execute(
            """
            INSERT INTO integration_message (uuid, interface_id, company_id, direction, state,
                                             message_type, created_at, attempts, priority, depth)
            SELECT gen_random_uuid()::text, %s, %s, 'inbound', state, kind,
                   now() AT TIME ZONE 'UTC' - interval '2 hours', 0, 10, 0
              FROM (VALUES ('quarantined', 'procurement.stock_adjustment'),
                           ('done', 'procurement.stock_adjustment'),
                           ('quarantined', 'procurement.item')) AS rows(state, kind)
            RETURNING id
            """,
            [self.interface.id, self.env.company.id],
        )
        wanted = self.env.cr.fetchone()[0]
        self.env.invalidate_all()
        self.assertEqual(self.late("stock_updates").mapped("found_id"), [wanted])
