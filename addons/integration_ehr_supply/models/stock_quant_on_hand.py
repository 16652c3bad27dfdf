from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_procurement.tools import canonical


class StockQuant(models.Model):
    """Stock on hand as messages tell it: of our own, by item, place and lot."""

    _inherit = "stock.quant"

    def _integration_rows(self, stocks):
        """How much there is of stocks, also where nothing is left.

        :param stocks: ``(product id, location id, lot id or 0)``
        :return: for each of them a list with its row
        """
        if not stocks:
            return {}
        products, locations, _lots = zip(*stocks, strict=True)
        domain = Domain("product_id", "in", list(set(products))) & Domain(
            "location_id", "in", list(set(locations))
        )
        found = self._integration_on_hand(domain)
        return {key: self._integration_told({key: found.get(key, 0.0)}) for key in stocks}

    def _integration_on_hand(self, domain):
        """Quantities of our own by ``(product id, location id, lot id or 0)``."""
        groups = self._read_group(
            Domain("owner_id", "=", False) & domain,
            ["product_id", "location_id", "lot_id"],
            ["quantity:sum"],
        )
        found = defaultdict(float)
        for product, location, lot, quantity in groups:
            found[product.id, location.id, lot.id or 0] += quantity
        return found

    def _integration_told(self, quantities):
        """Rows of ``ehr.stock_on_hand``.

        :param quantities: by ``(product id, location id, lot id or 0)``
        """
        return [
            self._integration_row(*key, quantity) for key, quantity in sorted(quantities.items())
        ]

    def _integration_row(self, product_id, location_id, lot_id, quantity):
        # An item that was archived lies there all the same.
        location = self.env["stock.location"].browse(location_id)
        company = location.company_id or self.env.company
        # sudo: the language of the house, and nothing else. Not of whoever moved it: texts would
        # change with each of them.
        lang = company.sudo().partner_id.lang
        product = self.env["product.product"].with_context(lang=lang).browse(product_id)
        lot = self.env["stock.lot"].browse(lot_id or [])
        zone = location._integration_time_zone(company)
        return {
            "item": str(product.id),
            "reference": canonical.text(product.default_code),
            "name": product.with_context(display_default_code=False).display_name,
            "location": {
                "barcode": canonical.text(location.barcode),
                "path": location.complete_name,
            },
            "lot": lot.name if lot else None,
            "expiry": lot._integration_expiry_day(zone) if lot else None,
            "quantity": canonical.number(quantity),
            # None breaks the contract on purpose: a quantity without its unit means nothing.
            "unit": product.uom_id._integration_unit_code(),
        }
