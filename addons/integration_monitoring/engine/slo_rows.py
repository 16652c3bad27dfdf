"""Objectives as rows: what they count, a day at a time, and how much of their budget is left.

The history of a day is computed anew as long as the day, or the first hours of the next one, lasts;
a budget is the sum of the days of its period. So a look at thirty days reads thirty rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from odoo.sql_db import BaseCursor

from ..tools.slo import TIMED, Budget, Kind, Objective, Tally
from .rollup_rows import moment

DAY = 86400


class Promised(NamedTuple):
    """An objective of an interface."""

    id: int
    interface_id: int
    objective: Objective


def promised(cr: BaseCursor, interface_ids: Sequence[int] | None = None) -> list[Promised]:
    """The objectives that count, of some interfaces or of all."""
    cr.execute(
        """
        SELECT id, interface_id, kind, target / 100.0, threshold, period_days FROM integration_slo
         WHERE active AND (%(ids)s IS NULL OR interface_id = ANY(%(ids)s))
         ORDER BY interface_id, kind
        """,
        {"ids": None if interface_ids is None else list(interface_ids)},
    )
    found = []
    for one, interface, name, target, threshold, days in cr.fetchall():
        kind = Kind(name)
        seconds = float(threshold) if kind in TIMED else None
        # A share as people write it has at most so many digits.
        objective = Objective(kind, round(float(target), 9), seconds, int(days) * DAY)
        found.append(Promised(one, interface, objective))
    return found


def store_days(cr: BaseCursor, begin: float, tallies: Mapping[int, Tally]) -> None:
    """Replace the history of a day.

    :param begin: of the day in UTC, in seconds.
    :param tallies: by objective.
    """
    rows = [(one, moment(begin).date(), *tally) for one, tally in sorted(tallies.items())]
    if not rows:
        return
    values = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
    cr.execute(
        f"""
        INSERT INTO integration_slo_day AS d (slo_id, day, total, bad) VALUES {values}
        ON CONFLICT (slo_id, day) DO UPDATE SET total = EXCLUDED.total, bad = EXCLUDED.bad
         WHERE (d.total, d.bad) IS DISTINCT FROM (EXCLUDED.total, EXCLUDED.bad)
        """,  # noqa: S608 (placeholders only)
        [value for row in rows for value in row],
    )


def periods(cr: BaseCursor, today: date) -> dict[int, Tally]:
    """The tally of the period of each objective up to and with a day."""
    cr.execute(
        """
        SELECT d.slo_id, sum(d.total), sum(d.bad)
          FROM integration_slo_day d JOIN integration_slo s ON s.id = d.slo_id
         WHERE s.active AND d.day <= %(today)s AND d.day > %(today)s - s.period_days
         GROUP BY d.slo_id
        """,
        {"today": today},
    )
    return {one: Tally(int(total), min(int(total), int(bad))) for one, total, bad in cr.fetchall()}


class Standing(NamedTuple):
    """How an objective stands.

    :param period: events of its period, and bad ones.
    :param burn: how fast the budget is used, by the seconds of the window.
    :param burning: whether an alert of it is open.
    """

    id: int
    period: Tally
    budget: Budget
    burn: Mapping[int, float]
    burning: bool

    @property
    def state(self) -> str:
        """``burning``, ``spent``, ``kept``, or ``unknown`` as long as nothing happened."""
        if self.burning:
            return "burning"
        if not self.period.total:
            return "unknown"
        return "kept" if self.budget.met else "spent"


def store(cr: BaseCursor, standings: Iterable[Standing], now: float) -> None:
    """Write how objectives stand; those that stand as before are left alone."""
    rows = [
        (
            one.id,
            one.period.total,
            one.period.bad,
            round(100.0 * one.budget.remaining, 2),
            json.dumps({str(window): round(rate, 2) for window, rate in one.burn.items()}),
            one.state,
        )
        for one in standings
    ]
    if not rows:
        return
    values = ", ".join(["(%s, %s, %s, %s::float8, %s::jsonb, %s)"] * len(rows))
    cr.execute(
        f"""
        UPDATE integration_slo s
           SET total = v.total, bad = v.bad, remaining = v.remaining, burn = v.burn,
               state = v.state, computed_at = %s::timestamp
          FROM (VALUES {values}) AS v(id, total, bad, remaining, burn, state)
         WHERE s.id = v.id
           AND (s.total, s.bad, s.remaining, s.burn, s.state)
               IS DISTINCT FROM (v.total, v.bad, v.remaining, v.burn, v.state)
        """,  # noqa: S608 (placeholders only)
        [moment(now), *(value for row in rows for value in row)],
    )
