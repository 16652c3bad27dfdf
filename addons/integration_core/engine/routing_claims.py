"""Message types that two rules claim: one of them wins, and the other one gets nothing.

Within a routing the more specific pattern wins. Of rules that were added from several routings, the
one that was there first keeps its type (``_take_rules``); what was left out then leaves no trace in
the routing, so it is found by comparing with the routings that the rules came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from odoo.models import BaseModel

from ..tools import routing as patterns

FILTER = "filter"


@dataclass(frozen=True)
class Claim:
    """A type that two rules claim.

    :ivar winner: the rule that serves it
    :ivar other: the rule that does not, of the same routing or of another one
    """

    winner: BaseModel
    other: BaseModel


def find(routing: BaseModel) -> list[Claim]:
    """Types that two rules of a routing claim, or rules of two routings that were put together."""
    return [*_within(routing), *_left_out(routing)]


def differs(winner: BaseModel, other: BaseModel) -> bool:
    """Whether the other rule would have another handler take messages of the type.

    Another mapping alone is a dialect, and a handler that decides by content serves both.
    """
    if other.action == FILTER or winner.handler == other.handler:
        return False
    handler = winner.env.get(winner.handler) if winner.handler else None
    return handler is None or other.handler not in handler._serves


def _within(routing: BaseModel) -> Iterator[Claim]:
    """A rule for all types, ``*``, is for what no other one names, and so claims nothing."""
    wide = [
        line
        for line in routing.line_ids
        if line.message_type.endswith(patterns.ANY) and line.message_type != patterns.ANY
    ]
    for line in routing.line_ids:
        for other in wide:
            beginning = other.message_type[: -len(patterns.ANY)]
            if (
                line != other
                and line.action != FILTER
                and line.message_type.startswith(beginning)
                and differs(line, other)
            ):
                yield Claim(line, other)


def _left_out(routing: BaseModel) -> Iterator[Claim]:
    rules = routing._rules()
    types = set(routing.line_ids.mapped("message_type"))
    known = {_served(line) for line in routing.line_ids if line.handler}
    for other in _newest(routing):
        theirs = other.line_ids
        # Whoever adds the rules of a routing has all of its types afterwards, and some as it has
        # them. Other routings that have a rule alike are no matter of this one.
        if not types.issuperset(theirs.mapped("message_type")):
            continue
        if not any(_served(line) in known for line in theirs):
            continue
        for line in theirs:
            winner = rules.find(line.message_type)
            if winner and differs(winner, line):
                yield Claim(winner, line)


def _served(line: BaseModel) -> tuple[str, str | bool]:
    return line.message_type, line.handler


def _newest(routing: BaseModel) -> list[BaseModel]:
    """The newest approved version of each other routing."""
    found = routing.search(
        [("state", "=", "approved"), ("code", "!=", routing.code)], order="version"
    )
    return list({one.code: one for one in found}.values())
