import importlib.util

from odoo.tests import tagged
from odoo.tools import file_path

from .charge_events_case import ChargeEventsCase

SCRIPT = "integration_ehr_billing/migrations/19.0.1.1.0/post-charges.py"


@tagged("post_install", "-at_install")
class TestUpgrade(ChargeEventsCase):
    """A database of 19.0.1.0.0 is as a new one after the update."""

    def upgrade(self):
        spec = importlib.util.spec_from_file_location("post_charges", file_path(SCRIPT))
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        return script

    def test_what_was_posted_before_was_told(self):
        self.company.ehr_charge_direction = "out"
        self.book().action_book()
        charge = self.env["ehr.charge"].search([("source", "=", "odoo")])
        self.heard()
        self.env.cr.execute("UPDATE ehr_charge SET is_posted = NULL WHERE id = %s", [charge.id])
        self.upgrade()
        self.assertEqual((charge.is_posted, charge.state), (True, "posted"))
        self.assertEqual(self.heard(), [], "it is not told again")

    def test_mappings_say_since_when_something_is_so(self):
        name = "integration_ehr_billing.mapping_charge_status_hl7"
        shipped = self.env.ref(name)
        now, before = (
            f"f2: hl7_written({what}, context.zone)}}" for what in ("context.moment", "root.at")
        )
        self.assertIn(now, shipped.header)
        self.env.cr.execute(
            "UPDATE integration_mapping SET header = replace(header, %s, %s) WHERE id = %s",
            [now, before, shipped.id],
        )
        self.env.invalidate_all()
        self.upgrade()
        new = self.env.ref(name)
        self.assertEqual((new.previous_id, new.state, new.version), (shipped, "approved", 2))
        self.assertIn(now, new.header)
        self.assertNotIn(now, shipped.header)
        self.assertEqual(new.value_map_ids, shipped.value_map_ids)
        self.upgrade()
        self.assertEqual(self.env.ref(name), new, "a second time it changes nothing")
