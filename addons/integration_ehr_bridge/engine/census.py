"""Working through events of visits and beds, in memory: see :mod:`.census_visits`.

Every event is applied as if it were the only one, in the order of arrival. What it makes of its
visit is calculated from the visit's whole history (:mod:`..tools.census_history`); what that means
for the beds follows from what was known before and after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from odoo import api
from odoo.models import BaseModel

from odoo.addons.integration_core.engine import capture, next_transaction, outbox
from odoo.addons.integration_core.tools import errors

from ..tools.census_beds import Left
from ..tools.census_history import Event, Standing, Stay
from ..tools.census_told import Identifier
from . import census_hand, census_store
from .census_visits import Entry, Visit, Visits


class Census:
    """The census of a company while events are applied to it."""

    def __init__(self, env: api.Environment, company: BaseModel | None = None) -> None:
        self.env = env
        self.company = company or env.company
        self.known = Visits(env, self.company)

    def load(self, keys: Iterable[Identifier], location_ids: Iterable[int] = ()) -> None:
        """Read visits, and the beds that they and the events to come speak of."""
        self.known.load(keys)
        wanted = set(location_ids)
        for visit in self.known.visits.values():
            wanted.update(stay.location for stay in visit.known.stays)
            wanted.add(visit.known.location)
        self.known.read_beds(wanted - {None})

    def visit(self, key: Identifier) -> Visit:
        return self.known.visits[key]

    # -- events of visits ------------------------------------------------------------------

    def apply(
        self,
        entries: Sequence[Entry],
        *,
        by_message: bool = False,
        of_messages: Sequence[int] | None = None,
    ) -> None:
        """Apply events in the order of their arrival; see :meth:`store`.

        :param by_message: each of them is of a message of its own, which may wait so that others
            hear of all that happens to a visit: each step is told by a transaction of its own
        :param of_messages: the number of the message of each of them, where one may bring several;
            these are told together
        :raises next_transaction.NextTransactionError: see there
        """
        places = {
            one.event.facts.get(name) for one in entries for name in ("location", "prior_location")
        }
        self.load((one.visit for one in entries), places - {None})
        told = self._told(one.visit for one in entries) if by_message else None
        numbers = of_messages or range(len(entries))
        of_this: set[Identifier] = set()
        for place, (number, entry) in enumerate(zip(numbers, entries, strict=True)):
            visit = self.visit(entry.visit)
            before = visit.known
            self._apply(visit, entry)
            after = visit.known
            if told is None:
                continue
            if place and number != numbers[place - 1]:
                told |= of_this
                of_this = set()
            # What was told carries the state and the place as they were then.
            if visit.key in told and (before.state, before.location, before.outward) != (
                after.state,
                after.location,
                after.outward,
            ):
                next_transaction.wait(number)
            if before.outward != after.outward:
                of_this.add(visit.key)

    def _told(self, keys: Iterable[Identifier]) -> set[Identifier] | None:
        """Visits of which this transaction has told already; ``None`` if nobody wants to know."""
        if capture.watch_of(self.env["ehr.encounter"]) is None:
            return None
        by_id = {one.record.id: one.key for one in map(self.visit, keys) if one.record}
        told = outbox.told_of(self.env.cr, "ehr.encounter", list(by_id))
        return {by_id[record_id] for record_id in told}

    def _apply(self, visit: Visit, entry: Entry) -> None:
        event = entry.event
        if entry.received:
            visit.received = entry.received
        if event.digest in visit.events:
            return
        self._require_patient(visit, event)
        visit.events[event.digest] = event
        visit.fresh[event.digest] = entry
        if entry.hand_state == "pending":
            visit.pending.add(event.digest)
        self.turn(visit, event.when)
        census_hand.settle_agreed(self, visit)

    def _require_patient(self, visit: Visit, event: Event) -> None:
        """:raises errors.ConflictError: the visit is another patient's, as far as is known"""
        known, named = visit.known.values.get("patient"), event.facts.get("patient")
        if not known or not named or known == named or event.kind == "merge":
            return
        patients = self.env["ehr.patient"].browse((known, named))
        if len(patients._kept()) > 1:
            raise errors.ConflictError(
                "The message names a visit that Odoo knows as another patient's. Nothing was "
                "changed. If their records were merged, handle that message first, then retry. "
                "If two hospitals number their visits alike, let the mapping name who assigned "
                "the number. Otherwise ask the sender which patient is right.",
                code="visit_of_another_patient",
            )

    def turn(self, visit: Visit, at: datetime) -> None:
        """Draw the consequences of what has changed among the events of a visit.

        :param at: when that happened which changed it
        """
        before, after = visit.known, visit.fold()
        visit.known, visit.touched = after, True
        gone, added = self._changed_stays(visit, before, after)
        for stay in gone:
            if bed := self.known.bed(stay.location):
                bed.withdraw((visit.key, stay.ended_by.digest), at)
        was, now = before.occupied, after.occupied
        if was and was != now and (bed := self.known.bed(was)):
            over = next((stay for stay in reversed(added) if stay.location == was), None)
            bed.leave(visit.key, _left(visit, over) if over else None, at)
        for stay in added:
            if (stay.location != was or was == now) and (bed := self.known.bed(stay.location)):
                bed.ask(_left(visit, stay))
        if now and now != was and (bed := self.known.bed(now)):
            bed.enter(visit.key, at)

    def _changed_stays(
        self, visit: Visit, before: Standing, after: Standing
    ) -> tuple[list[Stay], list[Stay]]:
        """Stays that are not over after all, and those that are over now.

        The same stay may turn out to have ended with another event: its request is the same.
        """
        old = {stay.key: stay for stay in before.stays}
        new = {stay.key: stay for stay in after.stays}
        gone = [stay for key, stay in old.items() if key not in new]
        added = [stay for key, stay in new.items() if key not in old]
        for stay in list(added):
            twin = next((one for one in gone if one.location == stay.location), None)
            if twin:
                gone.remove(twin)
                added.remove(stay)
                self.rename(stay.location, visit.key, twin.ended_by, visit.key, stay.ended_by)
        return gone, added

    def rename(
        self, location_id: int, key: Identifier, event: Event, new_key: Identifier, new: Event
    ) -> None:
        """A request was raised because of another event, or of another visit, than was known."""
        bed = self.known.bed(location_id)
        stay = (key, event.digest)
        known = self.known.requests.pop((location_id, *stay), None)
        waiting = bed.requests if bed else []
        for request in {id(one): one for one in (known, *waiting) if one}.values():
            if request.left.stay == stay:
                left = request.left
                request.left = Left(left.at, left.reason, (new_key, new.digest))
                request.changed = True
                self.known.requests[(location_id, new_key, new.digest)] = request

    # -- joining what was kept by hand -----------------------------------------------------

    def hand_over(self, digests: Iterable[str], source: Visit, target: Visit, at: datetime) -> None:
        """Events of one visit turn out to be those of another one."""
        moved = [digest for digest in digests if digest not in target.events]
        ended = {stay.ended_by.digest: stay for stay in source.known.stays}
        for digest in moved:
            event = source.events.pop(digest)
            target.events[digest] = event
            target.moves[digest] = source.moves.pop(digest)
            for mark, other in (
                (source.pending, target.pending),
                (source.settled, target.settled),
            ):
                if digest in mark:
                    mark.discard(digest)
                    other.add(digest)
            if stay := ended.get(digest):
                self.rename(stay.location, source.key, event, target.key, event)
        self.turn(source, at)
        self.turn(target, at)
        census_hand.settle_agreed(self, target)

    # -- beds ------------------------------------------------------------------------------

    def say(self, location_id: int, state: str, at: datetime) -> None:
        """The feed says in which state a bed is."""
        bed = self.known.bed(location_id)
        if bed:
            bed.say(state, at)

    def store(self) -> None:
        """Write what has changed."""
        census_store.store(self)


def _left(visit: Visit, stay: Stay) -> Left:
    event = stay.ended_by
    reason = "discharge" if event.kind == "discharge" else "transfer"
    return Left(event.when, reason, (visit.key, event.digest))
