import json

from odoo.addons.integration_core.tests.common import EngineCase


class ProcurementCase(EngineCase):
    """A supplier with an order of two lines, and interfaces for orders and confirmations."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create({"name": "Supplier", "is_company": True})
        cls.system.partner_id = cls.supplier
        cls.service_user.group_ids = [
            (4, cls.env.ref("base.group_user").id),
            (4, cls.env.ref("purchase.group_purchase_user").id),
        ]
        confirmed = cls.env.ref("integration_procurement.event_type_purchase_order_confirmed")
        for interface, values in (
            (
                cls.outbound,
                {"event_type_ids": [(6, 0, confirmed.ids)], "awaits_confirmation": True},
            ),
            (cls.inbound, {"handler": "integration.handler.order_confirmation"}),
        ):
            cls.reconfigure(interface, **values)
        cls.product = cls.env["product.product"].create(
            {"name": "Gloves", "default_code": "GLV", "type": "consu"}
        )

    @classmethod
    def reconfigure(cls, interface, **values):
        """Change an active interface, below the rules that only drafts change."""
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'draft' WHERE id = %s", [interface.id]
        )
        interface.invalidate_recordset()
        interface.write(values)
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'active' WHERE id = %s", [interface.id]
        )
        interface.invalidate_recordset()
        cls.env.registry.clear_cache()

    @classmethod
    def order(cls, **values):
        return cls.env["purchase.order"].create(
            {
                "partner_id": cls.supplier.id,
                "order_line": [
                    (0, 0, {"product_id": cls.product.id, "product_qty": 5, "price_unit": 12.5}),
                    (0, 0, {"product_id": cls.product.id, "product_qty": 2, "price_unit": 0.1}),
                ],
                **values,
            }
        )

    def confirmation(self, order, **values):
        """A canonical confirmation of everything that was ordered."""
        return {
            "order_number": order.name,
            "supplier_reference": "SO-1",
            "lines": [
                {
                    "line_reference": str(line.id),
                    "quantity": f"{line.product_qty:g}",
                    "unit": "C62",
                    "promised_date": "2026-12-01",
                }
                for line in order.order_line
            ],
            **values,
        }

    def confirm(self, key, document):
        """Deliver a confirmation and handle it; return its message."""
        message = self.receive(key, json.dumps(document).encode())
        self.drain(self.inbound)
        message.invalidate_recordset()
        return message
