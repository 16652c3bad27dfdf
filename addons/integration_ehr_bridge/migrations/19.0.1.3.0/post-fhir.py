"""The mappings and the routing of FHIR come with this version, and serve from then on."""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import shipped

APPROVED = [
    "mapping_fhir_encounter",
    "mapping_fhir_patient",
    "mapping_fhir_location",
    "mapping_fhir_organization",
    "mapping_fhir_practitioner",
    "mapping_fhir_practitioner_role",
    "mapping_fhir_appointment",
    "mapping_fhir_schedule",
    "mapping_fhir_slot",
    "routing_fhir_r4_standard",
]


def migrate(cr, version):
    if not version:
        return
    shipped.approve(api.Environment(cr, SUPERUSER_ID, {}), "integration_ehr_bridge", APPROVED)
