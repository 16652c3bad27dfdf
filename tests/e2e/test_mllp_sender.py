"""HL7 v2 leaves over MLLP from real workers: one connection, in order, whatever dies."""

import json
import os
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from setup import javascript
from setup.odoo_server import free_port
from setup.settings import REPOSITORY, Settings
from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.mllp_receiver import MllpReceiver, ack
from tests.harness import Database, wait_until
from tests.unit.wire_server import Authority

MAPPING = """{
    type: 'ADT', trigger: 'A08', structure: 'ADT_A01',
    segments: [{id: 'EVN', f1: 'A08'}, {id: 'PV1', f19: root.order_number}]
}"""


class Feed:
    """One partner and the interface to it."""

    def __init__(self, suite: Suite, url: str, policy: dict[str, Any], **values: Any) -> None:
        self.suite = suite
        office = suite.office
        name = f"Clinic {time.monotonic_ns()}"
        self.supplier = office.supplier(name)
        self.interface = office.outbound(
            self.supplier,
            url,
            policy={"ordering": "strict", "read_timeout": 3, "total_timeout": 10, **policy},
            transport="mllp",
            mapping_id=office.mapping(name=f"As HL7 {name}", header=MAPPING),
            hl7_application="ODOO",
            latency_class="realtime",
            **{"credential_id": False, **values},
        )
        self.id = self.interface.id

    def send(self, count: int) -> None:
        """Make messages, each in a transaction of its own."""
        for order in self.suite.office.orders(self.supplier, count):
            self.suite.office.confirm([order])

    def wait_done(self, total: int) -> None:
        self.suite.wait_watched(
            lambda: self.suite.ledger.states(self.id) == {"done": total},
            timeout=240,
            what=f"{total} acknowledged messages: {self.suite.ledger.states(self.id)}",
        )

    def ids(self) -> list[str]:
        """Return the control ids in the order in which the messages were made."""
        return [row["wire_id"] for row in self.suite.ledger.messages(self.id)]

    def holder(self) -> str | None:
        """Return machine and process that hold the connection."""
        return self.suite.database.scalar(
            "SELECT holder FROM integration_mllp_connection WHERE interface_id = %s", [self.id]
        )


@pytest.fixture(scope="module")
def suite(database: Database) -> Iterator[Suite]:
    """A running suite with short leases; workers are killed."""
    with running_suite(database, integration=SHORT) as suite:
        yield suite


def feed(suite: Suite, receiver: MllpReceiver, policy: Any = None, **values: Any) -> Feed:
    return Feed(suite, receiver.url, policy or {}, **values)


def test_workers_share_one_connection_that_outlives_their_drains(suite: Suite) -> None:
    with MllpReceiver() as receiver:
        line = feed(suite, receiver)
        for count in (1, 5, 1, 5):
            line.send(count)
            time.sleep(0.6)
        line.wait_done(12)
        assert receiver.ids() == line.ids(), "in order, each once"
        assert receiver.most == 1
        assert receiver.connections < 12, "it is not opened for each message"
        shown = suite.office.call(
            "integration.mllp.connection",
            "search_read",
            [["interface_id", "=", line.id]],
            ["state", "holder", "acknowledged_at", "latency_ms"],
        )
        assert shown[0]["acknowledged_at"]
        suite.admin.call("integration.interface", "action_pause", [line.id])
        wait_until(lambda: line.holder() is None, what="the connection given up")
        wait_until(lambda: receiver._open == 0, what="the connection closed")


@pytest.mark.long
def test_death_of_the_holder_costs_neither_a_message_nor_the_order(suite: Suite) -> None:
    with MllpReceiver(delay=0.05) as receiver:
        line = feed(suite, receiver)
        sending = threading.Thread(target=line.send, args=(30,))
        sending.start()
        killed: list[str] = []
        for count in (6, 14):
            wait_until(lambda count=count: len(receiver.firsts()) >= count, what="traffic")
            holder = wait_until(line.holder, what="a holder")
            os.kill(int(holder.rpartition(":")[2]), signal.SIGKILL)
            killed.append(holder)
        sending.join()
        line.wait_done(30)
        assert len(set(killed)) == 2
        assert receiver.firsts() == line.ids(), "what was made first arrived first"
        assert receiver.most == 1, "one connection at a time"
        repeated = len(receiver.ids()) - 30
        texts = {one.control_id: set() for one in receiver.received}
        for one in receiver.received:
            texts[one.control_id].add(one.text)
        assert all(len(text) == 1 for text in texts.values()), "a repetition has the same bytes"
        print(f"\ntwo workers killed: {repeated} messages were repeated")


def test_a_holder_that_was_frozen_sends_nothing_when_it_wakes(suite: Suite) -> None:
    """It was about to repeat its message, and others have sent later ones since."""
    with MllpReceiver(lambda _identifier: b"") as receiver:
        line = feed(suite, receiver, {"failure_blocks_key": True}, hl7_on_silence="query")
        line.send(1)
        wait_until(receiver.ids, what="a message that is not answered")
        frozen = int(wait_until(line.holder, what="a holder").rpartition(":")[2])
        os.kill(frozen, signal.SIGSTOP)
        try:
            line.send(2)
            line.wait_done(3)
        finally:
            os.kill(frozen, signal.SIGCONT)
        time.sleep(3)
        first, *later = line.ids()
        assert receiver.ids() == [first, first, *later]
        line.send(1)
        line.wait_done(4)
        assert receiver.firsts() == line.ids()


def test_answers_as_they_come_in_the_field(suite: Suite) -> None:
    """Silence, a hang-up, an older answer, two answers, an answer in pieces of two messages."""
    older: list[str] = []

    def remembering(control_id: str) -> bytes:
        older.append(control_id)
        return ack(control_id)

    replies = (
        remembering,
        lambda _identifier: b"",
        lambda identifier: ack(identifier),
        lambda _identifier: None,
        lambda identifier: ack(older[0], "AE") + ack(identifier),
        lambda identifier: ack(identifier) + ack(identifier, "AE"),
        lambda identifier: b"noise" + ack(identifier),
    )
    with MllpReceiver(*replies) as receiver:
        line = feed(suite, receiver, {"read_timeout": 1})
        line.send(6)
        line.wait_done(6)
        assert receiver.firsts() == line.ids()
        assert len(receiver.ids()) == 8, "two messages were repeated once"
        assert receiver.most == 1
        codes = [
            [attempt["error_code"] for attempt in suite.ledger.attempts(row["id"])]
            for row in suite.ledger.messages(line.id)
        ]
        assert codes == [[None], ["ack_timeout", None], ["no_ack", None], [None], [None], [None]]


def test_a_refused_message_waits_for_a_person_and_the_rest_goes_on(suite: Suite) -> None:
    with MllpReceiver(lambda identifier: ack(identifier, "AE")) as receiver:
        line = feed(suite, receiver)
        line.send(3)
        states = suite.ledger.wait_settled(line.id, 3)
        assert states == {"quarantined": 1, "done": 2}
        refused = suite.ledger.messages(line.id)[0]
        assert (refused["error_code"], refused["fault"]) == ("hl7_ae", "partner")
        suite.admin.call("integration.message", "action_retry", [refused["id"]])
        line.wait_done(3)
        again = suite.ledger.messages(line.id)[0]
        assert receiver.ids()[-1] == again["wire_id"] != refused["wire_id"], (
            "what was refused is sent anew, with the present content, under an id of its own"
        )


def test_several_connections_without_an_order(suite: Suite) -> None:
    with MllpReceiver(delay=0.4) as receiver:
        line = feed(suite, receiver, {"ordering": "none", "concurrency": 4}, mllp_connections=3)
        suite.office.confirm(suite.office.orders(line.supplier, 12))
        line.wait_done(12)
        assert 2 <= receiver.most <= 3
        assert sorted(receiver.ids()) == sorted(line.ids())


def test_tls_with_a_client_certificate(suite: Suite, tmp_path: Path) -> None:
    authority = Authority.make()
    context = authority.server_context(tmp_path, "localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.pem)
    certificate, key = authority.client_certificate("odoo.hospital.example")
    credential = suite.office.create(
        "integration.credential",
        name="Client certificate",
        kind="mtls",
        version_ids=[[0, 0, {"secret": key, "certificate": certificate}]],
    )
    networks = "127.0.0.0/8, ::1"
    with MllpReceiver(tls=context) as receiver:
        line = feed(
            suite,
            receiver,
            credential_id=credential,
            mllp_ca=authority.pem,
            allowed_networks=networks,
        )
        line.send(2)
        line.wait_done(2)
        assert set(receiver.subjects) == {((("commonName", "odoo.hospital.example"),),)}
        strange = feed(suite, receiver, credential_id=credential, allowed_networks=networks)
        strange.send(1)
        (message,) = wait_until(
            lambda: [
                row
                for row in suite.ledger.messages(strange.id)
                if row["error_code"] == "tls_certificate"
            ],
            what="the refusal of a certificate that nobody vouches for",
        )
        assert message["state"] in ("retry", "queued", "processing")
        assert len(receiver.received) == 2


def test_what_became_of_it_comes_later_on_the_same_connection(suite: Suite) -> None:
    def both(control_id: str) -> bytes:
        return ack(control_id, "CA") + ack(control_id)

    with MllpReceiver() as receiver:
        receiver.default = both
        line = feed(suite, receiver, hl7_ack_mode="stored_handled")
        line.send(3)
        line.wait_done(3)
        assert receiver.ids() == line.ids()
        assert all("|AL|AL|" in one.text for one in receiver.received)


def test_what_became_of_it_comes_later_at_a_door_of_ours(suite: Suite) -> None:
    office = suite.office
    with MllpReceiver() as receiver:
        receiver.default = lambda identifier: ack(identifier, "CA")
        line = feed(suite, receiver, hl7_ack_mode="stored_handled")
        password = "a password of some length"
        login = {"login": "ehr", "secret": password}
        door = office.inbound(
            line.supplier,
            office.buyer("ehr.feed"),
            transport="hl7_http",
            body_codec="hl7",
            credential_id=office.create(
                "integration.credential",
                name="EHR's login",
                kind="basic",
                version_ids=[[0, 0, login]],
            ),
        )
        address = suite.server.url + door.path.replace("/webhook/", "/hl7/")
        line.send(2)
        for number in (1, 2):
            wait_until(lambda: suite.ledger.states(line.id).get("waiting"), what="the wait for AA")
            assert len(receiver.ids()) == number, "what comes behind it waits as well"
            answer = requests.post(
                address,
                data=ack(receiver.ids()[-1])[1:-2],
                headers={"Content-Type": "application/hl7-v2"},
                auth=("ehr", password),
                timeout=30,
            )
            assert answer.status_code == 204, "an acknowledgement is never acknowledged"
            wait_until(
                lambda number=number: suite.ledger.states(line.id).get("done") == number,
                what="the end of the wait",
            )
        assert receiver.ids() == line.ids()
        assert suite.ledger.count(door.id) == 0


# -- public listeners ------------------------------------------------------------------------


@contextmanager
def node_listener(port: int) -> Iterator[subprocess.Popen]:
    place = javascript.folder(Settings.from_environ()) / "node_modules"
    if not place.is_dir():
        if os.environ.get("CI"):
            pytest.fail("the libraries in JavaScript were not fetched")
        pytest.skip("`make test` fetches the libraries in JavaScript")
    script = REPOSITORY / "tests" / "javascript" / "mllp_listener.js"
    process = subprocess.Popen(
        ["node", str(script), str(port)],
        env={**os.environ, "NODE_PATH": str(place)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert json.loads(process.stdout.readline()) == {"listening": port}
        yield process
    finally:
        process.kill()
        process.wait()


def test_listener_of_node(suite: Suite) -> None:
    """It repeats what it said of earlier messages on a connection that stays open."""
    port = free_port()
    with node_listener(port) as process:
        line = Feed(suite, f"mllp://127.0.0.1:{port}", {})
        line.send(3)
        line.wait_done(3)
    told = [json.loads(one) for one in process.stdout.read().splitlines()]
    assert list(dict.fromkeys(one["control_id"] for one in told)) == line.ids()
    assert {one["type"] for one in told} == {"ADT"}


PYTHON_LISTENER = """
import asyncio, sys
import hl7.mllp

async def serve(reader, writer):
    while not writer.is_closing():
        message = await reader.readmessage()
        print(message.segment("MSH")[10], flush=True)
        writer.writemessage(message.create_ack())
        await writer.drain()

async def main():
    server = await hl7.mllp.start_hl7_server(serve, host="127.0.0.1", port=int(sys.argv[1]))
    print("listening", flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def test_listener_of_python(suite: Suite) -> None:
    port = free_port()
    process = subprocess.Popen(
        [os.sys.executable, "-c", PYTHON_LISTENER, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout.readline().strip() == "listening"
        line = Feed(suite, f"mllp://127.0.0.1:{port}", {})
        line.send(3)
        line.wait_done(3)
    finally:
        process.kill()
        process.wait()
    assert process.stdout.read().split() == line.ids()
