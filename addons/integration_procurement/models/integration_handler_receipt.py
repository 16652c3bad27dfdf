from decimal import Decimal

from odoo import models
from odoo.tools import float_compare

from odoo.addons.integration_core.tools import errors

from ..tools.shipments import exact


class IntegrationHandlerReceipt(models.AbstractModel):
    """What messages about goods on their way to us have in common."""

    _name = "integration.handler.receipt"
    _inherit = "integration.handler.procurement"
    _description = "Goods on their way: what messages refer to"

    def _refuse_drop_shipment(self, order):
        """:raises errors.ConflictError: the goods go to a customer and never come here"""
        moves = order.order_line.move_ids
        if order.picking_type_id.code != "incoming" or any(
            move._is_dropshipped() for move in moves
        ):
            raise errors.ConflictError(
                "The goods of this order go straight to a customer, so nothing is received here. "
                "Follow the delivery on the order and cancel this message.",
                code="drop_shipment",
            )

    def _product_quantity(self, product, code, text, *, zero=False) -> Decimal:
        """A quantity of a message in the unit in which its product is kept, without rounding.

        :param code: UN/ECE code of the unit in the message, such as the code of a box of 12
        :raises errors.ConflictError: see ``_find_unit`` and ``_quantity``; or the quantity is no
            quantity of the product's own unit, such as 5 pieces of what is kept in boxes of 12
        """
        unit = self._find_unit(product, code)
        quantity = self._quantity(unit, text, zero=zero)
        kept = product.uom_id
        converted = unit._compute_quantity(quantity, kept, round=False)
        if float_compare(converted, kept.round(converted), 8):
            raise errors.ConflictError(
                "A quantity is no quantity of the unit in which Odoo keeps the item, such as 5 "
                "pieces of what is kept in boxes of 12. Keep the item in a smaller unit, or ask "
                "the sender, then retry.",
                code="quantity_not_kept",
            )
        return exact(kept.round(converted))

    def _refuse_serial(self, product, quantity, lot):
        """:raises errors.ConflictError: a serial number that stands for more or less than one"""
        if product.tracking != "serial":
            return
        if quantity != int(quantity) or (lot and quantity != 1):
            raise errors.ConflictError(
                "An item has serial numbers, each of which is one piece, and the message states "
                "another quantity for one. Ask the sender for a line of each piece, then cancel "
                "this message.",
                code="serial_quantity",
            )

    def _refuse_repeated_serials(self, lines):
        """:raises errors.ConflictError: a serial number that came twice

        :param lines: ``(product, lot)``
        """
        seen = set()
        for product, lot in lines:
            if product.tracking != "serial" or not lot:
                continue
            if (product.id, lot) in seen:
                raise errors.ConflictError(
                    "The message names a serial number twice. Ask the sender which pieces there "
                    "are, then cancel this message.",
                    code="serial_repeated",
                )
            seen.add((product.id, lot))

    def _refuse_begun(self, moves):
        """:raises errors.ConflictError: somebody is receiving right now"""
        if any(line.picked for line in moves.move_line_ids):
            raise errors.ConflictError(
                "Somebody has begun to receive these goods in Odoo. Finish or undo that on the "
                "receipt, then retry.",
                code="receipt_begun",
            )
