from odoo import fields, models


class EhrRecord(models.Model):
    """Records of clinical systems that say what was used, or what is to be done."""

    _inherit = "ehr.record"

    kind = fields.Selection(
        selection_add=[("dispense", "Dispense"), ("test", "Ordered test")],
        ondelete={"dispense": "cascade", "test": "cascade"},
    )
