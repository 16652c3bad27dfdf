from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.purchase_order_sent import WAYS


class IntegrationSentOtherwise(models.TransientModel):
    """Asks how an order reached its supplier, and shows what interfaces have sent already."""

    _name = "integration.sent.otherwise"
    _description = "Order Sent by Other Means"

    order_id = fields.Many2one("purchase.order", required=True, readonly=True, ondelete="cascade")
    way = fields.Selection(WAYS, string="How", required=True, default="phone")
    reason = fields.Char(string="Why", help="Everybody who reads the order can read it.")
    line_ids = fields.One2many("integration.sent.otherwise.line", "wizard_id")
    may_have_left = fields.Boolean(compute="_compute_may_have_left")
    undo = fields.Boolean(readonly=True, help="It was not sent by other means after all.")
    certain = fields.Boolean(
        string="The supplier knows that it is one and the same order",
        help="Otherwise it may be delivered twice.",
    )

    @api.depends("line_ids.chosen", "line_ids.may_have_left")
    def _compute_may_have_left(self):
        for wizard in self:
            wizard.may_have_left = any(
                line.chosen and line.may_have_left for line in wizard.line_ids
            )

    def action_confirm(self):
        self.ensure_one()
        if self.undo:
            self.order_id._undo_sent_otherwise()
            return {"type": "ir.actions.act_window_close"}
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Give a reason that others will understand."))
        chosen = self.line_ids.filtered("chosen")
        if not chosen:
            raise UserError(self.env._("Choose what is not to be sent any more."))
        self.order_id._set_sent_otherwise(
            self.way, reason, set(chosen.mapped("interface")), self.certain
        )
        return {"type": "ir.actions.act_window_close"}
