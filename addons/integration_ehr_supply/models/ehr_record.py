from odoo import fields, models


class EhrRecord(models.Model):
    """Records of clinical systems that say what is ordered, used, or to be done."""

    _inherit = "ehr.record"

    kind = fields.Selection(
        selection_add=[
            ("order", "Order of supplies"),
            ("dispense", "Dispense"),
            ("test", "Ordered test"),
        ],
        ondelete={"order": "cascade", "dispense": "cascade", "test": "cascade"},
    )
