from odoo import models


class StockLot(models.Model):
    """What messages say of a lot or serial number."""

    _inherit = "stock.lot"

    def _integration_expiry_day(self, zone) -> str | None:
        """The day on which this lot expires, where the goods are; ``None`` if it never does.

        Without the addon for expiry dates no lot does.

        :param zone: name of the time zone of the place
        """
        return None
