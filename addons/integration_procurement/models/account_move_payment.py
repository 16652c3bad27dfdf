from odoo import models

from ..tools import canonical


class AccountMove(models.Model):
    """How bills and invoices were settled: by money, by a credit note or by an entry."""

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _integration_payment(self) -> dict:
        """What settled this document; a credit note is never told as money."""
        settled = self._integration_settlements()
        return {
            "state": self.payment_state,
            "open": self._integration_amount(self.amount_residual),
            "paid": self._integration_settled(settled, "payment"),
            "credited": self._integration_settled(settled, "credit_note"),
            "settlements": [
                {**one, "amount": self._integration_amount(one["amount"])} for one in settled
            ],
        }

    def _integration_settled(self, settled, kind) -> str:
        return self._integration_amount(
            sum(one["amount"] for one in settled if one["kind"] == kind)
        )

    def _integration_settlements(self) -> list[dict]:
        found = [
            {
                "kind": _kind(one["aml"].move_id),
                "reference": canonical.text(one["aml"].move_id.name),
                "date": canonical.day(one["aml"].date),
                "amount": one["amount"],
            }
            for one in self._get_all_reconciled_invoice_partials()
            # It is in the company's currency, and settles nothing of what was agreed.
            if not one["is_exchange"]
        ]
        # A payment without an entry of its own is known by its link to the document alone. It is
        # money only where it is for this document: of several it is not known for how much.
        bare = self.matched_payment_ids.filtered(
            lambda one: (
                not one.move_id
                and one.state in ("in_process", "paid")
                and len(one.invoice_ids) == 1
                and one.currency_id == self.currency_id
            )
        )
        return found + [
            {
                "kind": "payment",
                "reference": canonical.text(one.name),
                "date": canonical.day(one.date),
                "amount": one.amount,
            }
            for one in bare
        ]


def _kind(move) -> str:
    """What a counterpart is."""
    if move.origin_payment_id or move.statement_line_id:
        return "payment"
    if move.move_type in ("in_refund", "out_refund"):
        return "credit_note"
    return "invoice" if move.is_invoice(include_receipts=True) else "entry"
