# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools import decimals


@tagged("post_install", "-at_install")
class TestDecimals(BaseCase):
    """Equal amounts are equal texts."""

    def test_canonical_text(self):
        for value, expected in (
            ("1.50", "1.5"),
            ("007", "7"),
            ("-0.00", "0"),
            (Decimal("1E+3"), "1000"),
            (Decimal("1E-7"), "0.0000001"),
            (12, "12"),
            ("-3.25", "-3.25"),
        ):
            self.assertEqual(decimals.to_text(value), expected)

    def test_rounding_is_asked_for_and_half_up(self):
        for value, digits, expected in (
            ("2.345", 2, "2.35"),
            ("-2.345", 2, "-2.35"),
            ("2.344", 2, "2.34"),
            ("0.5", 0, "1"),
            ("-0.001", 2, "0"),
            ("5", 2, "5"),
        ):
            self.assertEqual(decimals.to_text(value, digits), expected)

    def test_nothing_is_guessed(self):
        for value in (
            "", " 1", "+1", "1,5", "1.234,50", "1'000", "1e3", ".5", "5.", "0x1", "NaN",
            "\u0661", "1" * 31, "0." + "1" * 31, Decimal("NaN"), Decimal("Infinity"),
            Decimal("1E+30"), Decimal("1E-999999"), 10**30,
        ):  # fmt: skip
            with self.assertRaises(ValueError):
                decimals.to_text(value)
        for value in (1.5, True, None, []):
            with self.assertRaises(TypeError):
                decimals.to_text(value)

    def test_floats_of_fields(self):
        self.assertEqual(decimals.from_float(0.1 + 0.2, 2), "0.3")
        self.assertEqual(decimals.from_float(1.005, 2), "1.01")
        self.assertEqual(decimals.from_float(12, 3), "12")
        for value in (float("nan"), float("inf"), 1e300):
            with self.assertRaises(ValueError):
                decimals.from_float(value, 2)
