from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    integration_adjustment_value = fields.Monetary(
        string="Largest value of a reported correction",
        default=100,
        help="Corrections of stock that other systems report are applied by themselves up to this "
        "value at cost. A storekeeper decides about larger ones.",
    )
    integration_adjustment_percent = fields.Float(
        string="Largest share of a reported correction",
        default=10,
        help="In percent of what Odoo has. A storekeeper decides about larger corrections.",
    )
