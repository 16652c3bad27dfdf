"""Which reservations of a kit something was used out of, and where those lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from odoo.fields import Domain
from odoo.models import BaseModel


class Part(NamedTuple):
    """A part of what was used.

    :ivar stock: the stock location that it is taken from
    :ivar quantity: in the unit in which the product is kept
    :ivar move: the reservation that it is taken out of; empty for none
    """

    stock: BaseModel
    quantity: float
    move: BaseModel


class KitBook:
    """What is reserved for visits, counted down as lines are taken out of it."""

    def __init__(self, env: Any, visits: Iterable[BaseModel]) -> None:
        self.env = env
        self._moves = self._read({(one.joined_into_id or one).id for one in visits if one})
        self._open: dict[int, float] = {}
        self._left: dict[int, float] = {}

    def _read(self, visits: set[int]) -> dict[int, BaseModel]:
        """Moves of kits that are reserved for visits, by visit, the nearest appointment first."""
        if not visits:
            return {}
        ids = list(visits)
        # sudo: which kit is whose is known to the feed, whatever it may see of transfers
        moves = self.env["stock.move"].sudo().search(
            (
                Domain("picking_id.ehr_appointment_id.encounter_id", "in", ids)
                | Domain("picking_id.ehr_appointment_id.encounter_id.joined_into_id", "in", ids)
            )
            & Domain("picking_id.ehr_kit_closed", "=", False)
            & Domain("state", "not in", ("draft", "cancel")),
            order="date, id",
        )  # fmt: skip
        found = defaultdict(moves.browse)
        for move in moves:
            visit = move.picking_id.ehr_appointment_id.encounter_id
            found[(visit.joined_into_id or visit).id] |= move
        return {visit: some.sudo(self.env.su) for visit, some in found.items()}

    def parts(
        self, visit: BaseModel, product: BaseModel, lot: BaseModel, wanted: float, place: BaseModel
    ) -> list[Part]:
        """Where so much of a product is taken from: of what is reserved, then of the place.

        :param wanted: in the unit in which the product is kept
        :param place: stock location of the place
        """
        unit, left, found = product.uom_id, wanted, []
        reserved = self._moves.get(visit.id, self.env["stock.move"])
        for move in reserved.filtered(lambda one: one.product_id == product):
            for part in self._of(move, lot, left):
                found.append(part)
                left = unit.round(left - part.quantity)
            if unit.compare(left, 0) <= 0:
                break
        if unit.compare(left, 0) > 0:
            found.append(Part(place, left, self.env["stock.move"]))
        return found

    def _of(self, move: BaseModel, lot: BaseModel, wanted: float) -> Iterator[Part]:
        """Parts out of one reservation."""
        unit = move.product_id.uom_id
        left = min(wanted, self._open.setdefault(move.id, move.product_qty))
        brought = move.state == "done"
        mine = move.move_line_ids.filtered(lambda one: one.quantity and one.lot_id == lot)
        for line in mine:
            there = self._left.setdefault(line.id, line.quantity_product_uom)
            quantity = min(left, there)
            if unit.compare(quantity, 0) <= 0:
                continue
            left -= quantity
            self._left[line.id] = there - quantity
            self._open[move.id] -= quantity
            # What was brought lies where it was brought to.
            yield Part(line.location_dest_id if brought else line.location_id, quantity, move)
        if lot and not mine and not brought and unit.compare(left, 0) > 0:
            yield from self._of_another_lot(move, lot, left)

    def _of_another_lot(self, move: BaseModel, lot: BaseModel, wanted: float) -> Iterator[Part]:
        """Another lot than was reserved, of the same store. Where it is not, the place has it."""
        there = self.env["stock.quant"].search(
            [
                ("lot_id", "=", lot.id),
                ("location_id", "child_of", move.location_id.id),
                ("quantity", ">", 0),
            ],
            limit=1,
        )
        if not there:
            return
        if move.picked:
            # Somebody has the reserved one in his hands: it stays his.
            yield Part(there.location_id, wanted, move.browse())
            return
        self._open[move.id] -= wanted
        yield Part(there.location_id, wanted, move)
