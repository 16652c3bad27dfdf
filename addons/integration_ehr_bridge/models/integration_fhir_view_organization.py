from odoo import models
from odoo.fields import Domain

from ..engine.fhir_scope import Source
from ..tools.fhir import search, written

_TYPES = "http://terminology.hl7.org/CodeSystem/organization-type"


class IntegrationFhirViewOrganization(models.AbstractModel):
    """Suppliers and payers. No persons: a supplier that is no company is not shown."""

    _name = "integration.fhir.view.organization"
    _inherit = "integration.fhir.view"
    _description = "Organizations over FHIR"

    _resource = "Organization"
    _switch = "fhir_show_organization"
    _dated = True
    _params = (
        search.Param("identifier", "token", "Reference of a supplier, code of a payer."),
        search.Param("name", "string", "Name of the organization."),
        search.Param("active", "token", "Whether it is in use.", codes=("true", "false")),
        search.Param(
            "type", "token", "Supplier (bus) or payer (pay).", codes=("bus", "pay"), system=_TYPES
        ),
    )
    _elements = ("identifier", "active", "type", "name")
    _summary = ("identifier", "active", "type", "name")
    _doc = (
        "Suppliers that are companies (ids `supplier-…`) and payers of visits (ids `payer-…`): "
        "name, code, whether in use. No addresses, no telephone numbers, no contact persons."
    )

    def _sources(self, scope):
        suppliers = (
            Domain("is_company", "=", True)
            & Domain("supplier_rank", ">", 0)
            & Domain("parent_id", "=", False)
        )
        if scope.vendors:
            suppliers &= Domain("id", "in", list(scope.vendors))
        return [
            Source("res.partner", suppliers, prefix="supplier-", names=("name", "ref", "active")),
            Source("ehr.payer", Domain.TRUE, prefix="payer-", names=("name", "code", "active")),
        ]

    def _condition(self, source, one, scope):
        payer = source.model == "ehr.payer"
        if one.name == "identifier":
            kind, code = ("payer", "code") if payer else ("supplier", "ref")
            return self._by_token((code,), scope.system(kind), one)
        if one.name == "active":
            return self._by_active(one, ("true", "false"))
        if one.name == "type":
            mine = "pay" if payer else "bus"
            return Domain(mine in self._codes(one, ("bus", "pay")))
        return self._by_words("name", one)

    def _resources(self, source, records, scope):
        payer = source.model == "ehr.payer"
        kind, code = ("payer", "code") if payer else ("supplier", "ref")
        type_ = written.concept(_TYPES, "pay" if payer else "bus")
        for one in records:
            found = written.identifiers(scope.system(kind), one[code])
            yield {
                "resourceType": "Organization",
                "id": source.id_of(one.id),
                **({"identifier": found} if found else {}),
                "active": one.active,
                "type": [type_],
                "name": one.name,
            }
