import doctest
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools import shipments
from ..tools.shipments import Delivered, Place, allot, totals


@tagged("post_install", "-at_install")
class TestToolsShipments(BaseCase):
    def test_examples(self):
        self.assertFalse(doctest.testmod(shipments).failed)

    def test_nothing_is_lost_or_invented(self):
        for quantity in map(Decimal, ("0", "0.5", "3", "7", "8", "100")):
            places = [Place(key, Decimal(room)) for key, room in (("a", 3), ("b", -1), ("c", 5))]
            parts, left = allot(quantity, places)
            self.assertEqual(sum((part for _key, part in parts), left), quantity)
            self.assertNotIn("b", dict(parts))
            self.assertTrue(all(part > 0 for _key, part in parts))
            self.assertFalse(left and any(place.room > 0 for place in places))

    def test_totals_by_lot(self):
        lines = [
            Delivered(1, Decimal(2), "A"),
            Delivered(1, Decimal(3), "B"),
            Delivered(1, Decimal(1), "A", "P"),
        ]
        self.assertEqual(totals(lines), {(1, ""): 6})
        self.assertEqual(totals(lines, by_lot=True), {(1, "A"): 3, (1, "B"): 3})

    def test_binary_floats(self):
        self.assertEqual(shipments.exact(0.1), Decimal("0.1"))
