from odoo import api, models
from odoo.fields import Domain

CONTRACT = "ehr.requisition"
#: Orders of systems that keep them as records.
STATES = "ehr.requisition_state"
#: Value maps of units: as they are understood, and as they are told.
UNITS = ("hl7_unit", "hl7_unit_out")
UNITS_OF_STATES = ("fhir_unit", "fhir_unit_out")


class IntegrationReadinessCheck(models.AbstractModel):
    """Whether orders of supplies find their places and items."""

    _inherit = "integration.readiness.check"

    @api.model
    def _checks(self):
        found = dict(super()._checks())
        for contract, told in (
            (CONTRACT, "_check_units_told"),
            (STATES, "_check_units_told_of_states"),
        ):
            found[contract] = (
                *found.get(contract, ()),
                "_check_supply_routes",
                "_check_route_suppliers",
                "_check_supplied_units",
                told,
                "_check_supplied_identifiers",
                "_check_item_duplicates",
            )
        return found

    def _check_supply_routes(self, interface):
        routes = self.env["ehr.supply.route"].search(self._own(interface))
        served = routes.place_id
        units = Domain("kind", "in", ("unit", "clinic", "theatre"))
        return [
            self._checked(
                self.env._("Clinical places have a supply route"),
                self.env._(
                    "Make one under Clinical supply / Configuration / Supply routes: orders for a "
                    "place without one are put aside."
                ),
                "ehr.location",
                self._own(interface)
                & units
                & Domain("id", "not in", served.ids)
                & Domain("point_of_care", "not in", routes.filtered("code").mapped("code")),
                severity="advice" if routes else "blocks",
            )
        ]

    def _supplied(self, interface) -> Domain:
        """Goods that places may order."""
        return Domain("company_id", "in", (False, interface.company_id.id)) & Domain(
            "type", "=", "consu"
        )

    def _own(self, interface) -> Domain:
        return Domain("company_id", "=", interface.company_id.id)

    def _check_route_suppliers(self, interface):
        """What is bought when there is none has a supplier."""
        routes = self.env["ehr.supply.route"].search(self._own(interface))
        bought = Domain.FALSE
        if any(route.not_stocked == "purchase" for route in routes):
            bought |= Domain("is_storable", "=", False)
        if any(route.shortage == "purchase" for route in routes):
            bought |= Domain("is_storable", "=", True)
        return [
            self._checked(
                self.env._("Items that routes buy have a supplier"),
                self.env._(
                    "Enter a supplier on the product: an order for it cannot be passed on without."
                ),
                "product.product",
                self._supplied(interface) & Domain("seller_ids", "=", False) & bought,
                severity="advice",
            )
        ]

    def _check_supplied_identifiers(self, interface):
        linked = self.env["integration.record.link"].search(
            [("system_id", "=", interface.system_id.id), ("res_model", "=", "product.product")]
        )
        return [
            self._checked(
                self.env._("Items have a reference, a barcode or a record link"),
                self.env._("Enter one of them: orders name the item by it."),
                "product.product",
                self._supplied(interface)
                & Domain("default_code", "in", (False, ""))
                & Domain("barcode", "in", (False, ""))
                & Domain("id", "not in", linked.mapped("res_id")),
            )
        ]

    def _check_supplied_units(self, interface):
        products = self.env["product.product"].search(self._supplied(interface))
        nameless = products.uom_id.filtered(lambda unit: not unit._integration_unit_code())
        return [
            self._checked(
                self.env._("Units of items have a code"),
                self.env._(
                    "Enter the code of UN/ECE Recommendation 20 on the unit, such as “C62” for one "
                    "piece. Orders in a unit without a code are put aside."
                ),
                "uom.uom",
                Domain("id", "in", nameless.ids),
            )
        ]

    def _check_units_told(self, interface):
        """What is understood can be answered as well."""
        return self._units_told(interface, *UNITS)

    def _check_units_told_of_states(self, interface):
        """The same of systems that keep orders as records."""
        return self._units_told(interface, *UNITS_OF_STATES)

    def _units_told(self, interface, as_read, as_told):
        lines = self.env["integration.value.map.line"].search(
            [("map_id.code", "in", (as_read, as_told))]
        )
        told = set(lines.filtered(lambda one: one.map_id.code == as_told).mapped("source"))
        understood = lines.filtered(
            lambda one: one.map_id.code == as_read and one.target not in told
        )
        products = self.env["product.product"].search(self._supplied(interface))
        mute = products.uom_id.filtered(
            lambda unit: (code := unit._integration_unit_code()) and code not in told
        )
        title = self.env._("Units of supplies can be told to clinical systems")
        advice = self.env._(
            "Enter the code in the value map “%s”: without it an order in this unit is "
            "handled, and its sender is not told what becomes of it.",
            as_told,
        )
        return [
            self._checked(
                title,
                advice,
                "integration.value.map.line",
                Domain("id", "in", understood.ids),
                severity="advice",
            ),
            self._checked(
                title, advice, "uom.uom", Domain("id", "in", mute.ids), severity="advice"
            ),
        ]
