from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.integration_core.engine.capture import Snapshot

from ..tools import canonical

CONTRACT = "procurement.budget_request"


class PurchaseBudgetCheck(models.Model):
    """A question to another system whether there is a budget for an order, and its answer.

    Created records are the event: each question has a number of its own, so that a late answer
    to an earlier question is not taken for one to the last.
    """

    _name = "purchase.budget.check"
    _description = "Budget Check of a Purchase Order"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Request", required=True, readonly=True)
    order_id = fields.Many2one(
        "purchase.order",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        check_company=True,
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(
        string="Asked for", readonly=True, help="Total of the order, with tax."
    )
    reason = fields.Selection(
        [
            ("approval", "The order waits for approval"),
            ("person", "A person asked"),
            ("raised", "The amount has grown"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("asked", "Asked"),
            ("approved", "Approved"),
            ("partial", "Too little"),
            ("refused", "Refused"),
            ("void", "Overtaken"),
        ],
        required=True,
        readonly=True,
        default="asked",
    )
    reserved = fields.Monetary(readonly=True, help="Amount that was approved or reserved.")
    reference = fields.Char(readonly=True, help="How the budget system calls its answer.")
    valid_until = fields.Date(readonly=True)
    answer = fields.Char(string="Reason of the answer", readonly=True)
    answered_at = fields.Datetime(readonly=True)
    reminded = fields.Boolean(readonly=True, help="The buyer was told that an answer is missing.")

    _name_unique = models.UniqueIndex("(company_id, name)")

    # ------------------------------------------------------------------
    # questions
    # ------------------------------------------------------------------

    @api.model
    def _ask(self, order, reason):
        """Ask anew; what was asked or answered before does not count any more.

        :param reason: value of the field
        :return: the question
        """
        # sudo: buyers may ask by pressing a button, not write questions and answers themselves
        checks = order.sudo().budget_check_ids
        began = self.env.cr.now().replace(microsecond=0)
        fresh = checks.filtered(
            lambda one: one.state == "asked" and one.create_date.replace(microsecond=0) == began
        )
        if fresh:
            # Several lines were saved at once: that is one question, not told to anybody yet.
            fresh.write({"amount": order.amount_total, "currency_id": order.currency_id.id})
            return fresh
        checks.filtered(lambda one: one.state != "refused")._void()
        self.env["integration.exception"]._settle(order, ["budget"])
        return checks.create(
            {
                "name": f"{order.name}/{len(checks) + 1}",
                "order_id": order.id,
                "currency_id": order.currency_id.id,
                "amount": order.amount_total,
                "reason": reason,
            }
        )

    def _void(self):
        self.write({"state": "void"})

    def _covers_order(self) -> bool:
        """Whether the order may be confirmed on this answer, today."""
        self.ensure_one()
        today = fields.Date.context_today(self)
        order = self.order_id
        return (
            self.state == "approved"
            and self.currency_id == order.currency_id
            and (not self.valid_until or self.valid_until >= today)
            and self.currency_id.compare_amounts(order.amount_total, self.reserved) <= 0
        )

    # ------------------------------------------------------------------
    # answers
    # ------------------------------------------------------------------

    def _take_answer(self, received, values):
        """Note an answer; the buyer hears of a refusal, or of too little.

        :param values: ``state`` (approved or refused), ``reserved``, ``reference``,
            ``valid_until``, ``answer``
        """
        self.ensure_one()
        if values["state"] == "approved" and (
            self.currency_id.compare_amounts(values["reserved"], self.amount) < 0
        ):
            values = {**values, "state": "partial"}
        self.write({**values, "answered_at": fields.Datetime.now()})
        order = self.order_id
        order.message_post(body=self._words(), subtype_xmlid="mail.mt_note")
        if self.state == "approved":
            self.env["integration.exception"]._settle(order, ["budget"])
            return
        self.env["integration.exception"]._raise_for(
            received,
            order,
            "budget",
            self._words(),
            area="purchase",
            lines=[(self.env._("Budget"), self._money(self.amount), self._money(self.reserved))],
            user_id=order.user_id.id,
        )

    def _words(self) -> str:
        titles = {
            "approved": self.env._("The budget was approved."),
            "partial": self.env._("Less budget was reserved than the order needs."),
            "refused": self.env._("The budget was refused."),
        }
        return f"{titles[self.state]} {self.answer or ''}".strip()

    def _money(self, amount) -> str:
        digits = self.currency_id.decimal_places
        return f"{canonical.amount(amount, digits)} {self.currency_id.name}"

    # ------------------------------------------------------------------
    # no answer
    # ------------------------------------------------------------------

    @api.model
    def _cron_remind(self):
        """Tell buyers that answers are missing, once for each question."""
        now = fields.Datetime.now()
        for company in self.env["res.company"].search([("budget_answer_hours", ">", 0)]):
            late = self.search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "asked"),
                    ("reminded", "=", False),
                    ("create_date", "<=", now - timedelta(hours=company.budget_answer_hours)),
                ]
            )
            for check in late:
                check._remind()
            late.write({"reminded": True})

    def _remind(self):
        order = self.order_id
        order.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=(order.user_id or order.create_uid).id,
            summary=self.env._("No answer about the budget (%s) yet", self.name),
        )

    # ------------------------------------------------------------------
    # the event
    # ------------------------------------------------------------------

    def _integration_snapshots(self, contract_code):
        if contract_code != CONTRACT:
            return super()._integration_snapshots(contract_code)
        return {
            check.id: Snapshot(
                data=check._integration_canonical(),
                company_id=check.company_id.id,
                subject=check.name,
                # Nobody's but the company's: a supplier is not told what there is to spend.
                partner_id=check.company_id.partner_id.commercial_partner_id.id,
            )
            for check in self
        }

    def _integration_canonical(self) -> dict:
        """This question as ``procurement.budget_request``."""
        self.ensure_one()
        order = self.order_id
        digits = self.currency_id.decimal_places
        lines = order.order_line.filtered(lambda line: not line.display_type)
        return {
            "request": self.name,
            "order_number": order.name,
            "reason": self.reason,
            "currency": self.currency_id.name,
            "amount": canonical.amount(self.amount, digits),
            "buyer": canonical.text(order.user_id.name),
            "supplier": order.partner_id.commercial_partner_id.name,
            "lines": [
                {
                    "line_reference": str(line.id),
                    "description": canonical.text(line.name),
                    "item": canonical.text(line.product_id.default_code),
                    "net_amount": canonical.amount(line.price_subtotal, digits),
                    "gross_amount": canonical.amount(line.price_total, digits),
                    "cost_centres": self._integration_cost_centres(line),
                }
                for line in lines
            ],
        }

    def _integration_cost_centres(self, line) -> list[dict]:
        """Shares in percent; of one distribution over several plans each account is named."""
        accounts = self.env["account.analytic.account"]
        return [
            {
                "code": canonical.text(account.code),
                "name": account.name,
                "percent": canonical.number(percent),
            }
            for ids, percent in (line.analytic_distribution or {}).items()
            for account in accounts.browse(int(one) for one in ids.split(",")).exists()
        ]
