"""Reservations of case kits, as the schedule says by now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from odoo import fields
from odoo.fields import Command
from odoo.models import BaseModel

from .usage_stock import QUIET

#: After so many days an appointment of which nothing was told any more is taken to be over.
OVERDUE_DAYS: Final = 2
LACKING: Final = ("confirmed", "waiting", "partially_available")
OPEN: Final = ("draft", "waiting", "confirmed", "assigned")


class Want(NamedTuple):
    """A kit that is to be reserved."""

    kit: BaseModel
    source: BaseModel
    target: BaseModel
    at: datetime


class Item(NamedTuple):
    """So much of a product, in the unit in which it is kept, and the how many-th of the kit."""

    product: BaseModel
    quantity: float
    part: int


def plan(appointments: BaseModel) -> None:
    """Bring the reservations of appointments of one company up to date, all at once."""
    appointments = appointments.with_context(**QUIET)
    env = appointments.env
    codes = set(appointments.resource_ids.mapped("code")) - {False}
    known = env["ehr.case.kit"]._for_codes(appointments.company_id, codes)
    new: list[dict[str, Any]] = []
    kept = env["stock.picking"]
    for one in appointments:
        same, released, fresh = _compare(one, known)
        kept |= same
        released._ehr_release_kit()
        if released and fresh:
            # At once: what was freed for it is not to go to another one that waits.
            _reserve(env, fresh)
        else:
            new += fresh
    _reserve(env, new)
    kept.move_ids.filtered(lambda move: move.state in LACKING)._action_assign()


def _reserve(env: Any, values: list[dict[str, Any]]) -> None:
    if not values:
        return
    created = env["stock.picking"].create(values)
    created.action_confirm()
    # A transfer of which nothing is there waits: the appointment says what is missing.
    created.move_ids._action_assign()


def _compare(
    appointment: BaseModel, known: dict[Any, BaseModel]
) -> tuple[BaseModel, BaseModel, list[dict[str, Any]]]:
    """What stays of the reservations of an appointment, what is released, what is to be made."""
    reserved = appointment.kit_picking_ids.filtered(lambda picking: not picking.ehr_kit_closed)
    # What a person cancelled, and nothing was used of: it reserves nothing any more.
    lost = reserved.filtered(lambda one: one.state == "cancel") - reserved._ehr_used()
    lost.ehr_kit_closed = True
    reserved -= lost
    if _may_still_be_told(appointment):
        kept = reserved._ehr_keep_a_while()
        return kept.browse(), reserved - kept, []
    same, fresh = reserved.browse(), []
    for want in _wanted(appointment, known):
        mine = reserved.filtered(lambda one, want=want: one.ehr_kit_id == want.kit)
        fits = mine.filtered(lambda one, want=want: _fits(one, want))
        for picking in fits:
            _move(picking, want)
        same |= fits
        rest = mine - fits
        if fits and rest:
            # A part was brought: only what was still missing is made anew, for the new place.
            fresh.append(_values(appointment, want, _missing_items(rest)))
        elif not fits:
            fresh.append(_values(appointment, want, _items(want.kit)))
    reserved.filtered("ehr_kit_until").ehr_kit_until = False
    if appointment._kits_overdue():
        # Until now: what is told later may have been used before.
        (reserved - same).ehr_kit_until = fields.Datetime.now()
    return same, reserved - same, fresh


def _may_still_be_told(appointment: BaseModel) -> bool:
    """It is over as it was planned: what was used is told within the next hours."""
    return appointment.status == "done"


def _wanted(appointment: BaseModel, known: dict[Any, BaseModel]) -> Iterator[Want]:
    if not appointment._wants_kits():
        return
    place = appointment.location_id
    target = place._usage_setting("stock_location_id")
    if not target.warehouse_id:
        return  # the appointment says that nothing is reserved (kit_state)
    source = place._kit_source()
    for kit in appointment._kits(known):
        if kit.line_ids:
            yield Want(kit, source, target, appointment.start_at)


def _fits(picking: BaseModel, want: Want) -> bool:
    """Whether a transfer still reserves a kit as it is to be.

    One that was carried out does, wherever to; and one that somebody works on, or that something
    was used of, is not made anew because the kit has other items since.
    """
    if picking.state in ("done", "cancel"):
        return True
    if (picking.location_id, picking.location_dest_id) != (want.source, want.target):
        return False
    return (
        picking.ehr_kit_revision == want.kit.revision
        or bool(picking.backorder_id)
        or any(picking.move_ids.mapped("picked"))
        or bool(picking._ehr_used())
    )


def _move(picking: BaseModel, want: Want) -> None:
    """The appointment has another time: what is reserved stays reserved, for then."""
    if picking.state in OPEN and picking.scheduled_date != want.at:
        picking.scheduled_date = want.at
    visit = picking.ehr_appointment_id.encounter_id
    if picking.encounter_id != visit:
        picking.encounter_id = visit


def _items(kit: BaseModel) -> list[Item]:
    """What a kit holds, in the units in which it is kept: a part of a box would be rounded."""
    return [
        Item(line.product_id, line._in_product_unit(), part)
        for part, line in enumerate(kit.line_ids, 1)
    ]


def _missing_items(pickings: BaseModel) -> list[Item]:
    moves = pickings.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
    return [Item(move.product_id, move.product_qty, move.ehr_kit_part) for move in moves]


def _values(appointment: BaseModel, want: Want, items: list[Item]) -> dict[str, Any]:
    common = {
        "company_id": appointment.company_id.id,
        "location_id": want.source.id,
        "location_dest_id": want.target.id,
        "date": want.at,
    }
    return {
        "picking_type_id": want.target.warehouse_id.int_type_id.id,
        "location_id": want.source.id,
        "location_dest_id": want.target.id,
        "scheduled_date": want.at,
        # Not the name of the kit, which is the procedure and may name the surgeon.
        "origin": appointment.env._("Case kit"),
        # Nobody's yet: whoever brings it takes it over.
        "user_id": False,
        "ehr_usage": "kit",
        "ehr_appointment_id": appointment.id,
        "encounter_id": appointment.encounter_id.id,
        "ehr_kit_id": want.kit.id,
        "ehr_kit_revision": want.kit.revision,
        "move_ids": [
            Command.create(
                {
                    **common,
                    "product_id": item.product.id,
                    "product_uom": item.product.uom_id.id,
                    "product_uom_qty": item.quantity,
                    "ehr_kit_part": item.part,
                }
            )
            for item in items
        ],
    }
