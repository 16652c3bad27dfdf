import doctest
from datetime import date, datetime

from odoo.tests import BaseCase, tagged

from ..tools import expiry


@tagged("post_install", "-at_install")
class TestToolsExpiry(BaseCase):
    def test_examples(self):
        self.assertFalse(doctest.testmod(expiry).failed)

    def test_there_and_back_in_any_zone(self):
        day = date(2028, 2, 29)
        for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Brussels"):
            self.assertEqual(expiry.day_of(expiry.end_of(day, zone), zone), day)

    def test_a_moment_of_the_night_before(self):
        moment = datetime(2027, 3, 30, 22, 30)
        self.assertEqual(expiry.day_of(moment, "Europe/Brussels"), date(2027, 3, 31))
