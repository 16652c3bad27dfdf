from odoo import models

from odoo.addons.integration_ehr_bridge.tools.fhir import written


class IntegrationFhirItems(models.AbstractModel):
    """How views of supply name items and quantities."""

    _name = "integration.fhir.items"
    _inherit = "integration.fhir.view"
    _description = "FHIR View of Items"

    def _item(self, scope, product, ordered_as=""):
        """An item as a code: that of ours, else that of the order, else its number in Odoo."""
        code = (product.default_code or ordered_as or "").strip()
        if code:
            return written.concept(scope.system("item"), code)
        return written.concept(scope.system("item-id"), str(product.id))

    def _quantity(self, scope, value, unit):
        """A quantity with its unit; with a code, where the unit has one that partners understand.

        The codes are those of UN/ECE Recommendation 20.
        """
        found = {"value": written.number(value), "unit": unit.name}
        code = unit._integration_unit_code()
        return found | {"system": scope.system("unit"), "code": code} if code else found
