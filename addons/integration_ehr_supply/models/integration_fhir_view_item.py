from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_ehr_bridge.engine import fhir_search
from odoo.addons.integration_ehr_bridge.engine.fhir_scope import Source
from odoo.addons.integration_ehr_bridge.tools.fhir import search, written
from odoo.addons.integration_procurement.tools.identifiers import gtin, gtin_key, gtin_spellings

_GTIN = "https://www.gs1.org/gtin"
_STATUS = "http://hl7.org/fhir/publication-status"


class IntegrationFhirViewItem(models.AbstractModel):
    """The item master: a DeviceDefinition describes a kind of thing, not one of its pieces."""

    _name = "integration.fhir.view.item"
    _inherit = "integration.fhir.items"
    _description = "Items over FHIR"

    _resource = "DeviceDefinition"
    _switch = "fhir_show_item"
    _params = (
        search.Param("identifier", "token", "Code of the item, or its GTIN."),
        search.Param("device-name", "string", "Name of the item.", own=True),
        search.Param("active", "token", "Whether it is in use.", codes=("true", "false"), own=True),
    )
    _elements = ("identifier", "deviceName", "property")
    _summary = ("identifier", "deviceName")
    _doc = (
        "The item master: goods, medical devices or not, by code and GTIN. The property "
        "`base-unit` is the unit in which the item is counted, by UN/ECE Recommendation 20; the "
        "property `status` is active or retired. No prices and no suppliers."
    )

    def _sources(self, scope):
        return [
            Source(
                "product.product",
                Domain("type", "=", "consu"),
                names=("product_tmpl_id", "default_code", "barcode", "active"),
            )
        ]

    def _condition(self, source, one, scope):
        if one.name == "identifier":
            found = self._by_token(("default_code",), scope.system("item"), one)
            return found | self._by_barcode(scope, one) | self._by_id(scope, one)
        if one.name == "active":
            return self._by_active(one, ("true", "false"))
        return self._by_words("name", one)

    def _by_id(self, scope, one):
        """Items by the number that every one of them has; only if it is named as such."""
        asked = [value for value in one.values if value.system == scope.system("item-id")]
        if any(value.code is None for value in asked):
            return Domain.TRUE
        ids = (fhir_search.number_of(value.code) for value in asked)
        return Domain("id", "in", [number for number in ids if number])

    def _by_barcode(self, scope, one):
        """A GTIN is found however many zeros it is written with; any other barcode as it is."""
        found = Domain.FALSE
        for value in one.values:
            if value.system not in (None, _GTIN, scope.system("barcode")):
                continue
            if value.code is None:
                found |= Domain("barcode", "not in", (False, ""))
                continue
            found |= Domain("barcode", "in", gtin_spellings(gtin_key(value.code)))
        return found

    def _resources(self, source, records, scope):
        # Not through the product: its inherited fields are worked out one by one.
        templates = records.product_tmpl_id
        templates.fetch(("name", "uom_id"))
        units = {unit.id: self._unit(scope, unit) for unit in templates.uom_id}
        kind = written.concept(scope.system("item-property"), "status")
        states = {
            flag: {"type": kind, "valueCode": [written.concept(_STATUS, code)]}
            for flag, code in ((True, "active"), (False, "retired"))
        }
        for one in records:
            template = one.product_tmpl_id
            yield {
                "resourceType": "DeviceDefinition",
                "id": source.id_of(one.id),
                "identifier": self._identifiers(scope, one),
                "deviceName": [{"name": template.name, "type": "user-friendly-name"}],
                "property": [units[template.uom_id.id], states[one.active]],
            }

    def _identifiers(self, scope, one):
        found = [written.identifier(scope.system("item-id"), str(one.id))]
        found += written.identifiers(scope.system("item"), one.default_code)
        system = _GTIN if gtin(one.barcode or "") else scope.system("barcode")
        return found + written.identifiers(system, one.barcode)

    def _unit(self, scope, unit):
        code = unit._integration_unit_code()
        concept = written.concept(scope.system("unit"), code, unit.name) if code else {}
        return {
            "type": written.concept(scope.system("item-property"), "base-unit"),
            "valueCode": [concept or {"text": unit.name}],
        }
