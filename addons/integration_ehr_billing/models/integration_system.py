from odoo import fields, models


class IntegrationSystem(models.Model):
    """Who charges what a system tells of usage."""

    _inherit = "integration.system"

    ehr_charges_usage = fields.Boolean(
        string="Charges usage itself",
        tracking=True,
        help="This system charges what it dispenses or implants to the billing system by itself "
        "(DFT). Odoo then posts no charge for the usage that it tells: it would be charged twice.",
    )
