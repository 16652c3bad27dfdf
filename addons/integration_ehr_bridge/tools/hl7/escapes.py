# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
r"""Escape sequences of text, both ways (chapter 2, section 2.7).

==================== ============================================================================
sequence             as plain text
==================== ============================================================================
``\F\ \S\ \T\ \R\``  the field, component, subcomponent and repetition delimiter
``\E\ \P\``          the escape and the truncation character
``\X0D0A\``          these bytes, in the character set of the message
``\C2D41\``          what follows is in another single-byte character set
``\M2442\``          what follows is in another multi-byte character set
``\.br\ \.sp3\``     ends of line; ``\.sk3\`` is spaces
``\.in \.ti \.ce …`` nothing: the rest of formatting says how text looks
``\H\ \N\``          nothing: highlighting
``\Zxx\``            kept as it stands: only the partner knows its meaning
==================== ============================================================================

What is no sequence is kept as it stands, a lone escape character included. Whoever needs the
formatting reads the raw text.
"""

import re
from functools import lru_cache
from typing import Final

from .delimiters import Delimiters
from .errors import PathFault, Place

#: Most lines or spaces that one formatting command adds.
_MAX_SKIP: Final = 100
_HEX: Final = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
_SWITCH: Final = re.compile(r"[CM]((?:[0-9A-Fa-f]{2}){2,3})")
_FORMAT: Final = re.compile(r"\.(br|sp|sk|fi|nf|in|ti|ce)\s*([+-]?\d{0,9})", re.IGNORECASE)
_HIGHLIGHT: Final = frozenset({"H", "N"})

#: Bytes behind ESC (ISO 2022) to Python's codec.
_SETS: Final = {
    "2842": "ascii",
    "284A": "iso2022_jp_ext",
    "2442": "iso2022_jp_ext",
    "242842": "iso2022_jp_ext",
    "242844": "iso2022_jp_ext",
    "242943": "euc_kr",
    "242941": "gb2312",
    "2D41": "iso8859_1",
    "2D42": "iso8859_2",
    "2D43": "iso8859_3",
    "2D44": "iso8859_4",
    "2D4C": "iso8859_5",
    "2D47": "iso8859_6",
    "2D46": "iso8859_7",
    "2D48": "iso8859_8",
    "2D4D": "iso8859_9",
    "2D62": "iso8859_15",
}
#: Sets that are told to their codec by the sequence itself, in front of the bytes.
_ANNOUNCED: Final = "iso2022_jp_ext"


@lru_cache(maxsize=256)
def _special(marks: Delimiters) -> re.Pattern[str]:
    """Characters that cannot stand in text: delimiters and control characters."""
    return re.compile(f"[{re.escape(marks.field + marks.encoding)}\\x00-\\x1f\\x7f]")


def unescape(text: str, marks: Delimiters, codec: str = "ascii") -> str:
    """The plain text of an escaped one.

    :param codec: Python's name of the message's character set
    """
    escape = marks.escape
    if not escape or escape not in text:
        return text
    parts = text.split(escape)
    if len(parts) % 2:
        # As a rule all sequences are delimiters, and no step for each character is needed.
        letters = marks.letters
        plain = [letters.get(body) for body in parts[1::2]]
        if None not in plain:
            parts[1::2] = plain  # type: ignore[assignment]  # none of them is None
            return "".join(parts)
    reader = _Reader(marks, codec)
    start = 0
    while (at := text.find(escape, start)) >= 0:
        end = text.find(escape, at + 1)
        if end < 0:
            break
        if reader.sequence(text[start:at], text[at + 1 : end]):
            start = end + 1
        else:
            # The first of the two stands for itself; the second may begin a sequence.
            reader.literal(text[start:end])
            start = end
    reader.literal(text[start:])
    return reader.result()


class _Reader:
    """Puts plain text together from literal text and sequences."""

    def __init__(self, marks: Delimiters, codec: str) -> None:
        self._letters = marks.letters
        self._escape = marks.escape
        self._codec = codec
        self._parts: list[str] = []
        # Bytes of adjacent hexadecimal sequences, which may make up one character, and their text.
        self._bytes = b""
        self._source = ""
        self._set = ""

    def literal(self, text: str) -> None:
        if text:
            self._flush()
            self._parts.append(self._switched(text) if self._set else text)

    def sequence(self, before: str, body: str) -> bool:
        """Take the literal text before a sequence and the sequence; False if it is none."""
        if found := _HEX.fullmatch(body):
            self.literal(before)
            self._bytes += bytes.fromhex(found[1])
            self._source += self._escape + body + self._escape
            return True
        plain = self._plain(body)
        if plain is None and not self._is_switch(body):
            return False
        self.literal(before)
        self._flush()
        if plain is None:
            self._set = body[1:].upper()
        else:
            self._parts.append(plain)
        return True

    def result(self) -> str:
        self._flush()
        return "".join(self._parts)

    def _plain(self, body: str) -> str | None:
        if body in self._letters:
            return self._letters[body]
        if body in _HIGHLIGHT:
            return ""
        if body.startswith("Z"):
            return self._escape + body + self._escape
        found = _FORMAT.fullmatch(body)
        if not found:
            return None
        command = found[1].lower()
        if command not in ("br", "sp", "sk"):
            return ""
        count = int(found[2]) if found[2].strip("+-") and command != "br" else 1
        return (" " if command == "sk" else "\n") * min(max(count, 0), _MAX_SKIP)

    def _is_switch(self, body: str) -> bool:
        found = _SWITCH.fullmatch(body)
        return found is not None and found[1].upper() in _SETS

    def _switched(self, text: str) -> str:
        """Text whose bytes are of the set that a sequence named; as it stands if they are not."""
        codec = _SETS[self._set]
        try:
            data = text.encode(self._codec, "surrogateescape")
            if codec == _ANNOUNCED:
                data = b"\x1b" + bytes.fromhex(self._set) + data
            return data.decode(codec)
        except UnicodeError:
            return text

    def _flush(self) -> None:
        if self._bytes:
            try:
                self._parts.append(self._bytes.decode(self._codec))
            except UnicodeDecodeError:
                self._parts.append(self._source)
            self._bytes, self._source = b"", ""


def escape(text: str, marks: Delimiters, codec: str = "ascii", place: Place | None = None) -> str:
    """The text as a field may hold it; :func:`unescape` gives it back.

    Control characters become hexadecimal: line ends would end the segment, and others the frame.
    A text of exactly two quotes is written so too, because it would mean null.

    :param codec: Python's name of the message's character set
    :param place: where it goes, for the error
    :raises PathFault: the message declares no escape character, and the text needs it.
    """
    if text == '""':
        _require_escape(marks, place)
        return f"{marks.escape}X{text.encode(codec).hex().upper()}{marks.escape}"
    special = _special(marks)
    if not special.search(text):
        return text
    _require_escape(marks, place)
    letters = {mark: letter for letter, mark in marks.letters.items()}

    def sequence(found: re.Match[str]) -> str:
        # A line end is a command of formatted text, and understood by more systems than its code.
        body = letters.get(found[0]) or ".br" * (found[0] == "\n")
        body = body or f"X{found[0].encode(codec).hex().upper()}"
        return marks.escape + body + marks.escape

    return special.sub(sequence, text)


def _require_escape(marks: Delimiters, place: Place | None) -> None:
    if not marks.escape:
        raise PathFault("the text needs an escape character, and MSH-2 declares none", place)
