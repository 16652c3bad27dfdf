from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare

from ..tools.canonical import FLOAT_DIGITS
from ..tools.price_lists import Offer


class IntegrationException(models.Model):
    """A price of a supplier's list that is too far from the one before.

    A proposal holds ``ours`` (price and currency that it was compared with), ``write`` (the values
    of the new price) and ``identity`` (what else a row of its own needs).
    """

    _inherit = "integration.exception"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[("price_list", "Price jumps")], ondelete={"price_list": "cascade"}
    )

    def _accept_price_list(self):
        """As the list would have been taken over, among the prices that are there by now."""
        row = self._document()
        ours, values = self.proposal["ours"], self.proposal["write"]
        if (
            float_compare(row.price, ours["price"], FLOAT_DIGITS)
            or row.currency_id.id != ours["currency_id"]
        ):
            raise UserError(
                self.env._(
                    "The price was changed since the list arrived. Reject this, and enter the "
                    "right price yourself."
                )
            )
        offer = Offer(
            fields.Date.to_date(values["date_start"]) or None,
            fields.Date.to_date(values["date_end"]) or None,
            Decimal(repr(values["price"])),
            "",
        )
        place = row._integration_place(row._integration_alike(self.proposal["identity"]), offer)
        dates = {"date_start": place.start or False, "date_end": place.end or False}
        if place.target:
            row.browse(place.target).write({**values, **dates})
            return
        if place.ends:
            row.browse(place.prior.id).date_end = place.ends
        row.create({**values, **self.proposal["identity"], **dates})
