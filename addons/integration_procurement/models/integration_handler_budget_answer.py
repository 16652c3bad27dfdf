from odoo import models

from odoo.addons.integration_core.tools import errors

from . import integration_handler_procurement  # noqa: F401 - defined before what inherits it


class IntegrationHandlerBudgetAnswer(models.AbstractModel):
    """The system that keeps the budgets answers whether there is one for an order."""

    _name = "integration.handler.budget_answer"
    _inherit = "integration.handler.procurement"
    _description = "Budget answer: note on the order"

    _contract = "procurement.budget_answer"
    # The request says which question is answered, and the same answer again changes nothing.
    _repeatable = True

    def _process(self, received, data):
        check = self._find_check(data["request"])
        currency = self._find_currency(data["currency"])
        if currency != check.currency_id:
            raise errors.ConflictError(
                "The budget is answered in another currency than the order has. Ask the sender, "
                "then cancel this message.",
                code="currency_differs",
            )
        values = {
            "state": data["decision"],
            "reserved": self._amount(currency, data["amount"]),
            "reference": data["reference"],
            "valid_until": self._day(data.get("valid_until")),
            "answer": data.get("reason") or False,
        }
        known = {name: check[name] for name in values}
        if known["state"] == "partial":
            known["state"] = "approved"
        if known != values:
            check._take_answer(received, values)
        return check.order_id.sudo(False)

    def _find_check(self, request):
        """The question with a number, if it still counts.

        :raises errors.ConflictError: unknown in this company, or overtaken
        """
        # sudo: answers are written by this handler alone; users may only read them
        check = (
            self.env["purchase.budget.check"]
            .sudo()
            .search([("name", "=", request), ("company_id", "=", self.env.company.id)])
        )
        if not check:
            raise errors.ConflictError(
                "The answer names a request for a budget that Odoo does not have in this company. "
                "Ask the sender, then cancel this message.",
                code="unknown_request",
            )
        if check.state == "void":
            raise errors.ConflictError(
                "The answer is to a request that was overtaken: the order costs more now, was "
                "asked for again, or was cancelled. Cancel this message; if the budget was "
                "reserved, let the sender release it.",
                code="request_overtaken",
            )
        return check
