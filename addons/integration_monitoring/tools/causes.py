# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One cause behind many signals: one incident instead of twenty.
When the process that runs the queue stands still, every interface falls silent. The silences are
true, but they are not the trouble: they belong to the incident of what they depend on. So a signal
is first asked what explains it; what nothing explains is an incident of its own.

A signal that began long before its supposed cause has another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from .findings import Signal


class Subject(StrEnum):
    """What a signal is about."""

    SUITE = "suite"  #: the suite as a whole: the runner of the queue
    LISTENER = "listener"  #: a process that receives for some interfaces
    SYSTEM = "system"  #: a partner, behind some interfaces
    INTERFACE = "interface"


class Node(NamedTuple):
    """A subject: its kind and its id (of the suite 0)."""

    kind: Subject
    id: int


@dataclass(frozen=True, slots=True)
class Place:
    """What an interface depends on.

    :param direction: ``inbound`` or ``outbound``.
    :param listener: id of the listener that it receives through, if any.
    """

    interface: int
    system: int
    direction: str
    listener: int | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that is wrong and explains other things.

    :param began: since when, in seconds.
    """

    node: Node
    signal: Signal
    began: int


SUITE: Final = Node(Subject.SUITE, 0)
#: What stands still when a cause does. A stopped listener receives nothing; a stopped runner
#: handles and sends nothing; a partner that does not answer is not sent to.
_STILL: Final = frozenset({Signal.SILENCE, Signal.VOLUME_LOW})
_LATE: Final = frozenset({Signal.QUEUE_AGE, Signal.LATENCY, Signal.RECOVERY})
_FAILING: Final = frozenset({Signal.AVAILABILITY, Signal.BREAKER_OPEN, Signal.DEAD_LETTER})
EXPLAINS: Final[Mapping[Signal, frozenset[Signal]]] = MappingProxyType(
    {
        Signal.RUNNER_DOWN: _STILL | _LATE,
        Signal.LISTENER_DOWN: _STILL,
        Signal.PROBE_FAILED: _STILL | _LATE | _FAILING | {Signal.ERROR_GROUP},
    }
)
#: Seconds by which a signal may have begun before its cause was seen.
BEFORE: Final = 900


def explained_by(signal: Signal, place: Place, began: int, causes: Iterable[Cause]) -> Node | None:
    """The subject whose incident a signal belongs to; ``None``: to that of its interface.

    Of several causes the widest one counts: behind a stopped runner nothing else can be judged.

    :param began: since when the signal is on, in seconds.
    :param causes: what is wrong now, as far as it may be a cause.
    """
    found = [
        cause.node
        for cause in causes
        if signal in EXPLAINS.get(cause.signal, ())
        and cause.node in _above(place)
        and began >= cause.began - BEFORE
    ]
    return min(found, key=lambda node: list(Subject).index(node.kind), default=None)


def subject_of(signal: Signal, place: Place, began: int, causes: Iterable[Cause]) -> Node:
    """The subject whose incident a signal of an interface belongs to."""
    own = Node(Subject.INTERFACE, place.interface)
    return explained_by(signal, place, began, causes) or own


def _above(place: Place) -> frozenset[Node]:
    nodes = {SUITE, Node(Subject.SYSTEM, place.system)}
    if place.listener is not None and place.direction == "inbound":
        nodes.add(Node(Subject.LISTENER, place.listener))
    return frozenset(nodes)
