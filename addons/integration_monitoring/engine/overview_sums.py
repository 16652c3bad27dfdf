"""What the screens add up from rollups: counts in SQL, so that a screen costs a few short reads.

Nothing here looks at the ledger. Days are made of hours, and what the latest hours lack yet of
minutes, so that a day costs a few dozen rows of each interface whatever its traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from odoo.sql_db import BaseCursor

from ..tools.histogram import SIZE, Histogram
from ..tools.rollup import Step
from .rollup_rows import moment

DAY = int(Step.DAY)
HOUR = int(Step.HOUR)
MINUTE = int(Step.MINUTE)
WEEK = 7 * DAY
#: Seconds after the end of an hour in which its own rollup may still be missing.
_SETTLES = 600


class Range(NamedTuple):
    """A day up to the last minute that was measured, in whole seconds since 1970.

    :param begin: the beginning of the hour in which the day before began
    :param end: the end of the last minute that was measured
    :param joint: from here on it is read from minutes
    """

    begin: int
    joint: int
    end: int

    @classmethod
    def day_until(cls, end: int) -> Range:
        """The 24 hours that end in the hour of a moment."""
        hour = end // HOUR * HOUR
        joint = hour - HOUR if end - hour < _SETTLES else hour
        return cls(hour - 23 * HOUR, joint, end)

    def before(self, seconds: int) -> Range:
        """The same range, earlier."""
        return Range(*(at - seconds for at in self))


@dataclass(slots=True)
class Sums:
    """Counts of one interface.

    :ivar received: new messages
    :ivar done: messages that were delivered or handled
    :ivar failed: failed attempts
    :ivar attempts: attempts that ended
    """

    received: int = 0
    done: int = 0
    failed: int = 0
    attempts: int = 0

    def add(self, received: int, done: int, failed: int, attempts: int) -> None:
        """Count these, too."""
        self.received += received
        self.done += done
        self.failed += failed
        self.attempts += attempts


@dataclass(slots=True)
class Recent:
    """What the rollups say of one interface.

    :ivar day: sums of 24 hours
    :ivar hour: sums of the last 60 minutes
    :ivar moments: sums of the last five minutes
    :ivar hours: messages that were done in each of 24 hours, the latest last
    :ivar failures: failed attempts in each of them
    :ivar latency: of the last 60 minutes
    """

    day: Sums = field(default_factory=Sums)
    hour: Sums = field(default_factory=Sums)
    moments: Sums = field(default_factory=Sums)
    hours: list[int] = field(default_factory=lambda: [0] * 24)
    failures: list[int] = field(default_factory=lambda: [0] * 24)
    latency: list[int] = field(default_factory=lambda: [0] * SIZE)

    def histogram(self) -> Histogram:
        """The durations of the last 60 minutes."""
        return Histogram(tuple(self.latency))


_SUMS = """
    (SELECT coalesce(sum(value::bigint), 0) FROM jsonb_each_text(received)),
    coalesce((finished->>'done')::bigint, 0),
    (SELECT coalesce(sum(value::bigint), 0) FROM jsonb_each_text(errors)),
    coalesce(attempts, 0)
"""


def measured_until(cr: BaseCursor) -> int | None:
    """The end of the latest minute of which there is a row, in seconds; ``None`` without any."""
    cr.execute(
        "SELECT extract(epoch FROM max(begin_at))::bigint FROM integration_rollup WHERE step = %s",
        [MINUTE],
    )
    latest = cr.fetchone()[0]
    return None if latest is None else latest + MINUTE


def recent(cr: BaseCursor, interface_ids: Sequence[int], day: Range) -> dict[int, Recent]:
    """What happened on interfaces in a day; those without a row did nothing."""
    hour_ago = day.end - HOUR
    found = {one: Recent() for one in interface_ids}
    for interface, step, at, latency, *counts in _rows(cr, interface_ids, day, hour_ago):
        mine = found[interface]
        in_day = step == HOUR or at >= day.joint
        if in_day:
            mine.day.add(*counts)
            place = min(max((at - day.begin) // HOUR, 0), 23)
            mine.hours[place] += counts[1]
            mine.failures[place] += counts[2]
        if step == MINUTE and at >= hour_ago:
            mine.hour.add(*counts)
            for place, count in enumerate(latency or ()):
                mine.latency[place] += count
            if at >= day.end - 5 * MINUTE:
                mine.moments.add(*counts)
    return found


def _rows(
    cr: BaseCursor, interface_ids: Sequence[int], day: Range, hour_ago: int
) -> list[tuple[Any, ...]]:
    cr.execute(
        f"""
        SELECT interface_id, step, extract(epoch FROM begin_at)::bigint,
               CASE WHEN step = 60 THEN latency END, {_SUMS}
          FROM integration_rollup
         WHERE interface_id = ANY(%(ids)s)
           AND (step = 3600 AND begin_at >= %(begin)s AND begin_at < %(joint)s
                OR step = 60 AND begin_at >= %(minutes)s AND begin_at < %(end)s)
        """,  # noqa: S608 (columns of this module)
        {
            "ids": list(interface_ids),
            "begin": moment(day.begin),
            "joint": moment(day.joint),
            "minutes": moment(min(day.joint, hour_ago)),
            "end": moment(day.end),
        },
    )
    return cr.fetchall()


def sums(cr: BaseCursor, interface_ids: Sequence[int], day: Range) -> Sums:
    """All interfaces together in a day."""
    cr.execute(
        f"""
        SELECT coalesce(sum(received), 0)::bigint, coalesce(sum(done), 0)::bigint,
               coalesce(sum(failed), 0)::bigint, coalesce(sum(attempts), 0)::bigint
          FROM (SELECT {_SUMS}
                  FROM integration_rollup
                 WHERE interface_id = ANY(%(ids)s)
                   AND (step = 3600 AND begin_at >= %(begin)s AND begin_at < %(joint)s
                        OR step = 60 AND begin_at >= %(joint)s AND begin_at < %(end)s)
               ) AS rows (received, done, failed, attempts)
        """,  # noqa: S608 (columns of this module)
        {
            "ids": list(interface_ids),
            "begin": moment(day.begin),
            "joint": moment(day.joint),
            "end": moment(day.end),
        },
    )
    return Sums(*cr.fetchone())


def kept_since(cr: BaseCursor, interface_id: int) -> dict[int, int]:
    """When the earliest window of each step of an interface begins, in seconds."""
    cr.execute(
        """
        SELECT step, (SELECT extract(epoch FROM min(begin_at))::bigint FROM integration_rollup
                       WHERE interface_id = %s AND step = steps.step)
          FROM unnest(%s::int[]) AS steps (step)
        """,
        [interface_id, [int(step) for step in Step]],
    )
    return {step: at for step, at in cr.fetchall() if at is not None}
