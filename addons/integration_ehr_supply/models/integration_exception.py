from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import requisition_changes


class IntegrationException(models.Model):
    """What storekeepers decide about requisitions."""

    _inherit = "integration.exception"

    kind = fields.Selection(
        selection_add=[
            ("requisition_hand", "May have been entered by hand"),
            ("requisition_late", "Changed or cancelled too late"),
            ("requisition_untold", "Handled, but not answered"),
        ],
        ondelete={
            "requisition_hand": "cascade",
            "requisition_late": "cascade",
            "requisition_untold": "cascade",
        },
    )

    @api.model
    def _verdict_labels(self):
        return super()._verdict_labels() | {
            "requisition_hand": (
                self.env._("Accept: it is the same order"),
                self.env._("Reject: it is another order"),
            ),
            "requisition_late": (
                self.env._("Accept: put back what is picked"),
                self.env._("Keep the requisition as it is"),
            ),
            "requisition_untold": (
                self.env._("Accept: the sender was told"),
                self.env._("Reject: nobody tells the sender"),
            ),
        }

    def _accept_requisition_hand(self):
        """It is what was entered by hand: that was supplied for it."""
        self._document()._take_over_hand(self.proposal["pairs"])

    def _reject_requisition_hand(self):
        """It is another order, which is supplied as well."""
        self._document()._supply_held(self.proposal["pairs"])

    def _accept_requisition_untold(self):
        """Somebody has told the sender. There is nothing to write."""

    def _accept_requisition_late(self):
        """What is picked and not handed out yet goes back.

        :raises UserError: nothing of it can be taken back here
        """
        line = self.env["ehr.requisition.line"].browse(self.proposal["line"]).exists()
        moves = line._open_moves()
        if self.proposal["action"] not in ("cancel", "discontinue") or not moves:
            raise UserError(
                self.env._(
                    "What was handed out comes back by a return, and quantities are corrected on "
                    "the transfer or the purchase. Do that, then keep the requisition as it is."
                )
            )
        # Whoever accepts it has seen what was picked then, and nothing else.
        if str(line._progress().picked) != self.proposal["picked"]:
            raise UserError(
                self.env._(
                    "Something else was picked since it was asked. Look at the transfer, take back "
                    "what is to stay here, then keep the requisition as it is."
                )
            )
        moves.picked = False
        if refusal := requisition_changes.discontinue(line):
            raise UserError(self.env._("It cannot be taken back: %s.", line._refusals()[refusal]))
