# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One connection: frames in, answers out in the same order, and never more than it may hold.

Answers that need the database come later, so frames that follow are taken meanwhile; but their
answers wait for their turn. When too many are on their way, the connection is not read any further:
its peer is slowed down, and nothing grows.
"""

import asyncio
import ssl
from collections import deque
from datetime import UTC, datetime
from typing import Final, Protocol

from ..hl7 import batch
from ..hl7.errors import Condition, Hl7Error, SyntaxFault
from ..hl7.mllp import Cut, Decoder, Frame, Garbage, Item, TooLong, Truncated
from . import answers, reception
from .committer import Answered, Job, Result, Waits
from .counters import Reason, Tally
from .door import Door, Tls, fingerprint_of
from .reception import Part, Reception

#: Frames of one connection whose answers have not left.
MOST_PENDING: Final = 32
#: Bytes outside of frames after which a peer is taken for something else than MLLP.
MOST_GARBAGE: Final = 64 * 1024
#: Frames one after another that are empty or break off, after which a peer is taken for the same.
MOST_FAULTS: Final = 100
#: Bytes that are taken apart at once: what they cost is looked at in between.
_SLICE: Final = 8 * 1024
#: Seconds within which a frame that began has to go on, and answers have to be read.
STALLED: Final = 60.0


class Port(Protocol):
    """What a connection needs of the port that it came in by."""

    door: Door
    tally: Tally

    def submit(self, job: Job) -> None:
        """Store a message; the connection is told of the result."""

    def wait(self, job: Job, uuid: str) -> None:
        """Tell the connection when a stored message was handled."""

    def allows(self, count: int) -> float:
        """Take from the rate: seconds to wait first, 0 if it may go on."""

    def charge(self, count: int) -> None:
        """Take more from the rate, for a frame that held more messages than one."""

    def is_full(self) -> bool:
        """Whether so much is on its way to the ledger that nothing more may be taken."""

    def keeps_evidence(self) -> bool:
        """Whether bytes that nobody answers are still to be kept, or were often enough."""

    def takes(self, connection: "Connection") -> bool:
        """Give the connection a place, now that it is made; ``False`` if there is none."""

    def gone(self, connection: "Connection") -> None:
        """The connection has ended."""


class Pending:
    """A frame whose answer has not left.

    :ivar ahead: what was answered before the final answer, which others need not wait for
    """

    __slots__ = ("ahead", "contents", "missing", "reception")

    def __init__(self, found: Reception) -> None:
        self.reception = found
        self.contents: list[bytes | None] = [part.content for part in found.parts]
        self.missing = sum(part.stored for part in found.parts)
        self.ahead: bytes | None = None


class Connection(asyncio.Protocol):
    """Serves one peer. All of it runs in the event loop.

    :ivar peer: its address
    :ivar active: when something last came or went, by the clock of the loop
    :ivar ended: whether nothing is read or written any more
    :ivar is_over: whether there is nothing left to be done for it either
    """

    def __init__(self, port: Port, peer: str, loop: asyncio.AbstractEventLoop) -> None:
        self._port = port
        self.peer = peer
        self._loop = loop
        self._decoder = Decoder(port.door.rules.limits.size, strict=False)
        self._backlog: deque[Item] = deque()
        self._pending: deque[Pending] = deque()
        self._transport: asyncio.Transport | None = None
        self._paused = self._finishing = self._stuck = self._lost = False
        self.ended = self.is_over = False
        self._resume: asyncio.TimerHandle | None = None
        #: Answers that come later than those of the frames that followed.
        self._later = 0
        self._faults = 0
        self.active = loop.time()

    # -- asyncio -----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport
        if not self._shows_what_was_agreed(transport):
            reason = Reason.CERTIFICATE
        elif not self._port.takes(self):
            reason = Reason.CONNECTIONS
        else:
            return
        self._port.tally.refuse(reason, self.peer)
        self.ended = True
        transport.abort()

    def _shows_what_was_agreed(self, transport: asyncio.Transport) -> bool:
        door = self._port.door
        if door.tls is not Tls.CLIENT or not door.fingerprints:
            return True
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True) if tls else None
        return bool(certificate) and fingerprint_of(certificate) in door.fingerprints

    def data_received(self, data: bytes) -> None:
        self.active = self._loop.time()
        for start in range(0, len(data), _SLICE):
            # What is not read is not answered, so its sender keeps it.
            if self.ended or self._finishing:
                return
            for item in self._decoder.feed(data[start : start + _SLICE]):
                self._backlog.append(item)
                if self._is_flood(item):
                    self._finishing = True
                    break
            if self._decoder.garbage > MOST_GARBAGE:
                self._backlog.extend(self._decoder.close())
                self._finishing = True
            self._work()

    def _is_flood(self, item: Item) -> bool:
        """Whether this is one too many of frames that hold nothing, with no message in between."""
        if isinstance(item, Truncated) or (isinstance(item, Frame) and not item.data.strip()):
            self._faults += 1
        elif not isinstance(item, Garbage):
            self._faults = 0
        return self._faults >= MOST_FAULTS

    def eof_received(self) -> bool:
        """The peer sends no more; it may still wait for answers."""
        self._backlog.extend(self._decoder.close())
        self._finishing = True
        self._work()
        over_tls = self._transport and self._transport.get_extra_info("ssl_object")
        return bool(not over_tls and (self._pending or self._backlog))

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = self._lost = True
        self._stuck = False
        try:
            if not self._finishing:
                self._backlog.extend(self._decoder.close())
            self._finishing = True
            # What was read is stored all the same, as slowly as if its sender were still there: it
            # may be one that waits for no answers.
            self._work()
        except BaseException:
            self._abandon()
            raise

    def _abandon(self) -> None:
        """Count what waits for its turn. It was not answered: its sender keeps it."""
        for item in self._backlog:
            if isinstance(item, (Frame, TooLong)):
                self._port.tally.refuse(Reason.ABANDONED, self.peer)
        self._backlog.clear()
        self._finishing = True
        self._end()

    def _end(self) -> None:
        """Give the place back when nobody is there and nothing is left."""
        if self._lost and not self._backlog and not self.is_over:
            self.is_over = True
            if self._resume:
                self._resume.cancel()
            self._port.gone(self)

    def pause_writing(self) -> None:
        self._stuck = True
        self._steer()

    def resume_writing(self) -> None:
        self._stuck = False
        self.active = self._loop.time()
        self._work()

    # -- what the port asks ------------------------------------------------------------------

    def go_on(self) -> None:
        """Take what had to wait because too much was on its way."""
        if not self.is_over:
            self._work()

    def finish(self) -> None:
        """Take no more; end when all that was read is answered."""
        self._finishing = True
        self._work()

    def abort(self) -> None:
        """End at once."""
        self.ended = True
        self._abandon()
        if self._transport:
            self._transport.abort()

    def sweep(self, now: float) -> None:
        """End if nothing happens any more."""
        silent = now - self.active
        if self._lost or ((self._pending or self._later) and not self._stuck):
            return
        midway = self._stuck or not self._decoder.is_idle
        limit = self._port.door.idle_timeout
        if silent < (min(limit, STALLED) if midway else limit):
            return
        self._port.tally.refuse(Reason.IDLE, self.peer)
        if self._stuck:
            self.abort()
        else:
            self._backlog.extend(self._decoder.close())
            self.finish()

    def settle(self, job: Job, result: Result) -> None:
        """A message of this connection was stored, or was not."""
        pending: Pending = job.owner[1]
        if isinstance(result, Answered):
            self._fill(pending, job.index, result.content)
        elif isinstance(result, Waits):
            self._go_ahead(pending, job.part)
            self._port.wait(job, result.uuid)
            self._work()
        else:
            self._port.tally.refuse(Reason.UNSTORED, self.peer)
            # No answer at all: whoever gets none keeps the message and sends it again, and what
            # followed it: stored now, that would be ahead of it.
            self.abort()

    # -- inside ------------------------------------------------------------------------------

    def _work(self) -> None:
        """Take what there is as far as it is allowed, and read on or stop reading."""
        while self._backlog and not self._is_full() and not self._resume:
            paid = isinstance(self._backlog[0], (Frame, TooLong))
            delay = self._port.allows(1) if paid else 0.0
            if delay:
                self._resume = self._loop.call_later(delay, self._go_on)
                break
            self._take(self._backlog.popleft())
        self._flush()
        self._steer()
        self._end()

    def _is_full(self) -> bool:
        """Whether no more may be on its way: of this peer, or of all together.

        One that does not read its answers gets no further ones: they would pile up here.
        """
        waiting = len(self._pending) + self._later
        return self._stuck or waiting >= MOST_PENDING or self._port.is_full()

    def _go_on(self) -> None:
        self._resume = None
        self._work()

    def _steer(self) -> None:
        transport = self._transport
        if not transport or self.ended or transport.is_closing():
            return
        full = bool(self._backlog) or self._is_full()
        pause = full or self._finishing
        if pause and not self._paused:
            transport.pause_reading()
        elif self._paused and not pause:
            transport.resume_reading()
        self._paused = pause
        if self._finishing and not (self._pending or self._backlog or self._later):
            transport.close()

    def _take(self, item: Item) -> None:
        now = datetime.now(UTC)
        if isinstance(item, Frame):
            if batch.is_batch(item.data):
                # One message of it is paid for; the others before anything is done with them.
                self._port.charge(batch.count(item.data) - 1)
            self._accept(reception.receive(item.data, self._port.door.rules, now))
        elif isinstance(item, TooLong):
            self._accept(reception.too_long(item.data, self._port.door.rules, now))
        elif isinstance(item, Garbage):
            self._keep(item.data, Reason.GARBAGE, _garbage(item.size))
        elif isinstance(item, Truncated):
            self._keep(item.data, Reason.TRUNCATED, _truncated(item.cause))

    def _accept(self, found: Reception) -> None:
        if found.refused:
            self._port.tally.refuse(found.refused, self.peer)
        pending = Pending(found)
        self._pending.append(pending)
        for index, part in enumerate(found.parts):
            if part.stored:
                self._port.submit(Job(self._port.door, part, (self, pending), index))

    def _keep(self, data: bytes, reason: Reason, error: Hl7Error) -> None:
        """Keep evidence that is not answered: no frame asks for it."""
        self._port.tally.refuse(reason, self.peer)
        if data.strip(b"\r\n\0 ") and self._port.keeps_evidence():
            self._port.submit(Job(self._port.door, reception.evidence(data, error)))

    def _go_ahead(self, pending: Pending, part: Part) -> None:
        """Answer the receipt of a message whose handling is answered later."""
        if pending.reception.file is None and part.early is not None:
            pending.ahead = part.early
            self._later += 1

    def _fill(self, pending: Pending, index: int, content: bytes | None) -> None:
        pending.contents[index] = content
        pending.missing -= 1
        if pending.ahead is not None:
            self._later -= 1
        if pending not in self._pending:
            # Its receipt was answered before, and others did not wait for it.
            self._write(answers.behind(content, pending.ahead))
        self._work()

    def _flush(self) -> None:
        """Send answers as far as they are there."""
        while self._pending:
            first = self._pending[0]
            if first.missing and first.ahead is None:
                return
            self._pending.popleft()
            if first.missing:
                self._write(first.ahead)
                continue
            content = first.reception.answer(first.contents, datetime.now(UTC))
            self._write(answers.behind(content, first.ahead))

    def _write(self, content: bytes | None) -> None:
        if content is None or self.ended or not self._transport:
            return
        self.active = self._loop.time()
        self._transport.write(answers.frame(content))


def _garbage(size: int) -> Hl7Error:
    return SyntaxFault(
        f"{size} bytes came outside of a frame (VT … FS CR), so they are no message. Ask the "
        "partner whether it sends by MLLP to this port.",
        code="hl7_garbage",
    )


def _truncated(cause: Cut) -> Hl7Error:
    what = "the connection ended" if cause is Cut.CLOSED else "another one began"
    return Hl7Error(
        f"A message broke off: {what} before its end. The partner got no answer to it and should "
        "send it again; if it does not, ask for it.",
        code="hl7_truncated",
        condition=Condition.SEGMENT_SEQUENCE,
    )
