"""What arrived at the HTTP door, and what is made of it: values between door and transports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from odoo.http import Response, request

from ..engine import settings
from ..engine.intake import NOT_READ
from ..tools import source_address


@dataclass(frozen=True)
class Arrival:
    """One request, as transports see it.

    :param url: what the sender asked for: below the address that partners are given, whatever
        the proxies in between make of it
    :param content_type: the whole header; ``mimetype`` is its first part, in lower case
    :param peer: address at the other end of the connection
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    content_type: str
    mimetype: str
    peer: str


@dataclass(slots=True)  # not frozen: that costs more, and there are many in a request
class Item:
    """One message of a request. ``content_type`` is that of the request, unless it says
    otherwise; ``value`` is that of a JSON body, if it was read."""

    body: bytes = field(repr=False)
    external_key: str | None = None
    message_type: str | None = None
    content_type: str = ""
    value: Any = field(default=NOT_READ, repr=False)


@dataclass(frozen=True)
class Reply:
    """An answer that a sender insists on, other than the door's own."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Delivery:
    """What a transport read from an authentic request.

    :param external_key: the sender's id of the message, the same on every retry; ``None`` if it
        has none: equal content is then one message
    :param message_type: type as far as the transport knows it
    :param secret_index: which of the secrets proved it
    :param items: the messages of the request; ``None`` if it is one itself, as it came
    :param many: whether the sender expects a receipt for each item
    :param reply: the answer that the sender expects instead of the receipt, once it is stored
    :param declared: how many items the request says that it has; ``None``: it does not say
    """

    external_key: str | None
    message_type: str | None = None
    secret_index: int | None = None
    items: Sequence[Item] | None = None
    many: bool = False
    reply: Reply | None = None
    declared: int | None = None


# Verifies a request for a specification, with the opened secrets. Raises Problem(401) without
# a reason. What is no message, a handshake for example, it answers itself.
Authenticate = Callable[[Mapping[str, Any], Arrival, Sequence[Any]], Delivery | Reply]
# Stores a delivery, in the transaction of the request, and answers it.
Accept = Callable[[Mapping[str, Any], Delivery, Arrival], Response]
# Answers what cannot be authenticated because it comes before anything is agreed, or ``None``.
Greet = Callable[[Mapping[str, Any], Arrival], Reply | None]


def peer() -> str:
    """The address at the other end of the connection.

    Odoo's ``proxy_mode`` replaces it by what any client may have written; the original is kept.
    """
    environ = request.httprequest.environ
    original = environ.get("werkzeug.proxy_fix.orig") or environ
    return original.get("REMOTE_ADDR") or ""


def source() -> source_address.Address | None:
    """The address of the sender (see :mod:`..tools.source_address`); ``None`` if unknown."""
    forwarded = request.httprequest.headers.get("x-forwarded-for")
    return source_address.source_of(peer(), forwarded, settings.trusted_proxies())


def of_request(spec: Mapping[str, Any], body: bytes) -> Arrival:
    """The request under way, whose body was read."""
    http = request.httprequest
    query = http.query_string.decode("latin-1")
    return Arrival(
        method=http.method,
        url=spec["base_url"] + http.path + (f"?{query}" if query else ""),
        headers=http.headers,
        body=body,
        content_type=http.content_type or "",
        mimetype=http.mimetype,
        peer=peer(),
    )
