from odoo import fields, models


class IntegrationInterface(models.Model):
    """What an interface shows of supply over FHIR."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    fhir_show_item = fields.Boolean(
        string="Items",
        governed=True,
        help="The goods that Odoo knows: code, GTIN, name, unit, whether in use. No prices.",
    )
    fhir_show_supply_request = fields.Boolean(
        string="Orders of supplies",
        governed=True,
        help="What was ordered of the store, and how far it is. Not for whom.",
    )
    fhir_show_supply_delivery = fields.Boolean(
        string="Deliveries and usage",
        governed=True,
        help="What was brought for these orders, and what was used. Not for whom.",
    )
    fhir_show_inventory = fields.Boolean(
        string="Stock on hand",
        governed=True,
        help="How much of which item lies where, of our own; in the shape of FHIR R5.",
    )
