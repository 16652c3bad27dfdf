from odoo import api, models

EVENT = "integration_procurement.event_type_purchase_order_confirmed"
LINES = 5


class BenchPurchase(models.AbstractModel):
    """Purchase orders and the interfaces that send them, for the benchmarks of events."""

    _name = "bench.purchase"
    _description = "Benchmark Purchases"

    @api.model
    def _subscriber(self, name, url, *, partner_id=False, **values):
        """An active outbound webhook interface that takes confirmed orders.

        :param partner_id: the supplier that its system stands for; without one it takes all orders
        :param values: further values of the interface
        """
        fixture = self.env["bench.fixture"]
        system = fixture._system(name)
        system.partner_id = partner_id
        interface = self.env["integration.interface"].create(
            {
                "name": name,
                "system_id": system.id,
                "direction": "outbound",
                "transport": "webhook",
                "url": url,
                "allowed_networks": "127.0.0.0/8",
                "credential_id": fixture._credential(name, "whsec_" + "QUFB" * 8).id,
                "policy_id": self.env.ref("integration_core.policy_standard_webhooks").id,
                "event_type_ids": [(6, 0, self.env.ref(EVENT).ids)],
                **values,
            }
        )
        interface.action_submit()
        interface.action_approve()
        interface.action_activate()
        return interface

    @api.model
    def _event(self, active):
        """Switch the event of confirmed orders on or off."""
        # SQL, because an event type with approved subscribers is not for people to change.
        self.env.cr.execute(
            "UPDATE integration_event_type SET active = %s WHERE id = %s",
            [active, self.env.ref(EVENT).id],
        )
        self.env.registry.clear_cache()

    @api.model
    def _buyer(self, login="buyer"):
        """A user who may confirm orders, and not much else."""
        group = self.env.ref("purchase.group_purchase_user")
        return self.env["res.users"].create(
            {
                "name": "Buyer",
                "login": f"bench_{login}",
                "email": "buyer@hospital.example",
                "group_ids": [(4, group.id)],
            }
        )

    @api.model
    def _supplier(self, name):
        return self.env["res.partner"].create({"name": name, "is_company": True})

    @api.model
    def _products(self, kind):
        """One product a line.

        :param kind: ``consu`` for goods, whose order makes a receipt, or ``service``
        """
        return self.env["product.product"].create(
            [
                {"name": f"Bench {kind} {line}", "type": kind, "supplier_taxes_id": [(5,)]}
                for line in range(LINES)
            ]
        )

    @api.model
    def _orders(self, user_id, partner_id, product_ids, count):
        """Quotations of five lines by a user; the whole of them is one transaction."""
        lines = [
            (
                0,
                0,
                {
                    "product_id": product_id,
                    "product_qty": 12,
                    "price_unit": 12.5,
                    "date_planned": "2030-05-10 12:00:00",
                },
            )
            for product_id in product_ids
        ]
        values = {"partner_id": partner_id, "order_line": lines}
        # A dictionary each: Odoo writes the number of the order into it.
        return (
            self.with_user(user_id)
            .env["purchase.order"]
            .create([dict(values) for _number in range(count)])
            .ids
        )
