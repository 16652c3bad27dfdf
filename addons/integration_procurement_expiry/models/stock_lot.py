from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_procurement.tools import canonical

from ..tools import expiry

EXPIRING = "procurement.lot_expiring"
# Stock that is ours and here, or on its way between our places.
IN_STOCK = Domain("quantity", ">", 0) & Domain("location_id.usage", "in", ["internal", "transit"])


class StockLot(models.Model):
    """Lots that are about to expire leave as events; messages about goods name their last day."""

    _inherit = "stock.lot"

    integration_in_stock = fields.Boolean(
        string="In stock",
        compute="_compute_integration_in_stock",
        search="_search_integration_in_stock",
        help="Whether there is stock of this lot at one of our own places.",
    )

    @api.depends("quant_ids.quantity", "quant_ids.location_id.usage")
    def _compute_integration_in_stock(self):
        for lot in self:
            lot.integration_in_stock = bool(lot.quant_ids.filtered_domain(IN_STOCK))

    @api.model
    def _search_integration_in_stock(self, operator, value):
        if operator != "in":
            return NotImplemented  # the ORM derives the other operators from this one
        found = Domain.FALSE
        for wanted in set(map(bool, value)):
            found |= Domain("quant_ids", "any" if wanted else "not any", IN_STOCK)
        return found

    def _integration_expires_on(self, zone):
        """The day on which the lot expires, where the goods are; ``None`` if nobody knows."""
        self.ensure_one()
        moment = self.use_expiration_date and self.expiration_date
        return expiry.day_of(fields.Datetime.to_datetime(moment), zone) if moment else None

    def _integration_expiry_day(self, zone):
        """The same as messages carry it."""
        day = self._integration_expires_on(zone)
        return canonical.day(day) if day else super()._integration_expiry_day(zone)

    # ------------------------------------------------------------------
    # the event
    # ------------------------------------------------------------------

    def _integration_snapshots(self, contract_code):
        if contract_code != EXPIRING:
            return super()._integration_snapshots(contract_code)
        return {
            lot.id: lot._integration_expiring(stock)
            for lot in self
            if (stock := lot.quant_ids.filtered_domain(IN_STOCK)) and lot.expiration_date
        }

    def _integration_expiring(self, stock):
        """This lot as the canonical object ``procurement.lot_expiring`` 1.0.0.

        A lot of a product that companies share may be in stock at several of them. Each subscriber
        is told that it expires, but none how much another company has.

        :param stock: quants of the lot at our places
        """
        self.ensure_one()
        companies = self.company_id or stock.company_id
        shared = len(companies) > 1
        zone = stock.location_id._integration_time_zone(companies[:1])
        return Snapshot(
            data={
                "lot": self.name,
                "item": self.product_id._integration_item(),
                "expiry_date": self._integration_expiry_day(zone),
                "expires_at": canonical.moment(self.expiration_date),
                # None breaks the contract on purpose: a quantity without its unit means nothing.
                "unit": self.product_id.uom_id._integration_unit_code(),
                "quantity": None if shared else canonical.number(sum(stock.mapped("quantity"))),
                "locations": None if shared else self._integration_stock_by_place(stock),
            },
            company_id=None if shared else companies.id,
            subject=self.name,
            # our own matter: not for systems that belong to another contact
            partner_id=companies[:1].partner_id.commercial_partner_id.id,
        )

    def _integration_stock_by_place(self, stock) -> list[dict]:
        quantities = defaultdict(float)
        for quant in stock:
            quantities[quant.location_id] += quant.quantity
        return [
            {**place._integration_place(), "quantity": canonical.number(quantity)}
            for place, quantity in quantities.items()
        ]
