# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Value maps: what a partner's codes mean, and from when to when they mean it.

An entry holds on the days from ``valid_from`` to ``valid_to``, both included; an end that is not
given is open. Two entries of one source may not hold on the same day, so that a day and a source
have at most one target. There is no default: a source without an entry is a missing value.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

#: Days of which the plain form is kept: messages of a drain are mostly of today.
_DAYS_KEPT: Final = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One translated value; the dates are days in the time zone of the partner's system."""

    source: str
    target: str
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the entry applies to a message of this day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def overlaps(self, other: "Entry") -> bool:
        """Whether there is a day on which both entries of one source would apply."""
        return (
            self.source == other.source
            and (self.valid_from or date.min) <= (other.valid_to or date.max)
            and (other.valid_from or date.min) <= (self.valid_to or date.max)
        )


def first_overlap(entries: Iterable[Entry]) -> tuple[Entry, Entry] | None:
    """Two entries that both apply on some day, if there are any; n log n.

    :raises ValueError: an entry ends before it begins.
    """
    ordered = sorted(entries, key=lambda e: (e.source, e.valid_from or date.min))
    latest: Entry | None = None
    for entry in ordered:
        if entry.valid_from and entry.valid_to and entry.valid_to < entry.valid_from:
            raise ValueError("an entry ends before it begins")
        if latest and latest.overlaps(entry):
            return latest, entry
        # Without an overlap so far, the one that begins last also ends last.
        latest = entry
    return None


class ValueMapSet:
    """The maps of one mapping; gives them as they are on a day. Built once, read often."""

    def __init__(self, maps: Mapping[str, Iterable[Entry]]) -> None:
        self._timeless: dict[str, dict[str, str]] = {}
        self._dated: dict[str, list[Entry]] = {}
        for code, entries in maps.items():
            self._timeless[code] = {}
            for entry in entries:
                if entry.valid_from is None and entry.valid_to is None:
                    self._timeless[code][entry.source] = entry.target
                else:
                    self._dated.setdefault(code, []).append(entry)
        self._days: OrderedDict[date, Mapping[str, Mapping[str, str]]] = OrderedDict()

    def on(self, day: date) -> Mapping[str, Mapping[str, str]]:
        """``{map: {source: target}}`` for messages of ``day``."""
        if not self._dated:
            return self._timeless
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = self._timeless | {
                code: self._timeless[code]
                | {entry.source: entry.target for entry in entries if entry.holds_on(day)}
                for code, entries in self._dated.items()
            }
            while len(self._days) > _DAYS_KEPT:
                self._days.popitem(last=False)
        return found
