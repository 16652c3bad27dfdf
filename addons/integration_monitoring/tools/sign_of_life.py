# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether the suite may say that it is alive.

A sign of life that goes out while half of the suite stands still is worse than none: whoever waits
for it is put at ease. So it is given only if every part that it depends on was seen at work, and a
part of which nothing is known was not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

#: Kinds of parts without which the suite does not work, and the reason that each makes.
NEEDED: Final[Mapping[str, str]] = MappingProxyType(
    {"job_runner": "job_runner_down", "rollup": "rollup_down"}
)


@dataclass(frozen=True, slots=True)
class Part:
    """A moving part.

    :param ago: seconds since it was seen.
    :param allowed: seconds that it may rest.
    """

    kind: str
    ago: float
    allowed: float

    @property
    def alive(self) -> bool:
        """Whether it is at work; a clock that was set back counts as now."""
        return self.ago <= self.allowed


def withheld(parts: Iterable[Part], held: bool) -> str | None:
    """The code of the reason why no sign of life is given; ``None``: it is.

    Of a kind with several parts one at work is enough: it is the others' own incident.

    :param held: whether all traffic is held, as in a copy: its sign would be taken for that of the
        original.
    """
    if held:
        return "held"
    alive = {part.kind for part in parts if part.alive}
    return next((reason for kind, reason in NEEDED.items() if kind not in alive), None)
