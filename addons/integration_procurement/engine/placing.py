"""How an announcement gets onto the open receipts of its order."""

from collections import defaultdict
from decimal import Decimal

from ..tools import shipments

#: Kinds of exceptions about announcements.
KINDS = ("over_shipment", "unordered_item")


class Placing:
    """Writes the lines of one shipment onto receipts; raises exceptions for what does not fit."""

    def __init__(self, shipment, received):
        self.shipment = shipment
        self.received = received
        self.env = shipment.env
        self.moves = shipment.order_id._integration_open_moves()

    def run(self):
        wanted = {line: line._moves_of(self.moves) for line in self.shipment.line_ids}
        touched = self.moves.browse().union(*wanted.values())
        touched._integration_prefilled().unlink()
        places = {move: shipments.Place(move, room(move)) for move in touched}
        written = self.env["stock.move.line"]
        excess = defaultdict(Decimal)
        for line, moves in wanted.items():
            parts, left = shipments.allot(
                shipments.exact(line.quantity), [places[move] for move in moves]
            )
            for move, quantity in parts:
                written |= line._announce(move.picking_id, move, float(quantity))
            if left:
                excess[line] += left
        written._apply_putaway_strategy()
        touched._recompute_state()
        for line, left in excess.items():
            self._raise_excess(line, left)

    def _raise_excess(self, line, left):
        """The supplier sends more than is awaited, or something else."""
        ordered = (
            line.order_line_id or line.product_id in self.shipment.order_id.order_line.product_id
        )
        picking = (line._moves_of(self.moves) or self.moves)[:1].picking_id
        product, unit = line.product_id, line.product_id.uom_id
        if ordered:
            kind = "over_shipment"
            name = self.env._(
                "%(supplier)s sends more of %(product)s than is still awaited.",
                supplier=self.shipment.partner_id.display_name,
                product=product.display_name,
            )
        else:
            kind = "unordered_item"
            name = self.env._(
                "%(supplier)s sends %(product)s, which this order does not have.",
                supplier=self.shipment.partner_id.display_name,
                product=product.display_name,
            )
        awaited = shipments.exact(line.quantity) - left
        self.env["integration.exception"]._raise_for(
            self.received,
            picking,
            kind,
            name,
            area="stock",
            key=f"{self.shipment.id}:{line.id}",
            lines=[
                (
                    self.env._("Quantity in notice %s", self.shipment.name),
                    f"{awaited.normalize():f} {unit.name}",
                    f"{shipments.exact(line.quantity).normalize():f} {unit.name}",
                )
            ],
            proposal={"shipment_line": line.id, "quantity": f"{left:f}"},
            user_id=picking._integration_decider().id,
        )


def room(move) -> Decimal:
    """How much more a move awaits than stands on it, in the unit of its product."""
    on_it = sum(
        (shipments.exact(one.quantity_product_uom) for one in move.move_line_ids), Decimal(0)
    )
    return shipments.exact(move.product_qty) - on_it
