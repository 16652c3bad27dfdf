from odoo import models
from odoo.tools import float_round

from ..tools import canonical


class IntegrationHandlerStockAvailability(models.AbstractModel):
    """What a supplier has in stock stands beside its prices, for buyers to see."""

    _name = "integration.handler.stock_availability"
    _inherit = "integration.handler.catalogue"
    _description = "Supplier's stock"

    _contract = "procurement.stock_availability"
    # What was seen at a moment stays what was seen then.
    _repeatable = True

    def _process(self, received, data):
        supplier = self._partner(received)
        entries = data["items"]
        items = self._find_items(received, supplier, [entry["item"] for entry in entries])
        units = self._units(items, [entry["unit"] for entry in entries])
        rows = self._rows_of(supplier, items)
        self._refuse_positions(
            [n for n, item in enumerate(items, 1) if not rows[item]],
            "unknown_items",
            "Products have no conditions of purchase with this supplier: positions %s. Enter the "
            "supplier on the products (tab “Purchase”), then retry.",
        )
        seen_at = canonical.read_past_moment(data["as_of"]).replace(microsecond=0)
        for entry, item, unit in zip(entries, items, units, strict=True):
            for row in rows[item]:
                if row.supplier_available_at and row.supplier_available_at > seen_at:
                    continue
                row.write(
                    {
                        "supplier_available_qty": self._in_unit(
                            float(entry["available_quantity"]), unit, row.product_uom_id
                        ),
                        "supplier_available_date": self._day(entry.get("next_available_date")),
                        "supplier_available_at": seen_at,
                    }
                )
        return supplier

    def _in_unit(self, quantity, unit, wanted) -> float:
        """Never more than there is: seven pieces are no box of twelve."""
        exact = unit._compute_quantity(quantity, wanted, round=False)
        return float_round(exact, precision_rounding=wanted.rounding, rounding_method="DOWN")
