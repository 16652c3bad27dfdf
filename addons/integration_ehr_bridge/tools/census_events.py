# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Events of a visit, and what they make of it: the words of :mod:`.census_history`.

Times are naive, in UTC. Facts are plain values: ids of places, patients and staff, codes, and
moments as ISO text. A fact that is absent was not said; ``None`` was said to be empty.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

PLANNED: Final = "planned"
PRESENT: Final = "present"
DISCHARGED: Final = "discharged"
CANCELLED: Final = "cancelled"

ADMISSIONS: Final = frozenset({"admit", "register"})
CLASS_CHANGES: Final = {"to_inpatient": "inpatient", "to_outpatient": "outpatient"}
#: Classes of those who are admitted; others come and go.
INPATIENT: Final = frozenset({"inpatient", "obstetrics"})
#: What each cancelling event undoes.
CANCELS: Final = {
    "cancel_admit": ADMISSIONS | {"to_inpatient"},
    "cancel_transfer": frozenset({"transfer"}),
    "cancel_discharge": frozenset({"discharge"}),
}
#: What repeats all that is known when it is written, and is no move by itself.
REPEATS: Final = frozenset({"update", *CANCELS})
#: What may name a place for no other reason than that the patient is known to be there.
NAMES_THE_KNOWN_PLACE: Final = REPEATS | {"discharge", *CLASS_CHANGES}
#: Kinds of events, in the order in which they happen when they happen at the same time.
KINDS: Final = (
    "pre_admit",
    "register",
    "admit",
    "to_inpatient",
    "to_outpatient",
    "transfer",
    "merge",
    "update",
    "cancel_transfer",
    "discharge",
    "cancel_discharge",
    "cancel_admit",
)
#: Facts of who pays, which hold whatever becomes of the stay.
PAYING: Final = ("patient", "account", "payer", "plan", "financial_class")
#: Facts that are kept as they were said last.
ATTRIBUTES: Final = (*PAYING, "class", "service", "attending", "disposition", "expected_at")


@dataclass(frozen=True)
class Event:
    """One event of a visit.

    :ivar kind: one of :data:`KINDS`
    :ivar occurred_at: when it happened; of a cancellation this may be when that happened which it
        cancels
    :ivar recorded_at: when somebody wrote it down, if that is known
    :ivar by_hand: whether a person entered it in Odoo
    :ivar arrived: its place among all that arrived, which tells apart what has equal times; 0: not
        known, or entered by hand. It is no part of what an event says.
    """

    kind: str
    occurred_at: datetime
    recorded_at: datetime | None
    facts: Mapping[str, Any]
    by_hand: bool = False
    arrived: int = field(default=0, compare=False)

    @property
    def written_at(self) -> datetime:
        """When it became known, as far as that can be told."""
        return self.recorded_at or self.occurred_at

    @cached_property
    def when(self) -> datetime:
        """Where it stands in the history: a cancellation when it was written down."""
        return self.written_at if self.kind in CANCELS else self.occurred_at

    @cached_property
    def digest(self) -> str:
        """Tells a repetition from another event of the same visit: 32 hexadecimal digits."""
        said = [
            self.kind,
            self.occurred_at.isoformat(),
            self.recorded_at.isoformat() if self.recorded_at else None,
            dict(self.facts),
            self.by_hand,
        ]
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Stay:
    """A time in one place that is over.

    :ivar since: ``None`` if nobody told when it began
    :ivar ended_by: the event with which the patient left
    """

    location: int
    since: datetime | None
    ended_by: Event

    @property
    def key(self) -> tuple[str, int]:
        """Tells a stay from others of the same visit, whatever else becomes known of it."""
        return (self.ended_by.digest, self.location)


@dataclass
class Passage:
    """What one event did in the history."""

    from_location: int | None = None
    to_location: int | None = None
    cancelled_by: Event | None = None


@dataclass
class Standing:
    """What is known of a visit.

    :ivar location: where the patient is, was last, or is to be
    :ivar values: the attributes that were said, see :data:`ATTRIBUTES`
    :ivar was_inpatient: the patient is or was here as an inpatient, or for a birth
    :ivar stays: times in places that are over, in their order
    :ivar passages: by digest of the event
    """

    state: str = ""
    location: int | None = None
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None
    last_event_at: datetime | None = None
    was_inpatient: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    passages: dict[str, Passage] = field(default_factory=dict)

    @property
    def occupied(self) -> int | None:
        """The place that the patient occupies now."""
        return self.location if self.state == PRESENT else None

    @property
    def outward(self) -> tuple[Any, ...]:
        """What others are told of: who is an inpatient, where, and how that ended."""
        if not self.was_inpatient:
            return ()
        inside = self.state == PRESENT and self.values.get("class") in INPATIENT
        return (self.location, inside) if inside else (self.state == DISCHARGED, inside)
