from odoo import fields, models

from ..engine.uncharged import USED_UP


class StockMove(models.Model):
    """Goods used for a visit are charged, if another system invoices them."""

    _inherit = "stock.move"

    is_left_uncharged = fields.Boolean(
        readonly=True, copy=False, help="Somebody decided that nobody is charged for this use."
    )

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        # sudo: who takes goods from stock need not see whose visit it is
        done = moves.sudo().filtered(
            lambda move: (
                move.state == "done"
                and move.picking_id.encounter_id
                # Usage is charged line by line (ehr.consumption).
                and move.picking_id.ehr_usage != "use"
            )
        )
        done._post_charges()
        return moves

    def _post_charges(self):
        """Post a charge for each of these that used goods up, a credit for what came back."""
        charges = self.env["ehr.charge"]
        for move in self:
            visit = move.picking_id.encounter_id
            if move.scrap_id or move.is_inventory:
                continue  # broken or missing, whatever transfer it belongs to: nobody used it
            quantity = move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id)
            if move.location_dest_id.usage in USED_UP and move.location_id.usage == "internal":
                charges._book(visit, move.product_id, quantity, move.date, origin=move)
            elif move.origin_returned_move_id and move.location_dest_id.usage == "internal":
                used = move.origin_returned_move_id
                charges._book_back(used, quantity, move.date, origin=move)

    def _ehr_given_back(self):
        """What came back of these."""
        returned = [("origin_returned_move_id", "in", self.ids), ("state", "=", "done")]
        return self.search(returned, order="id")
