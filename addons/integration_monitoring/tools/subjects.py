# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whose incident a signal is: what has nothing to do with each other has incidents of its own.

Signals of one interface belong together, for the same people look at the same thing. Of the suite
as a whole they do not: while the audit trail waits for weeks for somebody to look into it, a job
runner that stands still must not be one more line of that incident, told to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .causes import SUITE, Node, Subject
from .findings import Signal

#: Signals of the suite that are apart, with the id of their subject; all others have 0. The ids are
#: stored: they stay.
APART: Final[Mapping[Signal, int]] = MappingProxyType(
    {Signal.RETENTION: 1, Signal.AUDIT_CHAIN: 2, Signal.EXPIRY: 3, Signal.DATABASE: 4}
)


def subject_of_incident(node: Node, signal: Signal) -> Node:
    """The subject whose incident a signal belongs to, unless a cause explains it."""
    if node != SUITE:
        return node
    return Node(Subject.SUITE, APART.get(signal, SUITE.id))


def signal_of(node: Node) -> Signal | None:
    """The one signal of a subject of the suite that is apart; ``None`` for any other subject."""
    if node.kind is not Subject.SUITE:
        return None
    return next((signal for signal, number in APART.items() if number == node.id), None)
