from decimal import Decimal

from odoo import models
from odoo.tools import float_compare

from odoo.addons.integration_core.tools import errors

from ..tools.identifiers import gtin_key, gtin_spellings

#: Decimals to which the content of a packaging is compared with that of a unit.
_DIGITS = 6


class IntegrationHandlerItem(models.AbstractModel):
    """Packagings of an item with their trade item numbers, and where it is to be reordered."""

    _inherit = "integration.handler.item"

    def _along_with(self, record):
        rules = self.env["stock.warehouse.orderpoint"].search([("product_id", "=", record.id)])
        variants = record.product_tmpl_id.product_variant_ids
        return (*super()._along_with(record), variants, record.product_uom_ids, rules)

    def _complete(self, received, records, documents):
        done = super()._complete(received, records, documents)
        pairs = list(zip(records, documents, strict=True))
        self._set_packagings([one for one in pairs if one[1].get("packagings")])
        for product, data in pairs:
            for store in data.get("stores", ()):
                self._set_order_point(received, product, store)
        return done

    # ------------------------------------------------------------------
    # packagings
    # ------------------------------------------------------------------

    def _set_packagings(self, pairs):
        """Let products have the packagings that messages name; others stay.

        :param pairs: products, each with its message
        """
        if not pairs:
            return
        products = self.env["product.product"].union(*(product for product, _data in pairs))
        units, barcodes = {}, self._packaging_barcodes(pairs)
        known = {(one.product_id, one.uom_id): one for one in products.product_uom_ids}
        for product, data in pairs:
            wanted = self.env["uom.uom"]
            for said in data["packagings"]:
                key = (product.uom_id, said["unit"], said["quantity"])
                if key not in units:
                    units[key] = self._packaging_unit(*key)
                unit = units[key]
                wanted |= unit
                if "gtin" in said:
                    link = known.get((product, unit), self.env["product.uom"])
                    known[product, unit] = self._set_gtin(
                        product, unit, link, said["gtin"], barcodes
                    )
            template = product.product_tmpl_id
            if wanted - template.uom_ids - template.uom_id:
                template.uom_ids |= wanted - template.uom_id

    def _packaging_unit(self, unit, code, quantity):
        """The unit that is a packaging with this code and content.

        :param unit: in which the item is kept
        :raises errors.ConflictError: ``unknown_packaging``: there is none, or there are several
        """
        found = (
            self.env["uom.uom"]
            ._integration_units(code)
            .filtered(
                lambda one: (
                    one._has_common_reference(unit)
                    and not float_compare(one.factor / unit.factor, float(quantity), _DIGITS)
                )
            )
        )
        if len(found) != 1:
            raise errors.ConflictError(
                "A packaging of an item is no unit in Odoo, or several are. Create one unit with "
                "its code that contains as many of the item's unit (Inventory / Configuration / "
                "Units), then retry.",
                code="unknown_packaging",
            )
        return found

    def _packaging_barcodes(self, pairs):
        """Which products have the barcodes of packagings, by what their spellings share."""
        spellings = [
            spelling
            for _product, data in pairs
            for said in data["packagings"]
            if said.get("gtin")
            for spelling in gtin_spellings(gtin_key(said["gtin"]))
        ]
        found = {}
        # sudo: a barcode is taken whoever may see what has it
        links = self.env["product.uom"].sudo().search([("barcode", "in", spellings)])
        found |= {gtin_key(one.barcode): (one.product_id.id, one.uom_id.id) for one in links}
        products = (
            self.env["product.product"]
            .sudo()  # sudo: as above
            .with_context(active_test=False)
            .search([("barcode", "in", spellings)])
        )
        return found | {gtin_key(one.barcode): (one.id, None) for one in products}

    def _set_gtin(self, product, unit, link, gtin, barcodes):
        """Let a packaging have a trade item number, or none.

        :param link: the record of the packaging's barcode, perhaps empty
        :return: the record as it is afterwards
        :raises errors.ConflictError: ``gtin_taken``: something else has the number
        """
        if not gtin:
            link.unlink()
            return link.browse()
        taken = barcodes.setdefault(gtin_key(gtin), (product.id, unit.id))
        if taken != (product.id, unit.id):
            raise errors.ConflictError(
                "Another item, or another packaging, has the trade item number of a packaging "
                "already. Ask the sender which one it belongs to, correct the other one, then "
                "retry.",
                code="gtin_taken",
            )
        if link:
            if gtin_key(link.barcode) != gtin_key(gtin):
                link.barcode = gtin
            return link
        return self.env["product.uom"].create(
            {
                "product_id": product.id,
                "uom_id": unit.id,
                "barcode": gtin,
                # who may use the item may scan its packagings
                "company_id": product.company_id.id,
            }
        )

    # ------------------------------------------------------------------
    # where it is reordered
    # ------------------------------------------------------------------

    def _set_order_point(self, received, product, store):
        """From where on a place is to be refilled. A new rule proposes, and orders nothing itself.

        :raises errors.ConflictError: ``not_tracked``: Odoo does not count the item
        """
        location = self._find_location(received, store["location"])
        if not product.is_storable:
            raise errors.ConflictError(
                "An item has a reorder point, and Odoo does not track how much there is of it. "
                "Choose “Track Inventory” on the product, then retry, or cancel this message.",
                code="not_tracked",
            )
        least = Decimal(store["order_point"])
        values = {"product_min_qty": float(least)}
        if "order_amount" in store:
            values["product_max_qty"] = float(least + Decimal(store["order_amount"]))
        rules = self.env["stock.warehouse.orderpoint"].with_context(active_test=False)
        rule = rules.search(
            [
                ("product_id", "=", product.id),
                ("location_id", "=", location.id),
                ("company_id", "=", self.env.company.id),
            ]
        )
        if not rule:
            rules.create(
                {
                    "product_id": product.id,
                    "location_id": location.id,
                    "warehouse_id": location.warehouse_id.id,
                    "company_id": self.env.company.id,
                    "trigger": "manual",
                    **values,
                }
            )
            return
        changed = {name: value for name, value in values.items() if rule[name] != value}
        if changed:
            rule.write(changed)
