from unittest.mock import patch

from odoo.tests import tagged

from .stock_case import StockCase


@tagged("post_install", "-at_install")
class TestProductBulk(StockCase):
    """Creating products in bulk looks for their moves once, and not one by one."""

    def looked_at(self, act):
        """How many products Odoo looked for moves of one by one."""
        looks = []
        products = type(self.env["product.product"])
        stack = products._run_fifo_get_stack

        def look(product, *args, **kwargs):
            looks.append(product.id)
            return stack(product, *args, **kwargs)

        with patch.object(products, "_run_fifo_get_stack", look):
            act()
        return looks

    def test_new_products_have_no_moves(self):
        values = [{"name": f"P{n}", "is_storable": True, "standard_price": n} for n in range(5)]
        found = []
        looks = self.looked_at(lambda: found.append(self.env["product.product"].create(values)))
        self.assertEqual(
            looks, [], "Odoo asks otherwise which moves remain: see product_product_bulk.py"
        )
        self.assertEqual(found[0].mapped("standard_price"), [0, 1, 2, 3, 4])

    def test_moved_ones_are_valued_anew(self):
        self.set_stock(self.product, 5)
        self.use_up(self.product, 1)
        self.product.standard_price = 7
        self.assertEqual(self.looked_at(lambda: self.cost(9)), self.product.ids)
        self.assertEqual(self.product.total_value, 36)

    def cost(self, value):
        self.product.standard_price = value
