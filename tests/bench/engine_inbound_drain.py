"""Messages per second of the inbound drain, against one queue job per message.

One server with one worker and queue_job's own runner does both. Messages and jobs are in the
database before the clock starts; it stops when the last one is done. The drain's time includes
waking it, its own queue job, leases, claims, decompression, contract validation, the savepoint of
each message, attempts and results. The handler does nothing, and neither does the reference job.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.bench import confirmations, figures, rules, runner, stage
from tests.harness import Database, Harness, Shell, wait_until

NAME = "engine_inbound_drain"
UNIT = "messages/s"
TARGET = figures.Target(25.0)

MESSAGES = 3000
JOBS = 200
WORKERS = 1
# More jobs under way than workers: the next request then waits at the worker's door already, which
# is the best setting of the reference. The drain has one lane and so one job at a time.
CHANNELS = "root:2"
OPTIONS = {"log_handler": ":INFO,werkzeug:WARNING"}
_POLL = 0.01


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server and both arms."""
    with (
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(database, workers=WORKERS, channels=CHANNELS, options=OPTIONS),
    ):
        plain = Drained(database, shell, "plain", confirmations.canonical)
        mapped = Drained(database, shell, "mapped", confirmations.partner_shape, mapped=True)
        for arm in (plain, mapped):
            arm.check_contract()
        yield runner.Stage(
            database,
            ours=rules.Arm("inbound drain", WORKERS, plain.measure),
            reference=rules.Arm("one job per message", WORKERS, Jobs(database, shell).measure),
            generator=None,
            remarks=(
                f"a round is {MESSAGES} confirmations of {confirmations.LINES} lines against "
                f"{JOBS} queue jobs; one worker, channels {CHANNELS}; all of them are stored "
                "before the clock starts, so no load generator runs",
            ),
            extras=(runner.Extra("with a mapping of header and lines", mapped.measure),),
        )


@dataclass
class Drained:
    """The arm that stores messages of one interface and lets a drain handle them."""

    database: Database
    shell: Shell
    name: str
    body: Callable[[int], str]
    mapped: bool = False
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.interface = stage.interface(self.shell, self.name, mapped=self.mapped).id

    def check_contract(self) -> None:
        """A message that breaks the contract must end in quarantine, or we would measure less."""
        self._store({f"{self.name}-bad": confirmations.malformed()})
        self._drain()
        states = self.database.sql(
            "SELECT state, error_class FROM integration_message WHERE interface_id = %s",
            [self.interface],
        )
        assert states == [{"state": "quarantined", "error_class": self._refusal}], states

    @property
    def _refusal(self) -> str:
        return "mapping" if self.mapped else "contract"

    def measure(self) -> float:
        numbers = list(itertools.islice(self._numbers, MESSAGES))
        before = self._effects()
        self._store({f"{self.name}-{number}": self.body(number) for number in numbers})
        seconds = self._drain()
        assert self._effects() - before == MESSAGES, "not every message was handled once"
        return MESSAGES / seconds

    def _store(self, messages: dict[str, str]) -> None:
        self.shell.run(
            "env['bench.fixture']._store(interface, messages)",
            interface=self.interface,
            messages=messages,
        )

    def _drain(self) -> float:
        """Wake the drain; return the seconds until no message was left to do."""
        start = time.monotonic()
        self.shell.run("env['bench.fixture']._wake(interface)", interface=self.interface)
        wait_until(self._drained, timeout=120, poll=_POLL, what="the end of the messages")
        seconds = time.monotonic() - start
        wait_until(lambda: jobs_done(self.database), poll=_POLL, what="the end of the drain's job")
        return seconds

    def _drained(self) -> bool:
        return bool(
            self.database.scalar(
                "SELECT NOT EXISTS (SELECT 1 FROM integration_message WHERE interface_id = %s "
                "AND state IN ('queued', 'processing', 'retry', 'held'))",
                [self.interface],
            )
        )

    def _effects(self) -> int:
        """Messages that are done and have exactly one attempt, recorded as such."""
        return self.database.scalar(
            "SELECT count(*) FROM integration_message m "
            "JOIN integration_attempt a ON a.message_id = m.id "
            "WHERE m.interface_id = %s AND m.state = 'done' AND m.attempts = 1 "
            "AND a.number = 1 AND a.outcome = 'done'",
            [self.interface],
        )


@dataclass
class Jobs:
    """The reference: a queue job per message."""

    database: Database
    shell: Shell

    def measure(self) -> float:
        # The runner starts with the commit, a moment before our clock: in the jobs' favour.
        self.shell.run("env['bench.fixture']._enqueue_noops(count)", count=JOBS)
        return JOBS / seconds_of_jobs(self.database, 120, _POLL)


def jobs_done(database: Database) -> bool:
    """Whether no queue job is left to do."""
    return not database.scalar(
        "SELECT count(*) FROM queue_job WHERE state NOT IN ('done', 'failed', 'cancelled')"
        # the next collection of monitoring always waits
        " AND channel <> 'root.integration_monitoring'"
    )


def seconds_of_jobs(database: Database, timeout: float, poll: float) -> float:
    """Wait until no queue job is left to do; how long that took from now on.

    :raises AssertionError: a job failed
    """
    start = time.monotonic()
    wait_until(lambda: jobs_done(database), timeout=timeout, poll=poll, what="the end of the jobs")
    seconds = time.monotonic() - start
    failed = database.scalar("SELECT count(*) FROM queue_job WHERE state = 'failed'")
    assert not failed, f"{failed} jobs failed"
    return seconds
