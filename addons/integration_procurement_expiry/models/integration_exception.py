from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import expiry


class IntegrationException(models.Model):
    _inherit = "integration.exception"

    kind = fields.Selection(
        selection_add=[("expiry_differs", "A lot expires on another day")],
        ondelete={"expiry_differs": "cascade"},
    )

    def _accept_expiry_differs(self):
        """The lot expires as the supplier says.

        :raises UserError: the lot is gone, or its date was changed since the question was asked
        """
        day = fields.Date.to_date(self.proposal["expiry"])
        lot = self.env["stock.lot"].browse(self.proposal["lot"]).exists()
        zone = self._document()._integration_zone()
        shown = fields.Date.to_date(self.proposal.get("ours") or self.line_ids[:1].ours)
        if not lot or lot._integration_expires_on(zone) != shown:
            raise UserError(
                self.env._(
                    "The expiry date of the lot has been changed since. Keep it as it is, or "
                    "correct it on the lot."
                )
            )
        lot.expiration_date = expiry.end_of(day, zone)
