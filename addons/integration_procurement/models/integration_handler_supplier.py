from odoo import models

from odoo.addons.integration_core.tools import errors

# Texts of the contract that are texts of the contact.
TEXTS = ("name", "vat", "street", "street2", "zip", "city", "phone", "email", "website")


class IntegrationHandlerSupplier(models.AbstractModel):
    """A supplier as another system keeps it: its contact in Odoo is created or brought up to date.

    What a message does not name stays as it is; what it names as null is emptied.
    """

    _name = "integration.handler.supplier"
    _inherit = "integration.handler"
    _description = "Supplier: create or update"

    _contract = "procurement.supplier"
    # The number says which supplier is meant, and writing the same values again changes nothing.
    _repeatable = True
    _latest_suffices = True

    def _process(self, received, data):
        supplier = self._find_supplier(received, data["number"])
        values = self._values(data)
        if supplier:
            supplier.write(values)
        else:
            supplier = supplier.create(
                {**values, "ref": data["number"], "is_company": True, "supplier_rank": 1}
            )
        self.env["integration.record.link"]._link(received.system_id, supplier, data["number"])
        return supplier

    def _find_supplier(self, received, number):
        """Whom the system knows under ``number``, or who has it as reference; empty if nobody."""
        linked = self.env["integration.record.link"]._find_record(
            received.system_id, "res.partner", number
        )
        if linked:
            return linked
        found = self.env["res.partner"].search(
            [
                ("ref", "=", number),
                ("is_company", "=", True),
                ("company_id", "in", (False, self.env.company.id)),
            ],
            limit=2,
        )
        if len(found) > 1:
            raise errors.ConflictError(
                "Several contacts have the number of this supplier as reference. Merge them, or "
                "say in a record link which one is meant, then retry.",
                code="supplier_ambiguous",
            )
        return found

    def _values(self, data):
        values = {name: data[name] or False for name in TEXTS if name in data}
        if "country" in data:
            values["country_id"] = self._find_country(data["country"])
        return values

    def _find_country(self, code):
        """Id of the country with this code of ISO 3166-1; ``False`` for none."""
        country = self.env["res.country"].search([("code", "=", code or "")])
        if code and not country:
            raise errors.ConflictError(
                "The country of the supplier is none that Odoo knows. Map it to a code of ISO "
                "3166-1, such as “BE”, then retry.",
                code="unknown_country",
            )
        return country.id
