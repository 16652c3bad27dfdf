from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare

from ..tools.canonical import FLOAT_DIGITS


class IntegrationException(models.Model):
    """A price of a supplier's list that is too far from the one before."""

    _inherit = "integration.exception"

    kind = fields.Selection(
        selection_add=[("price_list", "Price jumps")], ondelete={"price_list": "cascade"}
    )

    def _accept_price_list(self):
        """As the list would have been taken over: the row is changed, or a new one follows it."""
        row = self._document()
        ours = self.proposal["ours"]
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
        if not self.proposal["new"]:
            row.write(self.proposal["write"])
            return
        if self.proposal["ends"]:
            row.date_end = self.proposal["ends"]
        row.create(self.proposal["write"])
