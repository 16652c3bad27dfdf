"""Waking drains: after commit, coalesced, through queue jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from psycopg2.errors import LockNotAvailable

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from . import lanes
from .cursors import own_cursor

_logger = logging.getLogger(__name__)

DISPATCH = "dispatch"
REPLAY = "replay"
#: Channel and priority by latency class. The background channel is configured smaller than the
#: root channel, so that one slot is always free for real time.
CHANNELS = {
    "realtime": ("root.integration_realtime", 5),
    "near_realtime": ("root.integration_background", 10),
    "batch": ("root.integration_background.batch", 20),
}

#: Channel of lanes whose partner lets us wait, of whatever class: each of their drains holds a
#: worker for many seconds, and a few of them would leave none to the others.
SLOW_CHANNEL = "root.integration_background.slow"

#: How long a wake-up waits for a lane's row, in milliseconds. Drains lock it for a few.
LOCK_TIMEOUT = 1000

_HINT = f"SET LOCAL synchronous_commit TO off; SET LOCAL lock_timeout TO {LOCK_TIMEOUT}"

_throttle = lanes.WakeThrottle()


def enqueue(
    cr: BaseCursor, lane_ids: Iterable[int], eta: datetime | None = None, cause: str = "now"
) -> None:
    """Create one job per lane in the transaction of ``cr``. ``eta`` is naive UTC.

    A job that waits already for the same ``cause`` is enough.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    now = datetime.now(UTC).replace(tzinfo=None)
    for lane in env["integration.lane"].browse(lane_ids):
        channel, priority = CHANNELS[lane._latency_class()]
        lane.with_delay(
            channel=SLOW_CHANNEL if lane.slow else channel,
            priority=priority,
            # A number of seconds: a datetime would be read in the time zone of the user.
            eta=max(1, round((eta - now).total_seconds() + 0.5)) if eta else None,
            description=f"Drain {lane.display_name}",
            identity_key=f"integration.lane.{lane.id}.{eta or cause}",
            # A drain that fails is started again by the watchdog, not by the job itself.
            max_retries=1,
        )._drain()


def wake_lanes(cr: BaseCursor, lane_ids: Sequence[int], cause: str = "now") -> None:
    """Flag lanes and create the jobs that are missing, in the transaction of ``cr``."""
    if lane_ids and (idle := lanes.want(cr, lane_ids)):
        enqueue(cr, idle, cause=cause)


def wake_interface_after_commit(cr: BaseCursor, interface_id: int, number: int) -> None:
    """Wake one lane of an interface once the transaction of ``cr`` is committed."""
    _after_commit(
        cr,
        (interface_id, number),
        "SELECT id FROM integration_lane WHERE interface_id = %s AND number = %s",
        (interface_id, number),
    )


def wake_dispatcher_after_commit(cr: BaseCursor) -> None:
    """Wake the dispatcher of events once the transaction of ``cr`` is committed."""
    _after_commit(cr, DISPATCH, "SELECT id FROM integration_lane WHERE kind = %s", (DISPATCH,))


def wake_replays_after_commit(cr: BaseCursor) -> None:
    """Wake the drain of bulk replays once the transaction of ``cr`` is committed."""
    _after_commit(cr, REPLAY, "SELECT id FROM integration_lane WHERE kind = %s", (REPLAY,))


def wake_interfaces_after_commit(cr: BaseCursor, interface_ids: Iterable[int]) -> None:
    """Wake every lane of interfaces once the transaction of ``cr`` is committed."""
    ids = sorted(interface_ids)
    if ids:
        _after_commit(
            cr, None, "SELECT id FROM integration_lane WHERE interface_id = ANY(%s)", (ids,)
        )


def _after_commit(cr: BaseCursor, key: object, query: str, params: tuple[object, ...]) -> None:
    cr.postcommit.add(_waker(cr.dbname, key, query, params))


def _waker(dbname: str, key: object, query: str, params: tuple[object, ...]) -> Callable[[], None]:
    statement = "; ".join((_HINT, query))

    def wake() -> None:
        if key is not None and not _throttle.due(dbname, key):
            return
        try:
            with own_cursor(Registry(dbname)) as cr:
                # A hint, not a promise: if the machine fails within a second, the watchdog finds
                # the lane. So whoever committed waits neither for a second flush to the disk nor
                # for a lane that somebody else has locked.
                # All in one go: doors do this ten times a second.
                cr.execute(statement, params)
                wake_lanes(cr, [row[0] for row in cr.fetchall()])
        except LockNotAvailable:
            _throttle.forget(dbname, key)
            _logger.warning("A lane is locked and was not woken; the watchdog will")
        except Exception:  # the message is committed: its sender must get its receipt
            # The watchdog finds the lane within a minute.
            _throttle.forget(dbname, key)
            _logger.exception("Could not wake a lane; the watchdog will")

    return wake
