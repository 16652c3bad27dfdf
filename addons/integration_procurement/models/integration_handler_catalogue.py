from collections import defaultdict
from dataclasses import dataclass

from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors

# How an item may be named, the surest first.
NAMES = ("id", "supplier_code", "gtin")
# Positions that an error lists; the others are counted.
SHOWN = 50


@dataclass(frozen=True)
class Item:
    """An item of the supplier: a product, or all variants of a template alike.

    :ivar product: empty for all variants
    """

    template: models.BaseModel
    product: models.BaseModel

    @property
    def unit(self):
        return self.template.uom_id

    def exact(self) -> "Item":
        """The same item; as its only variant, if it has but one."""
        only = self.template.product_variant_ids
        return self if self.product or len(only) != 1 else Item(self.template, only)

    def of_all_variants(self) -> "Item":
        return Item(self.template, self.product.browse())

    def fits(self, other: "Item") -> bool:
        """Whether both may be the same item."""
        if self.template != other.template:
            return False
        return self.product == other.product or not (self.product and other.product)


class IntegrationHandlerCatalogue(models.AbstractModel):
    """What the items of a supplier's catalogue mean in Odoo, for many of them at once.

    Statements do not grow with the number of items. What cannot be understood is told by its
    position in the message, never by its value, and stops the whole message.
    """

    _name = "integration.handler.catalogue"
    _inherit = "integration.handler.procurement"
    _description = "Procurement: items of a supplier"

    def _rows_of(self, supplier, items) -> dict[Item, list]:
        """The supplier's conditions of purchase by item; a list for each that is asked for."""
        templates = {item.template.id for item in items}
        found = defaultdict(list)
        for row in self._sellers(supplier, Domain("product_tmpl_id", "in", list(templates))):
            found[Item(row.product_tmpl_id, row.product_id).exact()].append(row)
        return found

    def _find_items(self, received, supplier, items) -> list[Item]:
        """The items, in the order of the message.

        :param supplier: commercial partner behind the sender
        :param items: ``item`` objects of the contract
        :raises errors.ConflictError: names the positions of those that are unknown or ambiguous
        """
        known = {
            "id": self._by_link(received, [one["id"] for one in items if "id" in one]),
            "supplier_code": self._by_code(
                supplier, [one["supplier_code"] for one in items if "supplier_code" in one]
            ),
            "gtin": self._by_barcode([one["gtin"] for one in items if "gtin" in one]),
        }
        found = [item and item.exact() for item in (self._choose(one, known) for one in items)]
        self._refuse_positions(
            [n for n, one in enumerate(found, 1) if one is None],
            "unknown_items",
            "Items have no product in Odoo, more than one, or an archived one, by the supplier's "
            "code, the barcode or a record link: positions %s. Enter the supplier's codes on the "
            "products (tab “Purchase”), then retry.",
        )
        return found

    def _choose(self, item, known) -> Item | None:
        """By the surest name that is known at all; ``None`` if that does not name one item."""
        chosen = None
        for name in NAMES:
            found = known[name].get(item.get(name), ())
            if not found:
                continue
            if chosen is None:
                if len(found) > 1:
                    return None
                chosen = next(iter(found))
            elif not any(chosen.fits(other) for other in found):
                return None  # two names of two items
        return chosen

    def _refuse_positions(self, positions, code, text):
        """:raises errors.ConflictError: if there are any; ``text`` has a place for them"""
        if not positions:
            return
        shown = ", ".join(str(one) for one in positions[:SHOWN])
        if len(positions) > SHOWN:
            shown += f" and {len(positions) - SHOWN} more"
        raise errors.ConflictError(text % shown, code=code)

    def _by_link(self, received, names) -> dict[str, set[Item]]:
        # sudo: as the links' own finders, which find one at a time
        links = self.env["integration.record.link"].sudo()
        found = links.search(
            Domain("system_id", "=", received.system_id)
            & Domain("res_model", "=", "product.product")
            & Domain("external_id", "in", names)
        )
        products = self._living(self.env["product.product"].browse(found.mapped("res_id")))
        by_id = {product.id: product for product in products}
        return _grouped(
            (link.external_id, by_id[link.res_id]) for link in found if link.res_id in by_id
        )

    def _by_code(self, supplier, codes) -> dict[str, set[Item]]:
        sellers = self._sellers(supplier, Domain("product_code", "in", codes))
        found = defaultdict(set)
        for seller in sellers:
            if (seller.product_id or seller.product_tmpl_id).active:
                found[seller.product_code].add(Item(seller.product_tmpl_id, seller.product_id))
        return found

    def _by_barcode(self, codes) -> dict[str, set[Item]]:
        products = self.env["product.product"].search(
            Domain("barcode", "in", codes) & self._company_domain()
        )
        return _grouped((product.barcode, product) for product in products)

    def _living(self, products):
        return products.exists().filtered(
            lambda one: one.active and one.company_id.id in (False, self.env.company.id)
        )

    def _sellers(self, supplier, domain):
        """Conditions of purchase with the supplier, of this company or of all."""
        return self.env["product.supplierinfo"].search(
            domain & Domain("partner_id", "child_of", supplier.ids) & self._company_domain()
        )

    def _units(self, items, codes) -> list:
        """The unit of each item with a code, converted at most once for each pair.

        :raises errors.ConflictError: with the position; see ``_find_unit``
        """
        known, found = {}, []
        for position, (item, code) in enumerate(zip(items, codes, strict=True), 1):
            key = (item.unit.id, code)
            if code is not None and key not in known:
                try:
                    known[key] = self._find_unit(item.template, code)
                except errors.ConflictError as exc:
                    raise errors.ConflictError(
                        f"Position {position}: {exc.message}", code=exc.code
                    ) from exc
            found.append(known[key] if code is not None else self.env["uom.uom"])
        return found


def _grouped(pairs) -> dict[str, set[Item]]:
    found = defaultdict(set)
    for name, product in pairs:
        found[name].add(Item(product.product_tmpl_id, product))
    return found
