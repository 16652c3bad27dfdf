"""Mappings and routings that are new in this version are approved, as in a new database."""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import shipped

APPROVED = (
    "mapping_hl7_general_order",
    "mapping_hl7_pharmacy_order",
    "mapping_hl7_outsourced",
    "routing_hl7_v2_general_orders",
    "routing_hl7_v2_pharmacy_orders",
    "routing_hl7_v2_encoded_orders_kept",
)


def migrate(cr, version):
    if not version:
        return
    shipped.approve(api.Environment(cr, SUPERUSER_ID, {}), "integration_ehr_supply", APPROVED)
