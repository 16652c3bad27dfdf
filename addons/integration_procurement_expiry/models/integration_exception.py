from odoo import fields, models

from ..tools import expiry


class IntegrationException(models.Model):
    _inherit = "integration.exception"

    kind = fields.Selection(
        selection_add=[("expiry_differs", "A lot expires on another day")],
        ondelete={"expiry_differs": "cascade"},
    )

    def _accept_expiry_differs(self):
        """The lot expires as the supplier says."""
        day = fields.Date.to_date(self.proposal["expiry"])
        lot = self.env["stock.lot"].browse(self.proposal["lot"])
        lot.expiration_date = expiry.end_of(day, self._document()._integration_zone())
