from odoo import api, fields, models


class AccountMove(models.Model):
    """Journal entries of usage lead back to what was used."""

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    ehr_consumption_count = fields.Integer(string="Usage", compute="_compute_ehr_consumption_count")

    @api.depends("stock_move_ids.ehr_consumption_ids", "ehr_revalued_move_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_consumption_count(self):
        model = self.env["ehr.consumption"]
        readable = model.has_access("read")
        for entry in self:
            entry.ehr_consumption_count = (
                model.search_count(entry._ehr_consumptions()) if readable else 0
            )

    def action_open_ehr_consumptions(self):
        """What this entry values."""
        return self.env["ehr.consumption"]._open_list(self._ehr_consumptions())

    def _ehr_consumptions(self):
        # sudo: who reads the entry need not read the transfer
        anew = self.sudo().ehr_revalued_move_id
        return ["|", ("move_id.account_move_id", "in", self.ids), ("move_id", "in", anew.ids)]
