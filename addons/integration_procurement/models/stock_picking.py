from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot

from ..tools import canonical

RECEIPT = "procurement.goods_receipt"
OWN_PLACES = frozenset({"internal", "transit"})


class StockPicking(models.Model):
    """Receipts and returns to suppliers leave as events and show whether they got through.

    One event for what the supplier delivered, at the moment at which it was taken over; none for
    the inner steps (quality control, putting away) that may follow, and none for goods that went
    from the supplier straight to a customer, which were never here.
    """

    _name = "stock.picking"
    _inherit = ["stock.picking", "integration.sync.mixin"]

    def _integration_snapshots(self, contract_code):
        if contract_code != RECEIPT:
            return super()._integration_snapshots(contract_code)
        return {
            picking.id: Snapshot(
                data=picking._integration_receipt(moves),
                company_id=picking.company_id.id,
                subject=picking.name,
                partner_id=picking._integration_supplier().id,
            )
            for picking in self.filtered(lambda one: one.state == "done")
            if (moves := picking._integration_supplied_moves())
        }

    def _integration_is_return(self) -> bool:
        return self.location_dest_id.usage == "supplier"

    def _integration_supplied_moves(self):
        """What came from the supplier into our places, or went back to him."""
        self.ensure_one()
        theirs, ours = "location_id", "location_dest_id"
        if self._integration_is_return():
            theirs, ours = ours, theirs
        return self.move_ids.filtered(
            lambda move: (
                move.state == "done"
                and move.quantity
                and move[theirs].usage == "supplier"
                and move[ours].usage in OWN_PLACES
            )
        )

    def _integration_supplier(self):
        """Whose systems may know of this receipt.

        Where orders of several suppliers came together, it is none of theirs: one must not read
        what another one delivered. Such a receipt, and one of nobody, is for the systems that
        belong to no contact.
        """
        orders = self.move_ids.purchase_line_id.order_id
        suppliers = (self.partner_id | orders.partner_id).commercial_partner_id
        if len(suppliers) == 1:
            return suppliers
        return self.company_id.partner_id.commercial_partner_id

    def _integration_receipt(self, moves) -> dict:
        """This transfer as the canonical object ``procurement.goods_receipt`` 1.0.0.

        :param moves: what came from the supplier, or went back to him
        """
        orders = moves.purchase_line_id.order_id
        lines = [group._integration_receipt_line() for group in self._integration_grouped(moves)]
        return {
            "receipt_number": self.name,
            "kind": self._integration_receipt_kind(lines),
            "done_at": canonical.moment(self.date_done),
            "back_order_of": canonical.text(self.backorder_id.name),
            "back_orders": self.backorder_ids.mapped("name"),
            "return_of": canonical.text(self.return_id.name),
            "supplier": self._integration_delivering(orders),
            "orders": [
                {"number": order.name, "supplier_reference": canonical.text(order.partner_ref)}
                for order in orders
            ],
            "place": self.location_dest_id._integration_place()
            if not self._integration_is_return()
            else self.location_id._integration_place(),
            "lines": lines,
        }

    def _integration_delivering(self, orders) -> dict | None:
        """Who delivered: of the transfer, else of its orders."""
        partner = (self.partner_id or orders.partner_id[:1]).commercial_partner_id
        if not partner:
            return None
        return {"name": partner.name, "vat": canonical.text(partner.vat)}

    def _integration_grouped(self, moves):
        """Moves by order line; those of none by product."""
        grouped = moves.grouped(
            lambda move: (move._integration_order_line(), move.purchase_line_id, move.product_id)
        )
        return grouped.values()

    def _integration_receipt_kind(self, lines) -> str:
        """``return``, ``partial`` or ``full``.

        Partial, if a back order waits for the rest, or if a line is still open although none does:
        somebody decided that the rest is not waited for, and it did not come all the same.
        """
        if self._integration_is_return():
            return "return"
        is_open = any(line["remaining"] not in (None, "0") for line in lines)
        return "partial" if self.backorder_ids or is_open else "full"

    def _integration_responsible_user(self):
        """Who is told of a failure: the one who receives, else the buyer."""
        return super()._integration_responsible_user() or self.purchase_id.user_id
