from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .census_case import CensusCase


@tagged("post_install", "-at_install")
class TestCensusUi(CensusCase, HttpCase):
    def test_census(self):
        """A keeper sees beds, cleans one, and keeps the census by hand while its feed is down."""
        self.env["integration.interface"].search([]).active = False
        system = self.env["integration.system"].create(
            {"name": "EHR", "code": "EHRTOUR", "kind": "ehr"}
        )
        interface = self.env["integration.interface"].create(
            {
                "name": "Census feed",
                "system_id": system.id,
                "direction": "inbound",
                "manual_fallback": "<p>Call the desk.</p>",
                "handler": "integration.handler.ehr_encounter",
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'active', activated_at = now() AT TIME ZONE "
            "'UTC' - interval '2 hours' WHERE id = %s",
            [interface.id],
        )
        self.tell("admit", "8:00", "V-0", place=1, patient="P0")
        self.tell("admit", "8:00", "V-1", place=2, **{"class": "inpatient"})
        self.tell("discharge", "9:00", "V-0", patient="P0")
        new_test_user(
            self.env,
            "ehr.tour",
            "integration_ehr_bridge.group_census_manager",
            tz="UTC",
        )
        before = fields.Datetime.now()
        self.start_tour("/odoo/census-beds", "integration_ehr_bridge_census", login="ehr.tour")
        by_hand = self.env["ehr.encounter"].search([("temporary", "=", True)])
        self.assertEqual((by_hand.state, by_hand.location_id), ("discharged", self.bed(1)))
        self.assertGreaterEqual(by_hand.discharged_at, before)
        self.assertEqual(self.requests(1).mapped("state"), ["done", "done"])
        self.assertEqual(self.bed(1).bed_entry_ids.mapped("state"), ["free", "closed"])
