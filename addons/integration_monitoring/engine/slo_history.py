"""What an objective counted in the past: its days anew, and its burn rate by the hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from odoo.sql_db import BaseCursor

from ..tools import indicators
from ..tools.rollup import Step
from ..tools.slo import TIMED, Kind, Objective, Tally, burn_rate, recovery
from . import slo_rows, watch_readings, watch_rows

if TYPE_CHECKING:
    from ..models.integration_slo import IntegrationSlo

DAY = 86400
_HOUR = 3600
#: Kinds that are counted in rollups.
IN_ROLLUPS = frozenset({Kind.LATENCY, Kind.AVAILABILITY})


def objective_of(slo: IntegrationSlo) -> Objective:
    """The objective that a record states."""
    kind = Kind(slo.kind)
    threshold = slo.threshold if kind in TIMED else None
    return Objective(kind, round(slo.target / 100.0, 9), threshold, slo.period_days * DAY)


def hourly_burn(
    cr: BaseCursor, slo: IntegrationSlo, begin: datetime, end: datetime
) -> dict[int, float]:
    """Burn rate of each hour, by hours since the beginning; only of what rollups count."""
    objective = objective_of(slo)
    if objective.kind not in IN_ROLLUPS:
        return {}
    interface = slo.interface_id
    first = _seconds(begin)
    read = watch_rows.counts(
        cr, {interface.id: interface.direction}, Step.HOUR, first, _seconds(end)
    )
    return {
        (at - first) // _HOUR: round(burn_rate(objective, indicators.tally(objective, one)), 2)
        for at, one in read.get(interface.id, {}).items()
    }


def count_again(cr: BaseCursor, slo: IntegrationSlo, now: datetime) -> None:
    """Replace the history of the whole period by what rollups and incidents say."""
    objective = objective_of(slo)
    until = _seconds(now)
    today = until // DAY * DAY
    first = today - objective.period + DAY
    interface = slo.interface_id
    hours = watch_rows.counts(cr, {interface.id: interface.direction}, Step.HOUR, first, until).get(
        interface.id, {}
    )
    lasted = watch_readings.incidents(cr, [interface.id], first).get(interface.id, [])
    for begin in range(first, today + DAY, DAY):
        tally = day_of(objective, {}, hours, lasted, begin, until)
        if tally.total:
            slo_rows.store_days(cr, begin, {slo.id: tally})
        else:
            cr.execute(
                "DELETE FROM integration_slo_day WHERE slo_id = %s AND day = %s",
                [slo.id, (now - timedelta(days=(today - begin) // DAY)).date()],
            )


def day_of(
    objective: Objective,
    minutes: dict[int, indicators.Counts],
    hours: dict[int, indicators.Counts],
    lasted: list[tuple[float, float | None]],
    begin: int,
    now: float,
) -> Tally:
    """What an objective counted on a day of UTC.

    Of durability only what was acknowledged: what of it is lost is a matter of the whole period.
    """
    if objective.kind in IN_ROLLUPS:
        return indicators.day(objective, minutes, hours, begin)
    if objective.kind is Kind.DURABILITY:
        return Tally(indicators.received(minutes, hours, begin), 0)
    overdue = objective.threshold or 0.0  # the objective has checked that there is one
    # An incident counts on the day on which it ended, or became overdue before.
    mine = [
        (start, end)
        for start, end in lasted
        if begin <= min(start + overdue, now if end is None else end) < begin + DAY
    ]
    return recovery(mine, overdue, now)


def _seconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())
