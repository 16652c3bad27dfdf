from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.integration_core.tools.errors import ErrorClass
from odoo.addons.integration_core.tools.event_filter import EventFilter, FilterError

EVENT = {
    "id": "e-1",
    "type": "procurement.order.confirmed",
    "time": "2026-11-22T10:00:00.250Z",
    "subject": "PO00042",
    "data": {
        "total": "1250.00",
        "count": 2,
        "share": Decimal("0.5"),
        "urgent": True,
        "quiet": False,
        "note": "",
        "none": None,
        "lines": [{"item": "A", "cold": True, "quantity": 3}, {"item": "B", "quantity": 1}],
        "empty": [],
        "nothing": {},
        "ship_to": {"country": "DE"},
    },
}


class TestPasses(BaseCase):
    def test_what_passes(self):
        for text in (
            "data.urgent",
            "data.total",
            "data.lines",
            "data.ship_to",
            "data.lines[?cold]",
            "data.lines[?quantity > `2`].item",
            "data.ship_to.country == 'DE' && type == 'procurement.order.confirmed'",
            "to_number(data.total) >= `1000`",
            "data.share < `0.75`",
            "starts_with(type, 'procurement.')",
            "contains(['DE', 'AT'], data.ship_to.country)",
            "length(data.lines) > `1`",
            "!(data.quiet)",
            "!(data.none)",
            "data.quiet || data.urgent",
            "@.data.urgent",
            "@ | data.urgent",
            "data | urgent",
            "subject == 'PO00042'",
            "`true`",
            "'false'",
        ):
            with self.subTest(text):
                self.assertTrue(EventFilter.compile(text).passes(EVENT))

    def test_what_does_not_pass(self):
        for text in (
            "data.quiet",
            "data.note",
            "data.none",
            "data.empty",
            "data.nothing",
            "data.absent",
            "data.absent.below > `5`",
            "data.lines[?quantity > `5`]",
            "data.lines[5]",
            "data.total == `1250`",
            "data.urgent && data.quiet",
            "`false`",
            "`null`",
        ):
            with self.subTest(text):
                self.assertFalse(EventFilter.compile(text).passes(EVENT))

    def test_what_nobody_can_tell(self):
        for text, reason in (
            ("data.count", "number"),
            ("data.share", "number"),
            ("length(data.empty)", "number"),
            ("data.total > `1000`", "to_number"),
            ("sum(data.total)", "sum() was given a string"),
            ("upper(data.count)", "upper() was given a number"),
            ("decimal(data.note)", "decimal()"),
            ("required(data.none, 'Reference')", "Reference is required"),
            ("&data", "neither true nor false"),
        ):
            with self.subTest(text), self.assertRaises(FilterError) as caught:
                EventFilter.compile(text).passes(EVENT)
            self.assertEqual(caught.exception.code, "filter_failed")
            self.assertEqual(caught.exception.error_class, ErrorClass.CONFIGURATION)
            self.assertIn(reason, str(caught.exception))
            self.assertNotIn("1250", str(caught.exception))

    def test_a_trial_shows_the_value(self):
        found = EventFilter.compile("data.lines[?cold].item").explain(EVENT)
        self.assertEqual((found.passes, found.value), (True, ["A"]))
        self.assertNotIn("A'", repr(found))

    def test_a_filter_does_not_run_away(self):
        doubled = "data.lines" + " | [@, @][]" * 20
        with self.assertRaises(FilterError) as caught:
            EventFilter.compile(doubled).passes(EVENT)
        self.assertIn("too many steps", str(caught.exception))


class TestCheck(BaseCase):
    """What is refused when it is entered."""

    def test_mistakes(self):
        for text, reason in (
            ("", "empty"),
            ("data.", "syntax error"),
            ("data.total >", "syntax error"),
            ("total > `5`", "no 'total'; begin with data, id, subject, time, type"),
            ("data.urgent && totl", "no 'totl'"),
            ("contains(data.lines[].item, itm)", "no 'itm'"),
            ("@.total", "no 'total'"),
            ("@ | total", "no 'total'"),
            ("not_null(a, data)", "no 'a'"),
            ("!data.urgent", "!(a.b)"),
            ("data.lines[?!cold.chain]", "!(a.b)"),
            ("[?cold]", "no list"),
            ("[0]", "no list"),
            ("@[0]", "no list"),
            ("[]", "no list"),
            ("[data.urgent]", "never empty"),
            ("{urgent: data.urgent}", "never empty"),
            ("lookup('countries', data.ship_to.country)", "value maps"),
            ("send(data)", "no function send()"),
            ("data." + "a" * 20_000, "longer than"),
            ("(" * 3000 + "data" + ")" * 3000, "nested too deeply"),
        ):
            with self.subTest(text[:60]), self.assertRaises(FilterError) as caught:
                EventFilter.compile(text)
            self.assertEqual(caught.exception.code, "invalid_filter")
            self.assertIn(reason, str(caught.exception))

    def test_members_of_elements_are_no_names_of_the_event(self):
        for text in (
            "data.lines[?cold && quantity > `1`]",
            "data.lines[*].item",
            "sort_by(data.lines, &quantity)[1].cold",
            "data | lines[?item == 'A']",
            "data.lines[?@.cold]",
            "data.{a: urgent, b: quiet}.a",
        ):
            with self.subTest(text):
                self.assertTrue(EventFilter.compile(text).passes(EVENT))

    def test_other_names(self):
        compiled = EventFilter.compile("company == 'H1'", names=("company",))
        self.assertTrue(compiled.passes({"company": "H1"}))
