from odoo import api, fields, models


class AccountMove(models.Model):
    """Entries and bills lead back to the requisitions that brought them about, and their visit."""

    _name = "account.move"
    _inherit = ["account.move", "ehr.visit.document"]

    ehr_requisition_count = fields.Integer(compute="_compute_ehr_requisition_count")

    @api.depends("stock_move_ids.purchase_line_id", "line_ids.purchase_line_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_requisition_count(self):
        readable = self.env["ehr.requisition"].has_access("read")
        for move in self:
            move.ehr_requisition_count = len(move._ehr_requisitions()) if readable else 0

    def _ehr_requisitions(self):
        # sudo: which there are; whoever may not read requisitions is shown none
        full = self.sudo()
        lines = full.stock_move_ids.ehr_requisition_line_id
        bought = full.stock_move_ids.purchase_line_id | full.line_ids.purchase_line_id
        return (lines | bought.ehr_requisition_line_id).requisition_id.sudo(False)

    def action_open_ehr_requisitions(self):
        """The requisitions that this entry came of."""
        self.ensure_one()
        return self.env["ehr.requisition"]._open_records(self._ehr_requisitions())

    def _ehr_take_visit(self):
        """Bills of what was bought for one visit belong to it."""
        # sudo: the visit is closed to accountants, and known to the purchase
        for move in self.sudo():
            orders = move.line_ids.purchase_line_id.order_id
            visits = {order.encounter_id for order in orders}
            if len(visits) == 1 and all(visits) and not move.encounter_id:
                move.encounter_id = visits.pop()


class AccountMoveLine(models.Model):
    """Lines of bills tell their bill for whom it was bought."""

    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered("purchase_line_id").move_id._ehr_take_visit()
        return lines
