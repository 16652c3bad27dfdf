from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot

from ..tools import canonical

CONTRACT = "procurement.item"


class ProductProduct(models.Model):
    """Items leave as business events."""

    _inherit = "product.product"  # pylint: disable=consider-merging-classes-inherited

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
        """This product as the canonical object ``procurement.item`` 1.0.0.

        Its number is Odoo's own, which is there from the beginning and never changes. Prices are
        agreements of suppliers and stay here.
        """
        self.ensure_one()
        return {
            "number": str(self.id),
            # with the attributes of a variant, and without its reference
            "name": self.with_context(display_default_code=False).display_name,
            "gtin": self._integration_gtin(),
            "reference": canonical.text(self.default_code),
            "unit": self.uom_id._integration_unit_code(),
            "type": self._integration_item_type(),
            "tracking": self.tracking,
            "category": str(self.categ_id.id) if self.categ_id else None,
            "active": self.active,
        }

    def _integration_item_type(self) -> str:
        if self.type == "service":
            return "service"
        return "stocked" if self.is_storable else "consumable"

    def _integration_gtin(self) -> str | None:
        """The barcode, if it is a trade item number; one of the house's own is none."""
        barcode = self.barcode or ""
        return barcode if barcode.isdecimal() and len(barcode) in (8, 12, 13, 14) else None

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
