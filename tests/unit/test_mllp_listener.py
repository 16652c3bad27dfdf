"""Ports and connections over real sockets, with a ledger in memory."""

import asyncio
import socket
import time
from contextlib import suppress
from ipaddress import ip_network

import pytest

from tests.unit.load_ehr import load
from tests.unit.mllp_stage import Reason, adt, answer, framed, settled, staged

addresses = load("mllp.addresses")
committer = load("mllp.committer")
door = load("mllp.door")
reception = load("mllp.reception")


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
