from odoo import api, fields, models


class IntegrationException(models.Model):
    """Charges that somebody has to decide about before they are invoiced."""

    _inherit = "integration.exception"

    kind = fields.Selection(
        selection_add=[("charge_price", "Amount of a charge"), ("charge_late", "Late charge")],
        ondelete={"charge_price": "cascade", "charge_late": "cascade"},
    )

    @api.model
    def _verdict_labels(self):
        return super()._verdict_labels() | {
            "charge_price": (
                self.env._("Accept the amount of the sender"),
                self.env._("Reject: invoice the own price"),
            ),
            "charge_late": (
                self.env._("Accept: it is invoiced"),
                self.env._("Reject: it is not invoiced"),
            ),
        }

    def _accept_charge_price(self):
        """Invoice what the sender says."""
        self._document()._decide({"price_open": False})

    def _reject_charge_price(self):
        """Invoice our price."""
        charge = self._document()
        charge._decide({"price_open": False, "amount": charge.own_amount})

    def _accept_charge_late(self):
        self._document()._decide({"late_open": False})

    def _reject_charge_late(self):
        """Do not invoice it."""
        self._document()._decide({"late_open": False, "price_open": False, "is_refused": True})
