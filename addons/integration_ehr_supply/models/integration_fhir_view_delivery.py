from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_ehr_bridge.engine import fhir_search
from odoo.addons.integration_ehr_bridge.engine.fhir_scope import Source
from odoo.addons.integration_ehr_bridge.tools.fhir import search, written

from ..tools.fhir_statuses import DELIVERY, USAGE

_CODES = tuple(sorted({*DELIVERY.values(), *USAGE.values()}))
_BASED_ON = "SupplyDelivery:based-on"


class IntegrationFhirViewDelivery(models.AbstractModel):
    """What was brought for an order, and what was used."""

    _name = "integration.fhir.view.delivery"
    _inherit = "integration.fhir.items"
    _description = "Deliveries over FHIR"

    _resource = "SupplyDelivery"
    _switch = "fhir_show_supply_delivery"
    _clinical = True
    _includes = (_BASED_ON,)
    _params = (
        search.Param("identifier", "token", "Number of the transfer, or of the dispense."),
        search.Param(
            "status", "token", "How far it is.", codes=_CODES,
            system="http://hl7.org/fhir/supplydelivery-status",
        ),
        search.Param(
            "based-on", "reference", "The order that it is for.", targets=("SupplyRequest",),
            own=True,
        ),
        search.Param("occurrence", "date", "When it was brought or used.", own=True),
        search.Param(
            "destination", "reference", "The stock location that it is brought to, where Locations "
            "are shown.", targets=("Location",), own=True,
        ),
    )  # fmt: skip
    _elements = (
        "identifier", "basedOn", "status", "suppliedItem", "occurrenceDateTime", "destination",
    )  # fmt: skip
    _summary = ("basedOn", "status", "occurrenceDateTime")
    _doc = (
        "Transfers for orders of clinical places (ids `move-…`), with the quantity once they are "
        "done; and what was used, as a clinical system told it (ids `usage-…`). Not for whom."
    )

    def _sources(self, scope):
        moves = Domain("ehr_requisition_line_id", "!=", False)
        usage = Domain("action", "in", list(USAGE))
        if scope.locations:
            moves &= scope.within("location_id") | scope.within("location_dest_id")
            usage &= scope.within("stock_location_id")
        return [
            Source(
                "stock.move", moves, prefix="move-",
                names=(
                    "state", "product_id", "quantity", "product_uom", "date", "reference",
                    "location_dest_id", "ehr_requisition_line_id",
                ),
            ),
            Source(
                "ehr.consumption", usage, prefix="usage-",
                names=("action", "product_id", "quantity", "uom_id", "used_at", "number", "line"),
            ),
        ]  # fmt: skip

    def _condition(self, source, one, scope):
        moves = source.model == "stock.move"
        if one.name == "identifier":
            if moves:
                return self._by_token(("reference",), scope.system("transfer"), one)
            lines = self._by_line(scope.system("usage-line"), one)
            return self._by_token(("number",), scope.system("usage"), one) | lines
        if one.name == "status":
            if moves:
                return self._by_status("state", DELIVERY, one)
            return self._by_status("action", USAGE, one)
        if one.name == "occurrence":
            return self._by_occurrence(moves, one)
        if not moves:
            return Domain.FALSE
        if one.name == "destination":
            return self._by_destination(scope, one)
        return self._by_reference("ehr_requisition_line_id", "", one)

    def _by_line(self, system, one):
        """Usage by its number and its line, as they are written."""
        found = Domain.FALSE
        for value in one.values:
            if value.system not in (None, system):
                continue
            if value.code is None:
                return Domain.TRUE
            number, _mark, line = value.code.rpartition("/")
            if number:
                found |= Domain("number", "=", number) & Domain("line", "=", line)
        return found

    def _by_occurrence(self, moves, one):
        """As it is told: of a transfer once it is done."""
        if not moves:
            return self._by_moment("used_at", one)
        return Domain("state", "=", "done") & self._by_moment("date", one)

    def _by_destination(self, scope, one):
        """As it is told: of places of which a resource is shown as well."""
        wanted = (
            fhir_search.number_of(value.id.removeprefix("stock-"))
            for value in one.values
            if value.id.startswith("stock-")
        )
        places = self.env["stock.location"].browse(number for number in wanted if number)
        return Domain("location_dest_id", "in", list(self._shown_locations(scope, places)))

    def _resources(self, source, records, scope):
        if source.model == "stock.move":
            return self._deliveries(source, records, scope)
        return self._usage(source, records, scope)

    def _deliveries(self, source, records, scope):
        shown = self._shown_locations(scope, records.location_dest_id)
        for one in records:
            line, place = one.ehr_requisition_line_id, one.location_dest_id
            based_on = scope.reference("SupplyRequest", str(line.id))
            done = one.state == "done"
            # How much it is to be is said by the order.
            brought = {"quantity": self._quantity(scope, one.quantity, one.product_uom)}
            yield written.without_nothing(
                {
                    "resourceType": "SupplyDelivery",
                    "id": source.id_of(one.id),
                    "identifier": one.reference
                    and [written.identifier(scope.system("transfer"), one.reference)],
                    "basedOn": [based_on] if based_on else None,
                    "status": DELIVERY[one.state],
                    "suppliedItem": {
                        **(brought if done else {}),
                        "itemCodeableConcept": self._item(scope, one.product_id),
                    },
                    "occurrenceDateTime": written.moment(one.date) if done else None,
                    "destination": scope.reference("Location", f"stock-{place.id}")
                    if place.id in shown
                    else None,
                }
            )

    def _shown_locations(self, scope, places):
        """Those of which a resource is shown as well."""
        if "Location" not in scope.views:
            return set()
        [source, *_others] = self.env[scope.views["Location"]]._sources(scope)
        domain = source.domain & Domain("id", "in", places.ids)
        return set(places.with_context(active_test=False).search(domain).ids)

    def _usage(self, source, records, scope):
        # sudo: codes of systems; two of them may have told of usage under the same number
        told_by = {one.id: one.sudo().system_id.code or "" for one in records}
        for one in records:
            number, teller = f"{one.number}/{one.line}", told_by[one.id]
            yield {
                "resourceType": "SupplyDelivery",
                "id": source.id_of(one.id),
                "identifier": [
                    written.identifier(scope.system("usage"), one.number, teller),
                    written.identifier(scope.system("usage-line"), number, teller),
                ],
                "status": USAGE[one.action],
                "suppliedItem": {
                    "quantity": self._quantity(scope, one.quantity, one.uom_id),
                    "itemCodeableConcept": self._item(scope, one.product_id),
                },
                "occurrenceDateTime": written.moment(one.used_at),
            }

    def _included(self, records, include, scope):
        if include == _BASED_ON and records._name == "stock.move":
            return scope.views.get("SupplyRequest"), records.ehr_requisition_line_id
        return None, records
