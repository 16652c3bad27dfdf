"""What a listener reports of itself: a row of the process, one of each port, and refusals."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Sequence
from datetime import datetime

from odoo.sql_db import BaseCursor

from ..tools.mllp.counters import Reason, Refusal
from ..tools.mllp.listener import PortStatus

#: Seconds between two reports, and between two when there are news.
EVERY, SOON = 10.0, 2.0
#: Listeners seen within so many seconds count as running when a limit is shared among them.
LIVE = 45

Refusals = dict[int, dict[Reason, Refusal]]


class Report:
    """Writes the rows of one process.

    :param version: of the addon
    """

    def __init__(self, version: str) -> None:
        self.instance = uuid.uuid4().hex
        self._version = version

    def save(
        self, cr: BaseCursor, ports: Sequence[PortStatus], refusals: Refusals, *, ended: bool
    ) -> None:
        """Write all of it, in the transaction of ``cr``."""
        cr.execute(
            """
            INSERT INTO integration_mllp_listener
                   (instance, host, pid, version, started_at, seen_at, stopped_at)
            VALUES (%(instance)s, %(host)s, %(pid)s, %(version)s,
                    now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC',
                    CASE WHEN %(ended)s THEN now() AT TIME ZONE 'UTC' END)
            ON CONFLICT (instance) DO UPDATE
               SET seen_at = EXCLUDED.seen_at, stopped_at = EXCLUDED.stopped_at
            RETURNING id
            """,
            {
                "instance": self.instance,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "version": self._version,
                "ended": ended,
            },
        )
        listener = cr.fetchone()[0]
        self._write_ports(cr, listener, [] if ended else ports)
        for interface, found in sorted(refusals.items()):
            self._write_refusals(cr, interface, found)

    @staticmethod
    def _write_ports(cr: BaseCursor, listener: int, ports: Sequence[PortStatus]) -> None:
        for port in ports:
            cr.execute(
                """
                INSERT INTO integration_mllp_listener_port
                       (listener_id, interface_id, company_id, port, error, connections, messages,
                        last_message_at)
                SELECT %(listener)s, i.id, i.company_id, %(port)s, %(error)s, %(connections)s,
                       %(messages)s, %(last)s
                  FROM integration_interface i WHERE i.id = %(interface)s
                ON CONFLICT (listener_id, interface_id) DO UPDATE
                   SET port = EXCLUDED.port, error = EXCLUDED.error,
                       connections = EXCLUDED.connections, messages = EXCLUDED.messages,
                       last_message_at = EXCLUDED.last_message_at
                """,
                {
                    "listener": listener,
                    "interface": port.interface,
                    "port": port.port,
                    "error": port.error or None,
                    "connections": port.connections,
                    "messages": port.tally.messages,
                    "last": _naive(port.tally.last_at),
                },
            )
        cr.execute(
            "DELETE FROM integration_mllp_listener_port "
            "WHERE listener_id = %s AND NOT interface_id = ANY(%s)",
            [listener, [port.interface for port in ports]],
        )

    @staticmethod
    def _write_refusals(cr: BaseCursor, interface: int, found: dict[Reason, Refusal]) -> None:
        for reason, refusal in sorted(found.items()):
            cr.execute(
                """
                INSERT INTO integration_mllp_refusal
                       (interface_id, company_id, day, reason, count, last_at, last_address)
                SELECT i.id, i.company_id, (now() AT TIME ZONE 'UTC')::date, %(reason)s, %(count)s,
                       %(last)s, %(address)s
                  FROM integration_interface i WHERE i.id = %(interface)s
                ON CONFLICT (interface_id, day, reason) DO UPDATE
                   SET count = integration_mllp_refusal.count + EXCLUDED.count,
                       last_at = EXCLUDED.last_at, last_address = EXCLUDED.last_address
                """,
                {
                    "interface": interface,
                    "reason": str(reason),
                    "count": refusal.count,
                    "last": _naive(refusal.last_at),
                    "address": refusal.address or None,
                },
            )


def sharers(cr: BaseCursor) -> dict[int, int]:
    """How many listeners serve each interface at present, by its id."""
    cr.execute(
        """
        SELECT p.interface_id, count(*) FROM integration_mllp_listener_port p
          JOIN integration_mllp_listener l ON l.id = p.listener_id
         WHERE l.stopped_at IS NULL AND p.error IS NULL
           AND l.seen_at > now() AT TIME ZONE 'UTC' - %s * interval '1 second'
         GROUP BY p.interface_id
        """,
        [LIVE],
    )
    return dict(cr.fetchall())


def _naive(moment: datetime | None) -> datetime | None:
    """Naive UTC, to the second, as Odoo has it."""
    return moment.replace(tzinfo=None, microsecond=0) if moment else None
