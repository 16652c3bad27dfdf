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

    def _integration_time_zone(self, company) -> str:
        """The time zone of the warehouse of these places: a day of goods is a day there.

        Of the company, where they are in several warehouses or in none; else UTC.
        """
        warehouse = self.warehouse_id
        zone = warehouse.partner_id.tz if len(warehouse) == 1 else False
        return zone or company.partner_id.tz or "UTC"
