from odoo import fields, models


class ProductTemplate(models.Model):
    """Goods that are part of something else that is charged."""

    _inherit = "product.template"

    ehr_never_charged = fields.Boolean(
        string="Never charged to visits",
        help="What is used of it is part of something else that is charged, such as the day in "
        "bed: nobody has to mend that it is not charged. A charge code goes before.",
    )
