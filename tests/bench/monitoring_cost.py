"""Messages per second of the whole engine with monitoring installed, against the same without.

Two databases of one cluster; from one of them the addon was uninstalled. Each half of a round has a
server of its own with queue_job's runner, started and warmed up before the clock starts, so that
the collector of the one database takes nothing from the other. What is measured: deliveries that
wait in the database are sent to a partner's endpoint, then requests are sent to the webhook's door
and handled, until the last result is recorded. Monitoring runs as shipped: it collects every
quarter of a minute, and a round lasts for several collections.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.bench import figures, inbound_http, load, outgoing, rules, runner, sink, stage
from tests.harness import Database, Harness, wait_until

NAME = "monitoring_cost"
UNIT = "messages/s"
TARGET = figures.Target(0.95)

#: They take longer than the time between two collections.
OUTBOUND = 24_000
#: Rounds of requests of ``inbound_http``.
INBOUND_ROUNDS = 3
WORKERS = 2
CHANNELS = "root:2"
PARTS = ("outbound", "inbound")
_OPTIONS = {"log_handler": ":INFO,werkzeug:WARNING"}
_POLL = 0.01

_UNINSTALL = """
found = env['ir.module.module'].search([('name', '=', 'integration_monitoring')])
found.button_immediate_uninstall()
"""


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare both databases and the partner's endpoint."""
    with ExitStack() as stack:
        receiver = stack.enter_context(sink.running())
        watched = Arm.create(stack.enter_context(stage.database(harness)), receiver, True)
        plain = Arm.create(stack.enter_context(stage.database(harness)), receiver, False)
        yield runner.Stage(
            watched.database,
            ours=rules.Arm("with monitoring", WORKERS, watched.measure),
            reference=rules.Arm("without", WORKERS, plain.measure),
            generator=None,
            remarks=(
                f"half a round is {OUTBOUND:,} deliveries and then "
                f"{INBOUND_ROUNDS * inbound_http.REQUESTS:,} requests that are handled as well; "
                f"{WORKERS} workers, channels {CHANNELS}; each half starts a server",
            ),
            extras=(
                *(
                    runner.Extra(f"ratio {part}", _ratio(part, watched, plain), "")
                    for part in PARTS
                ),
                runner.Extra("collections a round", watched.collections, ""),
            ),
        )


def _ratio(part: str, watched: "Arm", plain: "Arm"):
    return lambda: watched.median(part) / plain.median(part)


@dataclass
class Arm:
    """A database with traffic both ways.

    :ivar found: messages a second of each part, a figure for each round
    """

    database: Database
    endpoint: outgoing.Endpoint
    partner: inbound_http.Partner
    receiver: sink.Sink
    monitored: bool
    found: dict[str, list[float]] = field(default_factory=lambda: {part: [] for part in PARTS})
    counted: list[int] = field(default_factory=list)

    @classmethod
    def create(cls, database: Database, receiver: sink.Sink, monitored: bool) -> "Arm":
        if not monitored:
            with stage.shell(database) as shell:
                shell.run(_UNINSTALL)
            left = database.scalar("SELECT to_regclass('integration_rollup') IS NOT NULL")
            assert not left, "monitoring is still installed"
        partner = inbound_http.Partner.create(database, "received")
        with stage.shell(database) as shell:
            endpoint = outgoing.Endpoint.create(database, shell, "sent", receiver.url, lanes=2)
        return cls(database, endpoint, partner, receiver, monitored)

    def measure(self) -> float:
        """Messages a second, both ways together."""
        requests = [
            request for _round in range(INBOUND_ROUNDS) for request in self.partner.requests()
        ]
        with (
            stage.shell(self.database) as shell,
            stage.server(
                self.database, workers=WORKERS, channels=CHANNELS, options=_OPTIONS
            ) as server,
        ):
            self.endpoint.shell = shell
            self._settle()
            # Not before: the watchdog finds what waits for longer, and wakes its drains.
            self.endpoint.fill(OUTBOUND)
            self._rest()
            before = self._collections()
            outbound = self._send()
            inbound = self._receive(server.port, requests)
            self.counted.append(self._collections() - before)
        self._check(len(requests))
        self.found["outbound"].append(OUTBOUND / outbound)
        self.found["inbound"].append(len(requests) / inbound)
        return (OUTBOUND + len(requests)) / (outbound + inbound)

    def median(self, part: str) -> float:
        """Median over the rounds; the first one warmed up."""
        return statistics.median(self.found[part][1:] or self.found[part])

    def collections(self) -> float:
        return statistics.median(self.counted)

    def _settle(self) -> None:
        """Let the server come to rest, and monitoring to its pace."""
        if self.monitored:
            before = self._collections()
            wait_until(
                lambda: self._collections() >= before + 2,
                timeout=180,
                what="monitoring at its pace",
            )
        else:
            time.sleep(15)

    def _rest(self) -> None:
        """Let no job be under way when the clock starts: one that collects was just seen to be."""
        wait_until(
            lambda: self.database.scalar(
                "SELECT NOT EXISTS (SELECT 1 FROM queue_job WHERE state IN ('enqueued', 'started'))"
            ),
            timeout=60,
            poll=_POLL,
            what="a moment without jobs",
        )

    def _send(self) -> float:
        start = time.monotonic()
        self.endpoint.wake()
        wait_until(self.endpoint.is_drained, timeout=240, poll=0.05, what="the last delivery")
        return time.monotonic() - start

    def _receive(self, port: int, requests: list[bytes]) -> float:
        start = time.monotonic()
        sent = load.send(port, requests, inbound_http.CONNECTIONS)
        assert sent.statuses == {202: len(requests)}, f"not all accepted: {sent.statuses}"
        wait_until(self._handled, timeout=240, poll=0.05, what="the last message")
        return time.monotonic() - start

    def _handled(self) -> bool:
        return bool(
            self.database.scalar(
                "SELECT NOT EXISTS (SELECT 1 FROM integration_message WHERE interface_id = %s "
                "AND state IN ('queued', 'processing', 'retry', 'held'))",
                [self.partner.interface],
            )
        )

    def _collections(self) -> int:
        if not self.monitored:
            return 0
        return self.database.scalar("SELECT count(*) FROM integration_rollup_mark")

    def _check(self, requests: int) -> None:
        assert self.endpoint.effects() == OUTBOUND, "not every delivery was recorded once"
        self.endpoint.clear()
        handled = self.database.scalar(
            "SELECT count(*) FROM integration_message WHERE interface_id = %s "
            "AND state = 'done' AND attempts = 1",
            [self.partner.interface],
        )
        assert handled == requests, f"{handled} of {requests} requests were handled once"
        self.database.sql(
            "DELETE FROM integration_message WHERE interface_id = %s", [self.partner.interface]
        )
        self.database.sql("VACUUM (ANALYZE) integration_message")
