# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Paths such as ``PV1-3.4`` and ``PID-3[2].1``: where in a message something is.

``SEG(n)-F[r].C.S``: segment and which of its kind, field, repetition, component, subcomponent, all
counted from 1. What is left out is the first one to a reader of one value, and all of them to a
reader of all.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .errors import PathFault, Place

_PATH: Final = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\(([1-9]\d{0,5})\))?"
    r"-([1-9]\d{0,4})(?:\[([1-9]\d{0,4})\])?(?:\.([1-9]\d{0,4})(?:\.([1-9]\d{0,4}))?)?"
)


@dataclass(frozen=True, slots=True)
class Path:
    """A path in its parts; None where it leaves one out."""

    segment: str
    occurrence: int | None
    field: int
    repetition: int | None
    component: int | None
    subcomponent: int | None

    @property
    def place(self) -> Place:
        """The same as a place that an error can name."""
        return Place(
            self.segment,
            self.occurrence or 1,
            self.field,
            self.repetition,
            self.component,
            self.subcomponent,
        )


@lru_cache(maxsize=4096)
def parse(text: str) -> Path:
    """:raises PathFault: the text is not a path."""
    found = _PATH.fullmatch(text)
    if not found:
        raise PathFault("A path is a segment, a field and its parts, such as PV1-3.4 or PID-3[2].1")
    segment, occurrence, field, *parts = found.groups()
    repetition, component, subcomponent = (int(part) if part else None for part in parts)
    return Path(
        segment,
        int(occurrence) if occurrence else None,
        int(field),
        repetition,
        component,
        subcomponent,
    )
