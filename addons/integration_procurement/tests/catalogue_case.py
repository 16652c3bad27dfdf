import json

from odoo import fields
from odoo.tests import new_test_user

from .common import ProcurementCase


class CatalogueCase(ProcurementCase):
    """A supplier that sends documents about its items."""

    handler = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reconfigure(cls.inbound, handler=cls.handler)
        cls.service_user.group_ids = [
            (4, cls.env.ref("purchase.group_purchase_manager").id),
        ]
        cls.manager = new_test_user(cls.env, "prices.manager", "purchase.group_purchase_manager")
        cls.box = cls.env["uom.uom"].create(
            {
                "name": "Box of 12",
                "relative_factor": 12,
                "relative_uom_id": cls.env.ref("uom.product_uom_unit").id,
                "integration_code": "BX",
            }
        )
        cls.today = fields.Date.today()

    @classmethod
    def seller(cls, **values):
        return cls.env["product.supplierinfo"].create(
            {
                "partner_id": cls.supplier.id,
                "product_tmpl_id": cls.product.product_tmpl_id.id,
                "product_code": "S-1",
                "price": 10,
                "currency_id": cls.env.ref("base.EUR").id,
                **values,
            }
        )

    def sellers(self, product=None):
        return self.env["product.supplierinfo"].search(
            [("product_tmpl_id", "=", (product or self.product).product_tmpl_id.id)], order="id"
        )

    def send(self, key, **document):
        message = self.receive(key, json.dumps(document).encode())
        self.drain(self.inbound)
        self.env.invalidate_all()
        return message

    def assert_quarantined(self, message, code, text=""):
        self.assertEqual((message.state, message.error_code), ("quarantined", code))
        self.assertIn(text, message.error_message)


class PriceListCase(CatalogueCase):
    """Price lists of a supplier, in euros for one item unless a test says otherwise."""

    handler = "integration.handler.price_list"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.EUR").active = True
        cls.product.barcode = "4006381333931"

    def priced(self, key, *items, **values):
        entries = [
            {"item": {"supplier_code": "S-1"}, "unit": "C62", "unit_price": "10", **item}
            for item in items
        ]
        return self.send(key, **{"currency": "EUR", "items": entries, **values})

    def exceptions(self):
        return self.env["integration.exception"].search(
            [("kind", "=", "price_list"), ("state", "=", "open")]
        )
