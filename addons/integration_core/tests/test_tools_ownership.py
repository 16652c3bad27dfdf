from datetime import date

from odoo.tests import BaseCase

from odoo.addons.integration_core.tools.ownership import Rule, is_data, shared_fields


def rule(number=1, **values):
    known = {
        "id": number,
        "system_id": number,
        "company_id": 1,
        "model": "res.partner",
        "fields": frozenset({"name"}),
        "existence": False,
        "condition": None,
        "valid_from": None,
        "valid_until": None,
        "parks": True,
    }
    return Rule(**{**known, **values})


class TestToolsOwnership(BaseCase):
    def test_in_force(self):
        limited = rule(valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 31))
        for day, expected in (
            (date(2026, 2, 28), False),
            (date(2026, 3, 1), True),
            (date(2026, 3, 31), True),
            (date(2026, 4, 1), False),
        ):
            self.assertEqual(limited.in_force(day), expected, day)
        self.assertTrue(rule().in_force(date(1970, 1, 1)))

    def test_everything_is_not_bookkeeping(self):
        everything = rule(fields=None)
        self.assertTrue(everything.names("name"))
        for name in ("write_date", "message_ids", "activity_state", "id"):
            self.assertFalse(everything.names(name), name)
            self.assertFalse(is_data(name), name)
        self.assertFalse(rule().names("email"))

    def test_meeting(self):
        one = rule()
        meeting = {
            "the same field": (rule(2), True),
            "another field": (rule(2, fields=frozenset({"email"})), False),
            "everything": (rule(2, fields=None), True),
            "another model": (rule(2, model="res.users"), False),
            "another company": (rule(2, company_id=2), False),
        }
        for what, (other, expected) in meeting.items():
            with self.subTest(what):
                self.assertEqual(one.meets(other), expected)
                self.assertEqual(other.meets(one), expected)

    def test_periods(self):
        march = rule(valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 31))
        for start, end, expected in (
            (date(2026, 4, 1), None, False),
            (date(2026, 3, 31), None, True),
            (None, date(2026, 2, 28), False),
            (None, date(2026, 3, 1), True),
            (None, None, True),
        ):
            other = rule(2, valid_from=start, valid_until=end)
            self.assertEqual(march.meets(other), expected, (start, end))
            self.assertEqual(other.meets(march), expected, (start, end))

    def test_creation_is_something_to_share(self):
        one = rule(existence=True)
        other = rule(2, fields=frozenset({"email"}), existence=True)
        self.assertTrue(one.meets(other))

    def test_shared_fields(self):
        both = rule(fields=frozenset({"name", "email"}))
        self.assertEqual(shared_fields(both, rule()), {"name"})
        self.assertEqual(shared_fields(both, rule(fields=None)), {"name", "email"})
        self.assertEqual(shared_fields(rule(fields=None), rule(fields=None)), {"*"})
