"""Items per second through the inbound queue, against one JSON-2 call per item.

One server with one worker does both. Ours: 10,000 messages of the contract ``procurement.item``
are in the database before the clock starts; it stops when the last one is done. The time includes
waking the drain, its queue jobs, leases, claims, decompression, contract validation, the search for
duplicates, record links, attempts and results. The reference sends the same items one by one to
Odoo's own JSON-2 API with an API key; a third of them are writes of the one field that changed. It
searches for nothing, and leaves no trace of what it did.
"""

import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.bench import figures, rules, runner, stage
from tests.harness import Database, Harness, Server, Shell, wait_until

NAME = "master_upsert"
UNIT = "items/s"
TARGET = figures.Target(10.0)

ITEMS = 10_000
SAMPLE = 500
#: Every third item exists already and gets another name.
_KNOWN_EACH = 3
COUNTED = 500
WORKERS = 1
# As for the drain in engine_inbound_drain: the next job waits at the worker's door already.
CHANNELS = "root:2"
# The same for the reference: while one call is worked on, the next one is there.
CONNECTIONS = 2
OPTIONS = {"log_handler": ":INFO,werkzeug:WARNING"}
GROUPS = (
    "base.group_user",
    "product.group_product_manager",
)
#: The reference gets it as well: no note in each chatter, and no follower.
_QUIET = {"mail_create_nolog": True, "mail_create_nosubscribe": True}
_POLL = 0.02


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server and both arms."""
    with (
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(database, workers=WORKERS, channels=CHANNELS, options=OPTIONS) as server,
    ):
        ours = Queue(database, shell)
        ours.check_contract()
        reference = Calls(shell, server)
        yield runner.Stage(
            database,
            ours=rules.Arm("batches from the queue", WORKERS, ours.measure),
            reference=rules.Arm("one JSON-2 call per item", WORKERS, reference.measure),
            generator=None,
            remarks=(
                f"a round is {ITEMS} items through the queue against {SAMPLE} calls over "
                f"{CONNECTIONS} connections; of both a third are known items with a new name; "
                f"one worker, channels {CHANNELS}; messages are stored before the clock starts",
            ),
            extras=(
                runner.Extra("statements per message", ours.statements, "statements"),
                runner.Extra("statements per call", reference.statements, "statements"),
            ),
        )


def item(number: int, name: str) -> dict[str, Any]:
    """The canonical item with a number of its own."""
    return {
        "number": f"ITM-{number:07d}",
        "name": name,
        "gtin": f"{4_000_000_000_000 + number:013d}",
        "reference": f"REF-{number:07d}",
        "unit": "C62",
        "type": "stocked",
        "tracking": "lot",
    }


@dataclass
class Queue:
    """The arm that lets a drain handle stored messages."""

    database: Database
    shell: Shell
    _new: Iterator[int] = field(default_factory=itertools.count)
    _known: Iterator[int] = field(default_factory=itertools.count)
    _keys: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.interface = stage.interface(
            self.shell,
            "items",
            handler="integration.handler.item",
            ordering="number",
            groups=GROUPS,
        ).id

    def check_contract(self) -> None:
        """What breaks the contract must end in quarantine, and what exists must be recognised."""
        self._work_off([{"number": "ITM-X"}])
        state = self.database.sql("SELECT state, error_class FROM integration_message")
        assert state == [{"state": "quarantined", "error_class": "contract"}], state

    def measure(self) -> float:
        documents = self._documents(ITEMS)
        before, products = self._done(), self._products()
        seconds = self._work_off(documents)
        assert self._done() - before == ITEMS, "not every message was handled once"
        new = sum(document["name"].startswith("New") for document in documents)
        assert self._products() - products == new, "not every new item is one product"
        renamed = [one["reference"] for one in documents if one["name"].startswith("Renamed")]
        assert self._named(renamed) == len(renamed), "not every known item has its new name"
        return ITEMS / seconds

    def statements(self) -> float:
        """SQL statements per message, of a drain in a process that counts them."""
        self._store(self._documents(COUNTED))
        return self.shell.run(
            "result = env['bench.fixture']._statements_of_drain(interface) / count",
            interface=self.interface,
            count=COUNTED,
        )

    def _documents(self, count: int) -> list[dict[str, Any]]:
        """New items, and in between others of earlier rounds with a new name."""
        found = []
        for position in range(count):
            if position % _KNOWN_EACH == _KNOWN_EACH - 1:
                number = next(self._known)
                found.append(item(number, f"Renamed {number}"))
            else:
                number = next(self._new)
                found.append(item(number, f"New {number}"))
        return found

    def _work_off(self, documents: list[dict[str, Any]]) -> float:
        """Store messages, wake the drain; return the seconds until nothing was left to do."""
        self._store(documents)
        start = time.monotonic()
        self.shell.run("env['bench.fixture']._wake(interface)", interface=self.interface)
        wait_until(self._drained, timeout=600, poll=_POLL, what="the end of the messages")
        seconds = time.monotonic() - start
        wait_until(self._jobs_done, poll=_POLL, what="the end of the drain's job")
        return seconds

    def _store(self, documents: list[dict[str, Any]]) -> None:
        messages = {f"item-{next(self._keys)}": json.dumps(one) for one in documents}
        self.shell.run(
            "env['bench.fixture']._store(interface, messages)",
            interface=self.interface,
            messages=messages,
        )

    def _drained(self) -> bool:
        return bool(
            self.database.scalar(
                "SELECT NOT EXISTS (SELECT 1 FROM integration_message "
                "WHERE state IN ('queued', 'processing', 'retry', 'held'))"
            )
        )

    def _jobs_done(self) -> bool:
        return not self.database.scalar(
            "SELECT count(*) FROM queue_job WHERE state NOT IN ('done', 'failed', 'cancelled')"
            # the next collection of monitoring always waits
            " AND channel <> 'root.integration_monitoring'"
        )

    def _done(self) -> int:
        """Messages that are done in one attempt and know the product that has their number."""
        return self.database.scalar(
            "SELECT count(*) FROM integration_message m "
            "JOIN integration_attempt a ON a.message_id = m.id AND a.outcome = 'done' "
            "JOIN integration_record_link l ON l.res_model = m.res_model AND l.res_id = m.res_id "
            "WHERE m.state = 'done' AND m.attempts = 1"
        )

    def _products(self) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM product_product WHERE default_code LIKE 'REF-%%' "
            "AND barcode IS NOT NULL"
        )

    def _named(self, references: list[str]) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM product_template WHERE default_code = ANY(%s) "
            "AND name->>'en_US' LIKE 'Renamed %%' AND tracking = 'lot'",
            [references],
        )


@dataclass
class Calls:
    """The reference: a create or write call for each item."""

    shell: Shell
    server: Server
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(5_000_000))

    def __post_init__(self) -> None:
        self.key = self.shell.run(
            "result = env['bench.fixture']._api_key('caller', groups)", groups=GROUPS
        )
        self.unit = self.shell.run("result = env.ref('uom.product_uom_unit').id")
        self.known: list[int] = []
        self._sessions = [self._session() for _connection in range(CONNECTIONS)]
        self._renamed = itertools.count()
        for _seed in range(SAMPLE // _KNOWN_EACH + 1):
            self.known += self._call(self._sessions[0], "create", self._creation())

    def measure(self) -> float:
        calls = []
        for position in range(SAMPLE):
            known = position % _KNOWN_EACH == _KNOWN_EACH - 1
            calls.append(self._renaming() if known else ("create", self._creation()))
        start = time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            shares = [calls[index::CONNECTIONS] for index in range(CONNECTIONS)]
            found = list(pool.map(self._run, self._sessions, shares))
        seconds = time.monotonic() - start
        assert sum(map(len, found)) == SAMPLE
        return SAMPLE / seconds

    def statements(self) -> float:
        """SQL statements of one creation, without those of the request around it."""
        return self.shell.run(
            "result = env['bench.fixture']._statements_of_creation(values)",
            values=[self._creation()["vals_list"][0] for _number in range(20)],
        )

    def _run(self, session: requests.Session, calls: list[tuple[str, dict[str, Any]]]) -> list[Any]:
        return [self._call(session, method, body) for method, body in calls]

    def _call(self, session: requests.Session, method: str, body: dict[str, Any]) -> Any:
        url = f"{self.server.url}/json/2/product.product/{method}"
        answer = session.post(url, json={**body, "context": _QUIET}, timeout=60)
        assert answer.status_code == 200, answer.text[:500]
        return answer.json()

    def _creation(self) -> dict[str, Any]:
        number = next(self._numbers)
        said = item(number, f"New {number}")
        values = {
            "name": said["name"],
            "barcode": said["gtin"],
            "default_code": said["reference"].replace("REF", "CALL"),
            "uom_id": self.unit,
            "type": "consu",
            "is_storable": True,
            "tracking": said["tracking"],
        }
        return {"vals_list": [values]}

    def _renaming(self) -> tuple[str, dict[str, Any]]:
        number = next(self._renamed)
        chosen = self.known[number % len(self.known)]
        return "write", {"ids": [chosen], "vals": {"name": f"Renamed {number}"}}

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.headers["authorization"] = f"bearer {self.key}"
        return session
