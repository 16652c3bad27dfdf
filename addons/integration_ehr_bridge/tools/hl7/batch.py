# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Files and batches of messages (chapter 2, section 2.10.3), taken apart and put together.

``[FHS] {[BHS] {MSH …} [BTS]} [FTS]``. Messages stay bytes: each becomes an entry of its own, and
one that cannot be read does not spoil the others. What the trailers count is checked, because a
file that was cut short would else look complete.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from . import delimiters
from .delimiters import STANDARD, Delimiters
from .errors import BatchFault, Place
from .segment import Segment

#: Most bytes of a file unless the caller says otherwise.
MAX_SIZE: Final = 32 * 1024 * 1024
_START: Final = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|(?<=[\r\n]))(FHS|BHS|MSH|BTS|FTS)(?![A-Z0-9])")
_MESSAGE: Final = re.compile(rb"(?:\A|(?<=[\r\n]))MSH(?![A-Z0-9])")
_HEADERS: Final = ("FHS", "BHS", "MSH")


@dataclass(slots=True)
class Batch:
    """Messages between BHS and BTS, or without either.

    :ivar messages: each with its own line ends
    """

    header: Segment | None = None
    messages: list[bytes] = field(default_factory=list)
    trailer: Segment | None = None


@dataclass(slots=True)
class File:
    """Batches between FHS and FTS, or without either."""

    header: Segment | None = None
    batches: list[Batch] = field(default_factory=list)
    trailer: Segment | None = None

    @property
    def messages(self) -> list[bytes]:
        """All messages of all batches, in order."""
        return [message for batch in self.batches for message in batch.messages]


def is_batch(data: bytes) -> bool:
    """Whether the bytes begin a batch or a file rather than a message."""
    return data.removeprefix(b"\xef\xbb\xbf")[:3] in (b"FHS", b"BHS")


def count(data: bytes) -> int:
    """How many messages a batch or a file holds, without taking it apart."""
    return sum(1 for _found in _MESSAGE.finditer(data))


def parse(data: bytes, *, max_size: int = MAX_SIZE, max_messages: int | None = None) -> File:
    """Take a file apart.

    :param max_messages: None: as many as there are
    :raises BatchFault: parts of it are missing, out of order, or not as many as it says.
    :raises SyntaxFault: a header of it declares no delimiters.
    """
    if len(data) > max_size:
        raise BatchFault(f"The file is larger than {max_size} bytes.", code="hl7_limit")
    if max_messages is not None and count(data) > max_messages:
        raise BatchFault(
            f"The batch holds more than {max_messages} messages. Ask the partner to send smaller "
            "ones.",
            code="hl7_limit",
        )
    starts = list(_START.finditer(data))
    if not starts or data[: starts[0].start()].strip(b"\r\n"):
        raise BatchFault("The file does not begin with FHS, BHS or MSH.")
    reader = _Reader()
    ends = [found.start() for found in starts[1:]] + [len(data)]
    for found, end in zip(starts, ends, strict=True):
        reader.take(found[1].decode(), data[found.start(1) : end])
    return reader.result()


class _Reader:
    """Puts the parts of a file into their order."""

    def __init__(self) -> None:
        self._file = File()
        self._batch: Batch | None = None

    def take(self, name: str, data: bytes) -> None:
        """:raises BatchFault: the part cannot stand here."""
        if self._file.trailer is not None:
            raise BatchFault("something follows the end of the file", Place(name))
        if name == "MSH":
            self._open().messages.append(data)
            return
        segment = _segment(name, data, self._marks())
        if name == "FHS":
            if self._file.header is not None or self._file.batches:
                raise BatchFault("a file begins within a file", Place(name))
            self._file.header = segment
        elif name == "BHS":
            self._end_batch()
            self._batch = Batch(segment)
            self._file.batches.append(self._batch)
        elif name == "BTS":
            self._end(segment)
        else:
            self._end_batch()
            self._count(segment, len(self._file.batches))
            self._file.trailer = segment

    def result(self) -> File:
        """:raises BatchFault: a trailer is missing."""
        self._end_batch()
        if self._file.header is not None and self._file.trailer is None:
            raise BatchFault("The file ends without its trailer FTS: it was cut short.")
        return self._file

    def _marks(self) -> Delimiters:
        """Delimiters for a trailer, which declares none."""
        header = self._batch.header if self._batch is not None else self._file.header
        return delimiters.read(header.text) if header is not None else STANDARD

    def _open(self) -> Batch:
        if self._batch is None:
            self._batch = Batch()
            self._file.batches.append(self._batch)
        return self._batch

    def _end(self, trailer: Segment) -> None:
        batch = self._batch
        if batch is None or batch.header is None:
            raise BatchFault("a batch ends that did not begin", Place("BTS"))
        self._count(trailer, len(batch.messages))
        batch.trailer, self._batch = trailer, None

    def _end_batch(self) -> None:
        if self._batch is not None and self._batch.header is not None:
            raise BatchFault("A batch ends without its trailer BTS: it was cut short.")
        self._batch = None

    @staticmethod
    def _count(trailer: Segment, found: int) -> None:
        """BTS-1 and FTS-1 may be left out."""
        place = Place(trailer.name, field=1)
        said = trailer.value(1)
        if not said:
            return
        if not (said.isascii() and said.isdigit() and len(said) < 10):
            raise BatchFault("the count is not a number", place)
        if int(said) != found:
            raise BatchFault(f"the count says something else than the {found} found", place)


def _segment(name: str, data: bytes, marks: Delimiters) -> Segment:
    text = data.decode("latin-1")
    line = text.rstrip("\r\n")
    if "\r" in line or "\n" in line:
        raise BatchFault("a segment stands outside of a message", Place(name))
    if name in _HEADERS:
        marks = delimiters.read(line)
    return Segment(line, marks, "latin-1", text[len(line) :])


def build(messages: Sequence[bytes], header: Segment | None = None) -> bytes:
    """One batch with its count.

    :param header: a BHS segment; one that says only the usual delimiters if there is none
    """
    text = f"BHS{STANDARD.field}{STANDARD.encoding}" if header is None else header.text
    mark = text[3].encode()
    parts = [text.encode("latin-1"), b"\r"]
    for message in messages:
        parts.extend((message.rstrip(b"\r\n"), b"\r"))
    parts.append(b"BTS" + mark + str(len(messages)).encode() + b"\r")
    return b"".join(parts)
