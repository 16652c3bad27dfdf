"""Order of answers, and senders that are faster than the ledger, over real sockets."""

import asyncio
import socket
import struct
import time
from contextlib import suppress

from tests.unit.load_ehr import load
from tests.unit.mllp_stage import Reason, adt, answer, framed, settled, staged

committer = load("mllp.committer")
connection = load("mllp.connection")
listener = load("mllp.listener")
reception = load("mllp.reception")


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
