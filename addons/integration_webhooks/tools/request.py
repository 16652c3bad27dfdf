"""A request as its sender made it: what schemes and handshakes look at."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from .signature import Reason, SignatureInvalid

#: Longest value of a header that a scheme reads. Servers cap the head of a request, at more.
MAX_VALUE: Final = 16 * 1024

# Visible ASCII only: what is not encoded is understood differently by every library.
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[!-\"$-.0->A-\[\]-~]+)"
    r"(?P<path>(?:/[!-\"$->@-~]*)?)(?P<query>(?:\?[!-\"$-~]*)?)"
)


class Headers:
    """Header fields as they came: names without regard to case, repetitions kept.

    Servers join repeated fields with a comma before an application sees them; where they do, the
    strict form of each value refuses the joined one. Names that are not ASCII are left out: some
    of them become an ASCII name in lower case.

    :param fields: pairs, or a mapping.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = fields.items() if isinstance(fields, Mapping) else fields
        self._fields: dict[str, list[str]] = {}
        for name, value in pairs:
            if name.isascii():
                self._fields.setdefault(name.lower(), []).append(value.strip(" \t"))

    def items(self) -> Iterator[tuple[str, str]]:
        """All fields with names in lower case, repeated ones several times."""
        return ((name, value) for name, values in self._fields.items() for value in values)

    def one(self, name: str) -> str | None:
        """The value of a field that may occur once; ``None`` if it is not there.

        :raises SignatureInvalid: it occurs several times, or is too long.
        """
        values = self._fields.get(name.lower(), ())
        if len(values) > 1:
            # The proof would cover one of them, and the next reader might take the other.
            raise SignatureInvalid(Reason.AMBIGUOUS_HEADER)
        if values and len(values[0]) > MAX_VALUE:
            raise SignatureInvalid(Reason.BAD_HEADER)
        return values[0] if values else None

    def required(self, name: str) -> str:
        """Like :meth:`one`.

        :raises SignatureInvalid: also if the field is not there, or is empty.
        """
        value = self.one(name)
        if not value:
            raise SignatureInvalid(Reason.MISSING_HEADER)
        return value

    def combined(self, name: str) -> str | None:
        """The value of a list-based field: all its lines as one (RFC 9110, 5.3)."""
        values = self._fields.get(name.lower())
        return None if values is None else ", ".join(values)

    def __repr__(self) -> str:
        # Not the values: signatures and tokens are among them.
        return f"Headers({sorted(self._fields)})"


@dataclass(frozen=True, slots=True)
class UrlParts:
    """An absolute URL, taken apart and not changed.

    :ivar path: with its ``/``; empty if the URL has none
    :ivar query: with its ``?``; empty if the URL has none
    """

    scheme: str
    authority: str
    path: str
    query: str


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """One request, whole and raw.

    :ivar method: as sent, such as ``POST``
    :ivar url: absolute address *as the sender used it*, query included. Behind proxies that is
        the public address, not the one that reached this server; some signatures cover it.
    :ivar body: the bytes as received, before any decoding
    :ivar peer: address of the other end of the connection, *not* what ``X-Forwarded-For`` says.
        Empty if unknown.
    """

    method: str
    url: str
    headers: Headers
    body: bytes = field(default=b"", repr=False)
    peer: str = ""

    def url_parts(self) -> UrlParts:
        """:raises SignatureInvalid: the URL is not an absolute one without a fragment."""
        match = _URL.fullmatch(self.url)
        if match is None:
            raise SignatureInvalid(Reason.BAD_URL)
        return UrlParts(**match.groupdict())

    @property
    def content_type(self) -> str:
        """Media type in lower case without parameters; empty if there is none, or two."""
        values = {value for name, value in self.headers.items() if name == "content-type"}
        if len(values) != 1:
            return ""
        return values.pop().partition(";")[0].strip().lower()
