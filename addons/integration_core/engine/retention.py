"""Retention: removes what is overdue, a second at a time, beside the traffic.

A sweep is a drain of a lane of its own: one at a time, started again by the watchdog when its
worker dies, on the channel of batch work. It works for a second, gives worker and processor back,
and returns after a rest that is nine times as long while messages come and go.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta

import psycopg2
from psycopg2.errors import DeadlockDetected, ForeignKeyViolation, LockNotAvailable

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools import retention
from . import (
    arming,
    audit,
    holds,
    lanes,
    replay_tasks,
    retention_batches,
    retention_clocks,
    retention_runs,
    wakeup,
)
from .cursors import own_cursor
from .drain import Drain, fault_point
from .retention_clocks import NOW

_logger = logging.getLogger(__name__)

LANE = "retention"
#: How long a batch waits for a row that somebody else has (PostgreSQL ``lock_timeout``).
LOCK_TIMEOUT = "1s"
#: Messages a second from which on a server counts as busy.
BUSY_RATE = 1.0


def look(cr: BaseCursor, counted: int = retention_clocks.COUNTED) -> bool:
    """Find out what is overdue and wake the sweep if something is; false when it may not work."""
    if not _may_work(cr):
        return False
    retention_clocks.look_again(cr)
    retention_clocks.refresh(cr, counted)
    retention_runs.forget_old(cr)
    replay_tasks.forget_old(cr)
    if retention_clocks.next_overdue(cr):
        wake(cr)
    else:
        _all_done(cr)
    return True


def wake(cr: BaseCursor) -> None:
    """Let a sweep begin soon."""
    cr.execute("SELECT id FROM integration_lane WHERE kind = %s", [LANE])
    wakeup.wake_lanes(cr, [row[0] for row in cr.fetchall()])


def _may_work(cr: BaseCursor) -> bool:
    """Whether retention is in force and the clock can be right; notes that somebody looked.

    In a copy or a restored database it rests: what is there may be needed to compare.
    """
    if arming.is_held(cr):
        return False
    # What is suspended needs no opinion about the time, which may cost a look at the whole ledger.
    cr.execute("SELECT 1 FROM integration_retention WHERE state = 'active'")
    if not cr.fetchone():
        return False
    if not retention_clocks.time_is_plausible(cr):
        cr.execute(
            "UPDATE integration_retention SET state = 'suspended', stopped_because = 'clock' "
            "WHERE state = 'active' RETURNING id"
        )
        if cr.fetchone():
            _logger.warning("Retention stops: the clock jumped. An administrator has to confirm.")
            env = api.Environment(cr, SUPERUSER_ID, {})
            audit.record(
                env["integration.retention"]._singleton(),
                "pause",
                reason=env._("The clock of the server jumped."),
            )
    cr.execute(
        "UPDATE integration_retention SET looked_at = now() AT TIME ZONE 'UTC' "
        "WHERE state = 'active' RETURNING id"
    )
    return bool(cr.fetchone())


def _all_done(cr: BaseCursor) -> None:
    """Nothing is left to try: a success unless something could not be removed."""
    retention_runs.finish(cr)
    cr.execute(
        "UPDATE integration_retention SET last_success_at = now() AT TIME ZONE 'UTC' WHERE NOT "
        "EXISTS (SELECT 1 FROM integration_retention_clock WHERE problem IS NOT NULL)"
    )


class Sweep(Drain):
    """One second of removing what is overdue."""

    def __init__(self, registry: Registry, lane_id: int) -> None:
        super().__init__(registry, lane_id)
        self._allowed = False
        self._busy = False
        self._worked = 0.0

    def _loop(self, patient: bool) -> tuple[int, bool]:
        started = time.monotonic()
        self.deadline = started + retention.WORK_SECONDS
        with own_cursor(self.registry) as cr:
            self._allowed = _may_work(cr)
            if not self._allowed:
                return 0, False
            self._begin(cr)
        removed, more = 0, True
        while more and not self.expired:
            count = self.work()
            more = count >= 0
            removed += max(count, 0)
        self._worked = time.monotonic() - started
        return removed, more

    def _begin(self, cr: BaseCursor) -> None:
        """A flag that is up while we work: the watchdog knows by it that a worker was lost."""
        cr.execute(
            f"UPDATE integration_lane SET wanted = true, woken_at = {NOW} WHERE id = %s",  # noqa: S608
            [self.lane_id],
        )
        retention_runs.finish(cr, only_long=True)
        self._busy = _is_busy(cr)

    def work(self) -> int:
        """Do one batch; the number of rows it looked at, -1 when nothing is overdue any more."""
        with own_cursor(self.registry) as cr:
            clock_id = retention_clocks.next_overdue(cr)
            if clock_id is None:
                _all_done(cr)
                return -1
        try:
            return self._batch(clock_id)
        except (LockNotAvailable, DeadlockDetected, ForeignKeyViolation):
            # Somebody works on these rows right now. The next second is another one.
            self.deadline = 0
            return 0
        except psycopg2.Error as exc:
            # One table or interface must not keep the others from being cleaned. The log has the
            # statement without values; the screen has the kind of error.
            _logger.warning("A batch of retention failed: %s", type(exc).__name__, exc_info=True)
            with own_cursor(self.registry) as cr:
                retention_clocks.set_aside(cr, clock_id, f"{type(exc).__name__} {exc.pgcode or ''}")
            return 0

    def _batch(self, clock_id: int) -> int:
        started = time.monotonic()
        with own_cursor(self.registry) as cr:
            cr.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
            # What the last moment before a power cut removed is simply removed again.
            cr.execute("SET LOCAL synchronous_commit TO off")
            cr.execute("SET LOCAL jit TO off")  # compiling takes longer than what is compiled
            if not holds.share(cr):
                self.deadline = 0  # a hold is being placed this very moment
                return 0
            clock = retention_clocks.lock(cr, clock_id)
            if clock is None:
                return 0
            cr.execute("SELECT max(batch_size) FROM integration_retention")
            size = cr.fetchone()[0] or retention.FIRST_BATCH
            batch = retention_batches.remove(cr, clock, size)
            retention_runs.note(cr, clock, batch)
            retention_clocks.advance(cr, clock, batch.reached, batch.seen, batch.seen >= size)
            fault_point("retention_removed")
            if batch.seen >= size:
                cr.execute(
                    "UPDATE integration_retention SET batch_size = %s",
                    [retention.next_size(size, time.monotonic() - started)],
                    # Somebody may have the form of retention in hand: the batch is repeated.
                    log_exceptions=False,
                )
        fault_point("retention_committed")
        return batch.seen

    def _hand_over(self, _more: bool) -> None:
        """Leave the worker to others and come back after a rest."""
        with own_cursor(self.registry) as cr:
            lanes.clear_wanted(cr, self.lane_id)
            lanes.release(cr, self.lane_id, self.token, more=False)
            # Whoever woke us while we worked found the flag up already, and created no job.
            if self._allowed and retention_clocks.next_overdue(cr) is not None:
                pause = timedelta(seconds=retention.rest(self._worked, self._busy))
                due = datetime.now(UTC).replace(tzinfo=None) + pause
                if lanes.schedule(cr, self.lane_id, due):
                    wakeup.enqueue(cr, [self.lane_id], eta=due)


def _is_busy(cr: BaseCursor) -> bool:
    """Whether messages come or go: by the ledger's sequence, and by lanes that have work."""
    cr.execute(
        """
        SELECT s.last_value, r.last_number,
               extract(epoch FROM now() AT TIME ZONE 'UTC' - r.numbered_at)
          FROM integration_message_id_seq s, integration_retention r
        """
    )
    number, before, seconds = cr.fetchone()
    cr.execute(
        f"UPDATE integration_retention SET last_number = %s, numbered_at = {NOW}",  # noqa: S608
        [number],
    )
    if before is None or not seconds:
        return True
    return (number - before) / float(seconds) > BUSY_RATE or lanes.urgent(cr)
