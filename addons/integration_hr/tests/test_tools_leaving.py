from datetime import date, datetime

from odoo.tests import BaseCase

from ..tools import leaving

MONDAY, TUESDAY = date(2026, 11, 30), date(2026, 12, 1)


class TestLeaving(BaseCase):
    def test_due_on_the_last_day(self):
        self.assertTrue(leaving.is_due(MONDAY, MONDAY))
        self.assertTrue(leaving.is_due(MONDAY, TUESDAY))
        self.assertFalse(leaving.is_due(TUESDAY, MONDAY))

    def test_later_decision_counts(self):
        early, late = datetime(2026, 11, 1), datetime(2026, 11, 2)
        self.assertTrue(leaving.is_outdated(early, late))
        self.assertFalse(leaving.is_outdated(late, early))
        self.assertFalse(leaving.is_outdated(late, late))
        self.assertFalse(leaving.is_outdated(None, late))
        self.assertFalse(leaving.is_outdated(early, None))

    def test_only_a_later_contract_is_a_return(self):
        self.assertTrue(leaving.returns(TUESDAY, MONDAY))
        self.assertFalse(leaving.returns(MONDAY, MONDAY))
        self.assertFalse(leaving.returns(None, MONDAY))
        self.assertTrue(leaving.returns(None, None))

    def test_departure_without_a_day(self):
        self.assertEqual(leaving.departure_day(MONDAY, TUESDAY), MONDAY)
        self.assertEqual(leaving.departure_day(TUESDAY, MONDAY), MONDAY)
        self.assertEqual(leaving.departure_day(None, MONDAY), MONDAY)
