"""Collecting more often than scheduled actions can, which is the job runner's sign of life.

A scheduled action runs once a minute at best, and that is too late for who must know within a
minute. So a small queue job collects every :data:`EVERY` seconds and leaves the next one behind. It
is the job runner's sign of life as well: it goes all the way of a job, from the runner over a
channel to a worker. The action of each minute is its watchdog: it starts the loop again where it
was broken, and collects as well. Each of the two goes on without the other. That no sign of life
comes is noticed in between as well (:mod:`.runner_watch`).

Jobs do not pile up: one waits at a time (identity key), and those that are done are removed.
"""

from __future__ import annotations

from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields
from odoo.fields import Domain
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine.cursors import own_cursor

from . import heartbeats

#: Seconds between two collections.
EVERY = 15
#: Seconds without a job after which the job runner counts as down: two jobs did not come, and the
#: third is due.
ALLOWED = 45
#: A channel without a capacity of its own: it takes what the root channel has. It must not stand
#: behind slow partners or batches.
CHANNEL = "root.integration_monitoring"
PRIORITY = 3
KEY = "job_runner"
_DONE_KEPT = timedelta(minutes=10)
#: Those that failed are kept for whoever looks for the reason; one a minute would pile up.
_FAILED_KEPT = timedelta(days=1)
_REMOVED = 200


def enqueue(registry: Registry, cause: str = "now") -> None:
    """Leave the next job behind, unless it is there."""
    with own_cursor(registry) as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["integration.rollup"].with_delay(
            channel=CHANNEL,
            priority=PRIORITY,
            eta=EVERY,
            description="Count the traffic of integrations",
            identity_key=f"integration.rollup.collect.{cause}",
            max_retries=1,  # the next one does its work
        )._job_collect()


def beat(registry: Registry) -> None:
    """The job runner's sign of life, from within a job."""
    heartbeats.beat(registry, KEY, "job_runner", "Job runner", ALLOWED)


def keep_going(registry: Registry) -> None:
    """Start the loop where it is not under way, and remove jobs that have ended."""
    with own_cursor(registry) as cr:
        # Since a database that has never had a job runner cannot be told from one that lost it.
        cr.execute(
            """
            INSERT INTO integration_heartbeat (key, kind, name, beat_at, every)
            VALUES (%s, 'job_runner', 'Job runner', now() AT TIME ZONE 'UTC', %s)
            ON CONFLICT (key) DO NOTHING
            """,
            [KEY, ALLOWED],
        )
        age = _age(cr)
    # A cause of its own: the job that waits may be one that the job runner has lost.
    enqueue(registry, "watchdog" if age > 2 * ALLOWED else "now")
    with own_cursor(registry) as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        now = fields.Datetime.now()
        ended = Domain("state", "=", "done") & Domain("date_done", "<", now - _DONE_KEPT)
        failed = Domain("state", "=", "failed") & Domain("date_created", "<", now - _FAILED_KEPT)
        for old in (ended, failed):
            jobs = env["queue.job"].search(Domain("channel", "=", CHANNEL) & old, limit=_REMOVED)
            jobs.unlink()


def _age(cr: BaseCursor) -> float:
    """Seconds since the last job."""
    cr.execute(
        "SELECT extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - beat_at)::float8 "
        "FROM integration_heartbeat WHERE key = %s",
        [KEY],
    )
    row = cr.fetchone()
    return row[0] if row else 0.0
