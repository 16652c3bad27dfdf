"""The mappings and the routing of dispenses and ordered services over FHIR come with this version,
and serve from then on."""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import shipped

APPROVED = ["mapping_fhir_dispense", "mapping_fhir_service_request", "routing_fhir_r4_usage"]


def migrate(cr, version):
    if not version:
        return
    shipped.approve(api.Environment(cr, SUPERUSER_ID, {}), "integration_ehr_supply", APPROVED)
