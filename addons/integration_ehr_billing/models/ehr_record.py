from odoo import fields, models


class EhrRecord(models.Model):
    """Records of clinical systems that say what is charged."""

    _inherit = "ehr.record"

    kind = fields.Selection(selection_add=[("charge", "Charge")], ondelete={"charge": "cascade"})
