"""What is read of interfaces and of the suite at a moment, besides traffic.

Of the ledger only what is open is looked at, through its partial indexes, and never all of that:
the head of a queue, and the latest of what needs attention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from odoo.sql_db import BaseCursor

from ..tools.readings import Retention
from .rollup_rows import moment

#: As many dead letters are counted, and as many quarantined messages, of one interface.
MOST = 10_000
#: Seconds within which somebody handles a dead letter; later it counts as lost.
HANDLED_WITHIN = 86400


class Attention(NamedTuple):
    """Messages of an interface that wait for a person.

    :param oldest: seconds since the first dead letter was given up.
    :param lost: dead letters that nobody has handled in time.
    """

    dead: int = 0
    oldest: float = 0.0
    lost: int = 0
    quarantined: int = 0


def oldest(cr: BaseCursor, interface_ids: Sequence[int], now: float) -> dict[int, float]:
    """Seconds that the oldest message of each interface has been due; without one it is missing.

    A message that waits for its retry counts from the moment it is due, one that waits for its
    acknowledgement from its beginning.
    """
    cr.execute(
        """
        SELECT i.id, extract(epoch FROM %s::timestamp - least(q.at, r.at, w.at))
          FROM unnest(%s::int[]) AS i(id)
          LEFT JOIN LATERAL (
               SELECT greatest(available_at, created_at) AS at FROM integration_message
                WHERE interface_id = i.id AND state = 'queued' ORDER BY priority, id LIMIT 1
          ) q ON true
          LEFT JOIN LATERAL (
               SELECT available_at AS at FROM integration_message
                WHERE interface_id = i.id AND state = 'retry' ORDER BY available_at LIMIT 1
          ) r ON true
          LEFT JOIN LATERAL (
               SELECT created_at AS at FROM integration_message
                WHERE interface_id = i.id AND state = 'waiting' ORDER BY available_at LIMIT 1
          ) w ON true
         WHERE least(q.at, r.at, w.at) <= %s::timestamp
        """,
        [moment(now), list(interface_ids), moment(now)],
    )
    return {interface: float(seconds) for interface, seconds in cr.fetchall()}


def attention(cr: BaseCursor, interface_ids: Sequence[int], now: float) -> dict[int, Attention]:
    """What waits for a person, by interface.

    Of each up to :data:`MOST` are counted, the oldest dead letters first.
    """
    cr.execute(
        """
        SELECT i.id, d.dead, extract(epoch FROM %(now)s::timestamp - d.since), d.lost, q.quarantined
          FROM unnest(%(ids)s::int[]) AS i(id)
          JOIN LATERAL (
               SELECT count(*) AS dead, min(m.at) AS since,
                      count(*) FILTER (WHERE m.at < %(handled)s::timestamp) AS lost
                 FROM ((SELECT available_at AS at FROM integration_message
                         WHERE interface_id = i.id AND state = 'dead'
                           AND available_at IS NOT NULL ORDER BY available_at LIMIT %(most)s)
                       UNION ALL
                       (SELECT created_at FROM integration_message
                         WHERE interface_id = i.id AND state = 'dead'
                           AND available_at IS NULL LIMIT %(most)s)) m
          ) d ON true
          JOIN LATERAL (
               SELECT count(*) AS quarantined
                 FROM (SELECT FROM integration_message
                        WHERE interface_id = i.id AND state = 'quarantined'
                        ORDER BY id LIMIT %(most)s) m
          ) q ON true
        """,
        {
            "now": moment(now),
            "handled": moment(now - HANDLED_WITHIN),
            "ids": list(interface_ids),
            "most": MOST,
        },
    )
    return {
        interface: Attention(dead, max(float(since or 0), 0.0), lost, quarantined)
        for interface, dead, since, lost, quarantined in cr.fetchall()
    }


def breakers(cr: BaseCursor) -> dict[int, str]:
    """The circuit of each interface that has a breaker."""
    cr.execute("SELECT interface_id, state FROM integration_breaker")
    return dict(cr.fetchall())


def came(cr: BaseCursor, interface_id: int, direction: str, since: float, until: float) -> bool:
    """Whether a message came into being between two moments of the last minutes."""
    cr.execute(
        """
        SELECT EXISTS (SELECT 1 FROM integration_message
                        WHERE created_at >= %s AND created_at <= %s AND interface_id = %s
                          AND direction = %s)
        """,
        [moment(since), moment(until), interface_id, direction],
    )
    return bool(cr.fetchone()[0])


class Part(NamedTuple):
    """A part of the suite that should be at work.

    :param pause: seconds since it was last seen.
    """

    id: int
    key: str
    name: str
    pause: float
    every: float


def parts(cr: BaseCursor, kind: str, now: float) -> list[Part]:
    """The parts of a kind (``integration.heartbeat.kind``) that are watched.

    One that does not speak for itself was seen to be down when it was looked at, not since.
    """
    cr.execute(
        """
        SELECT id, key, name,
               extract(epoch FROM coalesce(looked_at, %s::timestamp) - beat_at), every
          FROM integration_heartbeat
         WHERE kind = %s AND ignored IS NOT TRUE
         ORDER BY id
        """,
        [moment(now), kind],
    )
    return [
        Part(one, key, name, float(p), float(every)) for one, key, name, p, every in cr.fetchall()
    ]


def retention(cr: BaseCursor, now: float) -> Retention:
    """What retention says of itself; one that was never begun is no trouble."""
    cr.execute(
        """
        SELECT count(*) FILTER (WHERE problem IS NOT NULL),
               count(*) FILTER (WHERE overdue > 0 AND caught_up_at < %s::timestamp),
               coalesce(sum(overdue), 0)
          FROM integration_retention_clock
        """,
        [moment(now - HANDLED_WITHIN)],
    )
    failed, behind, overdue = cr.fetchone()
    cr.execute(
        """
        SELECT EXISTS (SELECT 1 FROM integration_retention
                        WHERE state = 'suspended' AND stopped_because IN ('clock', 'person'))
        """
    )
    return Retention(failed, behind, int(overdue), bool(cr.fetchone()[0]))


def incidents(
    cr: BaseCursor, interface_ids: Sequence[int], since: float
) -> Mapping[int, list[tuple[float, float | None]]]:
    """Begin and end in seconds of the incidents of interfaces that lasted beyond a moment."""
    cr.execute(
        """
        SELECT interface_id, extract(epoch FROM started_at), extract(epoch FROM closed_at)
          FROM integration_incident
         WHERE interface_id = ANY(%s) AND (closed_at IS NULL OR closed_at >= %s)
         ORDER BY started_at
        """,
        [list(interface_ids), moment(since)],
    )
    found: dict[int, list[tuple[float, float | None]]] = {}
    for interface, start, end in cr.fetchall():
        ended = None if end is None else float(end)
        found.setdefault(interface, []).append((float(start), ended))
    return found
