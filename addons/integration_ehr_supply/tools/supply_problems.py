# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Orders that cannot be supplied as they are: which problem there is, and when it is none any more.

Whoever ordered is told of it and can do something: order something else, cancel, or ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from .requisition import NOTHING

REFUSED: Final = "refused"
SHORT: Final = "short"
HELD: Final = "held"
UNHANDLED: Final = "unhandled"
#: How a problem ends: the order is supplied after all, or not wanted any more.
SOLVED, WITHDRAWN = "solved", "withdrawn"

#: What was decided when less came than was ordered.
_LESS: Final = frozenset({"partial", "backordered"})


class Problem(NamedTuple):
    """What is wrong with an order.

    :ivar reason: code of why; empty: it is not known
    """

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """How an item of a requisition stands.

    :ivar missing: what is to come and not set aside
    :ivar rejected: what does not come
    :ivar over: whoever ordered wants nothing more of it
    """

    state: str
    decision: str
    reason: str
    missing: Decimal
    rejected: Decimal
    over: bool = False


def problem(line: Line) -> Problem | None:
    """What is wrong with an item; ``None``: nothing.

    >>> problem(Line("waiting", "backordered", "no_stock", Decimal(4), Decimal()))
    Problem(kind='short', reason='no_stock')
    """
    if line.over or line.state in ("draft", "cancelled", "matched"):
        return None
    if line.decision == "held":
        return Problem(HELD, line.reason)
    if line.rejected > NOTHING:
        return Problem(REFUSED, line.reason)
    if line.decision in _LESS and line.missing > NOTHING:
        return Problem(SHORT, line.reason)
    return None


def ending(line_state: str, over: bool = False) -> str:
    """How a problem of an item ended that has it no more."""
    return WITHDRAWN if over or line_state in ("cancelled", "matched") else SOLVED


def ending_of_message(state: str | None) -> str | None:
    """How a message ended that could not be handled; ``None``: it has not.

    :param state: of the message; ``None``: it is gone

    >>> ending_of_message("done"), ending_of_message("cancelled"), ending_of_message("dead")
    ('solved', 'withdrawn', None)
    """
    if state == "done":
        return SOLVED
    return WITHDRAWN if state in (None, "cancelled", "filtered") else None
