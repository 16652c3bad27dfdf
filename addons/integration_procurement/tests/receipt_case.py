from itertools import count

from .common import ProcurementCase


class ReceiptCase(ProcurementCase):
    """A confirmed order of 5 gloves, 3 of a reagent with lots and 2 devices with serial numbers,
    with its open receipt; and a carrier that is not the supplier."""

    handler = "integration.handler.shipping_notice"
    numbers = count()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service_user.group_ids += cls.env.ref("stock.group_stock_user")
        cls.reconfigure(cls.inbound, handler=cls.handler)
        products = cls.env["product.product"]
        cls.product.is_storable = True
        cls.reagent, cls.device = products.create(
            [
                {
                    "name": "CRP reagent",
                    "default_code": "CRP",
                    "is_storable": True,
                    "tracking": "lot",
                },
                {
                    "name": "Pump",
                    "default_code": "PMP",
                    "is_storable": True,
                    "tracking": "serial",
                },
            ]
        )
        cls.keeper = cls.env["res.users"].create(
            {
                "name": "Keeper",
                "login": "keeper.receipt",
                "group_ids": [(6, 0, cls.env.ref("stock.group_stock_user").ids)],
            }
        )
        cls.purchase = cls.order_of((cls.product, 5), (cls.reagent, 3), (cls.device, 2))
        cls.picking = cls.purchase.picking_ids
        cls.picking.user_id = cls.keeper

    @classmethod
    def order_of(cls, *lines, **values):
        """A confirmed order of ``(product, quantity)``."""
        order = cls.order(
            order_line=[
                (0, 0, {"product_id": product.id, "product_qty": quantity, "price_unit": 10})
                for product, quantity in lines
            ],
            **values,
        )
        order.button_confirm()
        return order

    @classmethod
    def box_of_12(cls):
        """The unit of a box of 12, in which messages state quantities as ``BX``."""
        unit = cls.env.ref("uom.product_uom_dozen")
        unit.write({"active": True, "integration_code": "BX"})
        return unit

    def notice(self, key, *lines, order=None, **values):
        """A shipping notice is handled; return its message."""
        lines = lines or ({},)
        return self.confirm(
            key,
            {
                "notice_number": "DN-1",
                "order_number": (order or self.purchase).name,
                "lines": [{"item": "GLV", "quantity": "2", "unit": "C62", **one} for one in lines],
                **values,
            },
        )

    def announced(self, *lines, **values):
        """What a supplier announced before the carrier speaks; return the announcement."""
        self.reconfigure(self.inbound, handler="integration.handler.shipping_notice")
        message = self.notice(f"announced-{next(self.numbers)}", *lines, **values)
        self.assertEqual(message.state, "done", message.error_message)
        self.reconfigure(self.inbound, handler=self.handler)
        return self.purchase.integration_shipment_ids.sorted("id")[-1:]

    def assert_done(self, message):
        self.assertEqual(message.state, "done", f"{message.error_code}: {message.error_message}")
        self.env.invalidate_all()

    def assert_quarantined(self, message, code):
        self.assertEqual((message.state, message.error_code), ("quarantined", code))
        self.env.invalidate_all()

    def operations(self, picking=None, product=None):
        """What stands on a receipt: ``(quantity, lot, package, announced)``."""
        lines = (picking or self.picking).move_line_ids.sorted("id")
        if product:
            lines = lines.filtered(lambda line: line.product_id == product)
        return [
            (
                line.quantity_product_uom,
                line.lot_id.name or line.lot_name or "",
                line.result_package_id.name or "",
                bool(line.integration_shipment_line_id),
            )
            for line in lines
        ]

    def exceptions(self, record=None, kind=None):
        found = self.env["integration.exception"]._of(record or self.picking)
        return found.filtered(lambda one: one.kind == kind) if kind else found

    def on_hand(self, product):
        self.env.invalidate_all()
        return product.qty_available
