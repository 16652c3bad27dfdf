from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_ehr_bridge.engine import fhir_search
from odoo.addons.integration_ehr_bridge.engine.fhir_scope import Source
from odoo.addons.integration_ehr_bridge.tools.fhir import search, written

from ..tools.fhir_statuses import CHARGE

#: R4 wants a subject. Who it is, is known here as a pseudonym only, and told to nobody.
_MASKED = {
    "extension": [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
            "valueCode": "masked",
        }
    ]
}


class IntegrationFhirViewCharge(models.AbstractModel):
    """What became of charges, for the systems that posted them."""

    _name = "integration.fhir.view.charge"
    _inherit = "integration.fhir.view"
    _description = "Charges over FHIR"

    _resource = "ChargeItem"
    _switch = "fhir_show_charge"
    _clinical = True
    _dated = True
    _params = (
        search.Param("identifier", "token", "Number of the charge at the system that posted it."),
        search.Param("code", "token", "Charge code."),
        search.Param("occurrence", "date", "When what is charged was done."),
        search.Param("entered-date", "date", "When the charge was received."),
        search.Param(
            "status", "token", "What became of it.", codes=tuple(sorted(set(CHARGE.values()))),
            system="http://hl7.org/fhir/chargeitem-status", own=True,
        ),
        search.Param(
            "invoice", "reference", "The invoice that it is on, where invoices are shown.",
            targets=("Invoice",), own=True,
        ),
    )  # fmt: skip
    _elements = (
        "identifier", "status", "code", "subject", "occurrenceDateTime", "quantity",
        "enteredDate", "supportingInformation",
    )  # fmt: skip
    _mandatory = ("status", "code", "subject")
    _summary = (
        "identifier", "status", "code", "subject", "occurrenceDateTime", "quantity", "enteredDate",
    )  # fmt: skip
    _doc = (
        "What became of charges. `subject` is masked: the system that posted a charge knows it by "
        "its number, and nobody else has to. A credit that takes all of a charge back makes it "
        "aborted. `supportingInformation` is the invoice, where invoices are shown."
    )

    def _sources(self, scope):
        names = (
            "number", "state", "charge_code", "charged_at", "received_at", "quantity", "system_id",
        )  # fmt: skip
        return [Source("ehr.charge", Domain("kind", "=", "charge"), "", "changed_at", names=names)]

    def _condition(self, source, one, scope):
        if one.name == "identifier":
            return self._by_token(("number",), scope.system("charge"), one)
        if one.name == "code":
            return self._by_token(("charge_code",), scope.system("charge-code"), one)
        if one.name == "status":
            return self._by_status("state", CHARGE, one)
        if one.name == "invoice":
            return self._on_invoice(one, scope)
        field = "charged_at" if one.name == "occurrence" else "received_at"
        return self._by_moment(field, one)

    def _on_invoice(self, one, scope):
        """Charges on invoices; which one is told where invoices are shown, and the field is closed
        to the reader else."""
        if "Invoice" not in scope.views:
            return Domain.FALSE
        ids = [number for value in one.values if (number := fhir_search.number_of(value.id))]
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "COALESCE(%s = ANY(%s), FALSE)", SQL.identifier(alias, "move_id"), ids
            )
        )

    def _resources(self, source, records, scope):
        # sudo: which invoice a charge is on, which the reader of charges may see where invoices
        # are shown as well
        invoices = {one.id: one.sudo().move_id.id for one in records}
        # sudo: codes of systems; two of them may have posted charges under the same number
        posted_by = {one.id: one.sudo().system_id.code or "" for one in records}
        for one in records:
            move = invoices[one.id]
            invoice = scope.reference("Invoice", str(move)) if move else None
            yield written.without_nothing(
                {
                    "resourceType": "ChargeItem",
                    "id": source.id_of(one.id),
                    "identifier": [
                        written.identifier(scope.system("charge"), one.number, posted_by[one.id])
                    ],
                    "status": CHARGE[one.state],
                    "code": written.concept(scope.system("charge-code"), one.charge_code),
                    "subject": _MASKED,
                    "occurrenceDateTime": written.moment(one.charged_at),
                    "quantity": {"value": written.number(one.quantity)},
                    "enteredDate": written.moment(one.received_at),
                    "supportingInformation": [invoice] if invoice else None,
                }
            )
