"""The points of an interface's charts, from the rollups that fit the range."""

from __future__ import annotations

from typing import Any

from odoo.sql_db import BaseCursor

from ..tools.histogram import percentiles
from ..tools.resolution import Resolution
from ..tools.rollup import Rollup, Step, combine
from .overview_sums import Range
from .rollup_rows import read


def points(
    cr: BaseCursor, interface_id: int, chosen: Resolution, until: int
) -> list[dict[str, Any]]:
    """One point for each width of the range, those in which nothing happened included.

    :param until: up to when it was measured, in seconds; there are no points after it
    """
    rows = _windows(cr, interface_id, chosen, until)
    grouped: dict[int, list[Rollup]] = {}
    for at in sorted(rows):
        grouped.setdefault(at // chosen.width * chosen.width, []).append(rows[at])
    return [
        _point(at, combine(grouped.get(at, ())))
        for at in range(chosen.begin, chosen.end, chosen.width)
        if at < until
    ]


def _windows(
    cr: BaseCursor, interface_id: int, chosen: Resolution, until: int
) -> dict[int, Rollup]:
    """Rollups of the chosen step, and finer ones for what is not rolled up yet."""
    hour = Range.day_until(until).joint
    day = hour // Step.DAY * Step.DAY
    parts = {
        Step.MINUTE: [(Step.MINUTE, chosen.begin, chosen.end)],
        Step.HOUR: [(Step.HOUR, chosen.begin, hour), (Step.MINUTE, hour, chosen.end)],
        Step.DAY: [
            (Step.DAY, chosen.begin, day),
            (Step.HOUR, day, hour),
            (Step.MINUTE, hour, chosen.end),
        ],
    }
    found: dict[int, Rollup] = {}
    for step, begin, end in parts[chosen.step]:
        found |= read(cr, [interface_id], step, begin, end).get(interface_id, {})
    return found


def _point(at: int, rollup: Rollup) -> dict[str, Any]:
    return {
        "at": at,
        "received": sum(rollup.received.values()),
        "done": rollup.finished.get("done", 0),
        "given_up": rollup.finished.get("dead", 0) + rollup.finished.get("quarantined", 0),
        "failed": rollup.failed,
        "attempts": rollup.attempts,
        "errors": dict(rollup.errors),
        "depth": rollup.depth_peak or rollup.depth,
        "oldest": round(rollup.oldest, 1),
        **percentiles(rollup.latency),
    }
