"""What the ledger tells of some minutes: counts by interface and minute, in SQL.

Nothing here walks the ledger. What came into being is a range of ids (:mod:`.marks`); what finished
is found by the indexes of finished messages by time; what waits, by those of open messages. So the
cost depends on what happened in these minutes, and not on what happened before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from odoo.sql_db import BaseCursor
from odoo.tools import SQL

from ..tools.histogram import BOUNDS, SIZE, Histogram
from ..tools.rollup import Rollup
from .marks import Ids
from .rollup_rows import Windows

#: Outcomes of attempts that are states which finished messages do not show by a time of their own.
OUTCOMES = ("dead", "quarantined", "retry")
#: Of messages that are not in the order of their coming, so many are looked at for the oldest one.
OLDEST_AMONG = 5_000
#: ``width_bucket`` counts bounds that are at most a value, and a bucket here holds what is at most
#: its bound: so both are turned round.
_BOUNDS = [-bound for bound in reversed(BOUNDS)]


class Reading(NamedTuple):
    """What waits at an interface now.

    :param depth: messages that wait, held ones apart
    :param oldest: seconds since the oldest of them came
    """

    depth: int
    oldest: float
    held: int


@dataclass(slots=True)
class _Window:
    """A minute of an interface while it is counted."""

    received: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    finished: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    errors: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    latency: list[int] = field(default_factory=lambda: [0] * SIZE)
    attempts: int = 0
    duplicates: int = 0
    bytes: int = 0

    def rollup(self) -> Rollup:
        return Rollup(
            received=dict(self.received),
            finished=dict(self.finished),
            errors=dict(self.errors),
            attempts=self.attempts,
            duplicates=self.duplicates,
            bytes=self.bytes,
            latency=Histogram(tuple(self.latency)),
        )


def plan_by_indexes(cr: BaseCursor) -> None:
    """Let this transaction use indexes, whatever statistics say of tables that grow.

    No bitmaps: they would bring the index of blocks by time into play, which is as good as the
    order of the blocks; that is lost once retention has made room among old rows.
    """
    cr.execute(
        "SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true), "
        "set_config('enable_bitmapscan', 'off', true)"
    )


def plan_freely(cr: BaseCursor) -> None:
    """The end of :func:`plan_by_indexes`, in a transaction that does other things as well."""
    for setting in ("enable_seqscan", "jit", "enable_bitmapscan"):
        cr.execute(SQL("SET LOCAL %s TO DEFAULT", SQL.identifier(setting)))


def without_jit(cr: BaseCursor) -> None:
    """Let this transaction compile no plans.

    PostgreSQL compiles what it takes for long, going by the whole of what waits; what is read here
    ends after some milliseconds, and compiling took half a second.
    """
    cr.execute("SELECT set_config('jit', 'off', true)")


def count(
    cr: BaseCursor,
    begin: datetime,
    end: datetime,
    low: Ids,
    high: Ids | None = None,
    sized: datetime | None = None,
) -> Windows:
    """Minutes of all interfaces from ``begin`` to before ``end``, without what waits.

    :param low, high: the ids between which everything lies; ``None``: up to the last
    :param sized: the size of content is summed up to before this moment; ``None``: of all. There
        are several pieces of content to a message, and nobody is in a hurry to know how large.
    """
    sized = end if sized is None else sized
    values = {"begin": begin, "end": end, "bounds": _BOUNDS, "sized": sized}
    for table in Ids._fields:
        values[f"{table}_low"] = getattr(low, table)
        values[f"{table}_high"] = getattr(high, table) if high else 2**31 - 1
    found: dict[tuple[int, int], _Window] = defaultdict(_Window)
    for statement, add in _PARTS:
        if add is _size and sized <= begin:
            continue
        cr.execute(statement, values)
        for interface, minute, *row in cr.fetchall():
            add(found[interface, minute], *row)
    windows: Windows = {}
    for (interface, minute), window in found.items():
        windows.setdefault(interface, {})[minute] = window.rollup()
    return windows


def readings(cr: BaseCursor, without: Collection[int] = ()) -> dict[int, Reading]:
    """What waits now, by interface; those where nothing waits and nothing is held are left out.

    :param without: interfaces that are not looked at
    """
    cr.execute(_READINGS, {"without": list(without), "most": OLDEST_AMONG})
    return {
        interface: Reading(depth, max(float(oldest or 0), 0.0), held)
        for interface, depth, oldest, held in cr.fetchall()
    }


def late_minutes(cr: BaseCursor, low: Ids, begin: datetime, floor: datetime) -> list[datetime]:
    """Minutes before ``begin`` of what lies behind ``low``: it was recorded late.

    :param floor: what is older is not told
    """
    cr.execute(
        _LATE, {"begin": begin, "floor": floor, **{f"{k}_low": v for k, v in low._asdict().items()}}
    )
    return [row[0] for row in cr.fetchall()]


def _received(window: _Window, direction: str, total: int, quarantined: int) -> None:
    window.received[direction] += total
    if quarantined:
        window.finished["quarantined"] += quarantined


def _ended(window: _Window, outcome: str, error: str | None, total: int) -> None:
    window.attempts += total
    if outcome in OUTCOMES:
        window.finished[outcome] += total
    if error:
        window.errors[error] += total


def _done(window: _Window, bucket: int, total: int) -> None:
    window.finished["done"] += total
    window.latency[bucket] += total


def _closed(window: _Window, state: str, total: int) -> None:
    window.finished[state] += total


def _size(window: _Window, total: int) -> None:
    window.bytes += total


def _repeated(window: _Window, total: int) -> None:
    window.duplicates += total


def _minute(moment: str) -> str:
    return f"(floor(extract(epoch FROM {moment}) / 60) * 60)::bigint"


#: The end of an attempt: when its outcome was known.
_END = "a.started_at + coalesce(a.duration_ms, 0) * interval '1 millisecond'"

_RECEIVED = f"""
SELECT m.interface_id, {_minute("m.created_at")}, m.direction, count(*),
       -- refused at the door or by the dispatcher: nobody has tried
       count(*) FILTER (WHERE m.state = 'quarantined' AND m.attempts = 0)
  FROM integration_message m
 WHERE m.id > %(message_low)s AND m.id <= %(message_high)s
   AND m.created_at >= %(begin)s AND m.created_at < %(end)s
 GROUP BY 1, 2, 3
"""  # noqa: S608 (words of this module)

_ATTEMPTS = f"""
WITH ended AS (
    SELECT a.message_id, a.outcome, a.error_class, {_END} AS moment
      FROM integration_attempt a
     WHERE a.id > %(attempt_low)s AND a.id <= %(attempt_high)s
       AND a.ended_at IS NULL AND a.outcome IS DISTINCT FROM 'waiting'
    UNION ALL
    SELECT a.message_id, a.outcome, a.error_class, a.ended_at
      FROM integration_attempt a WHERE a.ended_at >= %(begin)s AND a.ended_at < %(end)s
)
SELECT m.interface_id, {_minute("e.moment")}, e.outcome, e.error_class, count(*)
  FROM ended e JOIN integration_message m ON m.id = e.message_id
 WHERE e.moment >= %(begin)s AND e.moment < %(end)s
 GROUP BY 1, 2, 3, 4
"""  # noqa: S608 (as above)

_PAYLOADS = f"""
SELECT m.interface_id, {_minute("p.created_at")}, sum(p.size)::bigint
  FROM integration_payload p JOIN integration_message m ON m.id = p.message_id
 WHERE p.id > %(payload_low)s AND p.id <= %(payload_high)s
   AND p.created_at >= %(begin)s AND p.created_at < %(sized)s
 GROUP BY 1, 2
"""  # noqa: S608 (as above)

_DONE = f"""
SELECT i.id, {_minute("m.finished_at")},
       {len(BOUNDS)} - width_bucket(
           least(-extract(epoch FROM m.finished_at - m.created_at)::float8, 0),
           %(bounds)s::float8[]),
       count(*)
  FROM integration_interface i
 CROSS JOIN LATERAL (
       SELECT created_at, finished_at FROM integration_message
        WHERE interface_id = i.id AND state = 'done'
          AND finished_at >= %(begin)s AND finished_at < %(end)s OFFSET 0) m
 GROUP BY 1, 2, 3
"""  # noqa: S608 (as above)

_CLOSED = f"""
SELECT i.id, {_minute("m.finished_at")}, m.state, count(*)
  FROM integration_interface i
 CROSS JOIN LATERAL (
       SELECT state, finished_at FROM integration_message
        WHERE interface_id = i.id AND state IN ('filtered', 'cancelled')
          AND finished_at >= %(begin)s AND finished_at < %(end)s OFFSET 0) m
 GROUP BY 1, 2, 3
"""  # noqa: S608 (as above)

_REPEATS = f"""
SELECT r.interface_id, {_minute("r.seen_at")}, sum(r.times)::integer
  FROM integration_rollup_repeat r
 WHERE r.seen_at >= %(begin)s AND r.seen_at < %(end)s
 GROUP BY 1, 2
"""  # noqa: S608 (as above)

_PARTS = (
    (_RECEIVED, _received),
    (_ATTEMPTS, _ended),
    (_PAYLOADS, _size),
    (_DONE, _done),
    (_CLOSED, _closed),
    (_REPEATS, _repeated),
)


# The head of each priority is its oldest message; a step of the recursion jumps to the next one.
_QUEUED = """
       SELECT (SELECT count(*) FROM integration_message
                WHERE interface_id = i.id AND state = 'queued') AS n, min(h.at) AS first FROM (
              WITH RECURSIVE heads AS (
                  (SELECT priority, created_at FROM integration_message
                    WHERE interface_id = i.id AND state = 'queued' ORDER BY priority, id LIMIT 1)
                  UNION ALL
                  SELECT m.priority, m.created_at FROM heads CROSS JOIN LATERAL (
                         SELECT priority, created_at FROM integration_message
                          WHERE interface_id = i.id AND state = 'queued'
                            AND priority > heads.priority ORDER BY priority, id LIMIT 1) m)
              SELECT created_at AS at FROM heads) h"""


def _in_order_of(state: str, column: str) -> str:
    """Number and oldest of a state whose index is in the order of another moment."""
    return f"""
       SELECT (SELECT count(*) FROM integration_message
                WHERE interface_id = i.id AND state = '{state}'), min(s.created_at) FROM (
              SELECT created_at FROM integration_message
               WHERE interface_id = i.id AND state = '{state}' ORDER BY {column}
               LIMIT %(most)s) s"""  # noqa: S608 (words of this module)


#: States in which messages wait, each by its own index: together they would be a walk through the
#: ledger. They are counted within the indexes.
_WAITING = "\n        UNION ALL".join(
    [
        _QUEUED,
        _in_order_of("processing", "lease_until"),
        _in_order_of("retry", "available_at"),
        _in_order_of("waiting", "available_at"),
    ]
)
_READINGS = f"""
SELECT i.id, w.depth, extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - w.first)::float8,
       h.held
  FROM integration_interface i
 CROSS JOIN LATERAL (SELECT sum(s.n)::integer AS depth, min(s.first) AS first FROM (
            {_WAITING}) s) w
 CROSS JOIN LATERAL (SELECT count(*)::integer AS held FROM integration_message
                      WHERE interface_id = i.id AND state = 'held') h
 WHERE NOT i.id = ANY(%(without)s) AND (w.depth > 0 OR h.held > 0)
"""  # noqa: S608 (as above)

_LATE = f"""
SELECT DISTINCT date_trunc('minute', x.moment) FROM (
    SELECT created_at AS moment FROM integration_message WHERE id > %(message_low)s
    UNION ALL
    SELECT {_END} FROM integration_attempt a
     WHERE a.id > %(attempt_low)s AND a.ended_at IS NULL AND a.outcome IS DISTINCT FROM 'waiting'
    UNION ALL
    SELECT created_at FROM integration_payload WHERE id > %(payload_low)s
) x WHERE x.moment < %(begin)s AND x.moment >= %(floor)s ORDER BY 1
"""  # noqa: S608 (as above)
