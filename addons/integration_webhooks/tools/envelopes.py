"""From messages to the body of a request: which form of the data, in which envelope.

All bytes are canonical JSON (RFC 8785): the same message has the same bytes, and one signature and
one hash, however often it is sent. Envelopes:

* ``standard``: the JSON that Standard Webhooks recommends; its id travels in a header.
* ``structured``, ``binary`` and ``batch``: the modes of CloudEvents 1.0 over HTTP (HTTP binding
  3.1 to 3.3). A batch has several messages in one request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, urlsplit

from odoo.addons.integration_core.tools import canonical_json, cloudevents
from odoo.addons.integration_core.tools.errors import ConfigurationError, ContractError

JSON_TYPE: Final = "application/json"
BATCH_TYPE: Final = "application/cloudevents-batch+json"
MAX_BATCH: Final = 500

#: Visible ASCII but for the quote and the percent sign stands for itself in a header; anything else
#: is percent-encoded UTF-8 (HTTP binding, 3.1.3.2).
_HEADER_SAFE: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


class Form(StrEnum):
    """What of a message is sent. Values are what the database stores."""

    THIN = "thin"  #: that something happened, and where to read it: see :meth:`Message.thin`
    FULL = "full"  #: the canonical object as it was at the time
    MAPPED = "mapped"  #: what the interface's mapping made of it


class Envelope(StrEnum):
    """How it is wrapped. Values are what the database stores."""

    STANDARD = "standard"
    STRUCTURED = "structured"
    BINARY = "binary"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Message:
    """What an envelope is made of.

    :param id: names the event; the same on every retry.
    :param type: such as ``procurement.purchase_order.confirmed``.
    :param occurred_at: when it happened, naive UTC as Odoo stores it, or with a zone.
    :param data: what :mod:`.canonical_json` writes: plain JSON without fractions.
    :param source: URI reference of where it happened; CloudEvents need it.
    :param subject: what it happened to.
    :param dataschema: absolute URI of the contract of ``data``.
    :param extensions: further CloudEvents attributes, such as ``traceparent`` and ``sequence``.
    """

    id: str
    type: str
    occurred_at: datetime
    data: Any = field(repr=False)
    source: str = ""
    subject: str | None = field(default=None, repr=False)
    dataschema: str | None = None
    extensions: Mapping[str, str | int | bool] = field(default_factory=dict)

    @property
    def time(self) -> str:
        """RFC 3339 in UTC, to the millisecond."""
        moment = self.occurred_at
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def thin(self, link: str) -> Message:
        """The message with nothing but its id, type and time and a link to the record.

        Whoever gets it has to log in and ask, so that the record's access rights decide what is
        seen. The subject goes too, for it may be a name.

        :param link: absolute URL of the record, without anything secret in it.
        :raises ConfigurationError: it is no such URL.
        """
        try:
            parts = urlsplit(link)
            usable = (
                parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
            )
        except ValueError:
            usable = False
        if not usable:
            raise ConfigurationError("a thin message needs the address of the record")
        data = {"id": self.id, "link": link, "time": self.time, "type": self.type}
        return replace(self, data=data, subject=None, dataschema=None)


@dataclass(frozen=True, slots=True)
class Content:
    """What goes into a request.

    :param headers: names in lower case, ``content-type`` included.
    """

    body: bytes = field(repr=False)
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        """How ``body`` is to be read."""
        return self.headers["content-type"]


def wrap(envelope: Envelope | str, messages: Sequence[Message]) -> Content:
    """The content of one request.

    :param messages: exactly one, but 1 to :data:`MAX_BATCH` for a batch.
    :raises ContractError: ``not_canonical`` or ``invalid_cloudevent``: a message cannot be written
        like that. No value is quoted.
    """
    envelope = Envelope(envelope)
    allowed = MAX_BATCH if envelope is Envelope.BATCH else 1
    if not 1 <= len(messages) <= allowed:
        raise ValueError(f"this envelope takes 1 to {allowed} messages")
    return _WRITERS[envelope](messages)


def batch_id(messages: Sequence[Message]) -> str:
    """The ``webhook-id`` of a batch: the same for the same messages in the same order.

    Receivers that deduplicate must do so by the ids of the events inside: when a batch fails, its
    messages may leave in another batch, which has another id.
    """
    digest = hashlib.sha256(canonical_json.dumps([message.id for message in messages]))
    return f"batch_{digest.hexdigest()[:40]}"


def _standard(messages: Sequence[Message]) -> Content:
    (message,) = messages
    value = {"data": message.data, "timestamp": message.time, "type": message.type}
    return Content(_dumps(value), {"content-type": JSON_TYPE})


def _structured(messages: Sequence[Message]) -> Content:
    (message,) = messages
    body = _dumps(_event(message).structured())
    return Content(body, {"content-type": cloudevents.CONTENT_TYPE})


def _batch(messages: Sequence[Message]) -> Content:
    body = _dumps([_event(message).structured() for message in messages])
    return Content(body, {"content-type": BATCH_TYPE})


def _binary(messages: Sequence[Message]) -> Content:
    (message,) = messages
    attributes = _event(message).structured()
    body = _dumps(attributes.pop("data"))
    headers = {"content-type": attributes.pop("datacontenttype")}
    for name, value in attributes.items():
        # Booleans in lower case (CloudEvents, 3.1: canonical string representation).
        text = str(value).lower() if isinstance(value, bool) else str(value)
        headers[f"ce-{name}"] = quote(text, safe=_HEADER_SAFE)
    return Content(body, headers)


_WRITERS: Final[Mapping[Envelope, Callable[[Sequence[Message]], Content]]] = MappingProxyType(
    {
        Envelope.STANDARD: _standard,
        Envelope.STRUCTURED: _structured,
        Envelope.BINARY: _binary,
        Envelope.BATCH: _batch,
    }
)


def _event(message: Message) -> cloudevents.CloudEvent:
    return cloudevents.CloudEvent(
        id=message.id,
        source=message.source,
        type=message.type,
        subject=message.subject,
        time=message.time,
        dataschema=message.dataschema,
        data=message.data,
        extensions=message.extensions,
    )


def _dumps(value: Any) -> bytes:
    try:
        return canonical_json.dumps(value)
    except (TypeError, ValueError) as error:
        # These texts name types and limits, never values.
        raise ContractError(str(error), code="not_canonical") from None
