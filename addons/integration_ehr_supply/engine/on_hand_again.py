"""Stock that several transactions moved at once is told again when they are done.

A transaction tells how much is on hand as it sees it, and it sees nothing of what others move at
the same time: Odoo lets them, each with a stock record of its own. 10 on hand, two taken here and
three there, and the messages say 8 and 7 where 5 are left. Locks before would let hospitals wait
in line for each swab. So each transaction looks, when it is committed, whether another one told of
the same stock that it did not see. Of two, the later one sees the earlier, and both are in what it
then tells.
"""

from __future__ import annotations

import logging
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import outbox, triggers
from odoo.addons.integration_core.engine.cursors import own_cursor

_logger = logging.getLogger(__name__)

CODE = "ehr.stock_on_hand.changed"
#: How many events back those of transactions under way are looked for.
_BACK = 10_000
_KEY = "integration_ehr_supply.on_hand"
_SEEN = """
    SELECT pg_current_xact_id() || '@' || pg_postmaster_start_time(),
           '@' || pg_postmaster_start_time(), pg_current_snapshot()::text"""
# Whoever looks later waits, and then sees what this one told.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('ehr.stock_on_hand', 0))"
_OVERLAPPING = """
    WITH told AS (
        SELECT e.id, e.tx, e.res_id, l.product_id, place.id AS place_id
          FROM integration_event e
          JOIN stock_move_line l ON l.move_id = e.res_id
         CROSS JOIN LATERAL (VALUES (l.location_id), (l.location_dest_id)) AS place(id)
          JOIN stock_location s ON s.id = place.id AND s.usage = 'internal'
         WHERE e.res_model = 'stock.move' AND e.type_code = %(code)s
           AND e.id > (SELECT max(id) FROM integration_event) - %(back)s
           AND (e.tx = %(tx)s
                OR e.tx LIKE '%%' || %(server)s
                AND NOT pg_visible_in_snapshot(
                    split_part(e.tx, '@', 1)::xid8, %(snapshot)s::pg_snapshot)))
    SELECT DISTINCT mine.res_id
      FROM told mine
      JOIN told other ON (other.product_id, other.place_id) = (mine.product_id, mine.place_id)
     WHERE mine.tx = %(tx)s AND other.tx <> %(tx)s
     ORDER BY mine.res_id"""


def watch(env: api.Environment) -> None:
    """Look again when the transaction of ``env`` is committed; once, however often it is told."""
    postcommit = env.cr.postcommit
    if _KEY in postcommit.data:
        return
    env.cr.execute(_SEEN)
    tx, server, snapshot = env.cr.fetchone()
    seen = {"tx": tx, "server": server, "snapshot": snapshot, "code": CODE, "back": _BACK}
    postcommit.data[_KEY] = seen
    registry = env.registry
    postcommit.add(lambda: _look(registry, seen))


def _look(registry: Registry, seen: dict[str, Any]) -> None:
    try:
        with own_cursor(registry) as cr:
            tell_overlapping(cr, seen)
    except Exception as exc:  # what was moved is committed; the next full export puts it right
        _logger.warning("Stock that was moved at once is not told again: %s", type(exc).__name__)


def tell_overlapping(cr: BaseCursor, seen: dict[str, Any]) -> int:
    """Tell again of the moves of a transaction whose stocks others moved meanwhile.

    :param cr: in READ COMMITTED
    :param seen: the transaction, and its snapshot
    :return: of how many moves
    """
    cr.execute(_LOCK)
    cr.execute(_OVERLAPPING, seen)
    ids = [row[0] for row in cr.fetchall()]
    env = api.Environment(cr, SUPERUSER_ID, {})
    trigger = triggers.subscribed(env, CODE) if ids else None
    if trigger is None:
        return 0
    return outbox.write(env, trigger, dict.fromkeys(ids, outbox.Entry(None)), {}, SUPERUSER_ID)
