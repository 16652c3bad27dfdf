"""HL7 v2 messages about visits per second, applied to the census, against one queue job for each.

One server with one worker does both. Each visit is admitted, transferred, updated and discharged;
visits follow each other through the beds of a ward, as they do in a hospital. Both arms begin with
HL7 v2 and work by the standard routing: they parse it, map it by the same rules with the same value
maps, check it against the contract and hand it to the same handler.

Ours: the messages are in the ledger as the listener stores them, encrypted, before the clock
starts; it stops when the last one is done. The time includes waking the drain, its queue jobs,
leases, claims, decryption, attempts and results. The reference has the same text in a plain table
and one queue job for each message; it does not decrypt, and leaves no trace of what it did. What it
has to know of the interface it reads once in a process, where a drain reads it every second.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.bench import figures, rules, runner, stage
from tests.bench.engine_inbound_drain import CHANNELS, OPTIONS, WORKERS, jobs_done, seconds_of_jobs
from tests.harness import Database, Harness, Shell, wait_until

NAME = "adt_apply"
UNIT = "messages/s"
TARGET = figures.Target(5.0)

VISITS = 500
SAMPLE = 50
BEDS = 200
COUNTED = 100
GROUPS = ("base.group_user", "integration_ehr_bridge.group_feed")
_START = datetime(2026, 1, 5, tzinfo=UTC)
_POLL = 0.02


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server and both arms."""
    with (
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(database, workers=WORKERS, channels=CHANNELS, options=OPTIONS),
    ):
        shell.run("env.company.ehr_create_locations = True")
        ours = Feed(database, shell)
        ours.check_mapping()
        reference = Jobs(database, shell)
        yield runner.Stage(
            database,
            ours=rules.Arm("batches from the ledger", WORKERS, ours.measure),
            reference=rules.Arm("one queue job per message", WORKERS, reference.measure),
            generator=None,
            remarks=(
                f"a round is {VISITS} visits of {len(EVENTS)} messages through the ledger against "
                f"{SAMPLE} visits by queue jobs; one worker, channels {CHANNELS}; messages and "
                "jobs are stored before the clock starts",
            ),
            extras=(runner.Extra("statements per message", ours.statements, "statements"),),
        )


#: What happens to a visit, and how many hours after its admission.
EVENTS = (("A01", 0), ("A02", 6), ("A08", 7), ("A03", 30))
#: Type and text of a message.
Hl7 = tuple[str, str]


def messages(prefix: str, number: int) -> list[tuple[datetime, Hl7]]:
    """The messages of one visit with their moments, in their order."""
    came = _START + timedelta(hours=number // 8)
    found = []
    for trigger, hours in EVENTS:
        at = came + timedelta(hours=hours)
        found.append((at, (f"ADT^{trigger}", _text(prefix, number, trigger, came, at))))
    return found


def _text(prefix: str, number: int, trigger: str, came: datetime, at: datetime) -> str:
    """HL7 v2 with what hospitals send and nobody needs."""
    first, second = number % BEDS, (number + 100) % BEDS
    moved = trigger != "A01"
    place = _place(second if moved else first)
    prior = _place(first) if trigger == "A02" else ""
    visit, now = f"{prefix}{number:07d}", _moment(at)
    doctor = f"{1000 + number % 40}^Weber^Anna"
    header = f"MSH|^~\\&|CARE|GENERAL|ODOO|HUB|{now}||ADT^{trigger}^ADT_{trigger}"
    return "\r".join(
        (
            f"{header}|{visit}{trigger}|P|2.5.1||||||UNICODE UTF-8",
            f"EVN|{trigger}|{now}||||{now}",
            f"PID|1||P{prefix}{number // 2:07d}^^^GENERAL^MR~19700102{number:04d}^^^STATE^NI||"
            f"Maes^Jan||19700102|M|||Kerkstraat 5^^Brussels^^1000^BE|||||||A{number:07d}",
            f"PV1|1|I|{place}|||{prior}|{doctor}|||CAR|||||||||{visit}^^^GENERAL^VN|P"
            f"{'|' * 24}{_moment(came)}",
            "DG1|1||I10^Hypertension^I10|||A",
            "IN1|1|STD|AOK|Health insurance",
            "",
        )
    )


def _place(bed: int) -> str:
    return f"W{bed // 20}^{bed // 2 % 10}^{bed % 2}^GENERAL"


def _moment(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S+0000")


def _interleaved(prefix: str, numbers: list[int]) -> list[Hl7]:
    """Messages of many visits in the order in which they happened."""
    told = [one for number in numbers for one in messages(prefix, number)]
    return [message for _at, message in sorted(told, key=lambda one: one[0])]


def _interface(shell: Shell, name: str, port: int) -> int:
    return shell.run(
        "result = env['bench.clinical']._interface(name, port, groups)",
        name=name,
        port=port,
        groups=GROUPS,
    )


@dataclass
class Feed:
    """The arm that lets a drain apply stored messages."""

    database: Database
    shell: Shell
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.interface = _interface(self.shell, "feed", 2575)

    def check_mapping(self) -> None:
        """What cannot be mapped must end in quarantine, and bodies must be encrypted."""
        (_at, (kind, text)), *_others = messages("X", 0)
        self._work_off([(kind, text.replace("X0000000^^^GENERAL^VN", ""))])
        found = self.database.sql("SELECT state, error_code FROM integration_message")
        assert found == [{"state": "quarantined", "error_code": "missing_required"}], found
        encodings = self.database.sql("SELECT DISTINCT encoding FROM integration_payload")
        assert all("aes" in one["encoding"] for one in encodings), encodings

    def measure(self) -> float:
        numbers = list(itertools.islice(self._numbers, VISITS))
        before = self._done()
        told = _interleaved("V", numbers)
        seconds = self._work_off(told)
        assert self._done() - before == len(told), "not every message was handled once"
        check_visits(self.database, "V", numbers)
        return len(told) / seconds

    def statements(self) -> float:
        """SQL statements per message, of a drain in a process that counts them."""
        numbers = list(itertools.islice(self._numbers, COUNTED))
        self._store(_interleaved("V", numbers))
        return self.shell.run(
            "result = env['bench.fixture']._statements_of_drain(interface) / count",
            interface=self.interface,
            count=COUNTED * len(EVENTS),
        )

    def _work_off(self, told: list[Hl7]) -> float:
        """Store messages, wake the drain; return the seconds until nothing was left to do."""
        self._store(told)
        start = time.monotonic()
        self.shell.run("env['bench.fixture']._wake(interface)", interface=self.interface)
        wait_until(self._drained, timeout=600, poll=_POLL, what="the end of the messages")
        seconds = time.monotonic() - start
        wait_until(lambda: jobs_done(self.database), poll=_POLL, what="the end of the drain's job")
        return seconds

    def _store(self, told: list[Hl7]) -> None:
        self.shell.run(
            "env['bench.clinical']._store(interface, texts)",
            interface=self.interface,
            texts=[text for _kind, text in told],
        )

    def _drained(self) -> bool:
        return bool(
            self.database.scalar(
                "SELECT NOT EXISTS (SELECT 1 FROM integration_message "
                "WHERE state IN ('queued', 'processing', 'retry', 'held'))"
            )
        )

    def _done(self) -> int:
        """Messages that are done in one attempt and have their event in the history of a visit."""
        return self.database.scalar(
            "SELECT count(*) FROM integration_message m "
            "JOIN integration_attempt a ON a.message_id = m.id AND a.outcome = 'done' "
            "JOIN ehr_move e ON e.message_uuid = m.uuid AND e.encounter_id = m.res_id "
            "WHERE m.state = 'done' AND m.attempts = 1 AND m.res_model = 'ehr.encounter'"
        )


@dataclass
class Jobs:
    """The reference: a queue job per message."""

    database: Database
    shell: Shell
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.interface = _interface(self.shell, "jobs", 2576)

    def measure(self) -> float:
        numbers = list(itertools.islice(self._numbers, SAMPLE))
        told = _interleaved("J", numbers)
        # The runner starts with the commit, a moment before our clock: in the jobs' favour.
        self.shell.run(
            "env['bench.clinical']._enqueue(messages, interface)",
            messages=told,
            interface=self.interface,
        )
        seconds = seconds_of_jobs(self.database, 300, _POLL)
        check_visits(self.database, "J", numbers)
        return len(told) / seconds


def check_visits(database: Database, prefix: str, numbers: list[int]) -> None:
    """Each visit has all of its history, and ended as it was told."""
    found = database.scalar(
        "SELECT count(*) FROM ehr_encounter e WHERE e.visit_number = ANY(%s) "
        "AND e.state = 'discharged' AND e.discharged_at = e.admitted_at + interval '30 hours' "
        "AND (SELECT count(*) FROM ehr_move m WHERE m.encounter_id = e.id) = %s "
        "AND e.patient_id IS NOT NULL AND e.location_id IS NOT NULL",
        [[f"{prefix}{number:07d}" for number in numbers], len(EVENTS)],
    )
    assert found == len(numbers), f"{found} of {len(numbers)} visits are as they were told"
