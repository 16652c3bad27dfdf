"""Charges per second, from HL7 text to lines of draft invoices, against one queue job per message.

One server with one worker does both. Each message is a DFT^P03 with one charge; the charges of a
visit come one behind the other, as the nightly run of a hospital posts them. (An extra figure has
those of all visits in turn, where each batch has few lines for each of many invoices: Odoo
balances an invoice anew for each batch that adds to it.) Ours: the messages are in the ledger,
encrypted, before the clock starts; it stops when the last one is done. The time includes waking
the drain, its queue jobs, leases, claims, decryption, the HL7 codec, routing, mapping, contract
validation, attempts and results. The reference has the same texts in a plain table, and one queue
job for each message reads and maps it by the same codec and mapping and hands it to the same
handler; it neither decrypts nor validates, and leaves no trace of what it did.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.bench import figures, rules, runner, stage
from tests.bench.engine_inbound_drain import CHANNELS, OPTIONS, WORKERS, jobs_done, seconds_of_jobs
from tests.harness import Database, Harness, Shell, wait_until

NAME = "dft_apply"
UNIT = "charges/s"
TARGET = figures.Target(5.0)

#: Visits of a round, and charges of each.
VISITS = 60
CHARGES = 25
SAMPLE_VISITS = 6
HANDLER = "integration.handler.ehr_charge"
_POLL = 0.02


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server and both arms."""
    with (
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(database, workers=WORKERS, channels=CHANNELS, options=OPTIONS),
    ):
        made = shell.run("result = env['bench.charge']._open()")
        ours = Feed(database, shell, made["interface"])
        reference = Jobs(database, shell, made["user"])
        yield runner.Stage(
            database,
            ours=rules.Arm("batches from the ledger", WORKERS, ours.measure),
            reference=rules.Arm("one queue job per message", WORKERS, reference.measure),
            generator=None,
            remarks=(
                f"a round is {VISITS} visits of {CHARGES} charges through the ledger against "
                f"{SAMPLE_VISITS} such visits by queue jobs; one worker, channels {CHANNELS}; "
                "messages and jobs are stored before the clock starts",
            ),
            extras=(runner.Extra("charges of all visits in turn", ours.in_turn, "charges/s"),),
        )


def messages(prefix: str, visits: list[int], *, in_turn: bool = False) -> dict[str, str]:
    """The messages of some visits by their control ids, visit by visit, or charge by charge."""
    pairs = [(visit, number) for visit in visits for number in range(CHARGES)]
    if in_turn:
        pairs.sort(key=lambda pair: (pair[1], pair[0]))
    return {f"{prefix}{visit}-{number}": _message(prefix, visit, number) for visit, number in pairs}


def _message(prefix: str, visit: int, number: int) -> str:
    control = f"{prefix}{visit}-{number}"
    at = f"2026030{1 + number % 9}1{number % 10}0000"
    quantity = 1 + number % 4
    return "\r".join(
        (
            f"MSH|^~\\&|CARE|GENERAL|ODOO|HUB|{at}||DFT^P03^DFT_P03|{control}|T|2.5.1",
            f"EVN|P03|{at}",
            f"PID|1||P{visit}^^^GENERAL^MR||Doe^Jane|||||||||||||",
            f"PV1|1|I|W1{'|' * 16}{prefix}{visit}^^^GENERAL^VN",
            f"FT1|1|{control}||{at}|{at}|CG|CODE{number % 8}^Something||"
            f"|{quantity}|{quantity * 25}.00&EUR|25.00&EUR|||{'|' * 2}W1|||||||ORD{number}",
            "IN1|1|P1|FUND|A fund",
            "",
        )
    )


@dataclass
class Feed:
    """The arm that lets a drain apply stored messages."""

    database: Database
    shell: Shell
    interface: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def measure(self) -> float:
        return self._measure()

    def in_turn(self) -> float:
        return self._measure(in_turn=True)

    def _measure(self, *, in_turn: bool = False) -> float:
        visits = list(itertools.islice(self._numbers, VISITS))
        told = messages("V", visits, in_turn=in_turn)
        self.shell.run("env['bench.charge']._visits(numbers)", numbers=[f"V{n}" for n in visits])
        self.shell.run(
            "env['bench.charge']._store(interface, messages)",
            interface=self.interface,
            messages=told,
        )
        start = time.monotonic()
        self.shell.run("env['bench.fixture']._wake(interface)", interface=self.interface)
        wait_until(self._drained, timeout=900, poll=_POLL, what="the end of the messages")
        seconds = time.monotonic() - start
        wait_until(lambda: jobs_done(self.database), poll=_POLL, what="the end of the drain's job")
        check_charges(self.database, "V", visits)
        return len(told) / seconds

    def _drained(self) -> bool:
        return bool(
            self.database.scalar(
                "SELECT NOT EXISTS (SELECT 1 FROM integration_message "
                "WHERE state IN ('queued', 'processing', 'retry', 'held'))"
            )
        )


@dataclass
class Jobs:
    """The reference: a queue job per message."""

    database: Database
    shell: Shell
    user: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def measure(self) -> float:
        visits = list(itertools.islice(self._numbers, SAMPLE_VISITS))
        told = messages("J", visits)
        self.shell.run("env['bench.charge']._visits(numbers)", numbers=[f"J{n}" for n in visits])
        # The runner starts with the commit, a moment before our clock: in the jobs' favour.
        self.shell.run(
            "env['bench.charge']._enqueue(bodies, user)", bodies=list(told.values()), user=self.user
        )
        seconds = seconds_of_jobs(self.database, 900, _POLL)
        check_charges(self.database, "J", visits)
        return len(told) / seconds


def check_charges(database: Database, prefix: str, visits: list[int]) -> None:
    """Each charge of each visit has its line, and all of a visit are on one draft invoice."""
    found = database.sql(
        "SELECT count(*) AS charges, count(DISTINCT l.move_id) AS invoices, "
        "sum(l.price_subtotal) AS amount FROM ehr_charge c "
        "JOIN ehr_encounter e ON e.id = c.encounter_id "
        "JOIN account_move_line l ON l.id = c.move_line_id "
        "JOIN account_move m ON m.id = l.move_id AND m.state = 'draft' "
        "WHERE e.visit_number = ANY(%s) AND c.state = 'drafted' AND l.price_subtotal = c.amount",
        [[f"{prefix}{visit}" for visit in visits]],
    )[0]
    amount = len(visits) * sum(25 * (1 + number % 4) for number in range(CHARGES))
    expected = {"charges": len(visits) * CHARGES, "invoices": len(visits), "amount": amount}
    assert {**found, "amount": int(found["amount"] or 0)} == expected, found
