"""What a request carries: one event in an envelope, or several."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from urllib.parse import quote

from odoo.addons.integration_core.engine import own_events
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools import canonical_json, cloudevents
from odoo.addons.integration_core.tools.cloudevents import CloudEvent

BATCH_TYPE = "application/cloudevents-batch+json"
JSON = "application/json"
#: A batch is closed before it grows larger than this; one event may be larger by itself.
MAX_BATCH_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Body:
    """The body of a request, and what it is made of.

    :ivar id: names what is sent; the same for a repetition of the same
    :ivar parts: what is kept of each message that is in it
    :ivar headers: by lower-case name
    """

    id: str
    content: bytes
    content_type: str
    parts: tuple[bytes, ...]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Envelope:
    """How an interface puts events into requests.

    :param form: ``standard``, ``structured``, ``binary`` or ``batch``
    :param source: URI of this installation, which names the source of its events
    :param thin: whether events only say what they are about
    :param discreet: whether not even the id of the document may be told outside of the content
    """

    form: str
    source: str
    thin: bool = False
    discreet: bool = False

    def body_of(self, messages: Sequence[Outgoing]) -> Body:
        """The body for the first of ``messages``, as many as go together."""
        if self.form == "batch":
            return self._batch(messages)
        message = messages[0]
        if self.form == "standard":
            content = self._standard(message)
            return Body(message.external_key, content, JSON, (content,))
        event = self._event(message)
        if self.form == "binary":
            content = canonical_json.dumps(event.data)
            return Body(message.external_key, content, JSON, (content,), _headers(event))
        content = canonical_json.dumps(event.structured())
        return Body(message.external_key, content, cloudevents.CONTENT_TYPE, (content,))

    def _batch(self, messages: Sequence[Outgoing]) -> Body:
        parts: list[bytes] = []
        size = 2
        for message in messages:
            part = canonical_json.dumps(self._event(message).structured())
            if parts and size + len(part) + 1 > MAX_BATCH_BYTES:
                break
            parts.append(part)
            size += len(part) + 1
        content = b"[" + b",".join(parts) + b"]"
        keys = "\n".join(message.external_key for message in messages[: len(parts)])
        batch_id = "batch_" + hashlib.sha256(keys.encode()).hexdigest()[:32]
        return Body(batch_id, content, BATCH_TYPE, tuple(parts))

    def _standard(self, message: Outgoing) -> bytes:
        """Type, time of the event and data, as Standard Webhooks recommends."""
        return canonical_json.dumps(
            {
                "type": message.message_type,
                "timestamp": _time(message),
                "data": self._data(message),
            }
        )

    def _event(self, message: Outgoing) -> CloudEvent:
        extensions: dict[str, str | int | bool] = {}
        if message.correlation_id:
            extensions["correlationid"] = message.correlation_id
        if message.trace_parent:
            extensions["traceparent"] = message.trace_parent
        if message.sequence_number:
            # As text: so says the extension “sequence”.
            extensions["sequence"] = str(message.sequence_number)
        about = f"{message.res_model}/{message.res_id}" if message.res_id else None
        return CloudEvent(
            id=message.external_key,
            source=self.source,
            type=message.message_type,
            subject=None if self.discreet else about,
            time=_time(message),
            data=self._data(message),
            extensions=extensions,
        )

    def _data(self, message: Outgoing) -> Any:
        # What the engine tells of itself is all there is to know of it.
        if not self.thin or not message.res_id or message.message_type in own_events.CODES:
            return message.document
        return {
            "model": message.res_model,
            "id": message.res_id,
            "link": f"{self.source}/odoo/{message.res_model}/{message.res_id}",
        }


def _time(message: Outgoing) -> str:
    occurred = message.occurred_at.replace(tzinfo=UTC).isoformat(timespec="milliseconds")
    return occurred.replace("+00:00", "Z")


def _headers(event: CloudEvent) -> dict[str, str]:
    """The attributes as headers (CloudEvents HTTP binding 1.0, 3.1.3.2: percent-encoded)."""
    attributes: dict[str, object] = {
        "specversion": cloudevents.SPEC_VERSION,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time,
        **event.extensions,
    }
    return {
        # Space, quotation mark, percent and all that is not printable ASCII are encoded.
        f"ce-{name}": quote(str(value), safe="!#$&'()*+,-./:;<=>?@[\\]^_`{|}~")
        for name, value in attributes.items()
        if value is not None
    }
