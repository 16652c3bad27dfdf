"""FHIR resources per second, from pages of a search to visits, against one queue job for each.

One server with one worker does both. Each visit is an Encounter that has ended, with two beds, so
that its one resource is an admission, a transfer and a discharge. Both arms begin with the address
of a search and work by the standard routing: they ask for the pages of the same FHIR server over
TLS, read them, and map, check and handle each resource by the same rules with the same handler.

Ours polls: the clock starts when its search becomes due, and stops when the last message is done.
The time includes waking both drains, their queue jobs, leases, permits of breaker and rate, storing
each resource encrypted and once, the watermark, claims, decryption, attempts and results. The
reference is a queue job that reads the pages into a plain table and makes one queue job for each
resource; it remembers no version, encrypts nothing, and leaves no trace of what it did.
"""

import itertools
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench import fhir_pages, figures, rules, runner, stage
from tests.bench.engine_inbound_drain import CHANNELS, OPTIONS, WORKERS, jobs_done
from tests.harness import Database, Harness, Shell, wait_until

NAME = "fhir_poll"
UNIT = "resources/s"
TARGET = figures.Target(5.0)

VISITS = 1000
SAMPLE = 100
BEDS = 200
SYSTEM = "http://general.example"
GROUPS = ("base.group_user", "integration_ehr_bridge.group_feed")
_START = datetime(2026, 1, 5, tzinfo=UTC)
_CHANGED = datetime(2026, 2, 1, tzinfo=UTC)
_POLL = 0.02


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server, the FHIR server and both arms."""
    with (
        tempfile.TemporaryDirectory() as folder,
        fhir_pages.running(Path(folder)) as pages,
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(database, workers=WORKERS, channels=CHANNELS, options=OPTIONS),
    ):
        shell.run("env['bench.fhir']._prepare(system)", system=SYSTEM)
        ours = Polled(database, shell, pages)
        ours.check_encrypted()
        reference = Jobs(database, shell, pages)
        yield runner.Stage(
            database,
            ours=rules.Arm("polled in pages", WORKERS, ours.measure),
            reference=rules.Arm("one queue job per resource", WORKERS, reference.measure),
            generator=None,
            remarks=(
                f"a round is {VISITS} visits in pages of 100 against {SAMPLE} by queue jobs; one "
                f"worker, channels {CHANNELS}; both ask the same FHIR server for the pages, which "
                "are written before the clock starts",
            ),
        )


def encounter(prefix: str, number: int, order: int) -> dict[str, Any]:
    """A visit that has ended, with what hospitals send and nobody needs.

    :param order: of its change at the server
    """
    came = _START + timedelta(hours=number // 8)
    moved, left = came + timedelta(hours=6), came + timedelta(hours=30)
    visit = f"{prefix}{number:07d}"
    first, second = number % BEDS, (number + 100) % BEDS
    changed = (_CHANGED + timedelta(seconds=order)).isoformat(timespec="milliseconds")
    return {
        "resourceType": "Encounter",
        "id": f"enc-{visit}",
        "meta": {"versionId": "1", "lastUpdated": changed},
        "text": {"status": "generated", "div": "<div>Maes Jan, Kerkstraat 5, Brussels</div>"},
        "identifier": [{"system": f"{SYSTEM}/visits", "value": visit}],
        "status": "finished",
        "class": {"code": "IMP"},
        "serviceType": {"coding": [{"code": "CAR"}]},
        "subject": {
            "reference": f"Patient/pat-{visit}",
            "display": "Jan Maes",
            "identifier": {
                "type": {"coding": [{"code": "MR"}]},
                "system": f"{SYSTEM}/mrn",
                "value": f"P{prefix}{number // 2:07d}",
            },
        },
        "reasonCode": [{"coding": [{"code": "I10", "display": "Hypertension"}]}],
        "period": {"start": _moment(came), "end": _moment(left)},
        "location": [
            {"location": _place(first), "period": {"start": _moment(came), "end": _moment(moved)}},
            {"location": _place(second), "period": {"start": _moment(moved), "end": _moment(left)}},
        ],
    }


def _place(bed: int) -> dict[str, Any]:
    return {"reference": f"Location/bed-{bed}"}


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def locations() -> list[dict[str, Any]]:
    """The beds, which come before visits."""
    meta = {"versionId": "1", "lastUpdated": _CHANGED.isoformat()}
    wards = [
        {
            "resourceType": "Location",
            "id": f"ward-{number}",
            "status": "active",
            "identifier": [{"value": f"W{number}"}],
            "physicalType": {"coding": [{"code": "wa"}]},
            "meta": meta,
        }
        for number in range(BEDS // 20)
    ]
    beds = [
        {
            "resourceType": "Location",
            "id": f"bed-{number}",
            "status": "active",
            "identifier": [{"value": str(number)}],
            "physicalType": {"coding": [{"code": "bd"}]},
            "partOf": {"reference": f"Location/ward-{number // 20}"},
            "meta": meta,
        }
        for number in range(BEDS)
    ]
    return wards + beds


@dataclass
class _Arm:
    database: Database
    shell: Shell
    pages: fhir_pages.Pages
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    name = ""
    prefix = ""

    def __post_init__(self) -> None:
        self.interface = self.shell.run(
            "result = env['bench.fhir']._interface(name, url, authority, groups)",
            name=self.name,
            url=self.pages.url,
            authority=self.pages.authority,
            groups=GROUPS,
        )
        self.shell.run(
            "env['bench.fhir']._handle_all(interface, resources)",
            interface=self.interface,
            resources=locations(),
        )

    def give(self, count: int) -> list[int]:
        """Have so many new visits found."""
        numbers = list(itertools.islice(self._numbers, count))
        # Each change is later than those of the round before, as at a server.
        self.pages.give([encounter(self.prefix, number, number) for number in numbers])
        return numbers

    def check(self, numbers: list[int]) -> None:
        """Each visit has its history, and ended as it was told."""
        found = self.database.scalar(
            "SELECT count(*) FROM ehr_encounter e WHERE e.visit_number = ANY(%s) "
            "AND e.state = 'discharged' AND e.discharged_at = e.admitted_at + interval '30 hours' "
            "AND e.location_id IS NOT NULL AND e.patient_id IS NOT NULL",
            [[f"{self.prefix}{number:07d}" for number in numbers]],
        )
        assert found == len(numbers), f"{found} of {len(numbers)} visits are as they were told"


@dataclass
class Polled(_Arm):
    """The arm that polls."""

    name = "polled"
    prefix = "V"

    def check_encrypted(self) -> None:
        """What is stored is encrypted, and known by its version."""
        self.give(1)
        self._poll(1)
        self._poll(1)
        encodings = self.database.sql("SELECT DISTINCT encoding FROM integration_payload")
        assert encodings, "nothing is stored"
        assert all("aes" in one["encoding"] for one in encodings), encodings

    def measure(self) -> float:
        before = self._done()
        numbers = self.give(VISITS)
        seconds = self._poll(before + VISITS)
        assert self._done() - before == VISITS, "not every resource was handled once"
        self.check(numbers)
        return VISITS / seconds

    def _poll(self, done: int) -> float:
        """Let the search be due; the seconds until so many messages are done."""
        start = time.monotonic()
        self.shell.run("env['bench.fhir']._due(interface)", interface=self.interface)
        wait_until(lambda: self._done() >= done, timeout=600, poll=_POLL, what="the last visit")
        seconds = time.monotonic() - start
        wait_until(lambda: jobs_done(self.database), poll=_POLL, what="the end of the jobs")
        return seconds

    def _done(self) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM integration_message WHERE interface_id = %s AND state = 'done' "
            "AND attempts = 1 AND res_model = 'ehr.encounter'",
            [self.interface],
        )


@dataclass
class Jobs(_Arm):
    """The reference: a queue job per resource."""

    name = "jobs"
    prefix = "J"

    def measure(self) -> float:
        numbers = self.give(SAMPLE)
        start = time.monotonic()
        self.shell.run("env['bench.fhir']._enqueue(interface)", interface=self.interface)
        wait_until(
            lambda: jobs_done(self.database), timeout=600, poll=_POLL, what="the end of the jobs"
        )
        seconds = time.monotonic() - start
        self.check(numbers)
        return SAMPLE / seconds
