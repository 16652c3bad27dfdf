# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Trying a mapping out: all that is wrong at once, where a real run stops at the first fault.

A :class:`Trial` is handed to :meth:`.mapping.CompiledMapping.apply`, which then reports faults
to it and goes on with the next item or section. What it collects holds values of the message, so
that it is for a person who may read them, never for a log.
"""

from dataclasses import dataclass
from typing import Final

from .errors import MappingError

#: Faults after which a trial ends: nobody reads more, and most have one cause.
MAX_FINDINGS: Final = 50
MAX_UNMAPPED: Final = 200
#: Faults that concern the run as a whole: going on would only repeat them.
_FATAL: Final = frozenset({"mapping_too_expensive", "mapping_too_large"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault and the expression (and item) where it occurred."""

    place: str
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A value that a value map lacks, and the first place that looks it up."""

    map_name: str
    value: str
    place: str


class TrialEnded(Exception):
    """No more can be found out; the result is incomplete."""


class Trial:
    """What a run found. ``place`` is where it stands, kept up to date by the run."""

    def __init__(self) -> None:
        self.place = ""
        self.findings: list[Finding] = []
        self._unmapped: dict[tuple[str, str], Unmapped] = {}

    @property
    def unmapped(self) -> list[Unmapped]:
        """The values that value maps lack, each once, in the order in which they were met."""
        return list(self._unmapped.values())

    def fault(self, error: MappingError) -> None:
        """Note a fault.

        :raises TrialEnded: it is not worth going on.
        """
        message = error.message.removeprefix(f"{self.place}: ")
        self.findings.append(Finding(self.place, message, error.code))
        if error.code in _FATAL or len(self.findings) >= MAX_FINDINGS:
            raise TrialEnded

    def missing(self, map_name: str, value: str) -> str:
        """Note a value that ``map_name`` lacks; return what stands for it in the result.

        :raises TrialEnded: there are too many of them.
        """
        self._unmapped.setdefault((map_name, value), Unmapped(map_name, value, self.place))
        if len(self._unmapped) >= MAX_UNMAPPED:
            raise TrialEnded
        return f"⟨{value}⟩"
