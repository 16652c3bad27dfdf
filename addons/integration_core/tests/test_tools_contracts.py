# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools.contracts import DIALECT, SchemaError, compile_schema

ORDER = {
    "$schema": DIALECT,
    "type": "object",
    "additionalProperties": False,
    "required": ["number", "currency", "lines"],
    "properties": {
        "number": {"type": "string", "minLength": 1},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "date": {"type": "string", "format": "date"},
        "sent_at": {"type": "string", "format": "date-time"},
        "id": {"type": "string", "format": "uuid"},
        "link": {"type": "string", "format": "uri"},
        "state": {"enum": ["open", "closed"]},
        "weight": {"type": "number", "minimum": 0},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
    },
    "$defs": {"line": {"type": "object", "required": ["quantity"]}},
}
GOOD = {"number": "PO1", "currency": "EUR", "lines": [{"quantity": "1.5"}]}


@tagged("post_install", "-at_install")
class TestContracts(BaseCase):
    """What operators read when a partner breaks a contract."""

    def setUp(self):
        super().setUp()
        self.validator = compile_schema(ORDER)

    def test_good(self):
        self.assertTrue(self.validator.is_valid(GOOD))
        self.assertEqual(self.validator.violations(GOOD), [])

    def test_violations(self):
        for change, expected in (
            ({"currency": "euro"}, '/currency: must match "^[A-Z]{3}$"'),
            ({"currency": "EUR\n"}, '/currency: must match "^[A-Z]{3}$"'),
            ({"number": ""}, "/number: must have at least 1 characters"),
            ({"number": 7}, "/number: must be string"),
            ({"state": "Jane Doe"}, '/state: must be one of ["open", "closed"]'),
            ({"weight": Decimal("-0.5")}, "/weight: must not be less than 0"),
            ({"lines": []}, "/lines: must have at least 1 items"),
            ({"lines": [{}]}, "/lines/0: quantity is required"),
            ({"a/b~c": 1}, "/: unknown: a/b~c"),
            ({"date": "2026-02-30"}, "/date: must be a valid date"),
            ({"sent_at": "2026-01-01 00:00"}, "/sent_at: must be a valid date-time"),
            ({"id": "no"}, "/id: must be a valid uuid"),
            ({"link": "no uri"}, "/link: must be a valid uri"),
        ):
            self.assertEqual(self.validator.violations({**GOOD, **change}), [expected])

    def test_decimals_are_numbers(self):
        self.assertTrue(self.validator.is_valid({**GOOD, "weight": Decimal("0.1")}))
        integers = compile_schema({"type": "integer"})
        self.assertTrue(integers.is_valid(Decimal("1.0")))
        self.assertFalse(integers.is_valid(Decimal("1.5")))
        tenths = compile_schema({"multipleOf": 0.1})
        self.assertTrue(tenths.is_valid(Decimal("0.3")))

    def test_names_are_shortened_and_made_harmless(self):
        text = self.validator.violations({**GOOD, "x\n" + "y" * 200: 1})[0]
        self.assertTrue(text.startswith("/: unknown: x?yyy"))
        self.assertLess(len(text), 100)

    def test_values_that_are_not_json(self):
        self.assertFalse(self.validator.is_valid({1: 2}))
        self.assertEqual(
            self.validator.violations(object()), ["/: holds something that JSON cannot express"]
        )

    def test_schema_errors_point_to_the_mistake(self):
        with self.assertRaises(SchemaError) as caught:
            compile_schema({"properties": {"a": {"type": "strin"}}})
        self.assertEqual(caught.exception.pointer, "/properties/a/type")
        with self.assertRaises(SchemaError) as caught:
            compile_schema({"properties": {"a": {"pattern": "(?=x)"}}})
        self.assertIn("look-around", str(caught.exception))

    def test_nothing_is_fetched(self):
        with self.assertRaises(SchemaError):
            compile_schema({"$ref": "https://json-schema.org/draft/2019-09/schema#/x"})

    def test_other_drafts_are_refused(self):
        with self.assertRaises(SchemaError) as caught:
            compile_schema({"$schema": "http://json-schema.org/draft-07/schema#"})
        self.assertEqual(caught.exception.pointer, "/$schema")

    def test_not_a_schema(self):
        for value in ([], "x", None, {"type": object()}):
            with self.assertRaises(SchemaError):
                compile_schema(value)
