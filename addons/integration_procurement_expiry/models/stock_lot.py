from odoo import fields, models

from ..tools import expiry


class StockLot(models.Model):
    _inherit = "stock.lot"

    def _integration_expires_on(self, zone):
        """The day on which the lot expires, where the goods are; ``None`` if nobody knows."""
        self.ensure_one()
        moment = self.expiration_date
        return expiry.day_of(fields.Datetime.to_datetime(moment), zone) if moment else None
