from odoo import fields, models


class StockLot(models.Model):
    """A lot may be recalled: nothing of it is reserved, and its use is told to a person."""

    _inherit = "stock.lot"

    ehr_recalled = fields.Boolean(
        string="Recalled",
        tracking=True,
        help="Blocked or recalled: nothing of it is reserved any more, and a message that it was "
        "used waits for a person.",
    )
    ehr_recall_reason = fields.Char(string="Why it is recalled", tracking=True)

    def _ehr_expired(self, moment):
        """Whether this lot must not be used any more at a moment (naive, in UTC).

        Without the app for expiry dates no lot has any.
        """
        self.ensure_one()
        if "expiration_date" not in self._fields:
            return False
        expires = self.expiration_date
        return bool(expires and expires < moment)
