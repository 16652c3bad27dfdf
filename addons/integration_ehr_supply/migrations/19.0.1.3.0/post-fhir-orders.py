"""Mappings and the routing of orders over FHIR come with this version, and serve from then on."""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import shipped

APPROVED = [
    "mapping_fhir_supply_request",
    "mapping_fhir_device_request",
    "mapping_requisition_fhir",
    "mapping_supply_problem_fhir",
    "routing_fhir_r4_orders",
]


def migrate(cr, version):
    if not version:
        return
    shipped.approve(api.Environment(cr, SUPERUSER_ID, {}), "integration_ehr_supply", APPROVED)
