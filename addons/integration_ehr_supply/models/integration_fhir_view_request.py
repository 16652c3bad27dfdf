from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_ehr_bridge.engine import fhir_search
from odoo.addons.integration_ehr_bridge.engine.fhir_scope import Source
from odoo.addons.integration_ehr_bridge.tools.fhir import search, written

from ..tools.fhir_statuses import REQUEST

_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"


class IntegrationFhirViewRequest(models.AbstractModel):
    """Items of requisitions: what a place ordered, and how far it is."""

    _name = "integration.fhir.view.request"
    _inherit = "integration.fhir.items"
    _description = "Orders of Supplies over FHIR"

    _resource = "SupplyRequest"
    _switch = "fhir_show_supply_request"
    _clinical = True
    _params = (
        search.Param("identifier", "token", "Number of the order, at its system or in Odoo."),
        search.Param(
            "status", "token", "How far it is.", codes=tuple(sorted(set(REQUEST.values()))),
            system="http://hl7.org/fhir/supplyrequest-status",
        ),
        search.Param("date", "date", "When it was ordered."),
        search.Param(
            "deliver-to", "reference", "The place that ordered, or its stock location.",
            targets=("Location",), own=True,
        ),
    )  # fmt: skip
    _elements = (
        "identifier", "status", "itemCodeableConcept", "quantity", "occurrenceDateTime",
        "authoredOn", "deliverTo",
    )  # fmt: skip
    _mandatory = ("itemCodeableConcept", "quantity")
    _summary = ("identifier", "status", "occurrenceDateTime", "authoredOn")
    _doc = (
        "What clinical places ordered of the store: one item each, however many an order has. Two "
        "lines of one product are two. Not for whom."
    )

    def _sources(self, scope):
        shown = Domain("state", "in", list(REQUEST))
        if scope.locations:
            route = "requisition_id.route_id"
            shown &= scope.within(f"{route}.source_location_id") | scope.within(
                f"{route}.destination_location_id"
            )
        names = (
            "state", "requisition_id", "number", "order_number", "order_assigner", "product_id",
            "item_code", "quantity", "unit_id", "needed_by",
        )  # fmt: skip
        return [Source("ehr.requisition.line", shown, names=names)]

    def _condition(self, source, one, scope):
        if one.name == "identifier":
            own, placer = scope.system("requisition"), scope.system("placer-order")
            return self._by_number(own, one) | self._by_token(("order_number",), placer, one)
        if one.name == "status":
            return self._by_status("state", REQUEST, one)
        if one.name == "date":
            return self._by_moment("requisition_id.ordered_at", one)
        orders = "requisition_id"
        return self._by_reference(f"{orders}.place_id", "place-", one) | self._by_reference(
            f"{orders}.route_id.destination_location_id", "stock-", one
        )

    def _by_number(self, system, one):
        """Lines by the number of their requisition and their own, as they are written."""
        wanted = set()
        for value in one.values:
            if value.system not in (None, system):
                continue
            if value.code is None:
                return Domain.TRUE
            name, _mark, number = value.code.rpartition("-")
            if name and fhir_search.number_of(number):
                wanted.add((name, int(number)))
        names = sorted({name for name, _number in wanted})
        # Found first, so that the database takes an index for each of the alternatives.
        orders = self.env["ehr.requisition"].search([("name", "in", names)])
        return Domain.OR(
            Domain("requisition_id", "=", order.id) & Domain("number", "=", number)
            for order in orders
            for name, number in wanted
            if name == order.name
        )

    def _resources(self, source, records, scope):
        for one in records:
            order = one.requisition_id
            place = order.place_id
            yield written.without_nothing(
                {
                    "resourceType": "SupplyRequest",
                    "id": source.id_of(one.id),
                    "identifier": self._identifiers(scope, one),
                    "status": REQUEST[one.state],
                    "itemCodeableConcept": self._item(scope, one.product_id, one.item_code),
                    "quantity": self._quantity(scope, one.quantity, one.unit_id),
                    "occurrenceDateTime": one.needed_by and written.moment(one.needed_by),
                    "authoredOn": written.moment(order.ordered_at),
                    "deliverTo": scope.reference("Location", f"place-{place.id}")
                    if place
                    else None,
                }
            )

    def _identifiers(self, scope, one):
        own = f"{one.requisition_id.name}-{one.number}"
        found = [written.identifier(scope.system("requisition"), own)]
        if one.order_number:
            placer = written.identifier(scope.system("placer-order"), one.order_number)
            placer = {"type": written.concept(_TYPES, "PLAC"), **placer}
            if one.order_assigner:
                placer["assigner"] = {"display": one.order_assigner}
            found.append(placer)
        return found
