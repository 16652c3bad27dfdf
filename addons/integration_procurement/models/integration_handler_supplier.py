from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_core.tools import errors

from ..tools.identifiers import vat_key

# Texts of the contract that are texts of the contact.
TEXTS = ("name", "vat", "street", "street2", "zip", "city", "phone", "email", "website")


class IntegrationHandlerSupplier(models.AbstractModel):
    """A supplier as another system keeps it: a contact is created or brought up to date."""

    _name = "integration.handler.supplier"
    _inherit = "integration.handler.master"
    _description = "Supplier: create or update"

    _contract = "procurement.supplier"
    _master_model = "res.partner"

    def _values(self, received, documents):
        countries = self._countries(documents)
        return [
            {
                **{name: data[name] or False for name in TEXTS if name in data},
                **({"country_id": countries[data["country"]]} if "country" in data else {}),
            }
            for data in documents
        ]

    def _complete(self, received, records, documents):
        # The later message wins here, too.
        active = {
            record: data["active"]
            for record, data in zip(records, documents, strict=True)
            if "active" in data
        }
        partners = self.env["res.partner"]
        partners.union(*(one for one, on in active.items() if not on)).action_archive()
        partners.union(*(one for one, on in active.items() if on)).action_unarchive()

    def _defaults(self, data):
        return {"ref": data["number"], "is_company": True, "supplier_rank": 1}

    def _marks(self, data):
        marks = {"ref": data["number"]}
        # “/” says that there is no number: it marks nobody.
        if vat := vat_key(data.get("vat") or ""):
            marks["vat"] = vat
        return marks

    def _spelt(self, name, value):
        return vat_key(value) if name == "vat" else value

    def _marked(self, name, values):
        if name != "vat":
            return super()._marked(name, values)
        # People write the same number with blanks, dots and hyphens, or without.
        spelt = SQL(
            "SELECT id FROM res_partner WHERE is_company AND vat IS NOT NULL "
            "AND regexp_replace(upper(vat), '[^0-9A-Z]', '', 'g') = ANY(%s)",
            list(values),
        )
        self.env["res.partner"].flush_model(["vat", "is_company"])
        return Domain("id", "in", [row[0] for row in self.env.execute_query(spelt)])

    def _kind_domain(self):
        # the contact of a company has its VAT number as well
        return Domain("is_company", "=", True) & Domain("parent_id", "=", False)

    def _countries(self, documents):
        """Ids of countries by code of ISO 3166-1; ``False`` for none."""
        codes = {data["country"] for data in documents if data.get("country")}
        found = self.env["res.country"].search([("code", "in", list(codes))])
        by_code = {None: False, **{country.code: country.id for country in found}}
        if codes - by_code.keys():
            raise errors.ConflictError(
                "The country of the supplier is none that Odoo knows. Map it to a code of ISO "
                "3166-1, such as “BE”, then retry.",
                code="unknown_country",
            )
        return by_code
