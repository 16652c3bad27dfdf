from odoo import fields, models


class IntegrationException(models.Model):
    """Charges that somebody has to decide about before they are invoiced."""

    _inherit = "integration.exception"

    kind = fields.Selection(
        selection_add=[("charge_price", "Amount of a charge"), ("charge_late", "Late charge")],
        ondelete={"charge_price": "cascade", "charge_late": "cascade"},
    )

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
