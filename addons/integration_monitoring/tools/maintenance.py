# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Maintenance windows: trouble that was announced is recorded, and nobody is woken.
Within a window incidents are made as ever, so that what happened can be read afterwards; they are
told only if they outlast it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """Announced work.

    :param begin, end: seconds; the end does not belong to it.
    :param systems, interfaces: ids of what it concerns; both empty: everything.
    """

    begin: int
    end: int
    systems: frozenset[int] = frozenset()
    interfaces: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.end <= self.begin:
            raise ValueError("a maintenance window ends after it begins")

    def covers(self, at: float, system: int, interface: int) -> bool:
        """Whether it concerns an interface of a system at a moment."""
        if not self.begin <= at < self.end:
            return False
        if not self.systems and not self.interfaces:
            return True
        return system in self.systems or interface in self.interfaces


def muted_until(windows: Iterable[Window], at: float, system: int, interface: int) -> int | None:
    """Until when nothing is told of an interface; ``None``: tell it now.

    Windows that follow each other without a gap are one.
    """
    mine = list(windows)
    until: int | None = None
    moment: float = at
    while True:
        ends = [one.end for one in mine if one.covers(moment, system, interface)]
        if not ends:
            return until
        until = max(ends)
        moment = until
