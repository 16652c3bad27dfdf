"""The circuit breaker of an interface, shared by all workers through one row.

Called on the engine's READ COMMITTED cursors only: the row is hot when a partner fails.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from ..tools.breaker import Breaker, Circuit


@dataclass(frozen=True)
class Permit:
    """How many calls may leave, under which generation, and when to ask again (naive UTC)."""

    granted: int
    generation: int
    probe_at: datetime | None


def _load(cr: BaseCursor, interface_id: int, policy: BaseModel) -> tuple[Breaker, float]:
    """Lock and read the breaker; return it and the database's clock in epoch seconds."""
    config = policy._breaker_config()
    cr.execute(
        """
        SELECT data, extract(epoch FROM clock_timestamp())::float
          FROM integration_breaker WHERE interface_id = %s FOR UPDATE
        """,
        [interface_id],
    )
    row = cr.fetchone()
    if row:
        return Breaker.from_dict(json.loads(row[0]) if row[0] else None, config), row[1]
    cr.execute("SELECT extract(epoch FROM clock_timestamp())::float")
    return Breaker(config), cr.fetchone()[0]


def _store(cr: BaseCursor, interface_id: int, before: Breaker, after: Breaker) -> None:
    if after is before:
        return
    cr.execute(
        """
        INSERT INTO integration_breaker (interface_id, state, data) VALUES (%s, %s, %s)
        ON CONFLICT (interface_id) DO UPDATE SET state = EXCLUDED.state, data = EXCLUDED.data
        """,
        [interface_id, str(after.state), json.dumps(after.to_dict())],
    )


def permit(cr: BaseCursor, interface_id: int, policy: BaseModel, wanted: int) -> Permit:
    """Ask for ``wanted`` calls to the partner of an interface."""
    if not policy.breaker_enabled:
        return Permit(wanted, 0, None)
    breaker, now = _load(cr, interface_id, policy)
    granted, after = breaker.permits(now, wanted)
    _store(cr, interface_id, breaker, after)
    probe = after.next_probe_at(now)
    at = datetime.fromtimestamp(probe, UTC).replace(tzinfo=None) if probe is not None else None
    return Permit(granted, after.generation, at)


def unused(cr: BaseCursor, interface_id: int, policy: BaseModel, given: Permit, used: int) -> None:
    """Give back the permits for which there was no message."""
    if not policy.breaker_enabled or given.granted <= used:
        return
    breaker, _now = _load(cr, interface_id, policy)
    if breaker.state == Circuit.HALF_OPEN:
        _store(cr, interface_id, breaker, breaker.release(given.granted - used, given.generation))


def record(
    cr: BaseCursor, interface: BaseModel, successes: int, failures: int, generation: int
) -> None:
    """Count the results of a batch; late ones of an older generation change nothing."""
    policy = interface.policy_id
    if not policy.breaker_enabled or not successes + failures:
        return
    breaker, now = _load(cr, interface.id, policy)
    if breaker.state == Circuit.CLOSED and not failures and not breaker.buckets:
        # A healthy partner costs no write per batch; the first failure starts the counting.
        return
    _store(cr, interface.id, breaker, breaker.record(now, successes, failures, generation))
