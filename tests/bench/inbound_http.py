"""Requests per second of the inbound webhook, against a controller that does one INSERT.

One server, one load generator, the same bodies. Ours verifies the signature, limits the rate
(switched on, never reached), reads the ordering key, deduplicates, stores key, message and payload,
commits and wakes the drain; the reference (``bench_reference``) stores the body in one row and
commits.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from standardwebhooks import Webhook

from tests.bench import confirmations, figures, load, rules, runner, stage
from tests.bench.engine_inbound_drain import jobs_done
from tests.harness import Database, Harness, wait_until

NAME = "inbound_http"
UNIT = "requests/s"
TARGET = figures.Target(0.80)

REQUESTS = 3000
CONNECTIONS = 8
WORKERS = 2
# Requests a second: on, and never reached.
RATE_LIMIT = 100_000.0
_ACCEPTED = 202


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server and both arms."""
    with stage.database(harness) as database:
        partner = Partner.create(database, "measured")
        with stage.server(database, workers=WORKERS, job_runner=False) as server:
            ours = WebhookArm(database, server.port, partner)
            reference = InsertArm(database, server.port)
            yield runner.Stage(
                database,
                ours=rules.Arm("inbound webhook", WORKERS, ours.measure),
                reference=rules.Arm("bare controller", WORKERS, reference.measure),
                generator=lambda: _generator_alone(partner),
                remarks=(
                    f"a round is {REQUESTS} confirmations of {confirmations.LINES} lines over "
                    f"{CONNECTIONS} connections to {WORKERS} workers; the job runner is off, so "
                    "nothing drains while the clock runs",
                ),
                extras=(runner.Extra("with the drain running", lambda: _while_draining(harness)),),
            )


@dataclass
class Partner:
    """A sender that signs with the reference library of Standard Webhooks."""

    interface: int
    path: str
    webhook: Webhook
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def create(cls, database: Database, name: str) -> "Partner":
        with stage.shell(database) as shell:
            made = stage.interface(shell, name, rate=RATE_LIMIT)
        return cls(made.id, f"/integration/webhook/{made.token}", Webhook(made.secret))

    def requests(self) -> list[bytes]:
        """A round of requests that were never sent before, signed now."""
        return [self._request(number) for number in itertools.islice(self._numbers, REQUESTS)]

    def _request(self, number: int) -> bytes:
        body, key, now = confirmations.canonical(number), f"msg_{number:024}", datetime.now(UTC)
        headers = {
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.webhook.sign(key, now, body),
        }
        return load.request(self.path, body.encode(), headers)


@dataclass
class WebhookArm:
    """The suite's door."""

    database: Database
    port: int
    partner: Partner

    def measure(self) -> float:
        before = self._stored()
        found = _send(self.port, self.partner.requests())
        stored = self._stored() - before
        assert stored == REQUESTS, f"{stored} messages stored"
        return found.rate

    def _stored(self) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM integration_message m "
            "JOIN integration_payload p ON p.message_id = m.id AND p.kind = 'received' "
            "JOIN integration_idempotency i ON i.message_uuid = m.uuid "
            "WHERE m.interface_id = %s AND m.state <> 'quarantined'",
            [self.partner.interface],
        )


@dataclass
class InsertArm:
    """The reference: one INSERT."""

    database: Database
    port: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def measure(self) -> float:
        requests = [
            load.request("/bench/insert", confirmations.canonical(number).encode(), {})
            for number in itertools.islice(self._numbers, REQUESTS)
        ]
        before = self._stored()
        found = _send(self.port, requests)
        stored = self._stored() - before
        assert stored == REQUESTS, f"{stored} rows stored"
        return found.rate

    def _stored(self) -> int:
        return self.database.scalar("SELECT count(*) FROM bench_body")


def _send(port: int, requests: list[bytes]) -> load.Load:
    found = load.send(port, requests, CONNECTIONS)
    assert found.statuses == {_ACCEPTED: REQUESTS}, f"not all were accepted: {found.statuses}"
    return found


def _generator_alone(partner: Partner) -> float:
    with load.sink() as port:
        return _send(port, partner.requests()).rate


def _while_draining(harness: Harness) -> float:
    """The door's figure while what it accepts is drained at once by the same workers.

    A database of its own: the backlog of the measured rounds would be drained first.
    """
    with stage.database(harness) as database:
        arm_partner = Partner.create(database, "drained")
        with stage.server(database, workers=WORKERS) as server:
            arm = WebhookArm(database, server.port, arm_partner)
            arm.measure()
            figure = arm.measure()
            wait_until(lambda: jobs_done(database), timeout=120, what="the end of the drain")
    return figure
