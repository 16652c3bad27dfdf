# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an event does to an appointment: every fact has a clock of its own.

Events come late and in the wrong order: a cancellation may overtake the booking that it cancels,
and a booking may be told after it was rescheduled. So a fact (the status, a time, a resource list)
is what the newest event that spoke of it says, in whatever order the events arrive. Of several of
the same time it is the one that arrived last, in whatever order they are handled: one that waited
for a person is as old as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Status(StrEnum):
    """What becomes of an appointment. Values are what the database stores."""

    PENDING = "pending"  #: asked for, not booked yet
    BOOKED = "booked"
    STARTED = "started"
    DONE = "done"
    CANCELLED = "cancelled"  #: called off before it began
    NO_SHOW = "no_show"  #: the patient did not come
    DISCONTINUED = "discontinued"  #: a series of which the rest does not take place
    DELETED = "deleted"  #: entered by mistake


#: What does not take place, as far as anybody knows.
CALLED_OFF: Final = frozenset({Status.CANCELLED, Status.DISCONTINUED, Status.DELETED})
#: What has an end: a new time for it contradicts that.
OVER: Final = CALLED_OFF | {Status.NO_SHOW, Status.DONE}

#: The status that an event means, whatever else it says.
_DECIDES: Final[Mapping[str, Status]] = {
    "cancel": Status.CANCELLED,
    "discontinue": Status.DISCONTINUED,
    "delete": Status.DELETED,
    "no_show": Status.NO_SHOW,
}
#: The status that an event means if it does not name one.
_IMPLIES: Final[Mapping[str, Status]] = {"book": Status.BOOKED, "reschedule": Status.BOOKED}

#: When the newest event happened that spoke of a fact, by the name of the fact, as :func:`tick`.
#: Those that were stored without an order of arrival go before all others of the same time.
Clocks = Mapping[str, str]


class AppointmentOverError(ValueError):
    """A new time for an appointment that is over.

    :ivar status: what it is
    """

    def __init__(self, status: Status) -> None:
        super().__init__(status)
        self.status = status


def meant_status(event: str, status: str | None) -> Status | None:
    """The status that an event says; None if it says nothing of it.

    :param event: as in the contract ``ehr.appointment``
    :param status: what the message names, if it does
    """
    if event in _DECIDES:
        return _DECIDES[event]
    return Status(status) if status else _IMPLIES.get(event)


def tick(at: datetime, arrived: int) -> str:
    """When an event happened, as clocks keep it: a text that sorts.

    :param at: naive UTC; counts to the millisecond
    :param arrived: its place among all that arrived, for events of the same time

    >>> tick(datetime(2026, 3, 1, 8), 71)
    '2026-03-01T08:00:00.000#00000000000000000071'
    """
    return f"{at.isoformat(timespec='milliseconds')}#{arrived:020d}"


def require_open(
    event: str, named: str | None, now: str, known: Status | None, clocks: Clocks
) -> None:
    """Refuse a new time for an appointment that is over.

    Unless it says that the appointment is booked again, or is older than the end.

    :param named: the status that the message names
    :param now: when it happened, as :func:`tick`
    :param known: the present status; None for a new appointment
    :raises AppointmentOverError: it is over
    """
    if (
        event == "reschedule"
        and known in OVER
        and named != Status.BOOKED
        and now >= clocks.get("status", "")
    ):
        raise AppointmentOverError(Status(known))  # type: ignore[arg-type]


def news(said: Mapping[str, Any], now: str, clocks: Clocks) -> tuple[dict[str, Any], Clocks]:
    """Those facts of an event that nothing newer contradicts, and the clocks afterwards.

    :param said: what the event says, by fact
    :param now: when it happened, as :func:`tick`
    """
    fresh = {name: value for name, value in said.items() if now >= clocks.get(name, "")}
    return fresh, {**clocks, **dict.fromkeys(fresh, now)}


# -- resources -------------------------------------------------------------------------------------

Key = tuple[str, str, int, int]
#: How the names of clocks of single resources begin.
_SINGLE: Final = "resource|"


@dataclass(frozen=True)
class Planned:
    """A resource as a message names it, with what it means in Odoo.

    :ivar minutes: how long it is needed; 0: as long as the appointment
    """

    kind: str
    code: str
    location_id: int
    staff_id: int
    start: datetime | None
    minutes: int

    @property
    def key(self) -> Key:
        """What tells it from the other resources of its appointment."""
        return self.kind, self.code, self.location_id, self.staff_id


@dataclass(frozen=True)
class Plan:
    """How the resources of an appointment change; ids are of known ones."""

    create: tuple[Planned, ...]
    write: tuple[tuple[int, Planned], ...]
    unlink: tuple[int, ...]


@dataclass(frozen=True)
class Needs:
    """What counts of the resources that a message names.

    :ivar said: resources with ``add``, ``update``, ``delete`` or None
    :ivar newer: of a whole list, the clocks of those of which something newer is known: they stay
        as they are
    """

    said: tuple[tuple[str | None, Planned], ...]
    newer: frozenset[str] = frozenset()


def _is_whole(said: Iterable[tuple[str | None, Planned]]) -> bool:
    """Whether a message names all resources that there are, and not single changes."""
    return all(action is None for action, _planned in said)


def _clock_of(key: Key) -> str:
    return _SINGLE + "|".join(map(str, key))


def needs(
    said: Sequence[tuple[str | None, Planned]], now: str, clocks: Clocks
) -> tuple[Needs | None, Clocks]:
    """What counts of the resources of an event, and the clocks afterwards.

    A whole list has a clock (``resources``), and so has each resource that was changed alone since.
    So a change of one that comes late is applied if nothing newer spoke of it, and is contained in
    what did otherwise; and a whole list that comes late leaves alone what was changed after it.

    :param said: resources with ``add``, ``update``, ``delete`` or None
    :param now: when it happened, as :func:`tick`
    :return: None for the needs if something newer contradicts all of it
    """
    if now < clocks.get("resources", ""):
        return None, clocks
    if _is_whole(said):
        single = {name for name in clocks if name.startswith(_SINGLE)}
        newer = {name for name in single if clocks[name] > now}
        left = {name: told for name, told in clocks.items() if name not in single - newer}
        fresh = tuple(one for one in said if _clock_of(one[1].key) not in newer)
        return Needs(fresh, frozenset(newer)), {**left, "resources": now}
    fresh = tuple(one for one in said if now >= clocks.get(_clock_of(one[1].key), ""))
    told = dict.fromkeys((_clock_of(one.key) for _action, one in fresh), now)
    return (Needs(fresh) if fresh else None), {**clocks, **told}


def plan(known: Mapping[int, Planned], needed: Needs) -> Plan:
    """What to do so that the resources are what a message says.

    Where none has an action, the message names all there are. Otherwise only those that it names
    change. A resource that is named twice is one: the later entry wins.

    :param known: the present resources by id
    """
    by_key = {planned.key: id_ for id_, planned in known.items()}
    said = needed.said
    kept: dict[Key, Planned] = {}
    gone: set[Key] = set()
    if _is_whole(said):
        gone = {key for key in by_key if _clock_of(key) not in needed.newer}
    for action, planned in said:
        if action == "delete":
            kept.pop(planned.key, None)
            gone.add(planned.key)
        else:
            kept[planned.key] = planned
            gone.discard(planned.key)
    return Plan(
        create=tuple(one for key, one in kept.items() if key not in by_key),
        write=tuple(
            (by_key[key], one)
            for key, one in kept.items()
            if key in by_key and known[by_key[key]] != one
        ),
        unlink=tuple(sorted(by_key[key] for key in gone if key in by_key)),
    )
