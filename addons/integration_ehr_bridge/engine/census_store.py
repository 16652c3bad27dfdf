"""Writing what events have changed: new records at once, others with what differs alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from odoo import fields
from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools.census_beds import Bed, Request
from ..tools.census_history import CANCELLED, Passage
from . import census_hand
from .census_visits import Visit

if TYPE_CHECKING:
    from .census import Census


def store(census: Census) -> None:
    """Write visits, events, beds and requests, and ask about what has to be decided."""
    touched = [visit for visit in census.known.visits.values() if visit.touched]
    _store_visits(census, touched)
    _store_moves(census, touched)
    _store_beds(census)
    for visit in touched:
        _ask(visit)
        visit.touched = False


# -- visits ------------------------------------------------------------------------------------


def _store_visits(census: Census, touched: Sequence[Visit]) -> None:
    created, values, unwritten, given = [], [], [], set()
    encounters = census.env["ehr.encounter"]
    for visit in touched:
        vals = visit_values(census, visit)
        if visit.record.patient_id.id != vals["patient_id"]:
            given.add(vals["patient_id"])
        if visit.record:
            if not write_changed(visit.record, vals):
                unwritten.append(visit.record.id)
        else:
            created.append(visit)
            values.append(
                {
                    **vals,
                    "visit_number": visit.key.number,
                    "visit_assigner": visit.key.assigner,
                    "temporary": visit.temporary,
                    "company_id": census.company.id,
                }
            )
    # As all that were touched, once for all of them: below.
    records = encounters.with_context(ehr_adopted_later=True).create(values).with_env(census.env)
    for visit, record in zip(created, records, strict=True):
        visit.record = record
    _claim(census, "ehr_encounter", unwritten)
    census.env["ehr.patient"].browse(given - {False})._claim()
    encounters.union(*(visit.record for visit in touched))._adopt_appointments()


def visit_values(census: Census, visit: Visit) -> dict[str, Any]:
    """The fields of a visit."""
    known, said = visit.known, visit.known.values
    account = said.get("account")
    patient = census.env["ehr.patient"].browse(said.get("patient"))
    return {
        "state": known.state if any(visit.counting) else CANCELLED,
        "patient_id": patient._kept().id,
        "encounter_class": said.get("class") or False,
        "location_id": known.location or False,
        "service": said.get("service") or False,
        "attending_id": said.get("attending") or False,
        # Without a number it is that of the visit: see census_told.read_account.
        "account_number": (account[0] or visit.key.number) if account else False,
        "account_assigner": (account and account[1]) or False,
        "payer_code": said.get("payer") or False,
        "plan_code": said.get("plan") or False,
        "financial_class": said.get("financial_class") or False,
        "disposition": said.get("disposition") or False,
        "expected_at": _moment(said.get("expected_at")),
        "admitted_at": known.admitted_at or False,
        "discharged_at": known.discharged_at or False,
        "was_inpatient": known.was_inpatient,
        "last_event_at": known.last_event_at or False,
        "hand_pending": bool(visit.pending),
        "source": "hand" if all(one.by_hand for one in visit.events.values()) else "feed",
    }


def write_changed(record: BaseModel, values: Mapping[str, Any]) -> bool:
    """Write those values that differ; return whether there were any."""
    changed = {}
    for name, value in values.items():
        present = record[name]
        if (present.id if record._fields[name].relational else present) != value:
            changed[name] = value
    if changed:
        record.write(changed)
    return bool(changed)


def _moment(text: str | None) -> datetime | bool:
    return datetime.fromisoformat(text) if text else False


# -- events ------------------------------------------------------------------------------------


def _store_moves(census: Census, touched: Iterable[Visit]) -> None:
    visits = list(touched)
    now = fields.Datetime.now()
    places, values = [], []
    for visit in visits:
        for digest in visit.fresh:
            places.append((visit, digest))
            values.append(_move_values(census, visit, digest, now))
    moves = census.env["ehr.move"].create(values)
    for (visit, digest), move in zip(places, moves, strict=True):
        visit.moves[digest] = move
    for visit in visits:
        _store_passages(visit)
        visit.fresh = {}


def _move_values(census: Census, visit: Visit, digest: str, now: datetime) -> dict[str, Any]:
    entry = visit.fresh[digest]
    event = entry.event
    return {
        "encounter_id": visit.record.id,
        "company_id": census.company.id,
        "kind": event.kind,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at or False,
        "received_at": now,
        "facts": dict(event.facts),
        "digest": digest,
        "arrived": event.arrived,
        "message_uuid": entry.received.uuid if entry.received else False,
        "by_hand": event.by_hand,
        "user_id": False if entry.received else census.env.uid,
        "note": entry.note or False,
        **_passage(visit, digest),
    }


def _passage(visit: Visit, digest: str) -> dict[str, Any]:
    """What an event did, as far as no other one has to be stored for it."""
    passage = visit.known.passages.get(digest) or Passage()
    values = {
        "from_id": passage.from_location or False,
        "to_id": passage.to_location or False,
        "cancelled": passage.cancelled_by is not None,
    }
    if visit.events[digest].by_hand:
        values["hand_state"] = _hand_state(visit, digest)
    return values


def _hand_state(visit: Visit, digest: str) -> str:
    if digest in visit.pending:
        return "pending"
    return "settled" if digest in visit.settled else "upheld"


def _store_passages(visit: Visit) -> None:
    """Bring the stored events up to date with what the history says of them now."""
    for digest, move in visit.moves.items():
        passage = visit.known.passages.get(digest)
        cancellation = passage.cancelled_by if passage else None
        by = visit.moves[cancellation.digest].id if cancellation else False
        values = {**_passage(visit, digest), "cancelled_by_id": by}
        if move.encounter_id != visit.record:
            values["encounter_id"] = visit.record.id
        write_changed(move, values)


# -- beds --------------------------------------------------------------------------------------


def _store_beds(census: Census) -> None:
    known = census.known
    requests = list(known.requests.values())
    unwritten = []
    for bed in known.beds.values():
        if bed is None:
            continue
        if not (bed.changed and _write_bed(census, bed)) and _is_decided(bed):
            unwritten.append(bed.id)
        bed.changed = bed.moved = False
        requests += bed.requests
    _claim(census, "ehr_location", unwritten)
    _store_requests(census, [one for one in requests if one.changed])


def _write_bed(census: Census, bed: Bed) -> bool:
    told, told_at = bed.told or (False, False)
    values = {
        "bed_state": bed.state,
        "bed_state_at": bed.since or False,
        "bed_told": told,
        "bed_told_at": told_at,
    }
    return write_changed(census.env["ehr.location"].browse(bed.id), values)


def _is_decided(bed: Bed) -> bool:
    """Whether something was decided by who is in the bed, and by what it is asked for."""
    return bed.moved or any(one.changed for one in bed.requests)


def _claim(census: Census, table: str, ids: list[int]) -> None:
    """Let nobody have changed these beds or visits since this transaction began.

    Two patients who leave a bed at once each find the other one in it, and nobody would ask for it
    to be cleaned. Their visits are other rows; so each of them writes the row of the bed, if only
    as it is. The second one then fails, as any two do who write the same row, and is run again.
    Likewise two events of one visit that each change nothing of it may do so together.
    """
    if ids:
        name = SQL.identifier(table)
        census.env.cr.execute(
            SQL(
                "UPDATE %s SET write_uid = write_uid WHERE id IN ("
                "SELECT id FROM %s WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE)",
                name,
                name,
                ids,
            )
        )


def _store_requests(census: Census, changed: Iterable[Request]) -> None:
    beds = {
        id(request): bed
        for bed in census.known.beds.values()
        for request in (bed.requests if bed else ())
    }
    model = census.env["ehr.housekeeping"]
    fresh, values = [], []
    for request in {id(one): one for one in changed}.values():
        request.changed = False
        if request.record_id:
            write_changed(model.browse(request.record_id), _request_values(census, request))
        else:
            fresh.append(request)
            values.append(_new_request(census, request, beds[id(request)]))
    for request, record in zip(fresh, model.create(values), strict=True):
        request.record_id = record.id


def _request_values(census: Census, request: Request) -> dict[str, Any]:
    values: dict[str, Any] = {"state": request.state}
    if request.started_at:
        values["started_at"] = request.started_at
    if request.done_at:
        values["done_at"] = request.done_at
    visit = census.known.visits.get(request.left.stay[0]) if request.left.stay else None
    if visit:
        values["encounter_id"] = visit.record.id
        values["move_id"] = visit.moves[request.left.stay[1]].id
    return values


def _new_request(census: Census, request: Request, bed: Bed) -> dict[str, Any]:
    return {
        "location_id": bed.id,
        "requested_at": request.left.at,
        "reason": request.left.reason,
        "company_id": census.company.id,
        **_request_values(census, request),
    }


# -- what a person decides ---------------------------------------------------------------------


def _ask(visit: Visit) -> None:
    """Ask about what was entered by hand, if the feed says something else."""
    both = census_hand.disagree(visit)
    if both:
        visit.record._ask_about_hand(visit.received, *both)
    elif visit.record.source == "feed" and any(one.by_hand for one in visit.events.values()):
        visit.record._settle_hand()
