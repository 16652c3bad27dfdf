from odoo.tests import new_test_user

from odoo.addons.integration_core.tests.common import delivered

from .common import ProcurementCase


class AnswersCase(ProcurementCase):
    """A confirmed order of two lines, wanted on 1 December, that the supplier has received."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = new_test_user(cls.env, "buyer.answers", "purchase.group_purchase_user")
        cls.box = cls.env["uom.uom"].create(
            {
                "name": "Box of 12",
                "relative_factor": 12,
                "relative_uom_id": cls.env.ref("uom.product_uom_unit").id,
                "integration_code": "BX",
            }
        )

    def setUp(self):
        super().setUp()
        self.send_with(delivered)
        self.purchase = self.ordered()
        self.first, self.second = self.purchase.order_line

    def ordered(self, line=None, **values):
        """A confirmed order that was sent; ``line`` are values of its first line."""
        order = self.order(user_id=self.buyer.id, **values)
        order.order_line[0].write({"price_unit": 12.5, **(line or {})})
        order.order_line.date_planned = "2026-12-01 11:00:00"
        order.button_confirm()
        self.env.cr.flush()
        self.dispatch()
        self.drain(self.outbound)
        return order

    def answer(self, key, *lines, order=None, **values):
        """Deliver an answer of the supplier; ``lines`` are ``(order line, values)``."""
        document = {
            "order_number": (order or self.purchase).name,
            "lines": [
                {
                    "line_reference": str(line.id),
                    "status": "changed",
                    "quantity": f"{line.product_qty:g}",
                    "unit": "C62",
                    "promised_date": "2026-12-01",
                    **said,
                }
                for line, said in lines
            ],
            **values,
        }
        message = self.confirm(key, document)
        self.env.invalidate_all()
        return message

    def exceptions(self, order=None, state="open"):
        return self.env["integration.exception"].search(
            [
                ("res_model", "=", "purchase.order"),
                ("res_id", "=", (order or self.purchase).id),
                ("state", "=", state),
            ],
            order="id",
        )

    def accept(self, exceptions=None):
        exceptions = self.exceptions() if exceptions is None else exceptions
        exceptions.with_user(self.buyer).action_accept()
        self.env.invalidate_all()
