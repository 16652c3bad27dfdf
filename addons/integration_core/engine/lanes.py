"""Lanes: wake-up flags and leases that decide which worker drains what.

A lane is a row of ``integration_lane``. ``wanted`` says that there may be work; whoever flips it
from false to true creates the job, so a burst of a thousand messages makes one job. The lease
says which drain runs; a dead worker's lease expires.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from odoo.sql_db import BaseCursor

from . import settings

# Seconds in which one process wakes a lane at most once. A drain that finds nothing clears the
# flag, waits longer than this and looks again, so a wake-up that was left out is never lost.
WAKE_THROTTLE = 0.1
LOOK_AGAIN = 0.25
NOW = "(now() AT TIME ZONE 'UTC')"


def ended(lease: str) -> str:
    """SQL that is true when a lease is over: its time has come, or it is from a later clock.

    A lease that ends later than any that is given now was given before the clock of the database
    was set back. Whoever holds it and lives renews it soon; if he died, nobody would take over
    until the clock has come so far again.

    :param lease: the column with its end; infinity is one that nobody may end
    """
    longest = f"{2 * settings.lease_seconds():g} * interval '1 second'"
    return f"({lease} < {NOW} OR {lease} > {NOW} + {longest} AND {lease} < 'infinity')"


class WakeThrottle:
    """Remembers, per process, when a lane was last woken."""

    def __init__(self, seconds: float = WAKE_THROTTLE) -> None:
        self._seconds = seconds
        self._last: dict[tuple[str, object], float] = {}
        self._lock = threading.Lock()

    def due(self, dbname: str, key: object) -> bool:
        """Whether ``key`` may be woken now; if so, the moment is remembered."""
        now = time.monotonic()
        with self._lock:
            last = self._last.get((dbname, key))
            if last is not None and now - last < self._seconds:
                return False
            self._last[(dbname, key)] = now
            return True

    def forget(self, dbname: str, key: object) -> None:
        """A wake-up failed: the next one must not be throttled."""
        with self._lock:
            self._last.pop((dbname, key), None)


def want(cr: BaseCursor, lane_ids: Iterable[int]) -> list[int]:
    """Set the flag of lanes; return those for which a job must be created.

    These are lanes whose flag was down and on which no drain runs: one that runs sees the flag
    when it gives its lease back (:func:`release`), and goes on.
    """
    cr.execute(
        f"""
        UPDATE integration_lane SET wanted = true, woken_at = {NOW}
         WHERE id = ANY(%s) AND NOT wanted
        RETURNING id, coalesce({ended("lease_until")}, true)
        """,  # noqa: S608 - a number of the configuration
        [sorted(lane_ids)],
        log_exceptions=False,  # whoever wakes without waiting for a lock tells of it himself
    )
    return [lane_id for lane_id, idle in cr.fetchall() if idle]


def acquire(cr: BaseCursor, lane_id: int) -> str | None:
    """Take the lease of a lane; ``None`` when another drain holds it."""
    token = uuid.uuid4().hex
    cr.execute(
        f"""
        UPDATE integration_lane
           SET lease_token = %s, lease_until = {NOW} + %s * interval '1 second'
         WHERE id = %s AND (lease_until IS NULL OR {ended("lease_until")})
        RETURNING id
        """,  # noqa: S608 - as in want
        [token, settings.lease_seconds(), lane_id],
    )
    return token if cr.fetchone() else None


def hold(cr: BaseCursor, lane_id: int, token: str) -> bool:
    """Lock the lane's row until commit and renew its lease; false when the lease was lost.

    The lock makes claims of one lane follow each other even when two drains run on it.
    """
    cr.execute(
        """
        UPDATE integration_lane
           SET lease_until = now() AT TIME ZONE 'UTC' + %s * interval '1 second'
         WHERE id = %s AND lease_token = %s RETURNING id
        """,
        [settings.lease_seconds(), lane_id, token],
    )
    return bool(cr.fetchone())


def renew(cr: BaseCursor, lane_id: int, token: str, claim_token: str) -> None:
    """Keep the lease of a lane and of the messages claimed by its drain, while it sends."""
    hold(cr, lane_id, token)
    cr.execute(
        """
        UPDATE integration_message
           SET lease_until = now() AT TIME ZONE 'UTC' + %s * interval '1 second'
         WHERE state = 'processing' AND claim_token = %s
           AND interface_id = (SELECT interface_id FROM integration_lane WHERE id = %s)
        """,
        [settings.lease_seconds(), claim_token, lane_id],
    )


def urgent(cr: BaseCursor) -> bool:
    """Whether a lane of a more urgent class than batch has, or may have, work to do."""
    cr.execute(
        """
        SELECT EXISTS (SELECT 1 FROM integration_lane l
                         LEFT JOIN integration_interface i ON i.id = l.interface_id
                        WHERE l.wanted AND l.kind NOT IN ('retention', 'replay')
                          AND i.latency_class IS DISTINCT FROM 'batch')
        """
    )
    return cr.fetchone()[0]


def clear_wanted(cr: BaseCursor, lane_id: int) -> None:
    """Declare that a drain found nothing; it looks once more after :data:`LOOK_AGAIN`."""
    cr.execute("UPDATE integration_lane SET wanted = false WHERE id = %s", [lane_id])


def release(
    cr: BaseCursor, lane_id: int, token: str, *, more: bool, slow: bool | None = None
) -> bool:
    """Give the lease back; return whether a new job must be created for the lane.

    That is so when work is left (``more``), or when somebody set the flag while this drain ran:
    the job that came with it may have met our lease and ended.

    :param slow: whether the partner lets us wait (see :mod:`..tools.pace`); ``None``: as before
    """
    cr.execute(
        """
        UPDATE integration_lane
           SET lease_token = NULL, lease_until = NULL, wanted = wanted OR %s,
               slow = coalesce(%s, slow)
         WHERE id = %s AND lease_token = %s RETURNING wanted
        """,
        [more, slow, lane_id, token],
    )
    row = cr.fetchone()
    return bool(row and row[0])


def schedule(cr: BaseCursor, lane_id: int, due: datetime) -> bool:
    """Note that a job will look at the lane at ``due``; false when an earlier one will anyway."""
    cr.execute(
        """
        UPDATE integration_lane SET scheduled_at = %s
         WHERE id = %s
           AND (scheduled_at IS NULL OR scheduled_at > %s
                OR scheduled_at < now() AT TIME ZONE 'UTC')
        RETURNING id
        """,
        [due, lane_id, due],
    )
    return bool(cr.fetchone())


def stale(cr: BaseCursor, grace_seconds: float) -> list[int]:
    """Lanes that have work or a flag, but no drain: a worker died, or a job was lost.

    A lane woken less than ``grace_seconds`` ago is left alone; its job may still be queued. One
    that will be woken, by a clock that was set back since, is not.
    """
    cr.execute(
        f"""
        SELECT l.id FROM integration_lane l
          LEFT JOIN integration_interface i ON i.id = l.interface_id
          LEFT JOIN integration_policy p ON p.id = i.policy_id
          CROSS JOIN LATERAL (
              SELECT CASE WHEN p.ordering = 'strict' THEN 1 ELSE p.lanes END AS lanes) n
         WHERE (l.lease_until IS NULL OR {ended("l.lease_until")})
           AND (l.woken_at IS NULL OR abs(extract(epoch FROM {NOW} - l.woken_at)) > %(grace)s)
           AND (l.wanted
                OR (l.kind = 'dispatch' AND EXISTS (
                    SELECT 1 FROM integration_event WHERE dispatched_at IS NULL))
                OR (l.kind = 'replay'
                    AND (l.scheduled_at IS NULL OR l.scheduled_at
                         < now() AT TIME ZONE 'UTC' - %(grace)s * interval '1 second')
                    AND EXISTS (SELECT 1 FROM integration_replay_task WHERE state = 'running'))
                OR (l.number < n.lanes AND (
                    EXISTS (SELECT 1 FROM integration_message m
                             WHERE m.interface_id = l.interface_id AND m.state = 'queued'
                               AND mod(m.partition_hash, n.lanes) = l.number)
                    OR EXISTS (SELECT 1 FROM integration_message m
                                WHERE m.interface_id = l.interface_id AND m.state = 'retry'
                                  AND m.available_at < {NOW})
                    OR EXISTS (SELECT 1 FROM integration_message m
                                WHERE m.interface_id = l.interface_id AND m.state = 'waiting'
                                  AND m.available_at < {NOW})
                    OR EXISTS (SELECT 1 FROM integration_message m
                                WHERE m.interface_id = l.interface_id AND m.state = 'processing'
                                  AND {ended("m.lease_until")}))))
        """,  # noqa: S608 - as in want
        {"grace": grace_seconds},
    )
    return [row[0] for row in cr.fetchall()]


def of_interfaces(cr: BaseCursor, interface_ids: Sequence[int]) -> list[int]:
    """Ids of the lanes of interfaces."""
    cr.execute(
        "SELECT id FROM integration_lane WHERE interface_id = ANY(%s)", [list(interface_ids)]
    )
    return [row[0] for row in cr.fetchall()]


def ensure(cr: BaseCursor, interface_ids: Sequence[int] | None = None) -> None:
    """Create the lanes that interfaces need by their policy; surplus ones find nothing to do.

    Lanes that exist are not touched: drains update them all the time, and in Odoo's REPEATABLE
    READ even ``ON CONFLICT DO NOTHING`` fails on a row that changed meanwhile.

    :param interface_ids: all interfaces by default
    """
    cr.execute(
        """
        INSERT INTO integration_lane (interface_id, kind, number, wanted)
        SELECT i.id, 'interface', n, false
          FROM integration_interface i
          JOIN integration_policy p ON p.id = i.policy_id
         CROSS JOIN LATERAL generate_series(
               0, CASE WHEN p.ordering = 'strict' THEN 1 ELSE p.lanes END - 1) n
         WHERE (%(every)s OR i.id = ANY(%(ids)s)) AND i.revision_of_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM integration_lane l
                            WHERE l.interface_id = i.id AND l.number = n)
        ON CONFLICT DO NOTHING
        """,
        {"every": interface_ids is None, "ids": list(interface_ids or [])},
    )
