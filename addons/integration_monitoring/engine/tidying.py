"""Removes what monitoring found out long ago, in batches. What is open is never removed.

Each batch is a transaction of its own and takes the oldest rows that nobody else holds: it may end
anywhere, and two at once are harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor
from odoo.tools import SQL

from odoo.addons.integration_core.engine.cursors import own_cursor

from ..tools.keeping_terms import DEFAULT_DAYS, LEAST_DAYS, Kept

BATCH: Final = 500


class Over(NamedTuple):
    """Rows that are over.

    :param ids: SQL of the ids of the oldest of them, with ``before`` and ``most``
    :param hooked: whether more hangs on a record than the database knows, such as its chatter
    """

    kept: Kept
    model: str
    ids: str
    hooked: bool = False


OVER: Final = (
    # The timeline, the notices and the effects go along.
    Over(
        Kept.INCIDENT,
        "integration.incident",
        """
        SELECT id FROM integration_incident WHERE state = 'closed' AND closed_at < %(before)s
         ORDER BY closed_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
        """,
        hooked=True,
    ),
    Over(
        Kept.INCIDENT,
        "integration.maintenance",
        """
        SELECT id FROM integration_maintenance WHERE end_at < %(before)s
         ORDER BY end_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
        """,
    ),
    # One that somebody looks after is his, however long ago it failed.
    Over(
        Kept.GROUP,
        "integration.error.group",
        """
        SELECT id FROM integration_error_group
         WHERE last_seen < %(before)s AND coalesce(waiting_count, 0) = 0
           AND (state = 'resolved' AND resolved_at < %(before)s
                OR state NOT IN ('resolved', 'assigned', 'snoozed'))
         ORDER BY last_seen LIMIT %(most)s FOR UPDATE SKIP LOCKED
        """,
        hooked=True,
    ),
    Over(
        Kept.HOUR,
        "integration.error.hour",
        """
        SELECT id FROM integration_error_hour WHERE hour_at < %(before)s
         ORDER BY hour_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
        """,
    ),
    Over(
        Kept.BREACH,
        "integration.business.breach",
        """
        SELECT id FROM integration_business_breach
         WHERE state = 'healed' AND healed_at < %(before)s
         ORDER BY healed_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
        """,
    ),
    Over(
        Kept.DAY,
        "integration.slo.day",
        """
        SELECT id FROM integration_slo_day WHERE day < %(before)s
         ORDER BY day LIMIT %(most)s FOR UPDATE SKIP LOCKED
        """,
    ),
)


def kept(cr: BaseCursor) -> Mapping[Kept, timedelta]:
    """For how long each kind is kept once it is over."""
    cr.execute("SELECT kind, days FROM integration_monitoring_term")
    days = {**DEFAULT_DAYS, **{Kept(kind): days for kind, days in cr.fetchall()}}
    return {kind: timedelta(days=max(days[kind], LEAST_DAYS[kind])) for kind in Kept}


def remove(registry: Registry, batches: int) -> int:
    """Remove what was kept long enough; how many rows it were.

    :param batches: transactions of each kind, at most
    """
    total = 0
    for over in OVER:
        for _batch in range(batches):
            with own_cursor(registry) as cr:
                count = _remove(cr, over)
            total += count
            if count < BATCH:
                break
    return total


def _remove(cr: BaseCursor, over: Over) -> int:
    cr.execute("SELECT now() AT TIME ZONE 'UTC'")
    now: datetime = cr.fetchone()[0]
    cr.execute(over.ids, {"before": now - kept(cr)[over.kept], "most": BATCH})
    ids = [row[0] for row in cr.fetchall()]
    if not ids:
        return 0
    env = api.Environment(cr, SUPERUSER_ID, {})
    records = env[over.model].browse(ids)
    if over.hooked:
        records.unlink()
    else:
        # Nobody deletes them: that they are old is no act for the audit trail.
        cr.execute(SQL("DELETE FROM %s WHERE id = ANY(%s)", SQL.identifier(records._table), ids))
    return len(ids)
