from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.sql import column_exists, create_column


class PurchaseOrder(models.Model):
    """Whether there is a budget for an order, as another system says."""

    _inherit = "purchase.order"  # pylint: disable=consider-merging-classes-inherited

    budget_check_ids = fields.One2many(
        "purchase.budget.check",
        "order_id",
        string="Budget checks",
        readonly=True,
        groups="purchase.group_purchase_user,account.group_account_invoice",
    )
    budget_check_mode = fields.Selection(related="company_id.budget_check")
    budget_state = fields.Selection(
        [
            ("asked", "Asked"),
            ("approved", "Approved"),
            ("partial", "Too little"),
            ("refused", "Refused"),
            ("void", "Overtaken"),
        ],
        string="Budget",
        compute="_compute_budget_state",
        store=True,
        help="Last answer of the system that keeps the budgets.",
    )
    budget_answer = fields.Char(
        string="Reason of the budget's answer", compute="_compute_budget_answer", compute_sudo=True
    )

    def _auto_init(self):
        # Nothing was asked for the orders that exist: not to be computed one by one.
        if not column_exists(self.env.cr, self._table, "budget_state"):
            create_column(self.env.cr, self._table, "budget_state", "varchar")
        return super()._auto_init()

    @api.depends("budget_check_ids.state")
    def _compute_budget_state(self):
        for order in self:
            order.budget_state = order._integration_budget_check().state

    @api.depends("budget_check_ids.answer")
    def _compute_budget_answer(self):
        for order in self:
            order.budget_answer = order._integration_budget_check().answer

    def _integration_budget_check(self):
        """The last question, which is the one that counts."""
        # sudo: whoever may read the order may know whether there is a budget for it
        return self.sudo().budget_check_ids.sorted("id")[-1:]

    # ------------------------------------------------------------------
    # asking
    # ------------------------------------------------------------------

    def action_ask_budget(self):
        """Show what would be asked for."""
        self.ensure_one()
        self._check_budget_used()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_procurement.action_integration_budget_ask"
        )
        action["context"] = {"default_order_id": self.id}
        return action

    def _integration_ask_budget(self):
        """Ask the system that keeps the budgets, since a person wants it.

        :raises UserError: budgets are not used, or the order is cancelled
        """
        self._check_budget_used()
        for order in self:
            order.check_access("write")
            self.env["purchase.budget.check"]._ask(order, "person")

    def _check_budget_used(self):
        for order in self:
            if order.budget_check_mode == "no" or order.state == "cancel":
                raise UserError(
                    self.env._(
                        "Budgets are not asked for, or the order is cancelled. An administrator "
                        "switches it on in the settings of Purchase."
                    )
                )

    def _integration_follow_budget(self):
        """An order that costs more than was asked for, or approved, is asked for again."""
        for order in self:
            if order.budget_check_mode == "no" or order.state == "cancel":
                continue
            check = order._integration_budget_check()
            if check.state not in ("asked", "approved"):
                continue
            covered = check.reserved if check.state == "approved" else check.amount
            if (
                check.currency_id != order.currency_id
                or order.currency_id.compare_amounts(order.amount_total, covered) > 0
            ):
                self.env["purchase.budget.check"]._ask(order, "raised")

    def write(self, vals):
        res = super().write(vals)
        if {"currency_id", "fiscal_position_id"} & set(vals):
            self._integration_follow_budget()
        return res

    # ------------------------------------------------------------------
    # confirming
    # ------------------------------------------------------------------

    def button_confirm(self):
        res = super().button_confirm()
        for order in self.filtered(lambda one: one.state == "to approve"):
            check = order._integration_budget_check()
            if order.budget_check_mode != "no" and not (
                check.state == "asked" or (check and check._covers_order())
            ):
                self.env["purchase.budget.check"]._ask(order, "approval")
        return res

    def button_approve(self, force=False):
        for order in self:
            if order.budget_check_mode == "block" and order._approval_allowed():
                order._integration_require_budget()
        return super().button_approve(force=force)

    def _integration_require_budget(self):
        """:raises UserError: no approved budget covers the order"""
        check = self._integration_budget_check()
        if check and check._covers_order():
            return
        if check.state == "asked":
            reason = self.env._("its budget was asked for, and the answer has not come yet")
        elif check.state in ("refused", "partial"):
            reason = check._words()
        elif check.state == "approved":
            reason = self.env._("the approval of its budget has expired or does not suffice")
        else:
            reason = self.env._("its budget was not asked for yet (button “Request budget”)")
        raise UserError(
            self.env._("%(order)s cannot be confirmed: %(reason)s", order=self.name, reason=reason)
        )

    def button_cancel(self):
        res = super().button_cancel()
        # sudo: as in _ask; an answer that comes now is about nothing
        self.sudo().budget_check_ids.filtered(lambda one: one.state == "asked")._void()
        self.env["integration.exception"]._settle(self, ["budget"])
        return res
