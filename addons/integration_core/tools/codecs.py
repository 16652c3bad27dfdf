# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the body of a received message becomes the JSON value that contracts and mappings read.

A body is stored as it came. Its codec decides at the door which content types are welcome, and in
the drain how the bytes are read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from . import canonical_json
from .errors import ContractError

#: Bytes of a body: what an interface accepts unless it says otherwise, and the most it may say.
DEFAULT_BODY: Final = 1024 * 1024
MAX_BODY: Final = 10 * 1024 * 1024
#: Deepest nesting of a received value.
MAX_DEPTH: Final = 64

# Reads bytes that came with a content type (the whole header); raises ContractError.
Reader = Callable[[bytes, str], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that a body lists, as a body of its own.

    :ivar about: what it is about, by which parts are kept in order; empty: by nothing
    """

    body: bytes
    about: str = ""


# Takes a body apart that lists several things; raises ContractError.
Parter = Callable[[bytes, str], Sequence[Part]]


def _no_other(_mimetype: str) -> bool:
    return False


def _all_of_it(raw: bytes) -> bytes:
    return raw


@dataclass(frozen=True, slots=True)
class Format:
    """One format of bodies. Addons bring more than the core has.

    :param content_types: those by which it is known, as a partner is told
    :param also: whether another one (lower case, without parameters) means it as well
    :param identity: the bytes of a body that are the same in a repetition of its message, where
        they are not the whole of it; they are what doors give as ``Incoming.compared``
    :param parts: takes a body apart, for handlers that take one thing at a time; None: a body is
        one thing
    """

    content_types: tuple[str, ...]
    read: Reader
    also: Callable[[str], bool] = _no_other
    identity: Callable[[bytes], bytes] = _all_of_it
    parts: Parter | None = None

    def is_type(self, mimetype: str) -> bool:
        return mimetype in self.content_types or self.also(mimetype)


def read_json(raw: bytes, _content_type: str = "") -> Any:
    """The value of a JSON text.

    :raises ContractError: ``malformed_json``.
    """
    try:
        return canonical_json.loads(raw, max_depth=MAX_DEPTH)
    except ValueError as exc:
        raise ContractError("The body is not valid JSON.", code="malformed_json") from exc


def _is_json(mimetype: str) -> bool:
    """Structured types with the suffix of JSON (RFC 6839, 3.1)."""
    return mimetype.startswith("application/") and mimetype.endswith("+json")


JSON: Final = Format(("application/json",), read_json, _is_json)


@dataclass(frozen=True)
class Codec:
    """How an interface reads what it receives.

    :param formats: those that are welcome; with several, the content type of each request decides
    :param also: content types that its partner uses although they say nothing, such as text/plain
    """

    formats: tuple[Format, ...] = (JSON,)
    also: tuple[str, ...] = ()

    @property
    def is_json(self) -> bool:
        """Whether every body is read as JSON, whatever its content type."""
        return self.formats == (JSON,)

    @property
    def content_types(self) -> list[str]:
        """What to tell a partner who sent something else."""
        named = (name for known in self.formats for name in known.content_types)
        return sorted({*named, *self.also})

    def accepts(self, mimetype: str) -> bool:
        """Whether a request of this content type (lower case, without parameters) is welcome."""
        return mimetype in self.also or any(known.is_type(mimetype) for known in self.formats)

    def decode(self, raw: bytes, content_type: str = "") -> Any:
        """The JSON value of a body.

        :param content_type: the header as it came; it may name a charset
        :raises ContractError: the body cannot be read in its format
        """
        return self._format_of(content_type).read(raw, content_type)

    def identity(self, raw: bytes, content_type: str = "") -> bytes:
        """What a repetition of this body's message has in common with it."""
        return self._format_of(content_type).identity(raw)

    @property
    def has_parts(self) -> bool:
        """Whether bodies of any format can be taken apart."""
        return any(one.parts for one in self.formats)

    def parts(self, raw: bytes, content_type: str = "") -> Sequence[Part]:
        """The things that a body lists, each as a body of its own.

        :raises ContractError: the body cannot be read in its format
        """
        found = self._format_of(content_type)
        return found.parts(raw, content_type) if found.parts else (Part(raw),)

    def _format_of(self, content_type: str) -> Format:
        formats = self.formats
        if len(formats) > 1:
            mimetype = content_type.partition(";")[0].strip().lower()
            # What says nothing is read in the first format, as are messages from before.
            formats = tuple(one for one in formats if one.is_type(mimetype)) or formats
        return formats[0]
