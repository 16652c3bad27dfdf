from odoo import fields, models


class IntegrationException(models.Model):
    """Invoices that do not match, and budgets that were refused."""

    _inherit = "integration.exception"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[
            ("invoice_quantity", "Invoiced quantity"),
            ("invoice_price", "Invoiced price"),
            ("invoice_totals", "Amounts of an invoice"),
            ("budget", "Budget of an order"),
        ],
        ondelete={
            "invoice_quantity": "cascade",
            "invoice_price": "cascade",
            "invoice_totals": "cascade",
            "budget": "cascade",
        },
    )

    # ------------------------------------------------------------------
    # invoices: the bill has the supplier's figures already
    # ------------------------------------------------------------------

    def _accept_invoice_quantity(self):
        self._document().check_access("write")

    def _accept_invoice_price(self):
        self._document().check_access("write")

    def _accept_invoice_totals(self):
        self._document()._integration_take_totals()

    def _reject_invoice_quantity(self):
        self._dispute_invoice()

    def _reject_invoice_price(self):
        self._dispute_invoice()

    def _reject_invoice_totals(self):
        self._dispute_invoice()

    def _dispute_invoice(self):
        """Dispute the bill; of several exceptions the first is the reason."""
        bill = self._document()
        bill.check_access("write")
        if bill.dispute_state != "disputed":
            bill._integration_dispute(f"{self.name} {self.note or ''}".strip())

    # ------------------------------------------------------------------
    # budgets: the answer is on the order already
    # ------------------------------------------------------------------

    def _accept_budget(self):
        """The buyer knows that there is no budget; he changes or cancels the order himself."""
        self._document().check_access("write")

    def _reject_budget(self):
        """The buyer does not take no for an answer."""
        self._document()._integration_ask_budget()
