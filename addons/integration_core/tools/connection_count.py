# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How many connections a drain uses at once, of those that it may use.

Each has a thread, and threads of Python take turns at one processor. While the partner takes its
time they wait for him, and more of them get more done. A partner that answers at once leaves them
waiting for each other, which costs half as much again as the work itself.
"""

from __future__ import annotations

from typing import Final

#: Share of the time in which threads were at work, all together, above which one is less is
#: better, and below which there is room for more.
FULL: Final = 0.75
ROOM: Final = 0.5


class ConnectionCount:
    """The number of connections for the next claim of one drain."""

    def __init__(self) -> None:
        self._used = 0
        self._share = 0.0

    def note(self, used: int, work: float, elapsed: float) -> None:
        """A claim was sent over ``used`` connections.

        :param work: seconds of a processor that their threads took, all together
        :param elapsed: seconds until the last of them was done
        """
        self._used = used
        self._share = work / elapsed if elapsed > 0 else 0.0

    def next(self, most: int) -> int:
        """Connections for the next claim, from 1 to ``most``.

        Nothing known, it is all: who waits for a slow partner must not begin with one.
        """
        if not self._used:
            return most
        if self._share > FULL:
            wanted = self._used // 2
        elif self._share < ROOM:
            wanted = self._used * 2
        else:
            wanted = self._used
        return max(1, min(wanted, most))
