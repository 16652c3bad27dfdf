"""What the MLLP listener refuses, and batches: every byte of what it answers."""

import itertools
from collections.abc import Iterator

import pytest

from tests.e2e.mllp_peer import CR, FS, VT, Peer, adt, framed
from tests.e2e.mllp_stage import Hospital, Inbound, hospital
from tests.harness import Database, wait_until

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


# -- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "condition", "place", "code"),
    [
        (b"PID|1||4711\r", "100", "", "hl7_syntax"),
        (b"MSH||||\rPID|1\r", "100", "MSH^1^2^1", "hl7_syntax"),
        (adt("B1").replace(b"|^~\\&|", b"|^^^^|"), "100", "MSH^1^2^1", "hl7_syntax"),
        (adt("B2").replace(b"\rEVN", b"\rEV"), "100", "", "hl7_syntax"),
        (adt("", f10=""), "101", "MSH^1^10^1", "hl7_required"),
        (adt("B3", f9=""), "101", "MSH^1^9^1", "hl7_required"),
        (adt("B4", f12=""), "101", "MSH^1^12^1", "hl7_required"),
        (adt("B5", f11=""), "101", "MSH^1^11^1", "hl7_required"),
        (adt("B6", f12="3.0"), "203", "MSH^1^12^1", "hl7_version"),
        (adt("B7", f9="AD T^A01"), "200", "MSH^1^9^1", "hl7_type"),
        (adt("B8", f18="EBCDIC"), "102", "MSH^1^18^1", "hl7_charset_unknown"),
        (adt("B9").replace(b"ADAM", "ÅDAM".encode()), "102", "", "hl7_charset"),
        (adt("B10", f15="SOMETIMES"), "103", "MSH^1^15^1", "hl7_invalid"),
    ],
)
def test_what_cannot_be_read_is_rejected_precisely_and_kept(
    world: Hospital, feed: Inbound, message: bytes, condition: str, place: str, code: str
) -> None:
    before = world.count(feed)
    with Peer(feed.port) as peer:
        answer = peer.ask(message)
        # Type and version are rejected; what the content is wrong in is an error.
        kind = "R" if condition in ("200", "203") else "E"
        assert answer.code in (f"A{kind}", f"C{kind}")
        assert (answer.condition, answer.field("ERR", 2)) == (condition, place)
        assert peer.ask(message).raw == answer.raw  # it is not kept twice
        assert peer.ask(adt(new_id())).code == "AA"  # the feed flows
    kept = world.messages(feed)[before]
    assert (kept["state"], kept["error_code"]) == ("quarantined", code)
    assert world.count(feed) == before + 2


def test_another_environment_is_rejected_and_not_stored(world: Hospital, feed: Inbound) -> None:
    before = world.count(feed)
    with Peer(feed.port) as peer:
        for wrong in ("T", "D", "X"):
            answer = peer.ask(adt(new_id(), f11=wrong))
            assert (answer.code, answer.condition) == ("AR", "202")
            assert answer.field("ERR", 2) == "MSH^1^11^1"
            assert answer.field("MSH", 11) == wrong
    assert world.count(feed) == before


def test_another_receiver_is_rejected(world: Hospital) -> None:
    named = world.interface(hl7_application="ODOO^1.2.3^ISO", hl7_facility="GENERAL")
    with Peer(named.port) as peer:
        assert peer.ask(adt("R1")).code == "AA"
        assert peer.ask(adt("R2", f5="")).code == "AA"
        answer = peer.ask(adt("R3", f5="OTHER"))
        assert (answer.code, answer.field("ERR", 2)) == ("AR", "MSH^1^5^1")
        answer = peer.ask(adt("R4", f6="CHILDREN"))
        assert (answer.code, answer.field("ERR", 2)) == ("AR", "MSH^1^6^1")
    assert world.count(named) == 2


def test_an_unknown_trigger_is_stored_and_accepted(world: Hospital) -> None:
    feed = world.interface()
    with Peer(feed.port) as peer:
        assert peer.ask(adt("U1", trigger="Z99")).code == "AA"
    assert [message["message_type"] for message in world.messages(feed)] == ["ADT^Z99"]


def test_too_long_a_message_is_rejected_and_the_next_is_not(world: Hospital) -> None:
    small = world.interface(body_limit=2)
    long = adt("LONG") + b"NTE|1||" + b"x" * 5000 + b"\r"
    with Peer(small.port) as peer:
        answer = peer.ask(long)
        assert (answer.code, answer.control_id) == ("AE", "LONG")
        assert "2048 bytes" in answer.field("ERR", 8)
        assert peer.ask(adt("SHORT")).code == "AA"
    assert sorted(world.codes(small)) == ["hl7_limit"]


def test_garbage_and_broken_frames_are_kept_and_nobody_suffers(world: Hospital) -> None:
    feed = world.interface()
    with Peer(feed.port) as good:
        with Peer(feed.port) as bad:
            bad.send(b"GET / HTTP/1.1\r\nHost: odoo\r\n\r\n" + framed(adt("AFTER-GARBAGE")))
            assert bad.receive().control_id == "AFTER-GARBAGE"
            bad.send(VT + adt("GAVE-UP")[:60] + framed(adt("AGAIN")))
            assert bad.receive().control_id == "AGAIN"
            bad.send(VT + adt("CUT")[:80])
        assert good.ask(adt("GOOD")).code == "AA"
    wait_until(lambda: len(world.codes(feed)) == 3, what="evidence")
    assert sorted(world.codes(feed)) == ["hl7_garbage", "hl7_truncated", "hl7_truncated"]
    wait_until(
        lambda: world.refusals(feed) == {"garbage": 1, "truncated": 2}, what="counted refusals"
    )


def test_a_peer_that_sends_nothing_but_garbage_is_closed(world: Hospital, feed: Inbound) -> None:
    with Peer(feed.port) as peer:
        peer.send(b"\0\x01\x02\x03" * 20_000)
        assert peer.is_closed()


@pytest.mark.parametrize("data", [b"", VT, VT + FS + CR, VT + VT + VT, FS + CR, b"\r\n\r\n"])
def test_odd_bytes_harm_nobody(feed: Inbound, data: bytes) -> None:
    with Peer(feed.port) as peer:
        peer.send(data)
        peer.end_sending()
    with Peer(feed.port) as peer:
        assert peer.ask(adt(new_id())).code == "AA"


def test_a_flood_of_frames_that_hold_nothing_is_closed(world: Hospital, feed: Inbound) -> None:
    with Peer(feed.port) as peer:
        peer.send(VT * 200_000)
        assert peer.is_closed()
    with Peer(feed.port) as peer:
        assert peer.ask(adt(new_id())).code == "AA"


def test_an_acknowledgement_that_is_no_text_takes_nobody_with_it(
    world: Hospital, feed: Inbound
) -> None:
    """Its key is too long, and holds bytes that none of its character sets has."""
    hostile = b"MSH|^~\\&|" + b"A" * 250 + b"\xff|F|||2026||ACK^A01|%s|P|2.5.1||||||ASCII~8859/1"
    before = world.count(feed)
    with Peer(feed.port) as peer:
        peer.send(
            framed(hostile % b"H1" + b"\rMSA|AA|X\r") + framed(hostile % b"H2" + b"\rMSA|AA|X\r")
        )
        assert peer.ask(adt(new_id())).code == "AA"
    assert world.count(feed) == before + 3


# -- batches -----------------------------------------------------------------------------


def test_a_batch_is_taken_apart_and_answered_as_one(world: Hospital) -> None:
    feed = world.interface()
    wrong = adt("W", f11="T")
    parts = [adt("P1"), adt("P2"), wrong, adt("P3")]
    whole = b"FHS|^~\\&|EHR|GENERAL|ODOO||20261101||F||F1\rBHS|^~\\&|EHR|GENERAL|ODOO||20261101||B"
    whole += b"||B1\r" + b"".join(parts) + b"BTS|4\rFTS|1\r"
    with Peer(feed.port) as peer:
        answer = peer.ask(whole)
        again = peer.ask(whole)
    lines = answer.raw.decode().split("\r")
    assert [line[:3] for line in lines[:3]] == ["FHS", "BHS", "MSH"]
    assert lines[1].split("|")[11] == "B1"
    codes = [line.split("|")[1:3] for line in lines if line.startswith("MSA")]
    assert codes == [["AA", "P1"], ["AA", "P2"], ["AR", "W"], ["AA", "P3"]]
    assert lines[-3:] == ["BTS|4", "FTS|1", ""]
    assert world.count(feed) == 3
    repeated = [line for line in again.raw.decode().split("\r") if line.startswith("MSA")]
    assert len(repeated) == 4


def test_an_empty_batch_is_answered(world: Hospital, feed: Inbound) -> None:
    with Peer(feed.port) as peer:
        answer = peer.ask(b"BHS|^~\\&|EHR|GENERAL|ODOO||20261101||B||B8\rBTS|0\r")
    assert answer.raw.decode().split("\r")[-2:] == ["BTS|0", ""]


def test_a_batch_that_was_cut_short_is_an_error_as_a_whole(world: Hospital) -> None:
    feed = world.interface()
    whole = b"BHS|^~\\&|EHR|GENERAL|ODOO||20261101||B||B7\r" + adt("P1") + b"BTS|2\r"
    with Peer(feed.port) as peer:
        answer = peer.ask(whole)
    assert (answer.code, answer.control_id, answer.field("ERR", 2)) == ("AE", "B7", "BTS^1^1^1")
    assert world.codes(feed) == ["hl7_batch"]
