# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The state of a bed: who is in it, what the feed says of it, and what housekeeping has to do.

Who is in a bed is decided by visits alone (:mod:`.census_history`): where a patient is, the bed is
occupied, and what the feed says of it meanwhile is kept beside that. A bed that the last patient
left is dirty, and is asked to be cleaned once; then comes what the feed had said of it, if that is
newer, or if nobody else may have the bed. What happened before the bed came into its present state
is history: it asks for nothing any more.

>>> bed = Bed(7)
>>> bed.enter("visit", datetime(2026, 1, 5, 8))
>>> bed.leave("visit", Left(datetime(2026, 1, 5, 10), "discharge", ("visit", "digest")))
>>> bed.state, [one.state for one in bed.requests]
('dirty', ['open'])
>>> bed.say("free", datetime(2026, 1, 5, 11))
>>> bed.state, [one.state for one in bed.requests]
('free', ['done'])
>>> bed.enter("other", datetime(2026, 1, 5, 12))
>>> bed.say("free", datetime(2026, 1, 5, 13))
>>> bed.state, bed.told
('occupied', ('free', datetime.datetime(2026, 1, 5, 13, 0)))
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

FREE: Final = "free"
OCCUPIED: Final = "occupied"
DIRTY: Final = "dirty"
CLEANING: Final = "housekeeping"
#: States that stay when a bed is left: it is cleaned, and nobody is to have it.
WITHHELD: Final = frozenset({"isolated", "closed"})
#: Requests that somebody still has to do.
WAITING: Final = frozenset({"open", "started"})


@dataclass(frozen=True)
class Left:
    """That a bed was left.

    :ivar reason: ``discharge``, ``transfer`` or ``told`` (the feed says that it is dirty)
    :ivar stay: the visit and the event that ended it; ``None`` if the feed only spoke of the bed
    """

    at: datetime
    reason: str
    stay: tuple[Hashable, str] | None = None


@dataclass
class Request:
    """A request to clean a bed.

    :ivar record_id: of the stored request; ``None``: it is new
    """

    left: Left
    state: str = "open"
    record_id: int | None = None
    started_at: datetime | None = None
    done_at: datetime | None = None
    changed: bool = True

    def become(self, state: str, at: datetime) -> None:
        """Take a state, unless it is over."""
        if self.state not in WAITING:
            return
        self.state, self.changed = state, True
        if state == "started":
            self.started_at = at
        elif state == "done":
            self.done_at = at


@dataclass
class Bed:
    """A bed while messages about it are handled.

    :ivar since: when it came into its state
    :ivar occupants: visits whose patient is in it; more than one is a conflict that people see
    :ivar requests: those that wait, and those that came up meanwhile
    :ivar told: what the feed said last of the bed, and of when
    :ivar moved: somebody came or left, whether that changed the state or not
    """

    id: int
    state: str | None = None
    since: datetime | None = None
    occupants: set[Hashable] = field(default_factory=set)
    requests: list[Request] = field(default_factory=list)
    changed: bool = False
    told: tuple[str, datetime] | None = None
    moved: bool = False

    def enter(self, visit: Hashable, at: datetime) -> None:
        """A patient is in the bed now, since ``at``. Nobody cleans it before he has left."""
        self.occupants.add(visit)
        self.moved = True
        self._become(OCCUPIED, at)
        if self.told and self.told[1] <= at:
            self._hear(None)
        for request in self.requests:
            if request.state == "open":
                request.become("cancelled", at)

    def leave(self, visit: Hashable, left: Left | None, at: datetime | None = None) -> None:
        """A patient is not in the bed any more.

        :param left: ``None`` if he turned out not to have been there
        :param at: when that was told
        """
        self.occupants.discard(visit)
        self.moved = True
        if self.occupants:
            return
        if left and self.state == OCCUPIED:
            self._dirty(left)
            self._recall(left.at)
        elif left:
            self.ask(left)
        elif self.state == OCCUPIED:
            self._become(DIRTY if self._waits else FREE, at or self.since)
            self._recall(None)

    def ask(self, left: Left) -> None:
        """Ask for the bed to be cleaned, if it is empty and has not changed since it was left."""
        if not self.occupants and not self._is_newer(left.at):
            self._dirty(left)

    def _dirty(self, left: Left) -> None:
        self._become(DIRTY, left.at)
        if not self._waits:
            self.requests.append(Request(left))

    def withdraw(self, stay: tuple[Hashable, str], at: datetime) -> None:
        """A stay was not over after all: nobody need clean, unless somebody has begun."""
        for request in self.requests:
            if request.left.stay == stay and request.state == "open":
                request.become("cancelled", at)
        if self.state == DIRTY and not self._waits:
            self._become(OCCUPIED if self.occupants else FREE, at)

    def say(self, state: str, at: datetime) -> None:
        """The feed says in which state the bed is. What is older than what is known is dropped."""
        if self._is_newer(at) or (self.told and at < self.told[1]):
            return
        self._hear((state, at))
        if not self.occupants:
            self._turn(state, at)

    def _hear(self, told: tuple[str, datetime] | None) -> None:
        if told != self.told:
            self.told, self.changed = told, True

    def _recall(self, left_at: datetime | None) -> None:
        """The bed is empty: what the feed said of it counts now, unless it was of before that."""
        if self.told is None or self.told[0] == OCCUPIED:
            return
        state, at = self.told
        if left_at is None or at > left_at or state in WITHHELD:
            self._turn(state, at)

    def _turn(self, state: str, at: datetime) -> None:
        self._become(state, at)
        if state == FREE:
            for request in self.requests:
                request.become("done", at)
        elif state in (DIRTY, CLEANING):
            self._clean(state, at)

    def _clean(self, state: str, at: datetime) -> None:
        waiting = [one for one in self.requests if one.state in WAITING]
        if not waiting:
            waiting = [Request(Left(at, "told"))]
            self.requests += waiting
        if state == CLEANING:
            for request in waiting:
                if request.state == "open":
                    request.become("started", at)

    @property
    def _waits(self) -> bool:
        return any(one.state in WAITING for one in self.requests)

    def _is_newer(self, at: datetime) -> bool:
        return self.since is not None and at < self.since

    def _become(self, state: str, at: datetime | None) -> None:
        at = max((one for one in (at, self.since) if one), default=None)
        if (state, at) != (self.state, self.since):
            self.state, self.since, self.changed = state, at, True
