from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import canonical, invoice_totals
from ..tools.invoice_totals import Amounts

TOTALS = "invoice_totals"


class AccountMove(models.Model):
    """The amounts of a supplier's invoice beside those that Odoo computes.

    What is paid is what the supplier says. Where rounding explains a difference, the bill gets a
    line of its own for it, and the supplier's tax; anything more is for a person to decide.
    """

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    supplier_amount_untaxed = fields.Monetary(
        string="Net, says the supplier", readonly=True, copy=False
    )
    supplier_amount_tax = fields.Monetary(
        string="Tax, says the supplier", readonly=True, copy=False
    )
    supplier_amount_total = fields.Monetary(
        string="Total, says the supplier", readonly=True, copy=False
    )

    # ------------------------------------------------------------------
    # rounding
    # ------------------------------------------------------------------

    def _integration_rounding(self) -> Amounts | None:
        """What rounding adds to our amounts; ``None`` if it does not explain the difference."""
        exact = self._integration_exactly
        net, tax = exact(self.supplier_amount_untaxed), exact(self.supplier_amount_tax)
        if exact(self.supplier_amount_total) != net + tax:
            return None
        own = self.invoice_line_ids.filtered("integration_is_rounding")
        ours = Amounts(
            exact(self.amount_untaxed) - exact(sum(own.mapped("price_subtotal"))),
            exact(self.amount_tax),
        )
        lines = [
            (exact(line.price_subtotal), exact(line.supplier_amount))
            for line in self._integration_invoiced_lines() - own
        ]
        # sudo: whoever matches an invoice need not see the settings of the company
        units = self.company_id.sudo().invoice_rounding_tolerance
        slack = units * Decimal(canonical.number(self.currency_id.rounding))
        found = invoice_totals.rounding(lines, ours, Amounts(net, tax), slack)
        return found if found and not (found.tax and not self._integration_tax_lines()) else None

    def _integration_take_rounding(self):
        """Let a draft be what the supplier invoices, where only rounding differs."""
        if self.state != "draft" or not self.integration_digest or not self.has_access("write"):
            return
        before = self.amount_untaxed, self.amount_tax
        found = self._integration_rounding()
        self._integration_round_net(found.net if found else Decimal(0))
        # Only now: Odoo computes taxes anew when a line comes or goes.
        if found and (found := self._integration_rounding()):
            self._integration_add_tax(float(found.tax))
        if found and (self.amount_untaxed, self.amount_tax) != before:
            self.message_post(
                body=self.env._(
                    "Rounded as the supplier did: net %(net)s instead of %(ours)s, tax %(tax)s "
                    "instead of %(our_tax)s.",
                    net=self._integration_amount(self.amount_untaxed),
                    ours=self._integration_amount(before[0]),
                    tax=self._integration_amount(self.amount_tax),
                    our_tax=self._integration_amount(before[1]),
                ),
                subtype_xmlid="mail.mt_note",
            )

    def _integration_round_net(self, amount: Decimal):
        """Have one line that adds ``amount``, or none."""
        line = self.invoice_line_ids.filtered("integration_is_rounding")
        if self._integration_exactly(sum(line.mapped("price_subtotal"))) == amount:
            return
        commands = [fields.Command.delete(one.id) for one in line]
        if amount:
            commands.append(fields.Command.create(self._integration_rounding_values(amount)))
        self.write({"invoice_line_ids": commands})

    def _integration_rounding_values(self, amount: Decimal) -> dict:
        # A part of what was bought costs that much more or less: where most of it is booked.
        largest = max(self._integration_invoiced_lines(), key=lambda one: abs(one.price_subtotal))
        return {
            "name": self.env._("Rounding, as the supplier's invoice has it"),
            "account_id": largest.account_id.id,
            "analytic_distribution": largest.analytic_distribution,
            "quantity": 1,
            "price_unit": float(amount),
            "tax_ids": [fields.Command.clear()],
            "supplier_amount": float(amount),
            "integration_is_rounding": True,
        }

    def _integration_invoiced_lines(self):
        return self.invoice_line_ids.filtered(lambda line: line.display_type == "product")

    def _integration_exactly(self, amount: float) -> Decimal:
        return Decimal(self._integration_amount(amount))

    # ------------------------------------------------------------------
    # what is more than rounding
    # ------------------------------------------------------------------

    def _integration_totals_deviations(self) -> list[dict]:
        """What does not add up, and is more than rounding explains."""
        if self._integration_rounding() is not None:
            return []
        pairs = [
            (line.name or line.product_id.display_name, line.price_subtotal, line.supplier_amount)
            for line in self._integration_invoiced_lines()
        ]
        pairs += [
            (self.env._("Net"), self.amount_untaxed, self.supplier_amount_untaxed),
            (self.env._("Tax"), self.amount_tax, self.supplier_amount_tax),
            (self.env._("Total"), self.amount_total, self.supplier_amount_total),
        ]
        lines = [
            (label, self._integration_amount(ours), self._integration_amount(theirs))
            for label, ours, theirs in pairs
            if self.currency_id.compare_amounts(ours, theirs)
        ]
        if not lines:
            return []
        return [
            {
                "kind": TOTALS,
                "key": "",
                "name": self.env._("The amounts of the invoice do not add up."),
                "lines": lines,
                "proposal": {"lines": [list(line) for line in lines]},
            }
        ]

    def _integration_take_totals(self):
        """Take over the supplier's tax, where the rest of the invoice adds up.

        Where tax and totals agree there is nothing to write: only lines differ, such as one that
        was split over two cost centres.

        :raises UserError: the net amounts differ, the supplier's own total is another than his
            net and tax, or there is no tax that could be changed
        """
        compare = self.currency_id.compare_amounts
        net, tax = self.supplier_amount_untaxed, self.supplier_amount_tax
        contradicts = compare(self.amount_untaxed, net) or compare(
            net + tax, self.supplier_amount_total
        )
        difference = tax - self.amount_tax
        if not contradicts and self.currency_id.is_zero(difference):
            return
        if contradicts or not self._integration_tax_lines() or self.state != "draft":
            raise UserError(
                self.env._(
                    "The lines of the invoice do not add up to its own total, or the bill cannot "
                    "be changed any more. Correct the bill and compare again, or reject and ask "
                    "the supplier for a correct invoice."
                )
            )
        self._integration_add_tax(difference)

    def _integration_tax_lines(self):
        return self.line_ids.filtered(lambda line: line.display_type == "tax")

    def _integration_add_tax(self, difference: float):
        """Add to the largest tax."""
        if self.currency_id.is_zero(difference):
            return
        largest = max(self._integration_tax_lines(), key=lambda line: abs(line.amount_currency))
        sign = 1 if self.move_type == "in_invoice" else -1
        amount = self.currency_id.round(largest.amount_currency + sign * difference)
        self.write({"line_ids": [fields.Command.update(largest.id, {"amount_currency": amount})]})
