"""The MLLP listener as partners meet it: a real process, and every byte of what it answers."""

import asyncio
import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hl7
import pytest
from hl7.mllp import open_hl7_connection

from setup import javascript
from setup.settings import REPOSITORY, Settings
from tests.e2e.mllp_peer import FS, VT, Peer, adt, framed
from tests.e2e.mllp_stage import Hospital, Inbound, hospital
from tests.harness import Database

numbers = itertools.count(1)


def new_id() -> str:
    return f"M{next(numbers):06}"


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[Hospital]:
    database.durability()
    with hospital(database) as world:
        yield world
        errors = world.listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)


@pytest.fixture(scope="module")
def feed(world: Hospital) -> Inbound:
    """An interface as it is by default."""
    return world.interface()


# -- framing -----------------------------------------------------------------------------


def test_a_message_is_stored_encrypted_before_it_is_acknowledged(
    world: Hospital, feed: Inbound
) -> None:
    with Peer(feed.port) as peer:
        answer = peer.ask(adt("FIRST"))
    assert (answer.code, answer.control_id) == ("AA", "FIRST")
    assert [answer.field("MSH", number) for number in (3, 5, 9, 11)] == [
        "ODOO",
        "EHR",
        "ACK^A01^ACK",
        "P",
    ]
    message = world.messages(feed)[-1]
    assert message["message_type"] == "ADT^A01"
    assert message["external_key"].startswith("p:")
    assert message["partition_key"].startswith("p:")
    payloads = world.database.sql(
        "SELECT kind, body, encoding FROM integration_payload WHERE message_id = %s ORDER BY kind",
        [message["id"]],
    )
    assert [row["kind"] for row in payloads] == ["acknowledgement", "received"]
    for row in payloads:
        assert "aes256gcm" in row["encoding"]
        assert b"MSH" not in bytes(row["body"])


def test_chunks_of_one_byte(world: Hospital, feed: Inbound) -> None:
    before = world.count(feed)
    with Peer(feed.port) as peer:
        peer.drip(framed(adt(new_id())) + framed(adt("DRIPPED")))
        assert [peer.receive().code, peer.receive().control_id] == ["AA", "DRIPPED"]
    assert world.count(feed) == before + 2


def test_frames_in_one_packet_are_answered_in_their_order(world: Hospital, feed: Inbound) -> None:
    ids = [new_id() for _each in range(100)]
    with Peer(feed.port) as peer:
        peer.send(b"".join(framed(adt(one)) for one in ids))
        assert [peer.receive().control_id for _each in ids] == ids
    assert len(world.messages(feed)) >= 100


def test_a_sender_without_the_final_cr(feed: Inbound) -> None:
    with Peer(feed.port) as peer:
        peer.send(VT + adt(new_id()) + FS)
        assert peer.receive().code == "AA"
        assert peer.ask(adt(new_id())).code == "AA"


def test_a_sender_that_ends_its_half_gets_its_answer(feed: Inbound) -> None:
    with Peer(feed.port) as peer:
        peer.send(framed(adt("HALF")))
        peer.end_sending()
        assert peer.receive().control_id == "HALF"
        assert peer.is_closed()


def test_eight_connections_at_once(world: Hospital, feed: Inbound) -> None:
    before = world.count(feed)

    def deliver(number: int) -> list[str]:
        with Peer(feed.port) as peer:
            wanted = [f"C{number}-{one}" for one in range(50)]
            answers = peer.ask_all(adt(one, number) for one in wanted)
            assert [answer.control_id for answer in answers] == wanted
            return [answer.code for answer in answers]

    with ThreadPoolExecutor(8) as pool:
        codes = [code for some in pool.map(deliver, range(8)) for code in some]
    assert codes == ["AA"] * 400
    assert world.count(feed) == before + 400


def test_client_of_the_public_library(feed: Inbound) -> None:
    async def deliver() -> list[hl7.Message]:
        reader, writer = await open_hl7_connection("127.0.0.1", feed.port)
        answers = []
        for _each in range(20):
            writer.writemessage(hl7.parse(adt(new_id()).decode()))
            await writer.drain()
            answers.append(await reader.readmessage())
        writer.close()
        return answers

    answers = asyncio.run(deliver())
    assert [str(answer.segment("MSA")[1]) for answer in answers] == ["AA"] * 20


@pytest.mark.parametrize("library", ["node-hl7-client", "simple-hl7"])
def test_clients_in_javascript(feed: Inbound, library: str) -> None:
    ids = [new_id() for _each in range(20)]
    found = subprocess.run(
        ["node", REPOSITORY / "tests" / "javascript" / "mllp_client.js"],
        input=json.dumps(
            {"library": library, "port": feed.port, "messages": [adt(one).decode() for one in ids]}
        ),
        env={**os.environ, "NODE_PATH": str(_javascript())},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(found.stdout) == [["AA", one] for one in ids]


def _javascript() -> Path:
    place = javascript.folder(Settings.from_environ()) / "node_modules"
    if not place.is_dir():
        if os.environ.get("CI"):
            pytest.fail("the libraries in JavaScript were not fetched")
        pytest.skip("`make test` fetches the libraries in JavaScript")
    return place


# -- repetitions -------------------------------------------------------------------------


def test_a_repetition_gets_the_same_answer_byte_for_byte(world: Hospital, feed: Inbound) -> None:
    message = adt(new_id())
    before = world.count(feed)
    with Peer(feed.port) as peer, Peer(feed.port) as other:
        first = peer.ask(message)
        # A sender that repeats tells a new time.
        again = other.ask(message.replace(b"20261101120000", b"20261101120500"))
    assert again.raw == first.raw
    assert world.count(feed) == before + 1


def test_an_id_with_another_content_is_kept_and_accepted(world: Hospital, feed: Inbound) -> None:
    one = new_id()
    with Peer(feed.port) as peer:
        peer.ask(adt(one, 1))
        assert peer.ask(adt(one, 2)).code == "AA"
        again = peer.ask(adt(one, 2))
        assert again.code == "AA"
    message = world.messages(feed)[-1]
    assert (message["state"], message["error_code"]) == ("quarantined", "key_reused")


def test_an_id_with_another_content_is_rejected_if_so_wanted(world: Hospital) -> None:
    strict = world.interface(hl7_conflict="reject")
    with Peer(strict.port) as peer:
        assert peer.ask(adt("X", 1)).code == "AA"
        answer = peer.ask(adt("X", 2))
        assert (answer.code, answer.condition) == ("AR", "205")
        assert answer.field("ERR", 2) == "MSH^1^10^1"
        assert peer.ask(adt("X", 2)).raw == answer.raw
        assert peer.ask(adt("X", 1)).code == "AA"
    assert world.codes(strict) == ["key_reused"]
    assert world.count(strict) == 2


def test_ids_are_forgotten_after_their_window(world: Hospital) -> None:
    """A sender that was set up anew counts from the beginning again."""
    short = world.interface(hl7_dedupe_hours=1)
    with Peer(short.port) as peer:
        peer.ask(adt("1", 1))
        world.database.sql(
            "UPDATE integration_idempotency SET created_at = created_at - interval '2 hours'"
            " WHERE interface_id = %s",
            [short.id],
        )
        assert peer.ask(adt("1", 2)).code == "AA"
    assert world.count(short) == 2
    assert world.codes(short) == []


# -- modes of acknowledgement ------------------------------------------------------------


def test_enhanced_mode(feed: Inbound) -> None:
    with Peer(feed.port) as peer:
        assert peer.ask(adt(new_id(), f15="AL", f16="NE")).code == "CA"
        both = adt(new_id(), f15="AL", f16="AL")
        answers = [peer.ask(both), peer.receive()]
        assert [answer.code for answer in answers] == ["CA", "AA"]
        # both are repeated, as they were
        again = [peer.ask(both), peer.receive()]
        assert [answer.raw for answer in again] == [answer.raw for answer in answers]
        peer.send(framed(adt(new_id(), f15="NE", f16="NE")))
        peer.send(framed(adt(new_id(), f15="ER", f16="NE")))
        assert peer.ask(adt("AFTER")).control_id == "AFTER"


def test_an_acknowledgement_is_never_acknowledged(world: Hospital, feed: Inbound) -> None:
    stray = b"MSH|^~\\&|EHR|GENERAL|ODOO|GENERAL|20261101||ACK^A01|A1|P|2.5.1\rMSA|AA|NOT-OURS\r"
    with Peer(feed.port) as peer:
        peer.send(framed(stray))
        assert peer.ask(adt("BEHIND")).control_id == "BEHIND"
    assert "ACK^A01" in {message["message_type"] for message in world.messages(feed)}
