"""Deliveries per second through the whole engine, against one queue job per delivery.

One server with two workers and queue_job's own runner does both. Messages and jobs are in the
database before the clock starts; it stops when the last result is recorded. Ours includes waking
the drains, their queue jobs, leases, claims, snapshots, contract validation, the SSRF guard,
signatures, attempts, stored requests and answers, sync status, breaker. The reference reads the
same event, signs the same body and posts it over a connection that its worker keeps open; it
records nothing but the end of its job.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench import figures, load, outgoing, rules, runner, sink, stage
from tests.bench.engine_inbound_drain import jobs_done
from tests.harness import Database, Harness, Shell, wait_until

NAME = "outbound_delivery"
UNIT = "deliveries/s"
TARGET = figures.Target(20.0)

MESSAGES = 6000
JOBS = 300
WORKERS = 2
# As in engine_inbound_drain: the next job waits at a worker's door already.
CHANNELS = "root:3"
_POLL = 0.01


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server, the sink and both arms."""
    with (
        sink.running() as receiver,
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(
            database,
            workers=WORKERS,
            channels=CHANNELS,
            options={"log_handler": ":INFO,werkzeug:WARNING"},
        ),
    ):
        endpoint = outgoing.Endpoint.create(database, shell, "measured", receiver.url, lanes=2)
        ours = Arm(endpoint, receiver)
        reference = Jobs(database, shell, endpoint, receiver)
        yield runner.Stage(
            database,
            ours=rules.Arm("outbound drains", WORKERS, ours.measure),
            reference=rules.Arm("one job per delivery", WORKERS, reference.measure),
            generator=lambda: sink_alone(receiver),
            remarks=(
                f"a round is {MESSAGES} messages against {JOBS} queue jobs; {WORKERS} workers, "
                f"channels {CHANNELS}; the interface has two lanes of four connections",
            ),
        )


def sink_alone(receiver: sink.Sink) -> float:
    """Requests per second that the sink takes from a generator that does nothing else."""
    request = load.request("/hook", b"x" * 600, {"webhook-id": "alone"})
    return load.send(receiver.port, [request] * 20_000, 8).rate


@dataclass
class Arm:
    """Messages of one interface, sent by its drains.

    :ivar alone: whether no other interface has drains, so that all jobs end with ours
    """

    endpoint: outgoing.Endpoint
    receiver: sink.Sink
    count: int = MESSAGES
    alone: bool = True

    def measure(self) -> float:
        before, known = self.receiver.received()
        self.endpoint.fill(self.count)
        start = time.monotonic()
        self.endpoint.wake()
        # The sink tells how far it is for next to nothing; the ledger is asked for the rest only,
        # lest the questions take a part of the processor from what is measured.
        wait_until(
            lambda: self.receiver.received()[0] - before >= self.count,
            timeout=240,
            poll=_POLL,
            what="the last delivery",
        )
        wait_until(self.endpoint.is_drained, timeout=60, poll=_POLL, what="the last result")
        seconds = time.monotonic() - start
        wait_until(
            lambda: not self.alone or jobs_done(self.endpoint.database),
            timeout=60,
            poll=_POLL,
            what="the end of the drains",
        )
        after, ids = self.receiver.received()
        assert after - before == self.count == ids - known, "not every message was sent once"
        assert self.endpoint.effects() == self.count, "not every result was recorded"
        self.endpoint.clear()
        return self.count / seconds


@dataclass
class Jobs:
    """The reference: a queue job per delivery."""

    database: Database
    shell: Shell
    endpoint: outgoing.Endpoint
    receiver: sink.Sink

    def measure(self) -> float:
        before, _ids = self.receiver.received()
        self.shell.run(
            "env['bench.delivery']._enqueue(event, url, count)",
            event=self.endpoint.template,
            url=self.receiver.url,
            count=JOBS,
        )
        start = time.monotonic()
        wait_until(
            lambda: jobs_done(self.database), timeout=120, poll=_POLL, what="the end of the jobs"
        )
        seconds = time.monotonic() - start
        after, _ids = self.receiver.received()
        assert after - before == JOBS, f"{after - before} of {JOBS} were delivered"
        return JOBS / seconds
