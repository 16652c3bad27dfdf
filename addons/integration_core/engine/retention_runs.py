"""What retention did: one run from the first thing that was overdue to the last, or for an hour.

Counts are written with each batch, in its transaction. The audit trail gets one entry for each
policy at the end of a run: a process that dies meanwhile leaves the run open, and whoever goes on
ends it.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from odoo import SUPERUSER_ID, api
from odoo.sql_db import BaseCursor

from . import audit
from .retention_batches import Batch
from .retention_clocks import NOW, Clock

#: A long catch-up is told of so often (PostgreSQL interval).
LONGEST = "1 hour"


def current(cr: BaseCursor) -> int:
    """Id of the open run; begins one if there is none."""
    cr.execute("SELECT id FROM integration_retention_run WHERE state = 'running' ORDER BY id")
    row = cr.fetchone()
    if not row:
        cr.execute(
            "INSERT INTO integration_retention_run (started_at, state) "
            "VALUES (now() AT TIME ZONE 'UTC', 'running') RETURNING id"
        )
        row = cr.fetchone()
    return row[0]


def note(cr: BaseCursor, clock: Clock, batch: Batch) -> None:
    """Add what a batch removed to the open run."""
    removed = {interface: count for interface, count in batch.removed.items() if count}
    if not removed:
        return
    run = current(cr)
    for interface, count in removed.items():
        cr.execute(
            f"""
            INSERT INTO integration_retention_line AS l (
                run_id, kind, track, interface_id, policy_id, count, first_at, last_at, purged_at)
            VALUES (%(run)s, %(kind)s, %(track)s, %(interface)s,
                    (SELECT policy_id FROM integration_interface WHERE id = %(interface)s),
                    %(count)s, %(first)s, %(last)s, {NOW})
            ON CONFLICT (run_id, kind, track, (coalesce(interface_id, 0))) DO UPDATE
               SET count = l.count + EXCLUDED.count,
                   first_at = least(l.first_at, EXCLUDED.first_at),
                   last_at = greatest(l.last_at, EXCLUDED.last_at),
                   purged_at = EXCLUDED.purged_at
            """,  # noqa: S608
            {
                "run": run,
                "kind": clock.kind,
                "track": clock.track,
                "interface": interface,
                "count": count,
                "first": batch.first_at,
                "last": batch.last_at,
            },
        )


def finish(cr: BaseCursor, *, only_long: bool = False) -> None:
    """End the open run, with an entry in the audit trail for each policy.

    :param only_long: leave a run open that is younger than :data:`LONGEST`
    """
    cr.execute(
        f"""
        UPDATE integration_retention_run SET state = 'done', ended_at = {NOW}
         WHERE state = 'running' AND (NOT %s OR started_at < {NOW} - %s::interval)
        RETURNING id
        """,  # noqa: S608
        [only_long, LONGEST],
    )
    for (run_id,) in cr.fetchall():
        _record(cr, run_id)


def _record(cr: BaseCursor, run_id: int) -> None:
    """One entry for each policy; what has no policy is told of retention itself."""
    cr.execute(
        "SELECT policy_id, kind, sum(count)::bigint FROM integration_retention_line "
        "WHERE run_id = %s GROUP BY policy_id, kind",
        [run_id],
    )
    by_policy: dict[int | None, Counter[str]] = defaultdict(Counter)
    for policy_id, kind, count in cr.fetchall():
        by_policy[policy_id][kind] += count
    env = api.Environment(cr, SUPERUSER_ID, {})
    for policy_id, counts in by_policy.items():
        policy = env["integration.policy"].browse(policy_id or [])
        subject = policy or env["integration.retention"]._singleton()
        changes = {f"{kind}_purged": ("", str(count)) for kind, count in counts.items()}
        audit.record(subject, "purge", changes=changes)


def forget_old(cr: BaseCursor) -> None:
    """Runs are kept as long as a message may be that tells of them."""
    cr.execute(
        """
        DELETE FROM integration_retention_run
         WHERE state <> 'running' AND started_at < now() AT TIME ZONE 'UTC'
               - make_interval(days => (SELECT max(metadata_days) FROM integration_policy))
        """
    )
