from odoo import api, fields, models


class StockPicking(models.Model):
    """Transfers lead to the requisitions that they are for, and belong to their visit."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "ehr.visit.document"]

    ehr_requisition_count = fields.Integer(compute="_compute_ehr_requisition_count")

    @api.depends(
        "move_ids.ehr_requisition_line_id", "move_ids.purchase_line_id.ehr_requisition_line_id"
    )
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_requisition_count(self):
        readable = self.env["ehr.requisition"].has_access("read")
        for picking in self:
            picking.ehr_requisition_count = len(picking._ehr_requisitions()) if readable else 0

    def _ehr_requisitions(self):
        # sudo: which there are; whoever may not read requisitions is shown none
        moves = self.move_ids.sudo()
        lines = moves.ehr_requisition_line_id | moves.purchase_line_id.ehr_requisition_line_id
        return lines.requisition_id.sudo(False)

    def _create_backorder_picking(self):
        """A back order belongs to the same visit."""
        made = super()._create_backorder_picking()
        # sudo: the visit is closed to storekeepers, who only split a transfer
        encounter = self.sudo().encounter_id
        if encounter:
            made.sudo().encounter_id = encounter  # sudo: as above
        return made

    def action_open_ehr_requisitions(self):
        """The requisitions that this transfer is for."""
        self.ensure_one()
        return self.env["ehr.requisition"]._open_records(self._ehr_requisitions())
