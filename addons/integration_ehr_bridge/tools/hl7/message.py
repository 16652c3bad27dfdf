# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Messages: read from bytes, asked and changed by path, written as they were but for the changes.

A message is text in its character set, split into segments; fields are parted when somebody asks.
What nobody changed is written byte for byte as it came, Z segments, empty fields, odd line ends and
unusual escapes included. What cannot be read is an :class:`.Hl7Error` with the place; nothing else
is raised for whatever the bytes are.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Final

from . import charsets, delimiters, lines, paths
from .charsets import Charset
from .delimiters import STANDARD, Delimiters
from .errors import CharsetFault, PathFault, Place, SyntaxFault
from .limits import DEFAULT, Limits
from .segment import Segment

_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
_LINE_END: Final = re.compile(rb"[\r\n]")


class Message:
    """A message of HL7 v2.

    :ivar segments: in order, the header first; the list may be changed
    :ivar delimiters: those of all segments
    :ivar charset: how it is written; MSH-18 only says so, and writing it changes nothing else
    :ivar mark: byte order mark in front of it
    """

    __slots__ = ("_encoded", "charset", "delimiters", "limits", "mark", "segments")

    def __init__(
        self,
        segments: list[Segment],
        marks: Delimiters = STANDARD,
        charset: Charset | None = None,
        limits: Limits = DEFAULT,
    ) -> None:
        self.segments = segments
        self.delimiters = marks
        self.charset = charset or charsets.resolve(())
        self.limits = limits
        self.mark = b""
        # Of a set whose text may be encoded in several ways: the bytes that segments came from.
        self._encoded: dict[int, tuple[str, bytes]] = {}

    # -- segments ----------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def __len__(self) -> int:
        """Number of its segments."""
        return len(self.segments)

    @property
    def header(self) -> Segment:
        """MSH."""
        return self.segments[0]

    def all(self, name: str) -> list[Segment]:
        """All segments with a name, in order."""
        return [segment for segment in self.segments if segment.name == name]

    def find(self, name: str, occurrence: int = 1) -> Segment | None:
        """A segment by its name and number."""
        for segment in self.segments:
            if segment.name == name:
                occurrence -= 1
                if not occurrence:
                    return segment
        return None

    def append(self, text: str) -> Segment:
        """Add a segment of raw text, such as ``EVN|A01``, at the end.

        :raises SyntaxFault: it is not a segment.
        """
        if not _begins(text[:4], self.delimiters.field):
            raise _no_segment(len(self.segments) + 1)
        if "\r" in text or "\n" in text:
            raise SyntaxFault("a segment is one line", Place(text[:3]))
        end = self.segments[0].end or "\r" if self.segments else "\r"
        if self.segments and not self.segments[-1].end:
            self.segments[-1].end = end
        segment = Segment(text, self.delimiters, self.charset.codec, end)
        self.segments.append(segment)
        return segment

    # -- paths -------------------------------------------------------------------------------

    def get(self, path: str) -> str | None:
        """The plain text at a path; empty for null, None if it is absent.

        ``PID-3`` is the same as ``PID(1)-3[1].1.1``: what a receiver reads that knows of no further
        parts (chapter 2, section 2.5.3).

        :raises PathFault: it is not a path.
        """
        at = paths.parse(path)
        segment = self.find(at.segment, at.occurrence or 1)
        if segment is None:
            return None
        return segment.value(at.field, at.repetition or 1, at.component or 1, at.subcomponent or 1)

    def get_all(self, path: str) -> list[str | None]:
        """The plain texts at a path, of all segments and repetitions that it does not choose from.

        :return: one for each repetition that is there; None where it lacks the component
        :raises PathFault: it is not a path.
        """
        at = paths.parse(path)
        found: list[str | None] = []
        for segment in self._chosen(at):
            if at.repetition:
                numbers = range(at.repetition, at.repetition + 1)
            else:
                numbers = range(1, len(segment.repetitions(at.field)) + 1)
            found.extend(
                segment.value(at.field, number, at.component or 1, at.subcomponent or 1)
                for number in numbers
            )
        return found

    def raw(self, path: str) -> str | None:
        """The text at a path as it stands, delimiters of deeper parts included.

        :raises PathFault: it is not a path.
        """
        at = paths.parse(path)
        segment = self.find(at.segment, at.occurrence or 1)
        if segment is None:
            return None
        return segment.raw(at.field, at.repetition, at.component, at.subcomponent)

    def set(self, path: str, value: str | None) -> None:
        """Write plain text at a path, in place of all that is there, and make what is missing.

        :param value: empty for null; None takes away what is there
        :raises PathFault: it is not a path, or cannot be written.
        """
        at = paths.parse(path)
        self._made(at).set_value(value, at.place, self.limits)

    def set_raw(self, path: str, raw: str) -> None:
        """As :meth:`set`, with escaped text and delimiters of deeper parts.

        :raises PathFault: also if the text would break out of its place.
        """
        at = paths.parse(path)
        self._made(at).set_raw(raw, at.place, self.limits)

    def _chosen(self, at: paths.Path) -> list[Segment]:
        if at.occurrence is None:
            return self.all(at.segment)
        segment = self.find(at.segment, at.occurrence)
        return [] if segment is None else [segment]

    def _made(self, at: paths.Path) -> Segment:
        """The segment of a path. One more than there are is added, behind the last of its name."""
        segments = self.all(at.segment)
        number = at.occurrence or 1
        if number <= len(segments):
            return segments[number - 1]
        if number > len(segments) + 1:
            raise PathFault(f"there are {len(segments)} segments of this name", at.place)
        if at.segment in delimiters.HEADERS:
            raise PathFault("the header of a message is made with the message", at.place)
        made = self.append(at.segment)
        if segments:
            self.segments.insert(self.segments.index(segments[-1]) + 1, self.segments.pop())
        return made

    # -- bytes -------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """All of it as text, with its line ends."""
        return "".join([segment.text + segment.end for segment in self.segments])

    def encode(self) -> bytes:
        """The bytes of the message.

        :raises CharsetFault: its character set lacks a character of what was written into it.
        """
        if self.charset.exact:
            # If it fails, it is found out below in which segment.
            with suppress(UnicodeEncodeError):
                return self.mark + self.text.encode(self.charset.codec, self.charset.errors)
        parts = [self.mark]
        seen: dict[str, int] = {}
        for segment in self.segments:
            seen[segment.name] = seen.get(segment.name, 0) + 1
            place = Place(segment.name, seen[segment.name])
            text, raw = self._encoded.get(id(segment), ("", b""))
            known = (
                raw if text == segment.text else charsets.encode(segment.text, self.charset, place)
            )
            parts.append(known)
            parts.append(charsets.encode(segment.end, self.charset))
        return b"".join(parts)

    def keep(self, data: bytes) -> None:
        """Remember from which bytes each segment came."""
        # Bytes of line ends are no part of a character in any of these sets.
        ends = [found.start() for found in _LINE_END.finditer(data)] + [len(data)]
        start = number = 0
        for segment in self.segments:
            number += segment.text.count("\r") + segment.text.count("\n")
            raw = data[start : ends[number]]
            start = ends[number] + len(segment.end)
            number += len(segment.end)
            with suppress(CharsetFault):  # a set that another segment switched to
                if charsets.decode(raw, self.charset) == segment.text:
                    self._encoded[id(segment)] = segment.text, raw


def parse(data: bytes, *, limits: Limits = DEFAULT, charset: str = charsets.ASCII) -> Message:
    """Read a message.

    :param charset: the set of table 0211 that it is in if MSH-18 says nothing
    :raises Hl7Error: it is none, its character set is unknown or wrong, or it is too large.
    """
    limits.check_size(len(data))
    text, marks, found, mark = _decoded(data, charset)
    texts, ends = lines.split(text, marks)
    limits.check_parts(texts, marks)
    codec = found.codec
    field = marks.field
    if texts[0][:4] != "MSH" + field:
        raise charsets.not_hl7()
    for line in texts[1:]:
        if not _begins(line[:4], field):
            raise _misplaced(texts, field)
    segments = [Segment(line, marks, codec, end) for line, end in zip(texts, ends, strict=True)]
    message = Message(segments, marks, found, limits)
    message.mark = mark
    if not found.exact:
        message.keep(data)
    return message


def parse_header(data: bytes, *, charset: str = charsets.ASCII) -> Message | None:
    """The MSH segment alone, to answer a message that cannot be read; None without one.

    Bytes that are not in its character set are replaced.
    """
    start = _LINE_END.split(data[:8192].removeprefix(b"\xef\xbb\xbf"), maxsplit=1)[0]
    if not start.startswith(b"MSH"):
        return None
    text = start.decode("ascii", "replace")
    try:
        marks = delimiters.read(text)
    except SyntaxFault:
        return None
    try:
        found = charsets.resolve(charsets.labels(text, marks) or (charset,))
        unknown = found.codec.startswith(("utf_16", "utf_32"))
    except CharsetFault:
        unknown = True
    if unknown:
        found = charsets.resolve(())
    text = start.decode(found.codec, "replace").replace("\ufffd", "?")
    message = Message([Segment(text, marks, found.codec)], marks, found)
    if unknown:
        message.set("MSH-18", None)  # an answer must not declare it either
    return message


def create(
    marks: Delimiters = STANDARD, *, charset: str = "UNICODE UTF-8", limits: Limits = DEFAULT
) -> Message:
    """A message with a header that says nothing but its delimiters and character set.

    :param charset: a set of table 0211; ASCII is not declared, as it is what no declaration means
    :raises CharsetFault: the set is unknown.
    """
    found = charsets.resolve((charset,))
    header = Segment(f"MSH{marks.field}{marks.encoding}", marks, found.codec)
    message = Message([header], marks, found, limits)
    if charset != charsets.ASCII:
        message.set("MSH-18", charset)
    return message


def _decoded(data: bytes, charset: str) -> tuple[str, Delimiters, Charset, bytes]:
    """The text of a message, its delimiters, its character set and its byte order mark."""
    mark = b""
    if data[:3] != b"MSH":
        found = charsets.wide(data)
        if found:
            text = charsets.decode(data[len(found[1]) :], found[0])
            return text, delimiters.read(text[:16]), *found
        if not data.startswith(b"\xef\xbb\xbfMSH"):
            raise charsets.not_hl7()
        mark, data, charset = data[:3], data[3:], "UNICODE UTF-8"
    # Delimiters are ASCII in every set that is left; what else is in the header does not matter.
    line = data.partition(b"\r")[0].partition(b"\n")[0].decode("latin-1")
    marks = delimiters.read(line)
    known = charsets.resolve(charsets.labels(line, marks) or (charset,))
    if known.codec.startswith(("utf_16", "utf_32")):
        raise CharsetFault(
            "the message is not in the character set that it declares", Place("MSH", field=18)
        )
    return charsets.decode(data, known), marks, known, mark


@lru_cache(maxsize=1024)
def _begins(start: str, mark: str) -> bool:
    """Whether the first four characters of a line are those of a segment within a message."""
    name = start[:3]
    return (
        start[3:] in (mark, "")
        and _NAME.fullmatch(name) is not None
        and name not in delimiters.HEADERS
    )


def _no_segment(number: int) -> SyntaxFault:
    return SyntaxFault(
        f"Line {number} of the message does not begin with the name of a segment and "
        "the field separator. Ask the partner to escape line ends within text."
    )


def _misplaced(texts: list[str], mark: str) -> SyntaxFault:
    """What to raise for the first line that is no segment within a message."""
    for number, line in enumerate(texts[1:], 2):
        if line[:3] in delimiters.HEADERS and line[3:4] == mark:
            return SyntaxFault(
                f"Line {number} begins another message: one was expected. Send several as a batch.",
                Place(line[:3]),
            )
        if not _begins(line[:4], mark):
            break
    return _no_segment(number)
