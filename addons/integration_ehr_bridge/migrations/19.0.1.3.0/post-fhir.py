"""The mappings and the routing of FHIR come with this version, and serve from then on."""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import shipped

TYPES = (
    "encounter",
    "patient",
    "location",
    "organization",
    "practitioner",
    "practitioner_role",
    "appointment",
    "schedule",
    "slot",
)
APPROVED = [*(f"mapping_fhir_{name}" for name in TYPES), "routing_fhir_r4_standard"]


def migrate(cr, version):
    if not version:
        return
    shipped.approve(api.Environment(cr, SUPERUSER_ID, {}), "integration_ehr_bridge", APPROVED)
