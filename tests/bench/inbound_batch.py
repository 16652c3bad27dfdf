"""Messages per second through batches of 100, against requests per second of a bare controller.

One server, one load generator. Ours takes JSON arrays of confirmations in one signed request each,
with every check of ``inbound_http``: each item has an id, a key, a ledger row and a payload of its
own, and all of a request are stored or none. The reference stores one body a request in one row.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from standardwebhooks import Webhook

from tests.bench import confirmations, figures, load, rules, runner, stage
from tests.bench.inbound_http import CONNECTIONS, RATE_LIMIT, WORKERS, InsertArm
from tests.harness import Database, Harness

NAME = "inbound_batch"
UNIT = "messages/s"
TARGET = figures.Target(25.0)

BATCHES = 120
ITEMS = 100
_ACCEPTED = 202
# Settings that a second person would approve: how requests are split, and what names an item.
_BATCHED = """
made = env["integration.interface"].browse(interface)
made._write_approved({"items_form": "array", "items_options": '{"id_path": "supplier_reference"}'})
"""


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server and both arms."""
    with stage.database(harness) as database:
        with stage.shell(database) as shell:
            made = stage.interface(shell, "batched", rate=RATE_LIMIT)
            shell.run(_BATCHED, interface=made.id)
        path = f"/integration/webhook/{made.token}"
        with stage.server(database, workers=WORKERS, job_runner=False) as server:
            ours = BatchArm(database, server.port, made.id, path, Webhook(made.secret))
            reference = InsertArm(database, server.port)
            yield runner.Stage(
                database,
                ours=rules.Arm("batches of 100", WORKERS, ours.measure),
                reference=rules.Arm("bare controller", WORKERS, reference.measure),
                generator=lambda: _generator_alone(ours),
                remarks=(
                    f"a round is {BATCHES} requests of {ITEMS} confirmations over {CONNECTIONS} "
                    f"connections to {WORKERS} workers; nothing drains while the clock runs",
                ),
            )


@dataclass
class BatchArm:
    """The suite's door, with many messages in a request."""

    database: Database
    port: int
    interface: int
    path: str
    webhook: Webhook
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def measure(self) -> float:
        before = self._stored()
        found = _send(self.port, self.requests())
        stored = self._stored() - before
        assert stored == BATCHES * ITEMS, f"{stored} messages stored"
        return BATCHES * ITEMS / found.seconds

    def requests(self) -> list[bytes]:
        """A round of requests that were never sent before, signed now."""
        return [self._request() for _batch in range(BATCHES)]

    def _request(self) -> bytes:
        items = []
        for number in itertools.islice(self._numbers, ITEMS):
            item = json.loads(confirmations.canonical(number))
            items.append({**item, "supplier_reference": f"SO-{number}"})
        key, now = f"batch_{number:024}", datetime.now(UTC)
        body = json.dumps(items)
        headers = {
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.webhook.sign(key, now, body),
        }
        return load.request(self.path, body.encode(), headers)

    def _stored(self) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM integration_message m "
            "JOIN integration_payload p ON p.message_id = m.id AND p.kind = 'received' "
            "JOIN integration_idempotency i ON i.message_uuid = m.uuid "
            "WHERE m.interface_id = %s AND m.state <> 'quarantined'",
            [self.interface],
        )


def _send(port: int, requests: list[bytes]) -> load.Load:
    found = load.send(port, requests, CONNECTIONS)
    assert found.statuses == {_ACCEPTED: len(requests)}, f"not all accepted: {found.statuses}"
    return found


def _generator_alone(arm: BatchArm) -> float:
    requests = arm.requests()
    with load.sink() as port:
        return ITEMS * _send(port, requests).rate
