from odoo import api, fields, models


class EhrCharge(models.Model):
    """When what others are shown of a charge changed last."""

    _inherit = "ehr.charge"

    # Charges keep no author and date of writes. To the microsecond, and of the beginning of the
    # transaction, as those dates are: who polls compares it with what is still under way.
    changed_at = fields.Datetime(string="Changed", compute="_compute_changed_at", store=True)

    _changed_idx = models.Index("(changed_at, id)")

    @api.depends("state", "number", "charge_code", "quantity", "charged_at", "move_line_id.move_id")
    def _compute_changed_at(self):
        self.changed_at = self.env.cr.now()
