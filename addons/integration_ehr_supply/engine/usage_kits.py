"""Which reservations of a kit something was used out of, and where those lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from odoo.fields import Domain
from odoo.models import BaseModel


class Part(NamedTuple):
    """A part of what was used.

    :ivar stock: the stock location that it is taken from
    :ivar quantity: in the unit in which the product is kept
    :ivar move: the reservation that it is taken out of; empty for none
    :ivar back: the move that takes it back, or has, since the kit is over; empty for none
    """

    stock: BaseModel
    quantity: float
    move: BaseModel
    back: BaseModel


class Wanted(NamedTuple):
    """What was used, and where and when.

    :ivar quantity: in the unit in which the product is kept
    :ivar place: stock location of the place
    :ivar at: naive, in UTC
    """

    product: BaseModel
    lot: BaseModel
    quantity: float
    place: BaseModel
    at: datetime


class KitBook:
    """What is reserved for visits, counted down as lines are taken out of it.

    Kits that are over count for what was used before: of what was released, or is on its way back,
    or has gone back. What was used up and given back is of the kit again, though nothing reserves
    it until the schedule is looked at.
    """

    def __init__(self, env: Any, visits: Iterable[BaseModel]) -> None:
        self.env = env
        self._none = env["stock.move"]
        self._moves = self._read({(one.joined_into_id or one).id for one in visits if one})
        brought = self._none.union(*self._moves.values()).filtered(lambda one: one.state == "done")
        self._brought = brought._ehr_unused_lines()
        self._open: dict[int, float] = {}
        self._left: dict[Any, float] = {}

    def _read(self, visits: set[int]) -> dict[int, BaseModel]:
        """Moves of kits that are reserved for visits, by visit, the nearest appointment first."""
        if not visits:
            return {}
        ids = list(visits)
        open_ = Domain("picking_id.ehr_kit_closed", "=", False) & (
            Domain("state", "not in", ("draft", "cancel"))
            # Used, and given back since: not reserved again yet.
            | (Domain("state", "=", "cancel") & Domain("ehr_released_qty", ">", 0))
        )
        over = (
            Domain("picking_id.ehr_kit_closed", "=", True)
            & Domain("picking_id.ehr_kit_until", "!=", False)
            & Domain("state", "in", ("done", "cancel"))
        )
        # sudo: which kit is whose is known to the feed, whatever it may see of transfers
        moves = self.env["stock.move"].sudo().search(
            (
                Domain("picking_id.ehr_appointment_id.encounter_id", "in", ids)
                | Domain("picking_id.ehr_appointment_id.encounter_id.joined_into_id", "in", ids)
            )
            # Not what takes the rest of one back.
            & Domain("picking_id.ehr_usage", "=", "kit")
            & (open_ | over),
            order="date, id",
        )  # fmt: skip
        found = defaultdict(moves.browse)
        for move in moves.sorted(lambda one: one.picking_id.ehr_kit_closed):
            visit = move.picking_id.ehr_appointment_id.encounter_id
            found[(visit.joined_into_id or visit).id] |= move
        return {visit: some.sudo(self.env.su) for visit, some in found.items()}

    def parts(self, visit: BaseModel, wanted: Wanted) -> list[Part]:
        """Where something is taken from: of what is reserved, then of the place."""
        unit, left, found = wanted.product.uom_id, wanted.quantity, []
        reserved = self._moves.get(visit.id, self._none)
        for move in reserved.filtered(lambda one: _serves(one, wanted)):
            for part in self._of(move, wanted.lot, left):
                found.append(part)
                left = unit.round(left - part.quantity)
            if unit.compare(left, 0) <= 0:
                break
        if unit.compare(left, 0) > 0:
            found.append(Part(wanted.place, left, self._none, self._none))
        return found

    def _of(self, move: BaseModel, lot: BaseModel, wanted: float) -> Iterator[Part]:
        """Parts out of one reservation."""
        if move.state == "done":
            yield from self._of_brought(move, lot, wanted)
        elif move.state == "cancel":
            yield from self._of_released(move, lot, wanted)
        else:
            yield from self._of_reserved(move, lot, wanted)

    def _take(self, key: Any, there: float, wanted: float, unit: BaseModel) -> float:
        """Count something down.

        :param there: how much there is, if nothing was taken of it yet
        :return: how much of it there was still; 0 for nothing
        """
        there = self._left.setdefault(key, there)
        quantity = min(wanted, there)
        if unit.compare(quantity, 0) <= 0:
            return 0.0
        self._left[key] = there - quantity
        return quantity

    # -- reserved --------------------------------------------------------------------------------

    def _of_reserved(self, move: BaseModel, lot: BaseModel, wanted: float) -> Iterator[Part]:
        unit = move.product_id.uom_id
        left = min(wanted, self._open.setdefault(move.id, move.product_qty))
        mine = move.move_line_ids.filtered(lambda one: one.quantity and one.lot_id == lot)
        for line in mine:
            quantity = self._take(("line", line.id), line.quantity_product_uom, left, unit)
            if quantity:
                left -= quantity
                self._open[move.id] -= quantity
                yield Part(line.location_id, quantity, move, self._none)
        if lot and not mine and unit.compare(left, 0) > 0:
            yield from self._of_another_lot(move, lot, left)

    def _of_another_lot(self, move: BaseModel, lot: BaseModel, wanted: float) -> Iterator[Part]:
        """Another lot than was reserved, of the same store. Where it is not, the place has it."""
        there = self._quants(move.product_id, lot, move.location_id)[:1]
        if not there:
            return
        if move.picked:
            # Somebody has the reserved one in his hands: it stays his.
            yield Part(there.location_id, wanted, self._none, self._none)
            return
        self._open[move.id] -= wanted
        yield Part(there.location_id, wanted, move, self._none)

    def _quants(self, product: BaseModel, lot: BaseModel, place: BaseModel) -> BaseModel:
        return self.env["stock.quant"].search(
            [
                ("product_id", "=", product.id),
                ("lot_id", "=", lot.id),
                ("location_id", "child_of", place.id),
                ("quantity", ">", 0),
                ("owner_id", "=", False),
                ("package_id", "=", False),
            ],
            order="id",
        )

    # -- brought, and perhaps gone back ------------------------------------------------------------

    def _of_brought(self, move: BaseModel, lot: BaseModel, wanted: float) -> Iterator[Part]:
        """What was brought lies where it was brought to, if it did not go back since."""
        unit, left = move.product_id.uom_id, wanted
        for (one, where), unused in self._brought.get(move, {}).items():
            if one != lot:
                continue
            key = "unused", move.id, lot.id, where.id
            here = min(left, self._left.setdefault(key, unused))
            for part in self._where(move, lot, where, unused, here):
                self._left[key] -= part.quantity
                left = unit.round(left - part.quantity)
                yield part

    def _where(
        self, move: BaseModel, lot: BaseModel, where: BaseModel, unused: float, wanted: float
    ) -> Iterator[Part]:
        """Of what did not go back first, then of what is to go back, then of what has."""
        unit, left = move.product_id.uom_id, wanted
        lines = move.returned_move_ids.move_line_ids.filtered(
            lambda one: one.state != "cancel" and one.lot_id == lot and one.location_id == where
        ).sorted(lambda one: one.state == "done")
        stays = unused - sum(lines.mapped("quantity_product_uom"))
        if quantity := self._take(("stays", move.id, lot.id, where.id), stays, left, unit):
            left -= quantity
            yield Part(where, quantity, move, self._none)
        for line in lines:
            there, place = line.quantity_product_uom, where
            if line.state == "done":
                place = line.location_dest_id
                quants = self._quants(move.product_id, lot, place)
                there = min(
                    there,
                    sum(quants.filtered(lambda o, p=place: o.location_id == p).mapped("quantity")),
                )
            if quantity := self._take(("back", line.id), there, left, unit):
                left -= quantity
                yield Part(place, quantity, move, line.move_id)

    # -- released --------------------------------------------------------------------------------

    def _of_released(self, move: BaseModel, lot: BaseModel, wanted: float) -> Iterator[Part]:
        """It was never brought, as far as anybody told: it is free in the store again."""
        unit = move.product_id.uom_id
        left = min(wanted, self._open.setdefault(move.id, move.ehr_released_qty))
        if unit.compare(left, 0) <= 0:
            return
        for quant in self._quants(move.product_id, lot, move.location_id):
            if quantity := self._take(("quant", quant.id), quant.quantity, left, unit):
                left -= quantity
                self._open[move.id] -= quantity
                yield Part(quant.location_id, quantity, move, self._none)


def _serves(move: BaseModel, wanted: Wanted) -> bool:
    """Whether something can have been used out of a reservation.

    It was used where the kit is brought to, or taken where it is kept; or while the appointment
    took place: many systems name the bed of the patient, wherever he is. What is used on the ward
    days before is not of the kit.
    """
    if move.product_id != wanted.product:
        return False
    picking = move.sudo().picking_id  # sudo: when and where, of what the feed told itself
    if picking.ehr_kit_closed and wanted.at > picking.ehr_kit_until:
        return False
    target = picking.location_dest_id
    if wanted.place == picking.location_id or (
        wanted.place.parent_path.startswith(target.parent_path)
    ):
        return True
    appointment = picking.ehr_appointment_id
    begin = appointment.start_at
    if not begin:
        return False
    after = timedelta(hours=picking.company_id.ehr_kit_hours)
    return begin <= wanted.at <= (appointment.end_at or begin) + after


def free(env: Any, parts: Iterable[tuple[BaseModel, Part]]) -> BaseModel:
    """What is used out of kits is not reserved any more, nor taken back.

    Before anything is taken: Odoo would free the reservations of others otherwise.

    :param parts: with the lot of each
    :return: the kits' moves whose rest is to be reserved
    """
    used: dict[BaseModel, dict[BaseModel, float]] = defaultdict(lambda: defaultdict(float))
    back: dict[BaseModel, dict[BaseModel, float]] = defaultdict(lambda: defaultdict(float))
    for lot, part in parts:
        if part.back:
            back[part.back][lot] += part.quantity
        elif part.move:
            used[part.move][lot] += part.quantity
    # sudo: the reservation follows from what was used, whoever told it
    open_ = env["stock.move"].sudo()
    for move, by_lot in used.items():
        open_ |= move.sudo()  # sudo: as above
        move.sudo()._ehr_free_reserved(by_lot)  # sudo: as above
    for move, by_lot in back.items():
        move.sudo()._ehr_lower_back(by_lot)  # sudo: as above
    return open_.filtered(lambda one: one.state not in ("done", "cancel"))
