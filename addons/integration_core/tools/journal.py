# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The journal outside the database: which messages were accepted, sent and taken, by id.

A database that is restored from a backup has forgotten what happened since; partners have not. The
journal tells the difference, message by message. One line of JSON for each step of a batch:

``{"k": kind, "t": seconds since 1970, "i": interface id, "m": [[uuid, key, type, outcome], …]}``

Ids only, never content. A line that was cut by a crash is skipped.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    ACCEPTED = "a"  #: received from a partner, stored, about to be acknowledged
    SENDING = "s"  #: about to be sent: from here on the partner may have it
    ENDED = "d"  #: an attempt came to an end, see :class:`Outcome`


class Outcome(StrEnum):
    TAKEN = "taken"  #: the partner acknowledged it
    REFUSED = "refused"  #: the partner answered that it did not take it, or was not reached
    UNKNOWN = "unknown"  #: no answer came: the partner may have it


@dataclass(frozen=True)
class Step:
    """What happened to one message.

    :ivar at: seconds since 1970
    :ivar uuid: our id of the message
    :ivar key: id by which the partner knows it
    :ivar outcome: empty unless an attempt ended
    """

    kind: Kind
    at: float
    interface_id: int
    uuid: str
    key: str
    message_type: str = ""
    outcome: str = ""


#: Id, key at the partner, type and outcome of a message.
Row = tuple[str, str, str, str]


def line(kind: Kind, at: float, interface_id: int, rows: Sequence[Row]) -> bytes:
    """One line of the journal, its end included."""
    entry = {"k": str(kind), "t": round(at, 3), "i": interface_id, "m": rows}
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def read(lines: Iterable[bytes], since: float = 0.0) -> Iterator[Step]:
    """The steps of lines from ``since`` on; what is no line of a journal is skipped."""
    for raw in lines:
        try:
            entry = json.loads(raw)
            kind, at, interface = Kind(entry["k"]), float(entry["t"]), int(entry["i"])
            rows = [tuple(map(str, row)) for row in entry["m"]]
            steps = [Step(kind, at, interface, *row) for row in rows if 2 <= len(row) <= 4]
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
        if at >= since:
            yield from steps


@dataclass(frozen=True)
class Fate:
    """What the journal knows of one outbound message: the partner has it, may have it, has not.

    :ivar step: the last one
    :ivar doubt: an attempt began and never ended, or ended without an answer
    """

    step: Step
    outcome: Outcome
    doubt: bool = False


def fates(steps: Iterable[Step]) -> dict[str, Fate]:
    """By message id, what became of outbound messages.

    Taken once is taken. A doubt stays, whatever later attempts bring, until one is taken.
    """
    found: dict[str, Fate] = {}
    for step in sorted(steps, key=lambda step: step.at):
        if step.kind is not Kind.ACCEPTED:
            found[step.uuid] = _next(found.get(step.uuid), step)
    return found


def _next(known: Fate | None, step: Step) -> Fate:
    if known and known.outcome is Outcome.TAKEN:
        return known
    doubt = known.doubt if known else False
    if step.kind is Kind.SENDING:
        # Nobody told how the attempt before ended.
        doubt = doubt or bool(known and known.step.kind is Kind.SENDING)
        return Fate(step, Outcome.UNKNOWN, doubt)
    if step.outcome == Outcome.TAKEN:
        return Fate(step, Outcome.TAKEN)
    if step.outcome != Outcome.REFUSED:
        doubt = True
    return Fate(step, Outcome.UNKNOWN if doubt else Outcome.REFUSED, doubt)
