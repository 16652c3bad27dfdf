from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_ehr_bridge.engine import fhir_search
from odoo.addons.integration_ehr_bridge.engine.fhir_scope import Source
from odoo.addons.integration_ehr_bridge.tools.fhir import search, written

from ..tools.fhir_statuses import POSTED, UNPOSTED, invoice

_CODES = tuple(sorted({*UNPOSTED.values(), *POSTED.values()}))
_TYPES = {"out_invoice": "invoice", "out_refund": "credit-note"}


def _of_charges(_model, alias, _query):
    """Invoices of patient accounts, visits or payers; these fields are open to few."""
    columns = ("ehr_account_id", "encounter_id", "ehr_payer_id")
    return SQL(
        "COALESCE(%s) IS NOT NULL", SQL(", ").join(SQL.identifier(alias, c) for c in columns)
    )


class IntegrationFhirViewInvoice(models.AbstractModel):
    """Invoices and credit notes of charges: what they come to and how far they are."""

    _name = "integration.fhir.view.invoice"
    _inherit = "integration.fhir.view"
    _description = "Invoices over FHIR"

    _resource = "Invoice"
    _switch = "fhir_show_invoice"
    _clinical = True
    _params = (
        search.Param("identifier", "token", "Number of the invoice."),
        search.Param("date", "date", "Date of the invoice."),
        search.Param(
            "status", "token", "How far it is.", codes=_CODES,
            system="http://hl7.org/fhir/invoice-status",
        ),
        search.Param(
            "type", "token", "Invoice or credit note.", codes=tuple(sorted(_TYPES.values())),
            system="ns/invoice-type",
        ),
        search.Param(
            "recipient", "reference", "The payer, where Organizations are shown.",
            targets=("Organization",),
        ),
    )  # fmt: skip
    _elements = (
        "identifier", "status", "type", "date", "recipient", "totalNet", "totalGross",
    )  # fmt: skip
    _mandatory = ("status",)
    _summary = ("identifier", "status", "type", "date", "recipient", "totalNet", "totalGross")
    _doc = (
        "Invoices and credit notes of charges. `recipient` is the payer, where Organizations are "
        "shown as well; of what a patient pays there is none. Totals of a credit note are what it "
        "takes back, and not negative. No patient, no lines: the charges tell which invoice they "
        "are on."
    )

    def _sources(self, scope):
        shown = Domain("move_type", "in", list(_TYPES)) & Domain.custom(to_sql=_of_charges)
        names = (
            "name", "state", "payment_state", "move_type", "invoice_date", "amount_untaxed",
            "amount_total", "currency_id",
        )  # fmt: skip
        return [Source("account.move", shown, names=names)]

    def _condition(self, source, one, scope):
        if one.name == "identifier":
            return self._by_token(("name",), scope.system("invoice"), one)
        if one.name == "status":
            posted = Domain("state", "=", "posted") & self._by_status("payment_state", POSTED, one)
            return posted | self._by_status("state", UNPOSTED, one)
        if one.name == "type":
            return self._by_status("move_type", _TYPES, one)
        if one.name == "recipient":
            return self._by_payer(one, scope)
        return self._by_day("invoice_date", one)

    def _by_payer(self, one, scope):
        """Invoices of payers. What the patient pays has no recipient, and is not found by one."""
        if "Organization" not in scope.views:
            return Domain.FALSE
        ids = [
            fhir_search.number_of(value.id.removeprefix("payer-"))
            for value in one.values
            if value.id.startswith("payer-")
        ]
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                """%s IN (SELECT id FROM ehr_payer
                           WHERE id = ANY(%s) AND self_pay IS NOT TRUE)""",
                SQL.identifier(alias, "ehr_payer_id"),
                ids,
            )
        )

    def _by_day(self, field, one):
        """Records with a day within the spans. A day counts as its first moment in UTC."""
        found = Domain.FALSE
        for span in one.values:
            within = Domain(field, "!=", False)
            if span.low is not None:
                day = span.low.date()
                within &= Domain(field, ">=" if span.low.time().isoformat() == "00:00:00" else ">",
                                 day)  # fmt: skip
            if span.high is not None:
                last = span.high.date()
                within &= Domain(
                    field, "<" if span.high.time().isoformat() == "00:00:00" else "<=", last
                )
            found |= within
        return found

    def _resources(self, source, records, scope):
        # sudo: which payer bears an invoice that the reader may see; names of people are nowhere
        payers = {one.id: one.sudo().ehr_payer_id for one in records}
        for one in records:
            payer, currency = payers[one.id], one.currency_id.name
            known = payer and not payer.self_pay
            named = one.name and one.name != "/"
            yield written.without_nothing(
                {
                    "resourceType": "Invoice",
                    "id": source.id_of(one.id),
                    "identifier": [written.identifier(scope.system("invoice"), one.name)]
                    if named
                    else None,
                    "status": invoice(one.state, one.payment_state),
                    "type": written.concept(scope.system("invoice-type"), _TYPES[one.move_type]),
                    "date": one.invoice_date and one.invoice_date.isoformat(),
                    "recipient": scope.reference("Organization", f"payer-{payer.id}")
                    if known
                    else None,
                    "totalNet": self._money(one.amount_untaxed, currency),
                    "totalGross": self._money(one.amount_total, currency),
                }
            )

    def _money(self, amount, currency):
        return {"value": written.number(amount), "currency": currency}
