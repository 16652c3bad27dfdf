from pathlib import Path

from odoo.tests import tagged

from odoo.addons.integration_core.tests import upgrading

from .census_case import CensusCase, bed

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@tagged("post_install", "-at_install")
class TestMigrations(CensusCase):
    def test_beds_without_a_state_are_free(self):
        script = upgrading.script("19.0.1.1.0", "post-beds", MIGRATIONS)
        places = self.env["ehr.location"]
        places.create([{**bed(number), "kind": "bed"} for number in (1, 2, 3)])
        room = places.create({"point_of_care": "W4", "room": "409", "kind": "room"})
        self.tell("admit", "8:00", place=1)
        self.bed(3)._say_by_hand("closed", "lamp broken")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ehr_location SET bed_state = NULL WHERE bed IN ('1', '2') AND company_id = %s",
            [self.company.id],
        )
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual(
            [self.bed(number).bed_state for number in (1, 2, 3)], ["occupied", "free", "closed"]
        )
        self.assertFalse(room.bed_state)
