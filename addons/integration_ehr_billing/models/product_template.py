from odoo import fields, models


class ProductTemplate(models.Model):
    """Goods that are part of something else that is charged, or are charged as something else."""

    _inherit = "product.template"

    ehr_never_charged = fields.Boolean(
        string="Never charged to visits",
        help="What is used of it is part of something else that is charged, such as the day in "
        "bed: nobody has to mend that it is not charged. A charge code goes before.",
    )
    ehr_charged_as_id = fields.Many2one(
        "product.product",
        string="Charged to visits as",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="What clinical systems charge where this is used, if that is another product, such as "
        "a service for an implant. A visit with such a charge has been charged for this, too.",
    )
