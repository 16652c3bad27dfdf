from pathlib import Path

from odoo.tests import tagged

from odoo.addons.integration_core.tests import upgrading

from .charge_events_case import ChargeEventsCase

MIGRATIONS = Path(__file__).parents[1] / "migrations"
BEFORE, VERSION = "19.0.1.0.0", "19.0.1.1.0"


@tagged("post_install", "-at_install")
class TestUpgrade(upgrading.RenewalMixin, ChargeEventsCase):
    """A database of 19.0.1.0.0 is as a new one after the update."""

    def setUp(self):
        super().setUp()
        self.script = upgrading.script(VERSION, "post-charges", MIGRATIONS)

    def test_what_was_posted_before_was_told(self):
        self.company.ehr_charge_direction = "out"
        self.book().action_book()
        charge = self.env["ehr.charge"].search([("source", "=", "odoo")])
        self.heard()
        self.env.cr.execute("UPDATE ehr_charge SET is_posted = NULL WHERE id = %s", [charge.id])
        self.env.flush_all()
        self.script.migrate(self.env.cr, BEFORE)
        self.env.invalidate_all()
        self.assertEqual((charge.is_posted, charge.state), (True, "posted"))
        self.assertEqual(self.heard(), [], "it is not told again")

    def test_mappings_say_since_when_something_is_so(self):
        self.assert_renews(self.script, BEFORE)

    def test_what_people_changed_stays(self):
        self.assert_leaves_alone(self.script, BEFORE)
