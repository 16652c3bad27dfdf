# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sums over windows that move with time, a step at a time.
A window of three days costs as much as one of five minutes: what enters is added, what leaves is
taken away, and all windows share one ring of counts.
"""

from __future__ import annotations

from collections.abc import Sequence


class WindowSums:
    """Sums of a series over its latest steps; what came before the first step counts as 0.

    :param lengths: steps of each window, each at least 1.
    """

    __slots__ = ("_at", "_ring", "_size", "_widest", "lengths", "sums")

    def __init__(self, lengths: Sequence[int]) -> None:
        if not lengths or min(lengths) < 1:
            raise ValueError("a window has at least one step")
        self.lengths = tuple(lengths)
        self.sums = [0] * len(self.lengths)
        self._size = max(self.lengths)
        self._ring = [0] * self._size
        self._widest = self.lengths.index(self._size)
        self._at = 0

    def push(self, value: int) -> None:
        """The next step; a value is not negative."""
        ring, size, at, sums = self._ring, self._size, self._at, self.sums
        if not value and not sums[self._widest]:
            # Nothing comes and nothing can leave: so it is mostly, with failures.
            self._at = (at + 1) % size
            return
        for index, length in enumerate(self.lengths):
            gone = ring[(at - length) % size]
            if gone or value:
                sums[index] += value - gone
        ring[at] = value
        self._at = (at + 1) % size

    def of(self, length: int) -> int:
        """The sum of a window.

        :raises ValueError: there is no window of that length.
        """
        return self.sums[self.lengths.index(length)]
