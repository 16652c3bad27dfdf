"""The audit trail for a SIEM: each sealed entry leaves once, in the order of the chain.

Sealed ones only: their numbers have no gaps and never come late, so one number says how far it is.
That number moves on after a batch was handed over; who dies in between tells a batch twice.
"""

from __future__ import annotations

import time
from typing import Any

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import arming
from odoo.addons.integration_core.engine.audit_checkpoints import database_uuid
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.engine.drain import fault_point

from ..tools.event_lines import Facility, Level
from . import siem_destinations
from .siem_destinations import Event

BATCH = 500
#: Any number that no other part of the suite uses for an advisory lock.
_LOCK = 0x7369656D
#: Acts after which somebody may want to look at once.
_GRAVE = frozenset({"break_glass", "grant", "withdraw", "rearm", "disarm", "override", "purge"})


def export(registry: Registry, kind: str, seconds: float) -> bool:
    """Hand over what waits for a destination, for some seconds at most.

    :return: whether there is more to do
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with own_cursor(registry) as cr:
            cr.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, kind])
            if not cr.fetchone()[0]:
                return False  # another process is at it
            if not _batch(cr, kind):
                return False
    return True


def _batch(cr: BaseCursor, kind: str) -> bool:
    """Hand over one batch; whether it was a full one."""
    after = _reached(cr, kind)
    events, last = _events(cr, after)
    if not events:
        return False
    try:
        siem_destinations.deliver(kind, events, Facility.AUDIT)
    except (OSError, ValueError) as exc:
        _note(cr, kind, after, str(exc))
        return False
    fault_point("siem_delivered")
    _note(cr, kind, last, None)
    return len(events) == BATCH


def _reached(cr: BaseCursor, kind: str) -> int:
    cr.execute("SELECT sequence FROM integration_siem WHERE kind = %s", [kind])
    row = cr.fetchone()
    return row[0] if row else 0


def _note(cr: BaseCursor, kind: str, sequence: int, problem: str | None) -> None:
    cr.execute(
        """
        INSERT INTO integration_siem (kind, sequence, delivered_at, problem, failing_since)
        VALUES (%(kind)s, %(sequence)s, CASE WHEN %(problem)s IS NULL THEN now() AT TIME ZONE 'UTC'
                END, %(problem)s,
                CASE WHEN %(problem)s IS NOT NULL THEN now() AT TIME ZONE 'UTC' END)
        ON CONFLICT (kind) DO UPDATE
           SET sequence = EXCLUDED.sequence,
               delivered_at = coalesce(EXCLUDED.delivered_at, integration_siem.delivered_at),
               problem = EXCLUDED.problem,
               failing_since = CASE WHEN EXCLUDED.problem IS NOT NULL
                   THEN coalesce(integration_siem.failing_since, EXCLUDED.failing_since) END
        """,
        {"kind": kind, "sequence": sequence, "problem": problem},
    )


def _events(cr: BaseCursor, after: int) -> tuple[list[Event], int]:
    """The next entries of the chain, and the number of the last one."""
    cr.execute(
        """
        SELECT s.sequence, e.occurred_at, e.act, e.actor_id, e.actor_login, e.res_model, e.res_id,
               e.remote_address
          FROM integration_audit_seal s JOIN integration_audit_entry e ON e.id = s.entry_id
         WHERE s.sequence > %s ORDER BY s.sequence LIMIT %s
        """,
        [after, BATCH],
    )
    rows = cr.fetchall()
    if not rows:
        return [], after
    common = {"database": database_uuid(cr), "environment": arming.environment()}
    return [_event(row, common) for row in rows], rows[-1][0]


def _event(row: tuple[Any, ...], common: dict[str, str]) -> Event:
    sequence, at, act, actor_id, login, model, record_id, address = row
    fields = {
        **common,
        "event": act,
        "outcome": "done",
        "actor_id": actor_id,
        "actor": login or "",
        "remote_address": address or "",
        "model": model,
        "record_id": record_id,
        "sequence": sequence,
    }
    return Event(at, Level.WARNING if act in _GRAVE else Level.NOTICE, fields)
