"""The mapping and the routing of charges over FHIR come with this version, and serve from then."""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import shipped

APPROVED = ["mapping_fhir_charge_item", "routing_fhir_r4_charges"]


def migrate(cr, version):
    if not version:
        return
    shipped.approve(api.Environment(cr, SUPERUSER_ID, {}), "integration_ehr_billing", APPROVED)
