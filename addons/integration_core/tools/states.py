# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The one transition table of the message ledger.

A message is in exactly one :class:`State`. Nothing outside this table may assign a state:
models build their ``UPDATE ... WHERE state = ANY(%s)`` from :func:`sources_of`, so that an
illegal transition cannot be written even by two processes at once.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where a message stands. Values are what the database stores."""

    RECEIVED = "received"  #: stored and acknowledged, not yet released for processing
    QUEUED = "queued"  #: may be claimed once it is due
    PROCESSING = "processing"  #: claimed under a lease and a fencing token
    DONE = "done"  #: effect applied, or accepted by the receiver
    WAITING = "waiting"  #: sent; an acknowledgement of the transport is outstanding
    RETRY = "retry"  #: failed for now; the next attempt has a time
    HELD = "held"  #: paused, parked or breaker open, always with a reason
    QUARANTINED = "quarantined"  #: cannot be understood or applied; a person must act
    DEAD = "dead"  #: attempts exhausted or refused for good: the dead-letter queue
    FILTERED = "filtered"  #: understood and, by rule, of no interest
    CANCELLED = "cancelled"  #: withdrawn or resolved by a person, with a note


class IllegalTransition(ValueError):
    """A state may not follow another one. ``old`` and ``new`` hold the two states."""

    def __init__(self, old: State, new: State) -> None:
        super().__init__(f"a message may not go from {old.value!r} to {new.value!r}")
        self.old = old
        self.new = new


_S = State

#: For each state, the states that may follow it.
TRANSITIONS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        _S.RECEIVED: frozenset({_S.QUEUED, _S.HELD, _S.QUARANTINED, _S.FILTERED, _S.CANCELLED}),
        _S.QUEUED: frozenset({_S.PROCESSING, _S.HELD, _S.CANCELLED}),
        # Back to queued: the lease expired, or the worker released what it could not use.
        _S.PROCESSING: frozenset(
            {
                _S.DONE,
                _S.WAITING,
                _S.RETRY,
                _S.HELD,
                _S.QUARANTINED,
                _S.DEAD,
                _S.FILTERED,
                _S.QUEUED,
            }
        ),
        # The acknowledgement came (positive or negative), or its deadline passed.
        _S.WAITING: frozenset({_S.DONE, _S.RETRY, _S.QUARANTINED, _S.DEAD, _S.CANCELLED}),
        # A due retry may be claimed directly: promoting it to queued first would double
        # the writes of every second attempt.
        _S.RETRY: frozenset({_S.QUEUED, _S.PROCESSING, _S.HELD, _S.CANCELLED}),
        _S.HELD: frozenset({_S.QUEUED, _S.CANCELLED}),
        # Retried or resolved by a person.
        _S.QUARANTINED: frozenset({_S.QUEUED, _S.CANCELLED}),
        _S.DEAD: frozenset({_S.QUEUED, _S.CANCELLED}),
        # Terminal. A replay is a new message that is linked to its original.
        _S.DONE: frozenset(),
        _S.FILTERED: frozenset(),
        _S.CANCELLED: frozenset(),
    }
)

#: States in which a message may be created. Quarantined: a body that cannot be parsed is
#: stored and acknowledged, but never offered to a handler.
INITIAL: Final = frozenset({_S.RECEIVED, _S.QUEUED, _S.HELD, _S.QUARANTINED, _S.FILTERED})
#: The end of a message: no transition leads out.
TERMINAL: Final = frozenset({_S.DONE, _S.FILTERED, _S.CANCELLED})
#: The engine still has work with the message, now or later.
LIVE: Final = frozenset({_S.RECEIVED, _S.QUEUED, _S.PROCESSING, _S.WAITING, _S.RETRY, _S.HELD})
#: A person has to look.
ATTENTION: Final = frozenset({_S.QUARANTINED, _S.DEAD})

_SOURCES: Final[Mapping[State, tuple[str, ...]]] = MappingProxyType(
    {target: tuple(old.value for old in State if target in TRANSITIONS[old]) for target in State}
)


def sources_of(target: State | str) -> tuple[str, ...]:
    """The states from which ``target`` may be reached, for ``state = ANY(%s)`` in SQL.

    :raises ValueError: ``target`` is not a state.
    """
    return _SOURCES[State(target)]


def check(old: State | str, new: State | str) -> None:
    """Refuse a transition that the table does not hold.

    :raises IllegalTransition: ``new`` may not follow ``old``.
    :raises ValueError: one of the two is not a state at all.
    """
    old, new = State(old), State(new)
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(old, new)
