from odoo import api, fields, models


class AccountMove(models.Model):
    """Journal entries and bills lead back to the requisitions that brought them about."""

    _inherit = "account.move"

    ehr_requisition_ids = fields.Many2many(
        "ehr.requisition", string="Requisitions", compute="_compute_ehr_requisition_ids"
    )
    ehr_requisition_count = fields.Integer(compute="_compute_ehr_requisition_ids")

    @api.depends("stock_move_ids", "line_ids.purchase_line_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_requisition_ids(self):
        readable = self.env["ehr.requisition"].has_access("read")
        for move in self:
            full = move.sudo()  # sudo: who may not read requisitions is shown none
            lines = full.stock_move_ids.ehr_requisition_line_id
            lines |= full.line_ids.purchase_line_id.ehr_requisition_line_id
            move.ehr_requisition_ids = lines.requisition_id.ids if readable else False
            move.ehr_requisition_count = len(move.ehr_requisition_ids)

    def action_open_ehr_requisitions(self):
        """The requisitions that this entry came of."""
        self.ensure_one()
        return self.env["ehr.requisition"]._open_records(self.ehr_requisition_ids)
