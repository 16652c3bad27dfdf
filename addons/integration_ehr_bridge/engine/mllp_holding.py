"""What a worker holds of a partner: the right to be connected, and the connection."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from odoo.addons.integration_core.tools import errors

from ..tools.sending.answers import Answer
from ..tools.sending.connection import (
    ConnectionEnded,
    MllpConnection,
    Target,
    open_connection,
)
from .mllp_leases import Lease, State

#: Goes on while the machine sleeps, where there is such a clock: so does that of the database.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

Key = tuple[str, int]
Hear = Callable[[Answer], None]


class ConnectionBusy(errors.TransientError):
    """Another worker uses the connection and does not give it up; the messages wait, untried."""

    default_code = "mllp_connection_busy"
    holds = True
    passes_in = 2.0


class LeaseLost(ConnectionBusy):
    """The right to be connected has ended; another worker may be connected by now."""

    default_code = "mllp_lease_lost"


@dataclass(eq=False)
class Holding:
    """A lease of this process, and the connection if there is one.

    :ivar valid_until: :func:`clock` time from which the lease is not relied upon
    :ivar over: it was given up or lost, and is never valid again
    """

    key: Key
    lease: Lease
    valid_until: float
    hear: Hear
    target: Target | None = None
    url: str = ""
    connection: MllpConnection | None = None
    over: bool = False
    busy: bool = False
    wanted: bool = False
    since: float = field(default_factory=time.monotonic)
    used_at: float = field(default_factory=time.monotonic)
    renewed_at: float = field(default_factory=time.monotonic)
    connected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    latency_ms: int | None = None
    sent: int = 0

    @property
    def valid(self) -> bool:
        return not self.over and clock() < self.valid_until

    def require(self) -> None:
        """Called right before anything is sent, and before a connection is opened.

        :raises LeaseLost: the lease may have passed to somebody else; the connection is closed
        """
        if not self.valid:
            self.disconnect()
            raise LeaseLost(
                "Another worker may use the connection to the partner by now, since this one could "
                "not renew its lease in time. The messages follow over the connection that is "
                "there."
            )

    def connected(self, target: Target, url: str) -> MllpConnection:
        """The connection to a target: the open one if it leads there and lives, else a new one.

        Connecting takes its time, so :meth:`require` comes once more before anything is sent.

        :raises LeaseLost: as of :meth:`require`
        :raises errors.IntegrationError: as of :func:`open_connection`
        """
        self.require()
        if self.connection and self.target != target:
            self.disconnect()
        if self.connection:
            self.listen()
        # Whoever finds the lease lost takes away the connection that is here, at any time.
        connection = self.connection
        if connection is None:
            connection = self.connection = open_connection(target)
            self.target, self.url = target, url
            self.connected_at, self.sent = _now(), 0
        return connection

    def listen(self) -> None:
        """Hear what came unasked; notice that the other side has closed."""
        connection = self.connection
        if connection is None:
            return
        try:
            strays = connection.strays()
        except ConnectionEnded:
            self.disconnect()
            return
        for answer in strays:
            self.hear(answer)

    def note(self, seconds: float) -> None:
        """A message was acknowledged, so long after it was sent."""
        self.acknowledged_at, self.latency_ms = _now(), round(seconds * 1000)
        self.sent += 1

    def disconnect(self) -> None:
        connection, self.connection, self.connected_at = self.connection, None, None
        if connection:
            connection.close()

    def shown(self) -> State:
        return State(
            self.lease.token,
            self.connected_at,
            self.acknowledged_at,
            self.latency_ms,
            self.sent,
        )


def clock() -> float:
    """Seconds since some moment, by the clock that leases are reckoned with."""
    return time.clock_gettime(_CLOCK)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
