import base64
import json
import secrets

from odoo import api, models

from odoo.addons.integration_core.engine.inbound import Received

NAME = "Round trip"
PROMISED = "2030-05-10"


class BenchRoundtrip(models.AbstractModel):
    """Orders that are confirmed back, and the same by direct calls."""

    _name = "bench.roundtrip"
    _description = "Benchmark Round Trip"

    @api.model
    def _open(self, url):
        """A buyer, a supplier, products, and both interfaces; what the benchmark needs of them."""
        made = self.env["bench.purchase"]
        supplier = made._supplier(NAME)
        # What the supplier promises for a fixed day is no deviation, whenever this runs.
        supplier.write(
            {
                "property_supplier_own_tolerances": True,
                "property_supplier_late_tolerance": 3650,
            }
        )
        outbound = made._subscriber(NAME, url, partner_id=supplier.id, awaits_confirmation=True)
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        inbound = self._inbound(outbound.system_id, secret)
        return {
            "buyer": made._buyer().id,
            "supplier": supplier.id,
            "products": made._products("consu").ids,
            "inbound": inbound.id,
            "token": inbound.token,
            "secret": secret,
        }

    def _inbound(self, system, secret):
        group = self.env.ref("purchase.group_purchase_user")
        user = self.env["res.users"].create(
            {"name": "Service", "login": "bench_roundtrip", "group_ids": [(4, group.id)]}
        )
        interface = self.env["integration.interface"].create(
            {
                "name": "Confirmations",
                "system_id": system.id,
                "direction": "inbound",
                "transport": "webhook",
                "handler": "integration.handler.order_confirmation",
                "user_id": user.id,
                "credential_id": self.env["bench.fixture"]._credential("Door", secret).id,
                "policy_id": self.env.ref("integration_core.policy_default").id,
                "ordering_key_path": "order_number",
            }
        )
        interface.action_submit()
        interface.action_approve()
        interface.action_activate()
        return interface

    @api.model
    def _confirm_each(self, user_id, order_ids):
        """Confirm each order in a transaction of its own."""
        for order_id in order_ids:
            with self.env.registry.cursor() as cr:
                self._purchase(cr, user_id, order_id).button_confirm()

    @api.model
    def _confirm_and_apply_each(self, user_id, order_ids):
        """Confirm each order, and apply what the supplier would say, a transaction each."""
        system = self.env["integration.system"].search([("code", "=", NAME)])
        for order_id in order_ids:
            with self.env.registry.cursor() as cr:
                self._purchase(cr, user_id, order_id).button_confirm()
            with self.env.registry.cursor() as cr:
                order = self._purchase(cr, user_id, order_id)
                received = Received(0, "", None, None, None, system.id)
                order.env["integration.handler.order_confirmation"]._process(
                    received, self._confirmation(order)
                )

    def _purchase(self, cr, user_id, order_id):
        return api.Environment(cr, user_id, {})["purchase.order"].browse(order_id)

    def _confirmation(self, order):
        """As the supplier's process makes it."""
        return {
            "order_number": order.name,
            "supplier_reference": f"SO-{order.name}",
            "lines": [
                {
                    "line_reference": str(line.id),
                    "quantity": "12",
                    "unit": "C62",
                    "promised_date": PROMISED,
                }
                for line in order.order_line
            ],
        }

    @api.model
    def _store(self, inbound_id, order_ids):
        """Store the supplier's confirmations as its door does; one transaction each."""
        for order in self.env["purchase.order"].browse(order_ids):
            self.env["bench.fixture"]._store(
                inbound_id, {f"counted-{order.name}": json.dumps(self._confirmation(order))}
            )
