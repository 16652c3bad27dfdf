"""Messages about visits per second, applied to the census, against one queue job per message.

One server with one worker does both. Each visit is admitted, transferred, updated and discharged;
visits follow each other through the beds of a ward, as they do in a hospital. Ours: the messages
are in the ledger, encrypted, before the clock starts; it stops when the last one is done. The time
includes waking the drain, its queue jobs, leases, claims, decryption, contract validation, attempts
and results. The reference has the same content in a plain table, and one queue job for each message
hands it to the same handler; it neither decrypts nor validates, and leaves no trace of what it did.
"""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bench import figures, rules, runner, stage
from tests.bench.engine_inbound_drain import CHANNELS, OPTIONS, WORKERS, jobs_done
from tests.harness import Database, Harness, Shell, wait_until

NAME = "adt_apply"
UNIT = "messages/s"
TARGET = figures.Target(5.0)

VISITS = 500
SAMPLE = 50
BEDS = 200
COUNTED = 100
HANDLER = "integration.handler.ehr_encounter"
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
        ours.check_contract()
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
EVENTS = (("admit", 0), ("transfer", 6), ("update", 7), ("discharge", 30))


def messages(prefix: str, number: int) -> list[dict[str, Any]]:
    """The messages of one visit, in their order."""
    came = _START + timedelta(hours=number // 8)
    return [_message(prefix, number, event, came, hours) for event, hours in EVENTS]


def _message(prefix: str, number: int, event: str, came: datetime, hours: int) -> dict[str, Any]:
    bed = (number + (100 if hours else 0)) % BEDS
    moment = (came + timedelta(hours=hours)).isoformat()
    return {
        "event": event,
        "occurred_at": moment,
        "recorded_at": moment,
        "visit": {"number": f"{prefix}{number:07d}", "assigner": "GENERAL"},
        "patient": {"number": f"P{prefix}{number // 2:07d}", "assigner": "GENERAL"},
        "account": {"number": f"A{number:07d}"},
        "class": "inpatient",
        "location": {
            "facility": "GENERAL",
            "point_of_care": f"W{bed // 20}",
            "room": f"{bed // 2 % 10}",
            "bed": f"{bed % 2}",
        },
        "service": "CAR",
        "attending": {"number": f"{1000 + number % 40}"},
        "payer": "AOK",
        "admitted_at": came.isoformat(),
    }


def _interleaved(prefix: str, numbers: list[int]) -> list[dict[str, Any]]:
    """Messages of many visits in the order in which they happened."""
    told = [one for number in numbers for one in messages(prefix, number)]
    return sorted(told, key=lambda one: one["occurred_at"])


@dataclass
class Feed:
    """The arm that lets a drain apply stored messages."""

    database: Database
    shell: Shell
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _keys: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.interface = stage.interface(
            self.shell,
            "feed",
            handler=HANDLER,
            ordering="patient.number",
            groups=GROUPS,
            data_class="clinical",
        ).id

    def check_contract(self) -> None:
        """What breaks the contract must end in quarantine, and bodies must be encrypted."""
        self._work_off([{"event": "admit"}])
        found = self.database.sql("SELECT state, error_class FROM integration_message")
        assert found == [{"state": "quarantined", "error_class": "contract"}], found
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

    def _work_off(self, documents: list[dict[str, Any]]) -> float:
        """Store messages, wake the drain; return the seconds until nothing was left to do."""
        self._store(documents)
        start = time.monotonic()
        self.shell.run("env['bench.fixture']._wake(interface)", interface=self.interface)
        wait_until(self._drained, timeout=600, poll=_POLL, what="the end of the messages")
        seconds = time.monotonic() - start
        wait_until(lambda: jobs_done(self.database), poll=_POLL, what="the end of the drain's job")
        return seconds

    def _store(self, documents: list[dict[str, Any]]) -> None:
        told = {f"adt-{next(self._keys)}": json.dumps(one) for one in documents}
        self.shell.run(
            "env['bench.fixture']._store(interface, messages)",
            interface=self.interface,
            messages=told,
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
        self.user = self.shell.run(
            "result = env['bench.fixture']._service_user('jobs', groups).id", groups=GROUPS
        )

    def measure(self) -> float:
        numbers = list(itertools.islice(self._numbers, SAMPLE))
        told = _interleaved("J", numbers)
        # The runner starts with the commit, a moment before our clock: in the jobs' favour.
        self.shell.run(
            "env['bench.fixture']._enqueue_messages(bodies, handler, user)",
            bodies=[json.dumps(one) for one in told],
            handler=HANDLER,
            user=self.user,
        )
        start = time.monotonic()
        wait_until(
            lambda: jobs_done(self.database), timeout=300, poll=_POLL, what="the end of the jobs"
        )
        seconds = time.monotonic() - start
        failed = self.database.scalar("SELECT count(*) FROM queue_job WHERE state = 'failed'")
        assert not failed, f"{failed} jobs failed"
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
