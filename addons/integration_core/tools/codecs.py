# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the body of a received message becomes the JSON value that contracts and mappings read.

A body is stored as it came. Its codec decides at the door which content types are welcome, and in
the drain how the bytes are read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
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
class Format:
    """One format: the content types by which it is known, the first of which is its own."""

    content_types: tuple[str, ...]
    read: Reader
    #: a suffix of structured types (RFC 6839), such as ``+json``
    suffix: str = ""

    def is_type(self, mimetype: str) -> bool:
        return mimetype in self.content_types or (
            bool(self.suffix)
            and mimetype.startswith("application/")
            and mimetype.endswith(self.suffix)
        )


def read_json(raw: bytes, _content_type: str = "") -> Any:
    """The value of a JSON text.

    :raises ContractError: ``malformed_json``.
    """
    try:
        return canonical_json.loads(raw, max_depth=MAX_DEPTH)
    except ValueError as exc:
        raise ContractError("The body is not valid JSON.", code="malformed_json") from exc


FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {"json": Format(("application/json",), read_json, "+json")}
)
#: The format is that of the content type of each request.
AUTOMATIC: Final = "auto"


@dataclass(frozen=True)
class Codec:
    """How an interface reads what it receives.

    :param code: a key of :data:`FORMATS`, or :data:`AUTOMATIC`.
    :param also: content types that its partner uses although they name no format, or another
    """

    code: str = "json"
    also: tuple[str, ...] = ()

    @property
    def formats(self) -> tuple[Format, ...]:
        if self.code == AUTOMATIC:
            return tuple(FORMATS.values())
        return (FORMATS[self.code],)

    @property
    def content_types(self) -> list[str]:
        """What to tell a partner who sent something else."""
        named = (name for known in self.formats for name in known.content_types)
        return sorted({*named, *self.also})

    def accepts(self, mimetype: str) -> bool:
        """Whether a request of this content type (lower case, without parameters) is welcome."""
        return mimetype in self.also or any(known.is_type(mimetype) for known in self.formats)

    def read(self, raw: bytes, content_type: str = "") -> Any:
        """The JSON value of a body.

        :param content_type: the header as it came; it decides when the codec is automatic, and may
            name a charset
        :raises ContractError: the body cannot be read in this format
        """
        formats = self.formats
        if len(formats) == 1:
            return formats[0].read(raw, content_type)
        mimetype = content_type.partition(";")[0].strip().lower()
        known = next((one for one in formats if one.is_type(mimetype)), None)
        # What is known by the partner's habit alone is JSON; that also serves older messages,
        # which were stored without a type.
        return (known or FORMATS["json"]).read(raw, content_type)
