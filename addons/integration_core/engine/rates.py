"""The outbound rate of an interface: one token bucket for all lanes and workers.

Called on the engine's READ COMMITTED cursors only, in the transaction that claims: the row is hot.
It is locked until that transaction ends, which is why no call to a partner may happen meanwhile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from ..tools.rate import Allowance

# Who has to wait, waits for what this many seconds bring, not for a single message.
GULP = 0.1


@dataclass(frozen=True)
class Limit:
    """Messages that may leave now, and how long to wait for the next ones (seconds).

    ``left`` is the bucket before anything is taken; ``None``: there is no limit.
    """

    granted: int
    wait: float = 0.0
    left: Allowance | None = None


def permit(cr: BaseCursor, interface_id: int, policy: BaseModel, wanted: int) -> Limit:
    """Ask how many of ``wanted`` messages may leave. :func:`charge` what is then claimed."""
    if not policy.rate_per_second or wanted <= 0:
        return Limit(wanted)
    rate, burst = policy.rate_per_second, policy.rate_burst
    left, now = _load(cr, interface_id, burst)
    granted, _rest = left.take(wanted, rate, burst, now)
    if granted:
        return Limit(granted, left=left.refilled(rate, burst, now))
    gulp = max(1, min(wanted, math.ceil(rate * GULP)))
    return Limit(0, left.wait(gulp, rate, burst, now), left)


def charge(cr: BaseCursor, interface_id: int, limit: Limit, used: int) -> None:
    """Take what was claimed of what was granted; what was not needed stays in the bucket."""
    if limit.left is None or not used:
        return
    cr.execute(
        "UPDATE integration_rate SET tokens = %s, counted_at = %s WHERE interface_id = %s",
        [max(limit.left.tokens - used, 0.0), limit.left.at, interface_id],
    )


def give_back(cr: BaseCursor, interface_id: int, policy: BaseModel, unused: int) -> None:
    """Return what was claimed and then did not leave."""
    if not policy.rate_per_second or unused <= 0:
        return
    cr.execute(
        "UPDATE integration_rate SET tokens = least(%s, tokens + %s) WHERE interface_id = %s",
        [policy.rate_burst, unused, interface_id],
    )


def _load(cr: BaseCursor, interface_id: int, burst: int) -> tuple[Allowance, float]:
    """Lock and read the bucket (a new one is full); return it and the database's clock."""
    query = "SELECT tokens, counted_at FROM integration_rate WHERE interface_id = %s FOR UPDATE"
    cr.execute(query, [interface_id])
    row = cr.fetchone()
    if row is None:
        cr.execute(
            """
            INSERT INTO integration_rate (interface_id, tokens, counted_at)
            VALUES (%s, %s, extract(epoch FROM clock_timestamp()))
            ON CONFLICT (interface_id) DO NOTHING
            """,
            [interface_id, burst],
        )
        cr.execute(query, [interface_id])
        row = cr.fetchone()
    # Read once the row is ours: the wait for its lock brings tokens too.
    cr.execute("SELECT extract(epoch FROM clock_timestamp())::float")
    return Allowance(*row), cr.fetchone()[0]
