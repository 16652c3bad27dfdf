"""Visits, places and beds of the database while messages about them are handled.

A batch of messages reads what it needs at once, is worked through in memory message by message
(:mod:`.census`), and is written at once (:mod:`.census_store`): so it has the effect that its
messages have one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from odoo import api
from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools.census_beds import WAITING, Bed, Left, Request
from ..tools.census_history import Event, Standing, standing
from ..tools.census_told import Identifier

_MOVE_FIELDS = (
    "encounter_id",
    "kind",
    "from_id",
    "to_id",
    "occurred_at",
    "recorded_at",
    "cancelled",
    "cancelled_by_id",
    "facts",
    "digest",
    "by_hand",
    "hand_state",
    "joined_from_id",
    "arrived",
)


@dataclass
class Entry:
    """An event of a visit, and how it came here.

    :ivar received: facts about the message; ``None``: somebody entered it
    :ivar hand_state: of what was entered by hand
    """

    visit: Identifier
    event: Event
    received: Any = None
    note: str = ""
    hand_state: str = ""


@dataclass
class Visit:
    """A visit, with all events that are known of it.

    :ivar record: empty until it is stored
    :ivar events: all of them by digest, also those that do not count any more
    :ivar settled: digests of what was entered by hand and is overtaken by the feed
    :ivar pending: digests of what was entered by hand and waits for the feed
    :ivar moves: the stored events by digest
    :ivar fresh: what is to be stored
    :ivar received: the latest message about it
    """

    key: Identifier
    record: BaseModel
    temporary: bool = False
    events: dict[str, Event] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)
    moves: dict[str, BaseModel] = field(default_factory=dict)
    fresh: dict[str, Entry] = field(default_factory=dict)
    received: Any = None
    known: Standing = field(default_factory=Standing)
    touched: bool = False

    @property
    def counting(self) -> Iterator[Event]:
        """The events that count."""
        return (event for digest, event in self.events.items() if digest not in self.settled)

    def fold(self) -> Standing:
        """What its events make of it."""
        return standing(self.counting) if self.events else Standing()


class Visits:
    """What is known of visits and beds, read when it is needed.

    :param company: whose they are
    """

    def __init__(self, env: api.Environment, company: BaseModel) -> None:
        self.env = env
        self.company = company
        self.visits: dict[Identifier, Visit] = {}
        self.beds: dict[int, Bed | None] = {}
        #: stored requests of the visits, by bed, visit and event
        self.requests: dict[tuple[int, Identifier, str], Request] = {}

    def load(self, keys: Iterable[Identifier]) -> None:
        """Read visits with their events; those that are not stored are new."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self.visits]
        found = self.env["ehr.encounter"]._resolve(wanted, self.company)
        nobody = self.env["ehr.encounter"]
        by_id = {}
        for key in wanted:
            visit = self.visits[key] = Visit(key, found.get(key, nobody))
            visit.temporary = visit.record.temporary
            if visit.record:
                by_id[visit.record.id] = visit
        if by_id:
            self._read_moves(by_id)
        for visit in by_id.values():
            visit.known = visit.fold()

    def _read_moves(self, by_id: dict[int, Visit]) -> None:
        moves = self.env["ehr.move"].search_fetch(
            [("encounter_id", "in", list(by_id))], _MOVE_FIELDS, order="id"
        )
        for move in moves:
            visit = by_id[move.encounter_id.id]
            digest = move.digest
            visit.moves[digest] = move
            visit.events[digest] = _event(move, digest)
            if move.hand_state == "settled":
                visit.settled.add(digest)
            elif move.hand_state == "pending":
                visit.pending.add(digest)

    def read_beds(self, location_ids: Collection[int]) -> None:
        """Read those of the places that are beds, with their patients and requests."""
        places = self.env["ehr.location"].browse(
            sorted(one for one in location_ids if one and one not in self.beds)
        )
        places.fetch(["kind", "bed_state", "bed_state_at", "bed_told", "bed_told_at"])
        beds = {}
        for place in places:
            bed = None
            if place.kind == "bed":
                bed = Bed(place.id, place.bed_state or None, place.bed_state_at or None)
                bed.told = (place.bed_told, place.bed_told_at) if place.bed_told else None
            self.beds[place.id] = beds[place.id] = bed
        found = {bed_id: bed for bed_id, bed in beds.items() if bed}
        if found:
            self._read_occupants(found)
            self._read_requests(found)

    def _read_occupants(self, beds: dict[int, Bed]) -> None:
        present = self.env["ehr.encounter"].search_fetch(
            [("location_id", "in", list(beds)), ("state", "=", "present")],
            ["location_id", "visit_number", "visit_assigner"],
        )
        for one in present:
            beds[one.location_id.id].occupants.add(one._visit_key())

    def _read_requests(self, beds: dict[int, Bed]) -> None:
        mine = [visit.record.id for visit in self.visits.values() if visit.record]
        requests = self.env["ehr.housekeeping"].search_fetch(
            Domain("location_id", "in", list(beds))
            & (Domain("state", "in", list(WAITING)) | Domain("encounter_id", "in", mine)),
            ["location_id", "state", "requested_at", "reason", "encounter_id", "move_id"],
            order="id",
        )
        requests.move_id.fetch(["digest"])
        for one in requests:
            stay = None
            if one.encounter_id and one.move_id:
                stay = (one.encounter_id._visit_key(), one.move_id.digest)
            request = Request(
                Left(one.requested_at, one.reason, stay),
                state=one.state,
                record_id=one.id,
                changed=False,
            )
            if request.state in WAITING:
                beds[one.location_id.id].requests.append(request)
            if stay:
                self.requests[(one.location_id.id, *stay)] = request

    def bed(self, location_id: int | None) -> Bed | None:
        """The bed that a place is, if it is one."""
        if location_id and location_id not in self.beds:
            self.read_beds([location_id])
        return self.beds.get(location_id) if location_id else None


def _event(move: BaseModel, digest: str) -> Event:
    event = Event(
        move.kind,
        move.occurred_at,
        move.recorded_at or None,
        move.facts or {},
        move.by_hand,
        move.arrived,
    )
    # As it was stored: not to be calculated again.
    event.__dict__["digest"] = digest
    return event
