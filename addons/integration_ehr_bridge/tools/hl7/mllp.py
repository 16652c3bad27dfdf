# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Framing of the minimal lower layer protocol (MLLP, release 1): VT, message, FS, CR.

A state machine without sockets: bytes go in as they arrive, in any pieces, and what they held comes
out in order. Nothing is thrown away silently: what is not a whole frame comes out as what it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

START: Final = b"\x0b"
END: Final = b"\x1c"
CR: Final = b"\r"
#: Most bytes of a message in a frame unless the caller says otherwise.
MAX_SIZE: Final = 1024 * 1024


class FramingError(ValueError):
    """A message holds bytes of the framing, so that no frame can hold it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes outside of frames.

    :ivar size: number of bytes since the last frame
    :ivar data: the first of them, enough to see what was sent
    """

    size: int
    data: bytes = field(default=b"", compare=False)


class Cut(Enum):
    """What ended a frame before its end."""

    RESTART = "restart"  #: another one began: the sender gave up and began anew
    CLOSED = "closed"  #: the connection ended


@dataclass(frozen=True, slots=True)
class Truncated:
    """The beginning of a message whose rest never came."""

    data: bytes
    cause: Cut


@dataclass(frozen=True, slots=True)
class TooLong:
    """A message longer than allowed; the rest of it is skipped.

    :ivar data: its beginning, enough for its header to be answered
    """

    data: bytes


Item = Frame | Garbage | Truncated | TooLong

#: Bytes that are kept of a message that is too long, and of garbage.
_HEAD: Final = 4096


class _State(Enum):
    OUTSIDE = 0
    INSIDE = 1
    SKIPPING = 2  #: inside of a frame that is too long


class Decoder:
    """Takes the bytes of one connection apart. Not safe to share between threads.

    :param max_size: most bytes of a message
    :param strict: whether FS ends a frame only together with CR, as the protocol has it. Otherwise
        FS alone does, for senders that leave CR out; one that comes is swallowed.
    """

    def __init__(self, max_size: int = MAX_SIZE, *, strict: bool = True) -> None:
        self._max_size = max_size
        self._end = END + CR if strict else END
        self._strict = strict
        self._state = _State.OUTSIDE
        self._buffer = bytearray()
        #: Bytes of the buffer in which the begin of another frame was looked for already.
        self._seen = 0
        #: Where the next end of a frame is; below 0: not within the first ``_searched`` bytes.
        #: Kept, as many begins of frames may stand before it.
        self._end_at = -1
        self._searched = 0
        self._garbage = 0
        self._garbage_head = bytearray()
        #: A frame has just ended with FS: a CR belongs to it, and is no garbage.
        self._after_end = False

    @property
    def is_idle(self) -> bool:
        """Whether the connection stands between frames, so that it may be closed."""
        return self._state is _State.OUTSIDE

    @property
    def garbage(self) -> int:
        """Number of bytes outside of frames that were not told yet."""
        return self._garbage

    def feed(self, data: bytes) -> list[Item]:
        """Take bytes that arrived.

        :return: what they completed, in order
        """
        self._buffer += data
        found: list[Item] = []
        while True:
            step = self._outside if self._state is _State.OUTSIDE else self._inside
            if not step(found):
                return found

    def close(self) -> list[Item]:
        """The connection has ended: return what is left, and begin anew."""
        found = list(self._leave(Cut.CLOSED, len(self._buffer)))
        self._forget_garbage(found)
        self._drop(len(self._buffer))
        self._state, self._after_end = _State.OUTSIDE, False
        return found

    def _outside(self, found: list[Item]) -> bool:
        """Look for the begin of a frame."""
        buffer = self._buffer
        if self._after_end and buffer:
            if buffer[:1] == CR:
                self._drop(1)
            self._after_end = False
        start = buffer.find(START)
        self._waste(start if start >= 0 else len(buffer))
        if start < 0:
            self._drop(len(buffer))
            return False
        self._forget_garbage(found)
        self._drop(start + 1)
        self._state = _State.INSIDE
        return True

    def _inside(self, found: list[Item]) -> bool:
        """Look for the end of a frame, or for the begin of another one before it."""
        buffer = self._buffer
        end = self._find_end()
        stop = end if end >= 0 else len(buffer)
        again = buffer.find(START, self._seen, stop)
        if again >= 0:
            stop = again
        self._limit(found, stop)
        if again >= 0:
            found.extend(self._leave(Cut.RESTART, again))
            self._drop(again + 1)
            self._state = _State.INSIDE
            return True
        if end >= 0:
            if self._state is _State.INSIDE:
                found.append(Frame(bytes(buffer[:end])))
            self._drop(end + len(self._end))
            self._state, self._after_end = _State.OUTSIDE, not self._strict
            return True
        if self._state is _State.SKIPPING:
            # Only the last byte may be the first one of the end.
            self._drop(max(0, len(buffer) - 1))
        self._seen = max(0, len(buffer) - 1)
        return False

    def _find_end(self) -> int:
        if self._end_at < 0:
            self._end_at = self._buffer.find(self._end, self._searched)
            self._searched = max(0, len(self._buffer) - 1)
        return self._end_at

    def _drop(self, size: int) -> None:
        """Forget the begin of the buffer. It moves, and is not copied."""
        del self._buffer[:size]
        self._seen = 0
        if self._end_at >= size:
            self._end_at -= size
        else:
            if self._end_at >= 0:
                self._searched = size
            self._end_at = -1
            self._searched = max(0, self._searched - size)

    def _limit(self, found: list[Item], size: int) -> None:
        # An FS at the end of what came may belong to the end of the frame.
        if size == len(self._buffer) and self._buffer.endswith(END):
            size -= 1
        if self._state is _State.INSIDE and size > self._max_size:
            found.append(TooLong(bytes(self._buffer[: min(_HEAD, self._max_size)])))
            self._state = _State.SKIPPING

    def _leave(self, cause: Cut, size: int) -> Iterator[Item]:
        """What a frame that does not end is; one that is too long was told already."""
        if self._state is _State.INSIDE:
            yield Truncated(bytes(self._buffer[:size]), cause)

    def _waste(self, size: int) -> None:
        """Count garbage at the start of the buffer, and keep its beginning."""
        self._garbage += size
        room = _HEAD - len(self._garbage_head)
        self._garbage_head += self._buffer[: min(room, size)]

    def _forget_garbage(self, found: list[Item]) -> None:
        if self._garbage:
            found.append(Garbage(self._garbage, bytes(self._garbage_head)))
            self._garbage = 0
            self._garbage_head.clear()


def encode(message: bytes) -> bytes:
    """The frame of a message.

    :raises FramingError: it holds VT or FS, which would end the frame early or begin another one
    """
    if START in message or END in message:
        raise FramingError("The message holds VT or FS, which no frame can hold.")
    return START + message + END + CR
