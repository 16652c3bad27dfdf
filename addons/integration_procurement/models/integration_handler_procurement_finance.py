from decimal import Decimal

from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors

from ..tools.identifiers import vat_key


class IntegrationHandlerProcurement(models.AbstractModel):
    """Taxes, accounts, journals, terms, cost centres and invoices that messages refer to."""

    _inherit = "integration.handler.procurement"  # pylint: disable=consider-merging-classes-inherited

    def _linked(self, received, model, code):
        """The record that the sender calls ``code``, if it is of this company or of all."""
        found = self.env["integration.record.link"]._find_record(received.system_id, model, code)
        # sudo: a record of another company must be seen to be passed over
        company = found.sudo().company_id if "company_id" in found._fields else None
        return found.browse() if company and company != self.env.company else found

    # ------------------------------------------------------------------
    # contacts
    # ------------------------------------------------------------------

    def _find_contact(self, received, number):
        """The company that the sender calls ``number``: by record link, else by reference.

        :raises errors.ConflictError: none or several
        """
        partners = self.env["res.partner"]
        found = self._linked(received, "res.partner", number) or partners.search(
            Domain("ref", "=", number) & self._company_domain(), limit=2
        )
        if len(found) != 1:
            raise errors.ConflictError(
                "A contact is unknown in Odoo by its number, or there are several with it. Enter "
                "the number as reference of the right contact, or in a record link, then retry.",
                code="unknown_partner",
            )
        return found.commercial_partner_id

    # ------------------------------------------------------------------
    # taxes and terms
    # ------------------------------------------------------------------

    def _find_tax(self, received, code, rate, preferred=None, use="purchase"):
        """The tax with a code and a rate.

        :param rate: percent, as decimal text
        :param preferred: taxes of the order, which decide where several have the code
        :raises errors.ConflictError: none or several
        """
        linked = self._linked(received, "account.tax", code)
        found = linked or self.env["account.tax"]._integration_taxes(code, Decimal(rate), use)
        found = found.filtered(
            lambda tax: tax.amount == float(rate) and not tax.price_include and tax.active
        )
        if len(found) > 1 and preferred:
            found = found & preferred
        if not found:
            raise errors.ConflictError(
                "A tax in the message is unknown in Odoo by its code and rate. Enter the code on "
                "the tax (Accounting / Configuration / Taxes), or map it, then retry.",
                code="unknown_tax",
            )
        if len(found) > 1:
            raise errors.ConflictError(
                "Several taxes in Odoo have the code and the rate of a tax in the message. Give "
                "them codes of their own, or say in a record link which one is meant, then retry.",
                code="tax_ambiguous",
            )
        return found

    def _find_payment_term(self, received, code):
        """The payment terms with a code.

        :raises errors.ConflictError: none or several
        """
        found = self._linked(received, "account.payment.term", code) or self.env[
            "account.payment.term"
        ].search(Domain("integration_code", "=", code) & self._company_domain(), limit=2)
        if len(found) != 1:
            raise errors.ConflictError(
                "The payment terms are unknown in Odoo by their code, or several have it. Enter "
                "the code on the right terms (Accounting / Configuration / Payment Terms), or map "
                "it, then retry.",
                code="unknown_payment_term",
            )
        return found

    # ------------------------------------------------------------------
    # accounts, journals, cost centres
    # ------------------------------------------------------------------

    def _find_account(self, received, code, line):
        """The account that the sender calls ``code``: by record link, else by its code.

        :param line: position in the message, for the error
        :raises errors.ConflictError: there is none that may be used in this company
        """
        accounts = self.env["account.account"]
        linked = self.env["integration.record.link"]._find_record(
            received.system_id, "account.account", code
        )
        found = linked.filtered(
            lambda one: self.env.company in one.company_ids
        ) or accounts.with_context(active_test=False).search(
            [*accounts._check_company_domain(self.env.company), ("code", "=", code)], limit=2
        )
        if len(found) != 1:
            raise errors.ConflictError(
                f"Line {line}: the account is unknown in this company. Enter a record link for it, "
                "map its code or create the account, then retry.",
                code="unknown_account",
            )
        if not found.active:
            raise errors.ConflictError(
                f"Line {line}: the account is archived. Map its code to the account that took its "
                "place, or unarchive it, then retry.",
                code="archived_account",
            )
        return found

    def _find_journal(self, received, code, kinds):
        """The journal that the sender calls ``code``: by record link, else by its short code.

        :param kinds: which types of journals may be meant
        :raises errors.ConflictError: there is none of these types in this company
        """
        journals = self.env["account.journal"]
        found = self._linked(received, "account.journal", code) or journals.search(
            [("code", "=", code), ("company_id", "=", self.env.company.id)]
        )
        if len(found) != 1 or found.type not in kinds:
            raise errors.ConflictError(
                "The journal is unknown in this company, or of a type that the message cannot be "
                "booked in. Enter a record link for it or map its code, then retry.",
                code="unknown_journal",
            )
        return found

    def _find_cost_centre(self, received, code, line):
        """The analytic account that the sender calls ``code``: by record link, else by reference.

        :param line: position in the message, for the error
        :raises errors.ConflictError: none or several
        """
        # sudo: booking on a cost centre needs no right to see what is booked there
        accounts = self.env["account.analytic.account"].sudo()
        found = self._linked(received, accounts._name, code).sudo() or accounts.search(
            Domain("code", "=", code) & self._company_domain(), limit=2
        )
        if len(found) != 1:
            raise errors.ConflictError(
                f"Line {line}: the cost centre is unknown in this company, or several have its "
                "code. Enter the code as reference of the right analytic account, then retry.",
                code="unknown_cost_centre",
            )
        return found

    # ------------------------------------------------------------------
    # invoices
    # ------------------------------------------------------------------

    def _same_supplier(self, partner):
        """Companies that are one supplier: the contact, and those with its VAT number.

        Odoo has “/” for who is not subject to tax: that is nobody's number.
        """
        vat = partner.vat
        found = (
            self.env["res.partner"].search(Domain("vat", "=", vat) & self._company_domain())
            if vat and vat_key(vat)
            else partner
        )
        return (found | partner).commercial_partner_id

    def _bills_numbered(self, partner, number, move_type):
        """Bills or credit notes of a supplier under its number, whatever became of them."""
        exact = number.strip().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        return self.env["account.move"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("move_type", "=", move_type),
                ("commercial_partner_id", "in", self._same_supplier(partner).ids),
                ("ref", "=ilike", exact),
            ]
        )
