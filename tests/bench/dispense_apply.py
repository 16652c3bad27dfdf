"""Dispenses per second, from HL7 text to done stock moves, against one queue job per message.

One server with one worker does both. Wards dispense items of which every second has lots, each
message one line for a visit. Ours: the messages are in the ledger, encrypted, before the clock
starts; it stops when the last one is done. The time includes waking the drain, its queue jobs,
leases, claims, decryption, reading HL7, routing, mapping, validation, attempts and results. The
reference has the same texts in a plain table, and one queue job for each message reads, maps,
validates and hands it to the same handler; it does not decrypt, and leaves no trace of what it did.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.bench import figures, rules, runner, stage
from tests.bench.engine_inbound_drain import CHANNELS, OPTIONS, WORKERS, jobs_done, seconds_of_jobs
from tests.harness import Database, Harness, Shell, wait_until

NAME = "dispense_apply"
UNIT = "messages/s"
TARGET = figures.Target(3.0)

MESSAGES = 1000
SAMPLE = 100
COUNTED = 200
WARDS = 10
ITEMS = 40
GROUPS = ("base.group_user", "integration_ehr_bridge.group_feed", "stock.group_stock_user")
_POLL = 0.02


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server and both arms."""
    with (
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(database, workers=WORKERS, channels=CHANNELS, options=OPTIONS),
    ):
        shell.run("env['bench.fixture']._usage_world(wards, items)", wards=WARDS, items=ITEMS)
        ours = Feed(database, shell)
        ours.check_refusal()
        reference = Jobs(database, shell, ours.interface)
        yield runner.Stage(
            database,
            ours=rules.Arm("batches from the ledger", WORKERS, ours.measure),
            reference=rules.Arm("one queue job per message", WORKERS, reference.measure),
            generator=None,
            remarks=(
                f"a round is {MESSAGES} dispenses of one line on {WARDS} wards and {ITEMS} items "
                f"through the ledger against {SAMPLE} by queue jobs; one worker, channels "
                f"{CHANNELS}; messages and jobs are stored before the clock starts",
            ),
            extras=(runner.Extra("statements per message", ours.statements, "statements"),),
        )


def message(prefix: str, number: int) -> str:
    """A dispense with a number of its own."""
    # Any item on any ward: few of the lines that are handled together are of one move.
    ward, item = number % WARDS, (number * 2_654_435_761 >> 12) % ITEMS
    lot = f"L{number % 3}" if item % 2 else ""
    visit = f"V{ward}-{number % 20}"
    at = f"2026030208{number % 60:02}00"
    return "\r".join(
        [
            f"MSH|^~\\&|CARE|GENERAL|ODOO|HUB|{at}||RDS^O13|{prefix}{number}|P|2.5.1",
            "PID|1||4711^^^GENERAL^MR||Canary^Carol||19700102|F",
            f"PV1|1|I|W{ward}^^^GENERAL{'|' * 16}{visit}^^^GENERAL",
            f"ORC|RE|O{number}^CARE|{prefix}{number}^PHARM",
            f"RXD|1|ITM-{item}^Item|{at}|{1 + number % 3}|EA|{'|' * 11}|{lot}",
            "",
        ]
    )


def quantity(numbers: list[int]) -> int:
    """What these dispenses take together."""
    return sum(1 + number % 3 for number in numbers)


@dataclass
class Feed:
    """The arm that lets a drain apply stored messages."""

    database: Database
    shell: Shell
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.interface = self.shell.run(
            "result = env['bench.fixture']._usage_interface('usage', groups)", groups=GROUPS
        )

    def check_refusal(self) -> None:
        """What lacks its unit must end in quarantine, and bodies must be encrypted."""
        self._work_off({"bad": message("X", 0).replace("|EA|", "||")})
        found = self.database.sql("SELECT state, error_code FROM integration_message")
        assert found == [{"state": "quarantined", "error_code": "missing_required"}], found
        encodings = self.database.sql("SELECT DISTINCT encoding FROM integration_payload")
        assert all("aes" in one["encoding"] for one in encodings), encodings

    def measure(self) -> float:
        numbers = list(itertools.islice(self._numbers, MESSAGES))
        before = self._done()
        seconds = self._work_off({f"D{number}": message("D", number) for number in numbers})
        assert self._done() - before == MESSAGES, "not every message was handled once"
        check_moves(self.database, "D", numbers)
        return MESSAGES / seconds

    def statements(self) -> float:
        """SQL statements per message, of a drain in a process that counts them."""
        numbers = list(itertools.islice(self._numbers, COUNTED))
        self._store({f"D{number}": message("D", number) for number in numbers})
        return self.shell.run(
            "result = env['bench.fixture']._statements_of_drain(interface) / count",
            interface=self.interface,
            count=COUNTED,
        )

    def _work_off(self, texts: dict[str, str]) -> float:
        """Store messages, wake the drain; return the seconds until nothing was left to do."""
        self._store(texts)
        start = time.monotonic()
        self.shell.run("env['bench.fixture']._wake(interface)", interface=self.interface)
        wait_until(self._drained, timeout=600, poll=_POLL, what="the end of the messages")
        seconds = time.monotonic() - start
        wait_until(lambda: jobs_done(self.database), poll=_POLL, what="the end of the drain's job")
        return seconds

    def _store(self, texts: dict[str, str]) -> None:
        self.shell.run(
            "env['bench.fixture']._store_hl7(interface, messages)",
            interface=self.interface,
            messages=texts,
        )

    def _drained(self) -> bool:
        return bool(
            self.database.scalar(
                "SELECT NOT EXISTS (SELECT 1 FROM integration_message "
                "WHERE state IN ('queued', 'processing', 'retry', 'held'))"
            )
        )

    def _done(self) -> int:
        """Messages that are done in one attempt and have their line, with a done stock move."""
        return self.database.scalar(
            "SELECT count(*) FROM integration_message m "
            "JOIN integration_attempt a ON a.message_id = m.id AND a.outcome = 'done' "
            "JOIN ehr_consumption c ON c.message_uuid = m.uuid AND c.id = m.res_id "
            "JOIN stock_move s ON s.id = c.move_id AND s.state = 'done' "
            "WHERE m.state = 'done' AND m.attempts = 1 AND m.res_model = 'ehr.consumption'"
        )


@dataclass
class Jobs:
    """The reference: a queue job per message."""

    database: Database
    shell: Shell
    interface: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def measure(self) -> float:
        numbers = list(itertools.islice(self._numbers, SAMPLE))
        # The runner starts with the commit, a moment before our clock: in the jobs' favour.
        self.shell.run(
            "env['bench.fixture']._enqueue_hl7(bodies, interface)",
            bodies=[message("J", number) for number in numbers],
            interface=self.interface,
        )
        seconds = seconds_of_jobs(self.database, 300, _POLL)
        check_moves(self.database, "J", numbers)
        return len(numbers) / seconds


def check_moves(database: Database, prefix: str, numbers: list[int]) -> None:
    """Each dispense has its line, and done moves took what the lines say, no more and no less."""
    names = [f"{prefix}{number}" for number in numbers]
    found = database.sql(
        "WITH mine AS (SELECT * FROM ehr_consumption WHERE number = ANY(%s)) "
        "SELECT (SELECT count(*) FROM mine) AS lines, (SELECT sum(quantity) FROM mine) AS told, "
        "(SELECT sum(l.quantity) FROM stock_move_line l WHERE l.state = 'done' "
        "AND l.move_id IN (SELECT move_id FROM mine)) AS taken",
        [names],
    )[0]
    wanted = quantity(numbers)
    assert (found["lines"], float(found["told"])) == (len(numbers), wanted), found
    assert float(found["taken"]) == wanted, found
