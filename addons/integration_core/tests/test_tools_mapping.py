# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools.errors import MappingError
from ..tools.mapping import MappingSpec, MissingValue, Section, compile_mapping

#: A supplier's confirmation, as it comes.
CONFIRMATION = {
    "order_no": "PO00042",
    "confirmed_at": "2026-11-22T10:00:00",
    "currency": "eur",
    "total": Decimal("120.505"),
    "positions": [
        {"pos": "1", "qty": Decimal("5.00"), "unit": "BX", "promised": "30.11.2026"},
        {"pos": "2", "qty": "0.250", "unit": "KG", "promised": "01.12.2026"},
    ],
}
SPEC = MappingSpec(
    header="""{
        order: required(root.order_no, 'order number'),
        supplier: context.system,
        confirmed_at: datetime_utc(root.confirmed_at, 'Europe/Vienna'),
        currency: upper(root.currency),
        total: decimal(root.total, `2`),
        note: default(root.note, 'none')
    }""",
    sections=(
        Section(
            target="lines",
            source="positions",
            expression="""{
                reference: concat(root.order_no, '/', item.pos),
                sequence: index,
                quantity: decimal(item.qty),
                unit: lookup('units', item.unit),
                promised_date: date(item.promised, '%d.%m.%Y')
            }""",
        ),
    ),
)
UNITS = {"units": {"BX": "box", "KG": "kg"}}


def evaluate(expression, root=None, **maps):
    return compile_mapping(MappingSpec(f"{{x: {expression}}}")).apply(root, maps)["x"]


@tagged("post_install", "-at_install")
class TestMapping(BaseCase):
    """From a partner's shape to the canonical one."""

    def assert_fails(self, code, expression, root=None, **maps):
        with self.assertRaises(MappingError) as caught:
            evaluate(expression, root, **maps)
        self.assertEqual(caught.exception.code, code, expression)
        return str(caught.exception)

    def test_an_order_confirmation(self):
        result = compile_mapping(SPEC).apply(CONFIRMATION, UNITS, {"system": "medsupply"})
        self.assertEqual(
            result,
            {
                "order": "PO00042",
                "supplier": "medsupply",
                "confirmed_at": "2026-11-22T09:00:00Z",
                "currency": "EUR",
                "total": "120.51",
                "note": "none",
                "lines": [
                    {
                        "reference": "PO00042/1",
                        "sequence": 0,
                        "quantity": "5",
                        "unit": "box",
                        "promised_date": "2026-11-30",
                    },
                    {
                        "reference": "PO00042/2",
                        "sequence": 1,
                        "quantity": "0.25",
                        "unit": "kg",
                        "promised_date": "2026-12-01",
                    },
                ],
            },
        )

    def test_needed_value_maps_are_known(self):
        self.assertEqual(compile_mapping(SPEC).map_names, {"units"})

    def test_an_unmapped_value(self):
        with self.assertRaises(MissingValue) as caught:
            compile_mapping(SPEC).apply(CONFIRMATION, {"units": {"BX": "box"}})
        self.assertEqual((caught.exception.map_name, caught.exception.value), ("units", "KG"))
        self.assertNotIn("KG", str(caught.exception))
        self.assert_fails("unknown_value_map", "lookup('units', 'KG')")
        self.assert_fails("missing_value", "lookup('units', root)", None, units={})

    def test_missing_members(self):
        text = self.assert_fails("missing_required", "required(root.no, 'order number')", {})
        self.assertEqual(text, "header: order number is required")
        self.assert_fails("missing_required", "required(root, 'name')", "  ")
        self.assertEqual(evaluate("required(root, 'count')", 0), 0)

    def test_numbers(self):
        self.assertEqual(evaluate("decimal('12.50')"), "12.5")
        self.assertEqual(evaluate("root", Decimal("1.50")), "1.5")
        self.assertEqual(evaluate("[`1.10`, `2`]"), ["1.1", 2])
        self.assertEqual(evaluate("avg([`1`, `2`])"), "1.5")
        self.assertEqual(evaluate("to_number('1.50')"), "1.5")
        self.assertEqual(evaluate("sum(root)", [Decimal("0.1"), Decimal("0.2")]), "0.3")
        self.assertEqual(evaluate("type(root)", Decimal("1.5")), "number")
        self.assertIs(evaluate("root > `1.4`", Decimal("1.5")), True)
        for text in ("1,5", "1e3", "", "twelve"):
            self.assert_fails("invalid_decimal", "decimal(root)", text)
        self.assert_fails("mapping_failed", "root", 1.5)

    def test_dates(self):
        self.assertEqual(evaluate("date('22.11.2026', '%d.%m.%Y')"), "2026-11-22")
        self.assert_fails("invalid_date", "date('22/11/2026', '%d.%m.%Y')")

    def test_local_times(self):
        for text, expected in (
            ("2026-07-01T12:00:00", "2026-07-01T10:00:00Z"),
            ("2026-07-01T12:00:00+00:00", "2026-07-01T12:00:00Z"),
            ("2026-07-01T12:00:00.5Z", "2026-07-01T12:00:00.500000Z"),
        ):
            self.assertEqual(evaluate("datetime_utc(root, 'Europe/Vienna')", text), expected)

    def test_the_repeated_and_the_skipped_hour(self):
        autumn, spring = "2026-10-25T02:30:00", "2026-03-29T02:30:00"
        self.assert_fails("ambiguous_time", "datetime_utc(root, 'Europe/Vienna')", autumn)
        for choice, expected in (("earlier", "00:30"), ("later", "01:30")):
            value = evaluate(f"datetime_utc(root, 'Europe/Vienna', '{choice}')", autumn)
            self.assertEqual(value, f"2026-10-25T{expected}:00Z")
        self.assert_fails("nonexistent_time", "datetime_utc(root, 'Europe/Vienna')", spring)

    def test_bad_times(self):
        self.assert_fails("invalid_datetime", "datetime_utc('yesterday', 'UTC')")
        self.assert_fails("unknown_zone", "datetime_utc('2026-01-01T00:00', 'Mars/Base')")
        self.assert_fails("unknown_zone", "datetime_utc('2026-01-01T00:00', '../../etc/passwd')")
        self.assert_fails("invalid_datetime", "datetime_utc('0001-01-01T00:00', 'Asia/Tokyo')")

    def test_texts(self):
        self.assertEqual(evaluate("concat('a', `1`, `1.50`, `null`)"), "a11.5")
        self.assertEqual(evaluate("[upper('a'), lower('B'), trim(' c ')]"), ["A", "b", "c"])
        self.assertIsNone(evaluate("upper(root)"))
        self.assertEqual(evaluate("default('', 'x')"), "x")
        self.assert_fails("mapping_failed", "concat(`[]`)")

    def test_nothing_is_dropped_silently(self):
        for section, reason in (
            (Section("lines", "nowhere", "item"), "must give a list"),
            (Section("lines", "order_no", "item"), "must give a list"),
            (Section("lines", "positions", "item.nothing"), "item 1 of lines: gives nothing"),
            (Section("a", "positions", "item"), "already"),
            (Section("a.b", "positions", "item"), "not an object"),
        ):
            mapping = compile_mapping(MappingSpec("{a: `1`}", (section,)))
            with self.assertRaises(MappingError) as caught:
                mapping.apply(CONFIRMATION)
            self.assertIn(reason, str(caught.exception))
        with self.assertRaises(MappingError):
            compile_mapping(MappingSpec("root")).apply([])

    def test_targets_may_be_nested(self):
        spec = MappingSpec(
            "{a: {b: `1`}}", (Section("a.lines", "@", "item"), Section("c.d", "@", "index"))
        )
        self.assertEqual(
            compile_mapping(spec).apply(["x"]), {"a": {"b": 1, "lines": ["x"]}, "c": {"d": [0]}}
        )

    def test_mistakes_are_found_when_compiling(self):
        for spec, reason in (
            (MappingSpec("{a: root.}"), "header: syntax error at character 10"),
            (MappingSpec(""), "is empty"),
            (MappingSpec("{a: 'open}"), "syntax error at character 5"),
            (MappingSpec("{a: magic(root)}"), "no function magic()"),
            (MappingSpec("{a: lookup(root, 'x')}"), "in quotes"),
            (MappingSpec("a" * 20_001), "longer"),
            (MappingSpec("a", (Section("lines[0]", "a", "a"),)), "dotted path"),
            (MappingSpec("a", (Section("x", "a", "a"),) * 2), "two sections"),
            (MappingSpec("a", tuple(Section(f"x{n}", "a", "a") for n in range(21))), "at most"),
            (MappingSpec("a", (Section("x", "a[", "a"),)), "section x, source"),
            (MappingSpec("a", (Section("x", "a", "a["),)), "section x, expression"),
        ):
            with self.assertRaises(MappingError) as caught:
                compile_mapping(spec)
            self.assertEqual(caught.exception.code, "invalid_mapping")
            self.assertIn(reason, str(caught.exception))

    def test_budget(self):
        doubling = " | ".join(["[@, @][]"] * 40)
        self.assert_fails("mapping_too_expensive", f"(root | {doubling})", 1)
        long_text = "'xxxxxxxx' | " + " | ".join(["concat(@, @)"] * 40)
        self.assert_fails("mapping_too_large", f"({long_text})")
        cheap = compile_mapping(MappingSpec("{a: root.b.c}"), steps=3)
        with self.assertRaises(MappingError):
            cheap.apply({})
