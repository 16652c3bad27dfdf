from odoo import fields, models


class IntegrationInterface(models.Model):
    """What an interface shows of billing over FHIR."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    fhir_show_charge = fields.Boolean(
        string="Charges",
        governed=True,
        help="What became of charges, by the number that their system gave them. No patient, no "
        "amounts.",
    )
    fhir_show_invoice = fields.Boolean(
        string="Invoices of charges",
        governed=True,
        help="Number, state, payer and totals of invoices and credit notes of charges. No patient, "
        "no lines.",
    )
