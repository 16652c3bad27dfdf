from odoo import fields, models
from odoo.exceptions import UserError

from ..engine import receiving
from .stock_move_shipment import ACCEPTED

CLOSED = ("done", "cancel")


class IntegrationException(models.Model):
    """Exceptions that storekeepers decide."""

    _inherit = "integration.exception"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[
            ("over_shipment", "More comes than was ordered"),
            ("unordered_item", "Something comes that was not ordered"),
            ("delivery_differs", "The carrier delivered something else"),
            ("delivery_unlike_receipt", "The carrier says otherwise than the receipt"),
            ("stock_adjustment", "Large correction of stock"),
        ],
        ondelete={
            "over_shipment": "cascade",
            "unordered_item": "cascade",
            "delivery_differs": "cascade",
            "delivery_unlike_receipt": "cascade",
            "stock_adjustment": "cascade",
        },
    )

    def _accept_over_shipment(self):
        """What comes in excess is expected on the receipt too."""
        line = self.env["integration.shipment.line"].browse(self.proposal["shipment_line"]).exists()
        if not line or line.shipment_id.state == "cancelled":
            raise UserError(self.env._("The supplier does not announce this any more."))
        if line._has_come():
            raise UserError(
                self.env._("All that was announced of it has been received. Keep it as it is.")
            )
        moves = line.shipment_id.order_id._integration_open_moves()
        # What the rest of the shipment stands on, or where it was moved to by a back order.
        receipt = (line.shipment_id._move_lines().move_id & moves or moves)[:1].picking_id
        receipt = receipt or self._open_receipt()
        moves = line._moves_of(receipt.move_ids.filtered(lambda move: move.state not in CLOSED))
        written = line._announce(receipt, moves[:1], float(self.proposal["quantity"]))
        written._apply_putaway_strategy()
        written.move_id._recompute_state()
        line.shipment_id._plan_dates()

    def _accept_unordered_item(self):
        self._accept_over_shipment()

    def _accept_delivery_differs(self):
        """Receive as the carrier says; what is damaged is not received."""
        receipt = self._open_receipt()
        lines = [receiving.Line.from_json(self.env, line) for line in self.proposal["lines"]]
        if not lines:
            raise UserError(self.env._("Nothing of the delivery is fit to be received."))
        if any(receipt.move_line_ids.mapped("picked")):
            raise UserError(
                self.env._(
                    "Somebody has begun to receive %s. Finish it, or undo it first.",
                    receipt.display_name,
                )
            )
        announced = receipt.move_line_ids.filtered("integration_shipment_line_id")
        mine = announced.filtered(
            lambda one: (
                one.integration_shipment_line_id.shipment_id.id in self.proposal["shipments"]
            )
        )
        # The person who accepts has read what is expired, and what else he is asked.
        receipt = receipt.with_context(skip_expired=True, **{ACCEPTED: True})
        done = receiving.Receiving(
            receipt, lines, mine or announced, complete=bool(mine) and self.proposal["complete"]
        ).run()
        if not done:
            raise UserError(
                self.env._("Odoo needs an answer of you: validate %s by hand.", receipt.name)
            )

    def _accept_delivery_unlike_receipt(self):
        """:raises UserError: what was received is history, which is corrected by hand only"""
        raise UserError(
            self.env._(
                "%s is done. If the carrier is right, correct the quantities on it or count the "
                "stock, then keep the document as it is.",
                self._document().display_name,
            )
        )

    def _accept_stock_adjustment(self):
        """The stock is corrected as it was reported."""
        self.env["integration.stock.adjustment.line"].browse(self.proposal["line"])._apply_decided()

    def _reject_stock_adjustment(self):
        line = self.env["integration.stock.adjustment.line"].browse(self.proposal["line"])
        # sudo: only messages and decisions write lines, so nobody has the right to
        line.sudo().state = "rejected"

    def _open_receipt(self):
        """:raises UserError: the receipt was validated or cancelled meanwhile"""
        receipt = self._document()
        if receipt.state in CLOSED:
            raise UserError(
                self.env._(
                    "%s is closed already. Compare it with what came and correct it by hand.",
                    receipt.display_name,
                )
            )
        return receipt
