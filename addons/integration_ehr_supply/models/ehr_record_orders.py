from odoo import fields, models


class EhrRecord(models.Model):
    """Orders are records, too, of systems that keep them so."""

    _inherit = "ehr.record"

    kind = fields.Selection(
        selection_add=[("order", "Order of supplies")], ondelete={"order": "cascade"}
    )
