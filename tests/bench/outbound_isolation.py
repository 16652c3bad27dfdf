"""Deliveries per second to a healthy endpoint, beside endpoints that hang, against alone.

The server and channels of ``odoo.conf.example``. Endpoints that hang take each request and never
answer, so that each attempt ends with the time limit of 15 s; their breakers are switched off, and
they have more messages waiting than they can try. As many of them hang as the background channel
has slots.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench import figures, outgoing, rules, runner, sink, stage
from tests.bench.event_latency import example_channels
from tests.bench.outbound_delivery import Arm, sink_alone
from tests.harness import Database, Harness, wait_until

NAME = "outbound_isolation"
UNIT = "deliveries/s"
TARGET = figures.Target(0.9)

WORKERS = 6
MESSAGES = 10_000
HANGING = 3
BACKLOG = 500
READ_TIMEOUT = 15.0


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the server, the healthy endpoint and those that hang."""
    with (
        sink.running() as healthy,
        sink.running(answers=False) as hanging,
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(database, workers=WORKERS, channels=example_channels()),
    ):
        endpoint = outgoing.Endpoint.create(database, shell, "healthy", healthy.url, lanes=2)
        stuck = [
            outgoing.Endpoint.create(
                database,
                shell,
                f"hanging {number}",
                hanging.url,
                breaker_enabled=False,
                read_timeout=READ_TIMEOUT,
            )
            for number in range(HANGING)
        ]
        arm = Arm(endpoint, healthy, MESSAGES, alone=False)
        beside = Beside(database, arm, stuck, hanging)
        yield runner.Stage(
            database,
            ours=rules.Arm("beside hanging endpoints", WORKERS, beside.measure),
            reference=rules.Arm("alone", WORKERS, beside.alone),
            generator=lambda: sink_alone(healthy),
            remarks=(
                f"a round is {MESSAGES} messages to the healthy endpoint; {HANGING} endpoints "
                f"hang for {READ_TIMEOUT:g} s with each request; {WORKERS} workers, channels "
                f"{example_channels()}",
            ),
        )


@dataclass
class Beside:
    """The healthy endpoint, with the others at work or not."""

    database: Database
    arm: Arm
    stuck: list[outgoing.Endpoint]
    hanging: sink.Sink

    def alone(self) -> float:
        self._rest()
        return self.arm.measure()

    def measure(self) -> float:
        before, _ids = self.hanging.received()
        for endpoint in self.stuck:
            endpoint.fill(BACKLOG)
            endpoint.wake()
        wait_until(
            lambda: self.hanging.received()[0] > before, timeout=60, what="the first that hangs"
        )
        # Long enough for every one of them to have been met once.
        time.sleep(READ_TIMEOUT + 10)
        count, _ids = self.hanging.received()
        figure = self.arm.measure()
        assert self.hanging.received()[0] > count, "nothing hung during this round"
        return figure

    def _rest(self) -> None:
        for endpoint in self.stuck:
            endpoint.clear()
        wait_until(self._idle, timeout=120, what="the end of the drains that hang")

    def _idle(self) -> bool:
        return not self.database.scalar(
            "SELECT count(*) FROM integration_lane WHERE lease_until > now() AT TIME ZONE 'UTC'"
        )
