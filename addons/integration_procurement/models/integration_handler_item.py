from odoo import models

from odoo.addons.integration_core.tools import errors

from ..tools.identifiers import gtin_key, gtin_spellings

# Texts of the contract, and the fields of the product that have them.
TEXTS = {"name": "name", "gtin": "barcode", "reference": "default_code"}
# What is counted in stock is a matter of its own in Odoo.
TYPES = {
    "stocked": {"type": "consu", "is_storable": True},
    "consumable": {"type": "consu", "is_storable": False},
    "service": {"type": "service", "is_storable": False},
}


class IntegrationHandlerItem(models.AbstractModel):
    """An item as another system keeps it: its product in Odoo is created or brought up to date."""

    _name = "integration.handler.item"
    _inherit = "integration.handler.master"
    _description = "Item: create or update"

    _contract = "procurement.item"
    _master_model = "product.product"
    # A list of items is many items: the good ones apply.
    _splits = True

    def _along_with(self, record):
        template = record.product_tmpl_id
        return template, template.with_context(active_test=False).seller_ids

    def _marks(self, data):
        return {
            TEXTS[name]: self._spelt(TEXTS[name], data[name])
            for name in ("gtin", "reference")
            if data.get(name)
        }

    def _excludes(self, alike, data):
        # Odoo compares barcodes letter by letter, those of products in use.
        return alike.filtered(lambda one: one.active and one.barcode == data.get("gtin"))

    def _spelt(self, name, value):
        return gtin_key(value) if name == "barcode" else value

    def _marked(self, name, values):
        if name == "barcode":
            values = [spelling for value in values for spelling in gtin_spellings(value)]
        return super()._marked(name, values)

    def _update(self, pairs):
        kept = [(record, self._kept_serial(record, said)) for record, said in pairs]
        return super()._update(kept)

    def _kept_serial(self, record, said):
        """Serial numbers stay: who knows of lots only says nothing against them.

        HL7 v2 has no word for them, and as lots one “serial number” could be used twice.
        """
        if record.tracking == "serial" and said.get("tracking") == "lot":
            return {name: value for name, value in said.items() if name != "tracking"}
        return said

    def _prefetch(self, records):
        # what is written on a product goes to its template, and from there to all its variants
        records.product_tmpl_id.mapped("product_variant_ids")

    # ------------------------------------------------------------------
    # values
    # ------------------------------------------------------------------

    def _values(self, received, documents):
        units = {code: self._unit(code) for code in {data["unit"] for data in documents}}
        categories = self._categories(received, documents)
        return [self._values_of(data, units, categories) for data in documents]

    def _values_of(self, data, units, categories):
        values = {field: data[name] or False for name, field in TEXTS.items() if name in data}
        values["uom_id"] = units[data["unit"]]
        values.update(TYPES[data["type"]])
        if "tracking" in data:
            values["tracking"] = data["tracking"]
        if "category" in data:
            values["categ_id"] = categories[data["category"]]
        return values

    def _unit(self, code):
        """Id of the one unit with a code of UN/ECE Recommendation 20."""
        units = self.env["uom.uom"]._integration_units(code)
        if len(units) != 1:
            raise errors.ConflictError(
                "The unit of an item has no counterpart in Odoo, or more than one. Enter its code "
                "on the right unit (Inventory / Configuration / Units), or map it, then retry.",
                code="unknown_unit",
            )
        return units.id

    def _categories(self, received, documents):
        """Ids of product categories by the identifier that the system uses."""
        wanted = {data["category"] for data in documents if data.get("category")}
        found = self._by_number(received, "product.category", wanted)
        if wanted - found.keys():
            raise errors.ConflictError(
                "The category of an item is not known. Enter the system's identifier of the "
                "category in a record link (Integrations / Configuration), then retry.",
                code="unknown_category",
            )
        return {None: False, **{code: category.id for code, category in found.items()}}

    def _by_number(self, received, model, numbers):
        if not numbers:
            return {}
        links = self.env["integration.record.link"]
        return links._find_records(received.system_id, model, numbers)

    # ------------------------------------------------------------------
    # suppliers, archiving
    # ------------------------------------------------------------------

    def _complete(self, received, records, documents):
        self._set_sellers(received, records, documents)
        # The later message wins here, too.
        active = {
            record: data["active"]
            for record, data in zip(records, documents, strict=True)
            if "active" in data
        }
        products = self.env["product.product"]
        products.union(*(one for one, on in active.items() if not on)).action_archive()
        products.union(*(one for one, on in active.items() if on)).action_unarchive()

    def _set_sellers(self, received, records, documents):
        numbers = {one["supplier"] for data in documents for one in data.get("suppliers", ())}
        partners = self._by_number(received, "res.partner", numbers)
        if numbers - partners.keys():
            raise errors.ConflictError(
                "A supplier of an item is not known. Send the supplier first, or enter its "
                "identifier in a record link, then retry.",
                code="unknown_supplier",
            )
        for product, data in zip(records, documents, strict=True):
            for one in data.get("suppliers", ()):
                self._set_seller(product, partners[one["supplier"]], one)

    def _set_seller(self, product, partner, said):
        """What a supplier calls the item, and what it costs there if nothing is known yet."""
        sellers = product.product_tmpl_id.seller_ids.filtered(
            lambda seller: (
                seller.partner_id == partner and seller.product_id in (product, product.browse())
            )
        )
        if sellers:
            sellers.filtered(lambda seller: seller.product_code != said["code"]).write(
                {"product_code": said["code"]}
            )
            return
        if "price" not in said:
            raise errors.ConflictError(
                "An item gets a new supplier without a price, and Odoo would order it for nothing. "
                "Enter the supplier's price on the product, or have it sent, then retry.",
                code="price_missing",
            )
        currency = self._find_currency(said["currency"])
        unit = self._find_unit(product, said["unit"]) if "unit" in said else product.uom_id
        self.env["product.supplierinfo"].create(
            {
                "partner_id": partner.id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "product_id": product.id,
                "product_code": said["code"],
                "price": float(said["price"]),
                "currency_id": currency.id,
                "product_uom_id": unit.id,
                "company_id": self.env.company.id,
            }
        )
