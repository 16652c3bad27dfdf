from odoo import api, fields, models


class PurchaseOrder(models.Model):
    """Purchases lead to the requisitions that they are for, and belong to their visit."""

    _name = "purchase.order"
    _inherit = ["purchase.order", "ehr.visit.document"]

    ehr_requisition_ids = fields.Many2many(
        "ehr.requisition", string="Requisitions", compute="_compute_ehr_requisition_ids"
    )
    ehr_requisition_count = fields.Integer(compute="_compute_ehr_requisition_ids")

    @api.depends("order_line.ehr_requisition_line_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_requisition_ids(self):
        readable = self.env["ehr.requisition"].has_access("read")
        for order in self:
            # sudo: who may not read requisitions is shown none
            found = order.order_line.sudo().ehr_requisition_line_id.requisition_id
            order.ehr_requisition_ids = found.ids if readable else False
            order.ehr_requisition_count = len(order.ehr_requisition_ids)

    def action_open_ehr_requisitions(self):
        """The requisitions that this order is for."""
        self.ensure_one()
        return self.env["ehr.requisition"]._open_records(self.ehr_requisition_ids)


class PurchaseOrderLine(models.Model):
    """Purchase lines remember which requisition they are for."""

    _inherit = "purchase.order.line"

    ehr_requisition_line_id = fields.Many2one(
        "ehr.requisition.line",
        string="Item of a requisition",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        check_company=True,
    )
