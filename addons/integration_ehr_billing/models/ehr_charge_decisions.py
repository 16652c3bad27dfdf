from odoo import models
from odoo.exceptions import UserError

from odoo.addons.integration_core.tools import errors

from ..engine import invoicing
from ..tools import charges as amounts


class EhrCharge(models.Model):
    """Charges that a person decides about."""

    _inherit = "ehr.charge"  # pylint: disable=consider-merging-classes-inherited

    def _decide(self, values):
        """Write a decision, and invoice the charge if nothing else has to be decided."""
        self.ensure_one()
        self.check_access("write")
        # sudo: charges are closed but for the feed and for decisions, whose right is checked above;
        # who decides about money need not see the visit, which the invoice has
        charge = self.sudo().with_company(self.company_id)
        if not values.get("is_refused"):
            charge._require_billable()
        charge.write(values)
        if charge.is_refused or charge.is_credited:
            # The one that is being decided gets its verdict after that.
            self.env["integration.exception"]._settle(charge)
        elif not (charge.price_open or charge.late_open) and not charge.move_line_id:
            try:
                charge.move_line_id = invoicing.draft(charge.env, [invoicing.Billable.of(charge)])
                charge._credit_what_came_before()
            except errors.IntegrationError as exc:
                raise UserError(str(exc)) from exc

    def _require_billable(self):
        """What would put a new charge aside keeps one that waited from being invoiced."""
        visit = self.encounter_id.joined_into_id or self.encounter_id
        if visit.state == "cancelled":
            raise UserError(
                self.env._(
                    "The visit of the charge was cancelled since. Do not invoice the charge, or "
                    "decide when the visit stands again."
                )
            )
        if self.account_id._kept().status == "closed":
            raise UserError(
                self.env._(
                    "The patient account of the charge was closed since. Do not invoice the "
                    "charge, or decide when its system has opened the account again (BAR)."
                )
            )

    def _credit_what_came_before(self):
        """Take parts off the invoice that were credited while the charge waited.

        Each takes its share of the amount that was decided, which may be another one.
        """
        whole, left = self._whole(), self._whole()
        for credit in self.credit_ids.sorted("id"):
            quantity = credit._exact(credit.quantity)
            said = credit._exact(credit.said_amount) if credit.said else None
            amount, _is_all = amounts.reversal(
                whole, left, quantity, said, self.currency_id.decimal_places
            )
            line = invoicing.take_back(self, quantity, amount, first=False)
            credit.write({"amount": float(amount), "move_line_id": line.id})
            left = left.minus(amounts.Amounts(quantity, credit._exact(credit.said_amount), amount))

    def action_refuse(self):
        """Do not invoice these charges, of which no line is on an invoice yet."""
        for charge in self:
            if charge.state != "waiting":
                raise UserError(self.env._("Only charges that wait for a decision are refused."))
            charge._decide({"late_open": False, "price_open": False, "is_refused": True})
