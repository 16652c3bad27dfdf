from odoo import models
from odoo.fields import Domain

from ..engine.fhir_scope import Source
from ..tools.fhir import search, written

_PHYSICAL = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_BED = "http://terminology.hl7.org/CodeSystem/v2-0116"
#: What a place is, by its kind.
KINDS = {
    "unit": "wa",
    "room": "ro",
    "bed": "bd",
    "clinic": "area",
    "theatre": "ro",
    "other": "area",
}
#: Table 0116 of HL7 v2, by the state of a bed.
BED_STATES = {
    "free": "U",
    "occupied": "O",
    "dirty": "K",
    "housekeeping": "H",
    "isolated": "I",
    "closed": "C",
}
_STATUS = ("active", "inactive")


class IntegrationFhirViewLocation(models.AbstractModel):
    """Where stock lies, and where patients are."""

    _name = "integration.fhir.view.location"
    _inherit = "integration.fhir.view"
    _description = "Locations over FHIR"

    _resource = "Location"
    _switch = "fhir_show_location"
    _params = (
        search.Param("identifier", "token", "Barcode of a stock location, code of a place."),
        search.Param("name", "string", "Name of the location."),
        search.Param(
            "status", "token", "Whether it is in use.", codes=_STATUS,
            system="http://hl7.org/fhir/location-status",
        ),
        search.Param(
            "operational-status", "token", "State of a bed.", codes=tuple(BED_STATES.values()),
            system=_BED,
        ),
        search.Param(
            "physical-type", "token", "What kind of place it is; not of stock locations.",
            codes=tuple(sorted(set(KINDS.values()))), system=_PHYSICAL, own=True,
        ),
        search.Param("partof", "reference", "What it is part of.", targets=("Location",)),
    )  # fmt: skip
    _elements = (
        "identifier", "status", "operationalStatus", "name", "mode", "physicalType", "partOf",
    )  # fmt: skip
    _summary = ("identifier", "status", "operationalStatus", "name", "mode", "physicalType")
    _doc = (
        "Stock locations (ids `stock-…`) and the units, rooms and beds of the census (ids "
        "`place-…`). Of a bed, whether it is free, occupied or to be cleaned; never by whom."
    )

    def _sources(self, scope):
        stock = Domain("usage", "in", ("internal", "transit")) & scope.within("id")
        return [
            Source(
                "stock.location", stock, prefix="stock-",
                names=("name", "barcode", "active", "location_id"),
            ),
            Source(
                "ehr.location", Domain.TRUE, prefix="place-",
                names=("name", "code", "active", "kind", "bed_state", "parent_id"),
            ),
        ]  # fmt: skip

    def _condition(self, source, one, scope):
        stock = source.model == "stock.location"
        if one.name == "identifier":
            if stock:
                return self._by_token(("barcode",), scope.system("stock-location"), one)
            return self._by_token(("code",), scope.system("place"), one)
        if one.name == "status":
            return self._by_active(one)
        if one.name == "operational-status":
            beds = {state: status for state, status in BED_STATES.items() if not stock}
            return self._by_status("bed_state", beds, one) if beds else Domain.FALSE
        if one.name == "physical-type":
            return Domain.FALSE if stock else self._by_status("kind", KINDS, one)
        if one.name == "partof":
            parent = "location_id" if stock else "parent_id"
            return self._by_reference(parent, source.prefix, one)
        return self._by_words("name", one)

    def _resources(self, source, records, scope):
        if source.model == "stock.location":
            return self._stock_locations(source, records, scope)
        return self._places(source, records, scope)

    def _stock_locations(self, source, records, scope):
        shown = self._shown_parents(source, records.location_id)
        for one in records:
            parent = one.location_id
            yield written.without_nothing(
                {
                    "resourceType": "Location",
                    "id": source.id_of(one.id),
                    "identifier": written.identifiers(scope.system("stock-location"), one.barcode),
                    "status": _STATUS[not one.active],
                    "name": one.name,
                    "mode": "instance",
                    "partOf": parent.id in shown
                    and written.reference("Location", source.id_of(parent.id)),
                }
            )

    def _shown_parents(self, source, parents):
        """Those of which a resource is shown as well; others are steps of a tree."""
        domain = source.domain & Domain("id", "in", parents.ids)
        return set(parents.with_context(active_test=False).search(domain).ids)

    def _places(self, source, records, scope):
        for one in records:
            physical = KINDS[one.kind]
            bed = one.kind == "bed" and BED_STATES.get(one.bed_state)
            yield written.without_nothing(
                {
                    "resourceType": "Location",
                    "id": source.id_of(one.id),
                    "identifier": written.identifiers(scope.system("place"), one.code),
                    "status": _STATUS[not one.active],
                    "operationalStatus": bed and {"system": _BED, "code": bed},
                    "name": one.name,
                    "mode": "instance",
                    "physicalType": written.concept(_PHYSICAL, physical),
                    "partOf": one.parent_id
                    and written.reference("Location", source.id_of(one.parent_id.id)),
                }
            )
