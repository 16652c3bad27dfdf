"""Acknowledged messages per second of the MLLP listener, against the echo server of PyPI's hl7.

The same client program sends the same admissions over eight connections to both. Ours decodes the
frame, reads the message and the header, checks environment and receiver, deduplicates, encrypts,
stores key, message, body and answer, commits (``fsync`` on), notes the receipt outside the database
and only then acknowledges; it wakes the drains as well. The reference parses the message and
acknowledges it, and keeps nothing.
"""

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from setup.odoo_server import free_port
from tests.bench import figures, hl7_arm, mllp_load, rules, runner, stage
from tests.harness import Database, Harness

NAME = "mllp_durable"
UNIT = "messages/s"
TARGET = figures.Target(1.0)

MESSAGES = 4000
CONNECTIONS = 8
_ROOT = Path(__file__).resolve().parents[2]
_CREATE = """
system = env["integration.system"].create(
    {"name": "EHR", "code": "BENCH_EHR", "kind": "ehr", "environment": "production"})
routing = env["integration.routing"].create(
    {"name": "Admissions", "code": "bench_mllp",
     "line_ids": [(0, 0, {"message_type": "ADT^*", "action": "filter"})]})
routing.action_submit()
routing.action_approve()
user = env["res.users"].create({"name": "Feed", "login": "bench_feed"})
made = env["integration.interface"].create(
    {"name": "Admissions", "system_id": system.id, "direction": "inbound", "transport": "mllp",
     "body_codec": "hl7", "data_class": "clinical", "routing_id": routing.id, "mllp_port": port,
     "mllp_tls": "none", "user_id": user.id})
made.action_submit()
made.action_approve()
made.action_activate()
result = made.id
"""


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the listener and the echo server."""
    with stage.database(harness) as database:
        port = free_port()
        with stage.shell(database) as shell:
            interface = shell.run(_CREATE, port=port)
        with stage.listener(database) as listener, _echo_server() as reference_port:
            listener.wait_open(port)
            ours = ListenerArm("ours", port, database, interface)
            reference = Arm("reference", reference_port)
            yield runner.Stage(
                database,
                ours=rules.Arm("MLLP listener", 1, ours.measure),
                reference=rules.Arm("echo server of hl7", 1, reference.measure),
                generator=lambda: _generator_alone(ours),
                remarks=(
                    f"a round is {MESSAGES} admissions of {len(hl7_arm.ADMISSION)} bytes over "
                    f"{CONNECTIONS} connections, each of which waits for its acknowledgement; the "
                    "content is of class clinical, so it is encrypted; nothing drains meanwhile",
                ),
                extras=tuple(
                    runner.Extra(
                        f"acknowledgement time of {arm.name}, {label}",
                        lambda arm=arm, share=share: arm.latency(share),
                        "ms",
                    )
                    for arm in (ours, reference)
                    for label, share in (("median", 0.5), ("p99", 0.99))
                ),
            )


@contextmanager
def _echo_server() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.mllp_reference", str(port)], cwd=_ROOT
    )
    try:
        for _try in range(200):
            with suppress(ConnectionError):
                mllp_load.probe(port)
                break
            time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


@dataclass
class Arm:
    """One side: a server on a port.

    :ivar latencies: of all rounds
    """

    name: str
    port: int
    latencies: list[float] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def messages(self) -> list[tuple[bytes, bytes]]:
        """A round of admissions that were never sent before, of different patients."""
        return [self._message(number) for number in itertools.islice(self._numbers, MESSAGES)]

    def _message(self, number: int) -> tuple[bytes, bytes]:
        control_id = b"%s%07d" % (self.name[:1].upper().encode(), number)
        message = hl7_arm.ADMISSION.replace(b"|MSG1|", b"|%s|" % control_id)
        return control_id, message.replace(b"4711001", b"%07d" % (4711001 + number))

    def measure(self) -> float:
        found = mllp_load.send(self.port, self.messages(), CONNECTIONS)
        assert len(found.latencies) == MESSAGES, len(found.latencies)
        self.latencies.extend(found.latencies)
        return found.rate

    def latency(self, share: float) -> float:
        """Milliseconds within which a share of the messages was acknowledged."""
        return 1000 * mllp_load.percentile(self.latencies, share)


@dataclass
class ListenerArm(Arm):
    """Ours; what was acknowledged must be in the ledger, once and whole."""

    database: Database | None = None
    interface: int = 0

    def __init__(self, name: str, port: int, database: Database, interface: int) -> None:
        super().__init__(name, port)
        self.database = database
        self.interface = interface

    def measure(self) -> float:
        before = self._stored()
        rate = super().measure()
        stored = self._stored() - before
        assert stored == MESSAGES, f"{stored} messages stored"
        return rate

    def _stored(self) -> int:
        assert self.database
        return self.database.scalar(
            "SELECT count(*) FROM integration_message m "
            "JOIN integration_payload p ON p.message_id = m.id AND p.kind = 'received' "
            "AND p.encoding LIKE '%%aes256gcm%%' "
            "JOIN integration_payload a ON a.message_id = m.id AND a.kind = 'acknowledgement' "
            "JOIN integration_idempotency i ON i.message_uuid = m.uuid "
            "WHERE m.interface_id = %s AND m.state <> 'quarantined'",
            [self.interface],
        )


def _generator_alone(arm: Arm) -> float:
    with mllp_load.sink() as port:
        return mllp_load.send(port, arm.messages(), CONNECTIONS).rate
