# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The order of what happened in one business case, with the pauses between.

What happened has a beginning and may have an end; both are seconds since 1970. The line is told
from the beginning of the first to the end of the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened.

    :param begin: seconds since 1970
    :param lane: where it happened: the name of a system
    :param end: when it ended; ``None``: it took no time, or it has not ended yet
    :param data: what else the screen shows of it; fit for JSON
    """

    begin: float
    lane: str
    end: float | None = None
    data: dict[str, Any] = field(default_factory=dict)


def tell(steps: Iterable[Step]) -> dict[str, Any]:
    """The steps in order, each with its pause and its place on a line from 0 to 1.

    :return: ``begin`` and ``end`` in seconds since 1970, ``seconds`` between, ``lanes`` in the
        order of their first step, and ``steps``: dicts with ``after`` (seconds since the step
        before began), ``seconds`` (its length, ``None`` if it has none), ``left`` and ``width``
        (shares of the line), ``lane`` and the data of each
    """
    ordered = sorted(steps, key=lambda step: step.begin)
    if not ordered:
        return {"begin": None, "end": None, "seconds": 0.0, "lanes": [], "steps": []}
    begin = ordered[0].begin
    end = max(max(step.begin, step.end or step.begin) for step in ordered)
    length = max(end - begin, 1e-9)
    told, before = [], begin
    for step in ordered:
        seconds = None if step.end is None else max(0.0, step.end - step.begin)
        told.append(
            {
                **step.data,
                "lane": step.lane,
                "begin": step.begin,
                "after": round(step.begin - before, 3),
                "seconds": None if seconds is None else round(seconds, 3),
                "left": round((step.begin - begin) / length, 4),
                "width": round((seconds or 0.0) / length, 4),
            }
        )
        before = step.begin
    lanes = list(dict.fromkeys(step.lane for step in ordered))
    return {
        "begin": begin,
        "end": end,
        "seconds": round(end - begin, 3),
        "lanes": lanes,
        "steps": told,
    }
