import importlib.util

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_path

SCRIPT = "integration_ehr_bridge/migrations/19.0.1.1.0/pre-reference.py"


@tagged("post_install", "-at_install")
class TestUpgrade(TransactionCase):
    """Visits of a database from before they had references, and of one where all got the same."""

    def upgrade(self):
        spec = importlib.util.spec_from_file_location("pre_reference", file_path(SCRIPT))
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def test_each_visit_has_a_reference_of_its_own(self):
        visits = self.env["ehr.encounter"].create(
            [{"visit_number": f"V{n}", "encounter_class": "inpatient"} for n in range(6)]
        )
        same, none, own = visits[:3], visits[3:5], visits[5]
        kept = own.reference
        self.env.cr.execute("DROP INDEX ehr_encounter_reference_unique")
        self.env.cr.execute("ALTER TABLE ehr_encounter ALTER reference DROP NOT NULL")
        for found, reference in ((same, "0123456789"), (none, None)):
            self.env.cr.execute(
                "UPDATE ehr_encounter SET reference = %s WHERE id = ANY(%s)", [reference, found.ids]
            )
        self.env.invalidate_all()
        self.upgrade()
        references = visits.mapped("reference")
        self.assertEqual(len(set(references)), 6)
        self.assertTrue(all(len(one) == 10 and one == one.upper() for one in references))
        self.assertEqual((same[0].reference, own.reference), ("0123456789", kept))


@tagged("post_install", "-at_install")
class TestUpgradeFhir(TransactionCase):
    """A database from before FHIR gets mappings and a routing that serve."""

    def test_what_comes_is_approved(self):
        path = "integration_ehr_bridge/migrations/19.0.1.3.0/post-fhir.py"
        spec = importlib.util.spec_from_file_location("post_fhir", file_path(path))
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        routing = self.env.ref("integration_ehr_bridge.routing_fhir_r4_standard")
        mappings = routing.line_ids.mapping_id
        self.assertEqual(len(mappings) + 1, len(script.APPROVED))
        for records in (routing, mappings):
            self.env.cr.execute(
                f"UPDATE {records._table} SET state = 'draft' WHERE id = ANY(%s)", [records.ids]
            )
        self.env.invalidate_all()
        script.migrate(self.env.cr, "19.0.1.2.0")
        self.assertEqual(set(mappings.mapped("state")), {"approved"})
        self.assertEqual(routing.state, "approved")
