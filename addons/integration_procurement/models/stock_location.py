from odoo import models

from ..tools import canonical


class StockLocation(models.Model):
    """Places as messages name them."""

    _inherit = "stock.location"

    def _integration_place(self) -> dict:
        """This location in canonical JSON: its barcode if it has one, and its full name."""
        self.ensure_one()
        return {
            "barcode": canonical.text(self.barcode),
            "path": self.complete_name,
            "kind": self.usage,
        }
