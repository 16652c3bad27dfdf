from odoo import models

#: In the context while a person accepts what a carrier delivered.
ACCEPTED = "integration_delivery_accepted"


class StockMove(models.Model):
    """What is announced to come is what a receipt expects; nothing else is filled in."""

    _inherit = "stock.move"  # pylint: disable=consider-merging-classes-inherited

    def _integration_announced(self):
        """Those for which a supplier announced goods that have not come yet."""
        return self.filtered(
            lambda move: (
                move.picking_type_id.code == "incoming"
                and move.state not in ("done", "cancel")
                and move.move_line_ids.integration_shipment_line_id
            )
        )

    def _integration_prefilled(self):
        """Detailed operations that Odoo filled in by itself, and nobody has touched since."""
        return self.move_line_ids.filtered(
            lambda line: (
                not (
                    line.integration_shipment_line_id
                    or line.picked
                    or line.lot_id
                    or line.lot_name
                    or line.result_package_id
                    or line.owner_id
                )
            )
        )

    def _action_assign(self, force_qty=False):
        """Leave announced goods alone: Odoo would add the rest of the order to what is coming."""
        if force_qty:
            return super()._action_assign(force_qty)
        announced = self._integration_announced()
        return super(StockMove, self - announced)._action_assign(force_qty)

    def _action_synch_order(self):
        """Add to the order what came beside it and was accepted, whoever receives it.

        Odoo does it with the rights of whoever validates, and storekeepers may not write orders.
        """
        accepted = self
        if not self.env.context.get(ACCEPTED):
            accepted = self.filtered(
                lambda move: (
                    move.picking_type_id.code == "incoming"
                    and not move.purchase_line_id
                    and move.move_line_ids.integration_shipment_line_id
                )
            )
        # sudo: a person has accepted what differs; the line that Odoo adds only tells of it
        super(StockMove, accepted.sudo())._action_synch_order()
        return super(StockMove, self - accepted)._action_synch_order()

    def _action_cancel(self):
        cancelled = super()._action_cancel()
        self.picking_id.filtered(lambda one: one.state == "cancel")._integration_settle()
        return cancelled
