# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When PostgreSQL itself becomes the trouble: connections, an old transaction, bloat, the disk.

Each is asked how near to its limit it is; the nearest one makes the finding. The limits leave time
to act: at them nothing has failed yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .findings import Fact, Finding, Grade, Signal

#: Share of the connections that may be taken; age in seconds of the oldest transaction, behind
#: which nothing is cleaned up; share of dead rows of a busy table; share of the disk that is used.
CONNECTIONS: Final = 0.9
OLDEST: Final = 3600.0
DEAD: Final = 0.5
DISK: Final = 0.9


@dataclass(frozen=True, slots=True)
class State:
    """What was read.

    :param connections, allowed: client connections of the cluster.
    :param oldest: seconds that the oldest transaction of the database lasts.
    :param table, dead: the busy table with most dead rows, and their share; empty and 0: none.
    :param disk: share of the disk that is used.
    """

    connections: int = 0
    allowed: int = 100
    oldest: float = 0.0
    table: str = ""
    dead: float = 0.0
    disk: float = 0.0


def judge(state: State) -> Finding:
    """How near PostgreSQL is to the nearest of its limits."""
    nearest: tuple[float, str, dict[str, Fact]] = max(
        (
            (
                state.connections / max(state.allowed, 1) / CONNECTIONS,
                "connections",
                {"count": state.connections, "allowed": state.allowed},
            ),
            (state.oldest / OLDEST, "oldest", {"seconds": int(state.oldest)}),
            (
                state.dead / DEAD,
                "dead",
                {"table": state.table, "percent": round(state.dead * 100)},
            ),
            (state.disk / DISK, "disk", {"percent": round(state.disk * 100)}),
        ),
        key=lambda one: one[0],
    )
    level, what, facts = nearest
    # Full connections and a full disk stop everything; the others make it slow.
    grade = Grade.PAGE if what in ("connections", "disk") else Grade.TICKET
    return Finding(Signal.DATABASE, level, grade, {"what": what, **facts} if level >= 1 else {})
