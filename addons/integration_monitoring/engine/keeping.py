"""How long rollups are kept, and their removal, in batches."""

from __future__ import annotations

from datetime import datetime, timedelta

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine.cursors import own_cursor

from ..tools.rollup import Step

#: Days, unless an administrator decides otherwise (``integration.rollup.term``). What is usual is
#: learnt from minutes: its precision was proven with so many days of them.
DEFAULT_DAYS = {Step.MINUTE: 28, Step.HOUR: 400, Step.DAY: 5 * 366}
#: Minutes are needed for as long as one may have to be counted anew.
LEAST_DAYS = {Step.MINUTE: 2, Step.HOUR: 8, Step.DAY: 31}
BATCH = 5000
#: What was repeated is counted by its rows for so long; see ``engine.repeats``.
REPEATS = timedelta(days=2)


def kept(cr: BaseCursor) -> dict[Step, timedelta]:
    """For how long rows of each step are kept."""
    cr.execute("SELECT step, days FROM integration_rollup_term")
    days = {**DEFAULT_DAYS, **{Step(int(step)): days for step, days in cr.fetchall()}}
    return {step: timedelta(days=max(days[step], LEAST_DAYS[step])) for step in Step}


def remove(registry: Registry, batches: int) -> int:
    """Remove what was kept long enough, a transaction for each batch; how many rows it were."""
    total = 0
    for step in Step:
        for _batch in range(batches):
            with own_cursor(registry) as cr:
                count = _remove(cr, step)
            total += count
            if count < BATCH:
                break
    with own_cursor(registry) as cr:
        cr.execute(
            "DELETE FROM integration_rollup_repeat "
            "WHERE seen_at < now() AT TIME ZONE 'UTC' - %s * interval '1 second'",
            [REPEATS.total_seconds()],
        )
        total += cr.rowcount
    return total


def _remove(cr: BaseCursor, step: Step) -> int:
    cr.execute("SELECT now() AT TIME ZONE 'UTC'")
    now: datetime = cr.fetchone()[0]
    cr.execute(
        """
        DELETE FROM integration_rollup WHERE id = ANY(ARRAY(
            SELECT id FROM integration_rollup
             WHERE step = %s AND begin_at < %s ORDER BY begin_at LIMIT %s
               FOR UPDATE SKIP LOCKED))
        """,
        [int(step), now - kept(cr)[step], BATCH],
    )
    return cr.rowcount
