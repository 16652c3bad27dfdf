"""Ports and connections over real sockets, with a ledger in memory."""

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_network

import pytest

from setup.odoo_server import free_port
from tests.unit.load_ehr import load

addresses = load("mllp.addresses")
committer = load("mllp.committer")
connection = load("mllp.connection")
counters = load("mllp.counters")
door = load("mllp.door")
limits = load("hl7.limits")
listener = load("mllp.listener")
mllp = load("hl7.mllp")
reception = load("mllp.reception")
tls = load("mllp.tls")

Reason = counters.Reason


def adt(control_id: str, more: str = "") -> bytes:
    return f"MSH|^~\\&|EHR|G|ODOO|G|2026||ADT^A01|{control_id}|P|2.5{more}\rPV1|1|I\r".encode()


def framed(message: bytes) -> bytes:
    return b"\x0b" + message + b"\x1c\r"


class Stage:
    """A listener whose messages are answered when the test says so, or at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.jobs: list = []
        self.waiting: list = []
        self.at_once = True
        self.handled = False
        self.listener = listener.Listener(
            loop, ["127.0.0.1"], tls.ServerCertificate(), self._submit, self._wait
        )
        self.door = door.Door(interface=1, name="feed", port=free_port())
        self._loop = loop

    def _submit(self, job) -> None:
        self.jobs.append(job)
        if self.at_once:
            self._loop.call_soon(self.answer, 1)

    def _wait(self, job, uuid) -> None:
        self.waiting.append(job)

    def answer(self, count: int) -> None:
        """Tell the results of the jobs that wait longest."""
        jobs, self.jobs = self.jobs[:count], self.jobs[count:]
        self.listener.deliver(
            [
                (
                    job,
                    committer.Waits("u")
                    if job.part.waiting
                    else committer.Answered(job.part.content),
                )
                for job in jobs
            ]
        )

    def open(self, **changes) -> None:
        self.door = replace(self.door, **changes)
        self.listener.apply({1: self.door})

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.door.port)

    def refusals(self) -> dict:
        found = self.listener.take_refusals().get(1, {})
        return {reason: refusal.count for reason, refusal in found.items()}


def staged(test: Callable[[Stage], Awaitable[None]]) -> Callable[[], None]:
    """Run a coroutine with a stage of its own."""

    def run() -> None:
        async def whole() -> None:
            stage = Stage(asyncio.get_running_loop())
            try:
                await asyncio.wait_for(test(stage), 30)
            finally:
                await stage.listener.stop(1)

        asyncio.run(whole())

    run.__name__ = test.__name__
    return run


async def answer(reader: asyncio.StreamReader) -> list[str]:
    """MSA of the next answer."""
    block = await reader.readuntil(b"\x1c\r")
    return block[1:-2].decode().split("\r")[1].split("|")


async def settled() -> None:
    await asyncio.sleep(0.05)


@staged
async def test_answers_leave_in_the_order_of_the_frames(stage):
    stage.at_once = False
    stage.open()
    reader, writer = await stage.connect()
    for number in range(3):
        writer.write(framed(adt(f"N{number}")))
    await settled()
    # What was stored last is told first.
    jobs = stage.jobs
    for job in reversed(jobs):
        stage.listener.deliver([(job, committer.Answered(job.part.content))])
    assert [(await answer(reader))[2] for _each in range(3)] == ["N0", "N1", "N2"]


@staged
async def test_a_sender_that_is_too_fast_is_slowed_down(stage):
    stage.at_once = False
    stage.open()
    _reader, writer = await stage.connect()
    writer.write(b"".join(framed(adt(f"N{number}")) for number in range(500)))
    await settled()
    assert len(stage.jobs) == connection.MOST_PENDING
    total = 0
    while stage.jobs:
        total += 1
        stage.answer(1)
        await asyncio.sleep(0)
        assert len(stage.jobs) <= connection.MOST_PENDING
        if not stage.jobs:
            await settled()
    assert total == 500


@staged
async def test_one_that_sends_nothing_but_begins_of_frames_is_closed(stage):
    for flood in (b"\x0b" * 262_144, b"\x0b\x1c" * 131_072):
        stage.open()
        reader, writer = await stage.connect()
        begun = time.process_time()
        writer.write(flood)
        await settled()
        with suppress(ConnectionError):
            while await reader.read(4096):
                pass
        assert time.process_time() - begun < 2
    # Others are served, also one that errs now and then.
    reader, writer = await stage.connect()
    writer.write((b"\x0b" * 90 + framed(adt("GOOD"))) * 3)
    assert [(await answer(reader))[2] for _each in range(3)] == ["GOOD"] * 3


@staged
async def test_a_peer_that_sends_much_and_is_gone_is_taken_as_slowly_as_before(stage):
    stage.at_once = False
    stage.open()
    _reader, writer = await stage.connect()
    writer.write(b"".join(framed(adt(f"N{number}")) for number in range(500)))
    await settled()
    assert len(stage.jobs) == connection.MOST_PENDING
    linger = struct.pack("ii", 1, 0)  # the end is a reset
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
    total = 0
    while stage.jobs:
        assert len(stage.jobs) <= connection.MOST_PENDING
        stage.answer(1)
        total += 1
        await asyncio.sleep(0)
        if not stage.jobs:
            await settled()
    # Its sender may be one that waits for no answers.
    assert total == 500
    assert stage.listener.statuses()[0].connections == 0


@staged
async def test_what_follows_a_message_that_was_not_stored_is_not_taken(stage):
    stage.at_once = False
    stage.open()
    reader, writer = await stage.connect()
    writer.write(b"".join(framed(adt(f"N{number}")) for number in range(100)))
    await settled()
    first, *others = stage.jobs
    stage.listener.deliver([(first, committer.Dropped())])
    with suppress(ConnectionError):
        assert await reader.read() == b""
    stage.listener.deliver([(job, committer.Dropped()) for job in others])
    await settled()
    assert len(stage.jobs) == connection.MOST_PENDING
    assert stage.refusals() == {Reason.UNSTORED: 32, Reason.ABANDONED: 68}
    assert stage.listener.statuses()[0].connections == 0


@staged
async def test_no_more_than_what_may_be_on_its_way_is_read(stage):
    """Whatever the number of connections; and they go on when there is room again."""
    most, listener.MOST_FLYING = listener.MOST_FLYING, 2 * 1024 * 1024
    try:
        await _fill_up(stage)
    finally:
        listener.MOST_FLYING = most


async def _fill_up(stage):
    large = 256 * 1024
    stage.at_once = False
    stage.open()
    writers = []
    for number in range(3):
        reader, writer = await stage.connect()
        writers.append((reader, writer))
        for more in range(8):
            message = adt(f"L{number}{more}") + b"ZZZ|" + b"A" * large + b"\r"
            writer.write(framed(message))
    for _each in range(10):
        await settled()
    # One message more than fits, and what was read with it.
    held = sum(len(job.part.body) for job in stage.jobs)
    assert listener.MOST_FLYING - large < held < listener.MOST_FLYING + 2 * large
    stage.at_once = True
    stage.answer(len(stage.jobs))
    for number, (reader, _writer) in enumerate(writers):
        for more in range(8):
            assert (await answer(reader))[2] == f"L{number}{more}"
    assert not stage.listener.is_full


@staged
async def test_what_is_not_stored_is_not_answered(stage):
    stage.at_once = False
    stage.open()
    reader, writer = await stage.connect()
    writer.write(framed(adt("LOST")))
    await settled()
    stage.listener.deliver([(stage.jobs[0], committer.Dropped())])
    with suppress(ConnectionError):
        assert await reader.read() == b""
    assert stage.refusals() == {Reason.UNSTORED: 1}


@staged
async def test_an_answer_after_handling_lets_nobody_pass(stage):
    stage.open(rules=reception.Rules(handled=True))
    reader, writer = await stage.connect()
    writer.write(framed(adt("SLOW")) + framed(adt("NEXT")))
    await settled()
    assert len(stage.waiting) == 2
    stage.listener.deliver([(stage.waiting[1], committer.Answered(b"M\rMSA|AA|NEXT"))])
    stage.listener.deliver([(stage.waiting[0], committer.Answered(b"M\rMSA|AE|SLOW"))])
    assert await answer(reader) == ["MSA", "AE", "SLOW"]
    assert await answer(reader) == ["MSA", "AA", "NEXT"]


@staged
async def test_in_enhanced_mode_receipts_do_not_wait_for_handling(stage):
    stage.open(rules=reception.Rules(handled=True))
    reader, writer = await stage.connect()
    writer.write(framed(adt("ONE", "|||AL|AL")) + framed(adt("TWO", "|||AL|AL")))
    assert await answer(reader) == ["MSA", "CA", "ONE"]
    assert await answer(reader) == ["MSA", "CA", "TWO"]
    early = stage.waiting[1].part.early
    whole = load("mllp.answers").joined(early, b"M\rMSA|AA|TWO")
    stage.listener.deliver([(stage.waiting[1], committer.Answered(whole))])
    assert await answer(reader) == ["MSA", "AA", "TWO"]


@staged
async def test_receipts_do_not_let_a_sender_pile_up_what_is_not_handled(stage):
    stage.open(rules=reception.Rules(handled=True))
    reader, writer = await stage.connect()
    writer.write(b"".join(framed(adt(f"N{n}", "|||AL|AL")) for n in range(200)))
    for number in range(connection.MOST_PENDING):
        assert await answer(reader) == ["MSA", "CA", f"N{number}"]
    await settled()
    assert len(stage.waiting) == connection.MOST_PENDING
    told = load("mllp.answers").joined(stage.waiting[0].part.early, b"M\rMSA|AA|N0")
    stage.listener.deliver([(stage.waiting[0], committer.Answered(told))])
    assert await answer(reader) == ["MSA", "AA", "N0"]
    assert await answer(reader) == ["MSA", "CA", f"N{connection.MOST_PENDING}"]


@staged
async def test_strangers_are_closed_without_a_byte(stage):
    stage.open(networks=(ip_network("10.0.0.0/8"),))
    reader, _writer = await stage.connect()
    with suppress(ConnectionError):
        assert await reader.read() == b""
    assert stage.refusals() == {Reason.ADDRESS: 1}
    stage.open(networks=(ip_network("127.0.0.0/8"),))
    reader, writer = await stage.connect()
    writer.write(framed(adt("KNOWN")))
    assert (await answer(reader))[2] == "KNOWN"


@staged
async def test_more_connections_than_allowed_are_closed(stage):
    stage.open(max_connections=2)
    kept = [await stage.connect() for _each in range(2)]
    await settled()
    reader, _writer = await stage.connect()
    with suppress(ConnectionError):
        assert await reader.read() == b""
    assert stage.refusals() == {Reason.CONNECTIONS: 1}
    for reader, writer in kept:
        writer.write(framed(adt("KEPT")))
        assert (await answer(reader))[2] == "KEPT"
    kept[0][1].close()
    await settled()
    reader, writer = await stage.connect()
    writer.write(framed(adt("LATER")))
    assert (await answer(reader))[2] == "LATER"


@staged
async def test_idle_connections_are_closed(stage):
    stage.open(idle_timeout=0.5)
    reader, writer = await stage.connect()
    writer.write(framed(adt("A")))
    await answer(reader)
    begun = time.monotonic()
    assert await reader.read() == b""
    assert time.monotonic() - begun < 10
    assert stage.refusals() == {Reason.IDLE: 1}


@staged
async def test_a_frame_that_does_not_go_on_is_kept_and_closed(stage):
    stage.at_once = False
    stage.open(idle_timeout=0.5)
    reader, writer = await stage.connect()
    writer.write(b"\x0bMSH|^~\\&|EHR")
    assert await reader.read() == b""
    assert [job.part.error.code for job in stage.jobs] == ["hl7_truncated"]
    assert stage.jobs[0].owner is None


@staged
async def test_a_rate_slows_down_and_loses_nothing(stage):
    stage.open(rate=50.0, burst=5.0)
    reader, writer = await stage.connect()
    begun = time.monotonic()
    writer.write(b"".join(framed(adt(f"R{number}")) for number in range(30)))
    ids = [(await answer(reader))[2] for _each in range(30)]
    assert ids == [f"R{number}" for number in range(30)]
    assert time.monotonic() - begun > 0.4


@staged
async def test_a_batch_counts_as_many_as_it_holds(stage):
    stage.open(rate=5.0, burst=20.0)
    reader, writer = await stage.connect()
    whole = b"BHS|^~\\&|EHR|G\r" + b"".join(adt(f"B{n}") for n in range(20)) + b"BTS|20\r"
    begun = time.monotonic()
    writer.write(framed(whole) + framed(adt("NEXT")) + framed(adt("LAST")))
    await reader.readuntil(b"\x1c\r")
    assert [(await answer(reader))[2] for _each in range(2)] == ["NEXT", "LAST"]
    # The batch has used up what could be had at once; the two took 0.2 s each.
    assert time.monotonic() - begun > 0.35


@staged
async def test_closing_answers_what_was_read_and_takes_no_more(stage):
    stage.at_once = False
    stage.open()
    reader, writer = await stage.connect()
    writer.write(framed(adt("READ")) + b"\x0bMSH|half")
    await settled()
    stage.listener.apply({})
    with pytest.raises(OSError):
        await stage.connect()
    stage.answer(1)
    assert (await answer(reader))[2] == "READ"
    assert await reader.read() == b""


@staged
async def test_other_terms_keep_connections_and_another_lock_does_not(stage):
    stage.open()
    reader, writer = await stage.connect()
    stage.open(rules=reception.Rules(processing=frozenset("T")))
    writer.write(framed(adt("NOW")))
    assert (await answer(reader))[1] == "AR"
    stage.open(networks=(ip_network("127.0.0.0/8"),))
    assert await reader.read() == b""
    reader, writer = await stage.connect()
    writer.write(framed(adt("ANEW")))
    assert (await answer(reader))[2] == "ANEW"


@staged
async def test_a_taken_port_is_told_and_opened_when_it_is_free(stage):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", stage.door.port))
        other.listen()
        stage.open()
        (status,) = stage.listener.statuses()
        assert "taken by another program" in status.error
    for _try in range(100):
        await asyncio.sleep(0.1)
        if not stage.listener.statuses()[0].error:
            break
    reader, writer = await stage.connect()
    writer.write(framed(adt("FREE")))
    assert (await answer(reader))[2] == "FREE"


@staged
async def test_tls_without_a_certificate_opens_no_port(stage):
    stage.open(tls=door.Tls.SERVER)
    (status,) = stage.listener.statuses()
    assert "[integration_mllp]" in status.error
    with pytest.raises(OSError):
        await stage.connect()


@staged
async def test_garbage_is_kept_a_few_times_and_counted_always(stage):
    stage.at_once = False
    stage.open(max_connections=100)
    for number in range(40):
        _reader, writer = await stage.connect()
        writer.write(b"garbage %d" % number)
        writer.close()
    await asyncio.sleep(0.3)
    assert stage.refusals() == {Reason.GARBAGE: 40}
    assert len(stage.jobs) == 20
    assert {job.part.error.code for job in stage.jobs} == {"hl7_garbage"}


@staged
async def test_one_that_does_not_read_its_answers_is_stopped(stage):
    """Its answers pile up in the system's buffers; ours do not grow without end."""
    stage.open()
    quiet = socket.socket()
    quiet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    quiet.connect(("127.0.0.1", stage.door.port))
    quiet.setblocking(False)
    await settled()
    (port,) = stage.listener._ports.values()
    (found,) = port.connections
    # The system takes little, so that ours would have to.
    found._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    loop = asyncio.get_running_loop()
    flood = b"".join(framed(adt(f"Q{number}")) for number in range(1000))
    with suppress(TimeoutError):
        async with asyncio.timeout(1.5):
            while True:
                await loop.sock_sendall(quiet, flood)
    assert not found._transport.is_reading()
    # What a transport holds before it asks for a pause, and answers of what was taken till then.
    assert found._transport.get_write_buffer_size() < 128 * 1024
    # Others are served meanwhile.
    reader, writer = await stage.connect()
    writer.write(framed(adt("OTHER")))
    assert (await answer(reader))[2] == "OTHER"
    quiet.close()


@staged
async def test_a_connection_that_fails_frees_its_place_and_stops_nobody(stage):
    """Whatever goes wrong within one connection: its place is free again, others are told."""
    stage.at_once = False
    stage.open(max_connections=2)
    reader, writer = await stage.connect()
    other, another = await stage.connect()
    writer.write(framed(adt("BAD")))
    await settled()
    another.write(framed(adt("GOOD")))
    await settled()

    def fail(*_any):
        raise RuntimeError("unforeseen")

    bad = stage.jobs[0].owner[0]
    bad._fill = fail
    stage.listener.deliver([(job, committer.Answered(job.part.content)) for job in stage.jobs])
    assert (await answer(other))[2] == "GOOD"
    with suppress(ConnectionError):
        assert await reader.read() == b""
    await settled()
    assert stage.listener.statuses()[0].connections == 1


@staged
async def test_a_connection_whose_end_fails_frees_its_place(stage):
    stage.open()
    _reader, writer = await stage.connect()
    await settled()
    (port,) = stage.listener._ports.values()
    (found,) = port.connections
    found._decoder.close = None  # raises when it is called
    writer.transport.abort()
    await settled()
    assert stage.listener.statuses()[0].connections == 0


def test_addresses_to_listen_on():
    assert addresses.bindable("10.1.2.3, ::1") == ["10.1.2.3", "::1"]
    assert "0.0.0.0" in addresses.bindable("")
    with pytest.raises(ValueError, match="no address"):
        addresses.bindable("eth0")


def test_fingerprints():
    digits = "ab" * 32
    colons = ":".join(["AB"] * 32)
    assert door.fingerprints(f"{digits}\n sha256:{colons}") == frozenset({digits})
    with pytest.raises(ValueError, match="64 hexadecimal"):
        door.fingerprints("ab:cd")


def test_authorities_are_certificates():
    for text in ("", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(ValueError):
            door.check_authorities(text)
