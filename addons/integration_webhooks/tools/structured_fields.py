"""Structured Fields (RFC 9651) as far as signatures of HTTP messages need them, strictly.

Read and written are dictionaries of items and inner lists, with parameters; values are strings,
tokens, integers, booleans and byte sequences. Decimals, dates and display strings do not occur
there and are refused, as are repeated keys, of which the standard takes the last: two readers that
take different ones is how signatures are circumvented.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .encodings import decode_base64

MAX_MEMBERS: Final = 32
MAX_ITEMS: Final = 64
MAX_PARAMETERS: Final = 16

_KEY: Final = re.compile(r"[a-z*][a-z0-9_.*-]{0,127}", re.ASCII)
_STRING: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_TOKEN: Final = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*", re.ASCII)
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}(?![0-9.])", re.ASCII)
_BYTES: Final = re.compile(r":([A-Za-z0-9+/]*={0,2}):", re.ASCII)
_BOOLEAN: Final = re.compile(r"\?([01])")
_BLANKS: Final = re.compile(r" *")
_SPACE: Final = re.compile(r"[ \t]*")


class Malformed(ValueError):
    """Not a structured field of the kind that is read here."""


class Token(str):
    """A word without quotes."""

    __slots__ = ()


BareItem = str | Token | int | bool | bytes


@dataclass(frozen=True, slots=True)
class Item:
    """A value with parameters."""

    value: BareItem
    parameters: Mapping[str, BareItem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InnerList:
    """Items in parentheses, with parameters of the list."""

    items: tuple[Item, ...]
    parameters: Mapping[str, BareItem] = field(default_factory=dict)


def parse_dictionary(text: str) -> dict[str, Item | InnerList]:
    """Read a dictionary.

    :raises Malformed: it is none, or is too large.
    """
    return _Parser(text.strip(" ")).dictionary()


def serialise(member: Item | InnerList) -> str:
    """The one way in which a member is written (RFC 9651, 4.1)."""
    if isinstance(member, InnerList):
        items = " ".join(serialise(item) for item in member.items)
        return f"({items}){_parameters(member.parameters)}"
    return _bare(member.value) + _parameters(member.parameters)


def _parameters(parameters: Mapping[str, BareItem]) -> str:
    return "".join(
        f";{key}" if value is True else f";{key}={_bare(value)}"
        for key, value in parameters.items()
    )


def _bare(value: BareItem) -> str:
    if isinstance(value, bool):
        return f"?{value:d}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if isinstance(value, Token):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Parser:
    """Reads a text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def dictionary(self) -> dict[str, Item | InnerList]:
        members: dict[str, Item | InnerList] = {}
        while self._at < len(self._text):
            self._member(members)
            if self._at == len(self._text):
                break
            self._take(_SPACE)
            self._expect(",")
            self._take(_SPACE)
            if self._at == len(self._text):
                raise Malformed("ends with a comma")
        return members

    def _member(self, members: dict[str, Item | InnerList]) -> None:
        key = self._new_key(members, MAX_MEMBERS)
        if not self._skip("="):
            members[key] = Item(True, self._read_parameters())
        elif self._skip("("):
            members[key] = self._inner_list()
        else:
            members[key] = self._item()

    def _inner_list(self) -> InnerList:
        items: list[Item] = []
        while True:
            self._take(_BLANKS)
            if self._skip(")"):
                return InnerList(tuple(items), self._read_parameters())
            if len(items) == MAX_ITEMS:
                raise Malformed("too many items")
            items.append(self._item())
            if self._peek() not in (" ", ")"):
                raise Malformed("items are separated by blanks")

    def _item(self) -> Item:
        return Item(self._bare(), self._read_parameters())

    def _read_parameters(self) -> dict[str, BareItem]:
        parameters: dict[str, BareItem] = {}
        while self._skip(";"):
            self._take(_BLANKS)
            key = self._new_key(parameters, MAX_PARAMETERS)
            parameters[key] = self._bare() if self._skip("=") else True
        return parameters

    def _new_key(self, known: Mapping[str, object], limit: int) -> str:
        key = self._take(_KEY)[0]
        if key in known or len(known) == limit:
            raise Malformed("a key twice, or too many")
        return key

    def _bare(self) -> BareItem:
        for form, read in _READERS.items():
            match = form.match(self._text, self._at)
            if match is not None:
                self._at = match.end()
                return read(match)
        raise Malformed("not a value of a known kind")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, char: str) -> bool:
        found = self._peek() == char
        self._at += found
        return found

    def _expect(self, char: str) -> None:
        if not self._skip(char):
            raise Malformed("a separator is missing")

    def _take(self, form: re.Pattern[str]) -> re.Match[str]:
        match = form.match(self._text, self._at)
        if match is None:
            raise Malformed("a key is missing")
        self._at = match.end()
        return match


def _read_bytes(match: re.Match[str]) -> bytes:
    raw = decode_base64(match[1])
    if raw is None:
        raise Malformed("not base64 in its one spelling")
    return raw


def _read_string(match: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", match[1])


_READERS: Final[Mapping[re.Pattern[str], Callable[[re.Match[str]], BareItem]]] = {
    _STRING: _read_string,
    _INTEGER: lambda match: int(match[0]),
    _BYTES: _read_bytes,
    _BOOLEAN: lambda match: match[1] == "1",
    _TOKEN: lambda match: Token(match[0]),
}
