"""Who has the connection to a partner: one row for each connection that an interface may have.

A partner that gets messages over two connections at once may handle them in any order, and many
listeners accept one connection only. So whoever connects holds a lease first. It is short and is
renewed by a thread of its process (:mod:`.mllp_keeper`): the connection of a worker that was killed
is free after :func:`lease_seconds`. Whoever wants a connection that is held says so in its row, and
its holder gives it up between two messages.

All of this runs in READ COMMITTED, in transactions of a few statements.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import lanes, settings

#: Seconds for which a wish for a connection stands.
WANTED_SECONDS = 3.0
_MOST_SECONDS = 10.0


@dataclass(frozen=True)
class Lease:
    """The right to be connected.

    :ivar generation: counts the holders of this connection
    """

    token: str
    slot: int
    generation: int


@dataclass(frozen=True)
class Terms:
    """What a holder is told when it looks.

    :ivar wanted: somebody else waits for the connection
    :ivar open: the interface carries traffic
    :ivar url: its address; a connection to another one is of no use any more
    """

    wanted: bool
    open: bool
    url: str


@dataclass(frozen=True)
class State:
    """What people are shown of a connection; times are naive UTC, ``None`` without one."""

    token: str
    connected_at: datetime | None
    acknowledged_at: datetime | None
    latency_ms: int | None
    sent: int


def lease_seconds() -> float:
    """How long a connection is held without a sign of life of its holder."""
    return min(_MOST_SECONDS, settings.lease_seconds())


def holder() -> str:
    """What this process is called in the row of a connection."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def acquire(cr: BaseCursor, interface_id: int, slots: int) -> Lease | None:
    """Take the lease of a free connection; without one, say that one is wanted."""
    cr.execute(
        """
        INSERT INTO integration_mllp_connection (interface_id, slot, generation, sent)
        SELECT %(interface)s, n, 0, 0 FROM generate_series(0, %(slots)s - 1) n
         WHERE NOT EXISTS (SELECT 1 FROM integration_mllp_connection c
                            WHERE c.interface_id = %(interface)s AND c.slot = n)
        ON CONFLICT DO NOTHING
        """,
        {"interface": interface_id, "slots": slots},
    )
    token = uuid.uuid4().hex
    cr.execute(
        f"""
        UPDATE integration_mllp_connection c
           SET token = %(token)s, holder = %(holder)s, generation = c.generation + 1,
               lease_until = now() AT TIME ZONE 'UTC' + %(seconds)s * interval '1 second',
               wanted_until = NULL, connected_at = NULL, sent = 0
         WHERE c.id = (SELECT f.id FROM integration_mllp_connection f
                        WHERE f.interface_id = %(interface)s AND f.slot < %(slots)s
                          AND (f.lease_until IS NULL OR {lanes.ended("f.lease_until")})
                        ORDER BY f.slot LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING c.slot, c.generation
        """,  # noqa: S608 - a number of the configuration
        {
            "token": token,
            "holder": holder(),
            "seconds": lease_seconds(),
            "interface": interface_id,
            "slots": slots,
        },
    )
    row = cr.fetchone()
    if row:
        return Lease(token, *row)
    cr.execute(
        """
        UPDATE integration_mllp_connection
           SET wanted_until = now() AT TIME ZONE 'UTC' + %s * interval '1 second'
         WHERE interface_id = %s AND slot < %s
        """,
        [WANTED_SECONDS, interface_id, slots],
    )
    return None


def look(cr: BaseCursor, tokens: Sequence[str]) -> dict[str, Terms]:
    """What concerns the holders of leases; a token that is missing has lost its lease."""
    cr.execute(
        """
        SELECT c.token, coalesce(c.wanted_until > now() AT TIME ZONE 'UTC', false),
               i.active AND i.state IN ('active', 'deprecated')
               AND NOT coalesce(i.processing_paused, false)
               AND NOT coalesce(i.awaits_release, false)
               AND EXISTS (SELECT 1 FROM integration_arming WHERE armed),
               coalesce(i.url, '')
          FROM integration_mllp_connection c JOIN integration_interface i ON i.id = c.interface_id
         WHERE c.token = ANY(%s)
        """,
        [list(tokens)],
    )
    return {row[0]: Terms(*row[1:]) for row in cr.fetchall()}


def renew(cr: BaseCursor, states: Sequence[State]) -> set[str]:
    """Keep leases, and show what their connections do.

    :return: the tokens of those that were kept; the others passed to somebody else
    """
    kept = set()
    for one in states:
        cr.execute(
            """
            UPDATE integration_mllp_connection
               SET lease_until = now() AT TIME ZONE 'UTC' + %s * interval '1 second',
                   connected_at = %s, sent = %s,
                   acknowledged_at = coalesce(%s, acknowledged_at),
                   latency_ms = coalesce(%s, latency_ms)
             WHERE token = %s RETURNING token
            """,
            [
                lease_seconds(),
                one.connected_at,
                one.sent,
                one.acknowledged_at,
                one.latency_ms,
                one.token,
            ],
        )
        kept.update(row[0] for row in cr.fetchall())
    return kept


def release(cr: BaseCursor, state: State) -> None:
    """Give a lease back; its connection is closed."""
    cr.execute(
        """
        UPDATE integration_mllp_connection
           SET token = NULL, holder = NULL, lease_until = NULL, connected_at = NULL,
               acknowledged_at = coalesce(%s, acknowledged_at),
               latency_ms = coalesce(%s, latency_ms)
         WHERE token = %s
        """,
        [state.acknowledged_at, state.latency_ms, state.token],
    )
