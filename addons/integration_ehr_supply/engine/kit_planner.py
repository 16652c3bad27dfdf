"""Reservations of case kits, as the schedule says by now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

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


def plan(appointments: BaseModel) -> None:
    """Bring the reservations of appointments of one company up to date, all at once."""
    appointments = appointments.with_context(**QUIET)
    env = appointments.env
    company = appointments.company_id
    codes = set(appointments.resource_ids.mapped("code")) - {False}
    known = env["ehr.case.kit"]._for_codes(company, codes)
    fresh: list[dict[str, Any]] = []
    for one in appointments:
        reserved = one.kit_picking_ids.filtered(lambda picking: not picking.ehr_kit_closed)
        for want in _wanted(one, known):
            same = reserved.filtered(lambda picking, want=want: _fits(picking, want))[:1]
            reserved -= same
            if same:
                _move(same, want)
            else:
                fresh.append(_values(one, want))
        reserved._ehr_release_kit()
    if fresh:
        created = env["stock.picking"].create(fresh)
        created.action_confirm()
        # A transfer of which nothing is there waits: the appointment says what is missing.
        created.move_ids._action_assign()


def _wanted(appointment: BaseModel, known: dict[Any, BaseModel]) -> Iterator[Want]:
    if not appointment._wants_kits():
        return
    place = appointment.location_id
    target = place._usage_setting("stock_location_id")
    if not target.warehouse_id:
        return  # the appointment says that nothing is reserved (kit_state)
    source = place._usage_setting("kit_source_id") or target.warehouse_id.lot_stock_id
    for kit in appointment._kits(known):
        if kit.line_ids:
            yield Want(kit, source, target, appointment.start_at)


def _fits(picking: BaseModel, want: Want) -> bool:
    """Whether a transfer reserves this kit; one that was carried out already does, wherever to."""
    if picking.ehr_kit_id != want.kit:
        return False
    return picking.state == "done" or (
        picking.location_id == want.source and picking.location_dest_id == want.target
    )


def _move(picking: BaseModel, want: Want) -> None:
    """The appointment has another time: what is reserved stays reserved, for then."""
    if picking.state in OPEN and picking.scheduled_date != want.at:
        picking.scheduled_date = want.at
    visit = picking.ehr_appointment_id.encounter_id
    if picking.encounter_id != visit:
        picking.encounter_id = visit
    picking.move_ids.filtered(lambda move: move.state in LACKING)._action_assign()


def _values(appointment: BaseModel, want: Want) -> dict[str, Any]:
    warehouse = want.target.warehouse_id
    common = {
        "company_id": appointment.company_id.id,
        "location_id": want.source.id,
        "location_dest_id": want.target.id,
        "date": want.at,
    }
    return {
        "picking_type_id": warehouse.int_type_id.id,
        "location_id": want.source.id,
        "location_dest_id": want.target.id,
        "scheduled_date": want.at,
        "origin": want.kit.name,
        "ehr_usage": "kit",
        "ehr_appointment_id": appointment.id,
        "encounter_id": appointment.encounter_id.id,
        "ehr_kit_id": want.kit.id,
        "move_ids": [
            Command.create(
                {
                    **common,
                    "product_id": line.product_id.id,
                    # In the unit in which it is kept: a part of a box would be rounded.
                    "product_uom": line.product_id.uom_id.id,
                    "product_uom_qty": line._in_product_unit(),
                    "ehr_kit_line_id": line.id,
                }
            )
            for line in want.kit.line_ids
        ],
    }
