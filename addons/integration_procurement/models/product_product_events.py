from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot

from ..tools import canonical, identifiers

CONTRACT = "procurement.item"


class ProductProduct(models.Model):
    """Items leave as business events."""

    _inherit = "product.product"  # pylint: disable=consider-merging-classes-inherited

    # The trade item numbers of its packagings.
    _integration_parts = {"product.uom": "product_id"}

    def _integration_snapshots(self, contract_code):
        if contract_code != CONTRACT:
            return super()._integration_snapshots(contract_code)
        return {
            product.id: Snapshot(
                data=product._integration_canonical_item(),
                company_id=product.company_id.id or None,
                subject=product.display_name,
                problem=product._integration_item_problem(),
            )
            for product in self
        }

    def _integration_canonical_item(self) -> dict:
        """This product as the canonical object ``procurement.item`` 1.3.0.

        Its number is Odoo's own, which is there from the beginning and never changes. Prices are
        agreements of suppliers and stay here.
        """
        self.ensure_one()
        # sudo: the language of the house, and nothing else. Not of whoever changed it: the name
        # would change with each of them.
        lang = (self.company_id or self.env.company).sudo().partner_id.lang
        return {
            "number": str(self.id),
            # with the attributes of a variant, and without its reference
            "name": self.with_context(lang=lang, display_default_code=False).display_name,
            "gtin": self._integration_gtin(),
            "reference": canonical.text(self.default_code),
            "unit": self.uom_id._integration_unit_code(),
            "type": self._integration_item_type(),
            "tracking": self.tracking,
            "category": str(self.categ_id.id) if self.categ_id else None,
            "active": self.active,
            "packagings": self._integration_packagings(),
        }

    def _integration_packagings(self) -> list[dict]:
        """Packagings in which it comes, with their trade item numbers; those without a code say
        nothing to another system."""
        gtins = {one.uom_id: one.barcode for one in self.product_uom_ids}
        return [
            {
                "unit": unit._integration_unit_code(),
                "quantity": canonical.number(unit._compute_quantity(1, self.uom_id, round=False)),
                "gtin": identifiers.gtin(gtins.get(unit)),
            }
            for unit in self.uom_ids - self.uom_id
            if unit._integration_unit_code() and unit._has_common_reference(self.uom_id)
        ]

    def _integration_item_type(self) -> str:
        if self.type == "service":
            return "service"
        return "stocked" if self.is_storable else "consumable"

    def _integration_gtin(self) -> str | None:
        """The barcode, if it is a trade item number; one of the house's own is none."""
        return identifiers.gtin(self.barcode)

    def _integration_item_problem(self) -> str | None:
        """Why no other system could understand this product; ``None`` if one can."""
        if self.type == "combo":
            return "A combination of products is no item that other systems know."
        if self.uom_id._integration_unit_code():
            return None
        return (
            "The unit of the product has no code. Enter it on the unit (Inventory / Configuration "
            "/ Units), then retry."
        )
