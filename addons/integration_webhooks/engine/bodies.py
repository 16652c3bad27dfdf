"""What a request carries: one message in its envelope, or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from odoo.addons.integration_core.engine import own_events
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools.errors import IntegrationError

from ..tools import envelopes
from ..tools.envelopes import Envelope, Message

#: A batch is closed before it grows larger than this; one message may be larger by itself.
MAX_BATCH_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Body:
    """The body of a request, and what it is made of.

    :ivar id: names what is sent; the same for a repetition of the same
    :ivar parts: what is kept of each message that is in it
    :ivar headers: by lower-case name, ``content-type`` included
    """

    id: str
    content: bytes = field(repr=False)
    headers: Mapping[str, str]
    parts: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class Writer:
    """How an interface turns messages into bodies.

    :param source: address of this installation, which names the source of its events
    :param thin: whether messages only say what they are about
    :param discreet: whether not even the id of the document may be told outside of the content
    """

    envelope: Envelope
    source: str
    thin: bool = False
    discreet: bool = False

    def body_of(self, messages: Sequence[Outgoing]) -> Body:
        """The body for the first of ``messages``, as many as go together.

        :raises IntegrationError: the first one cannot be written like that
        """
        if self.envelope is Envelope.BATCH:
            return self._batch(messages)
        message = self._message(messages[0])
        content = envelopes.wrap(self.envelope, [message])
        return Body(message.id, content.body, content.headers, (content.body,))

    def _batch(self, outgoing: Sequence[Outgoing]) -> Body:
        messages: list[Message] = []
        parts: list[bytes] = []
        size = 2
        for one in outgoing[: envelopes.MAX_BATCH]:
            message = self._message(one)
            try:
                part = envelopes.wrap(Envelope.STRUCTURED, [message]).body
            except IntegrationError:
                if not parts:
                    raise
                break  # it is the first one of the next request, and fails alone
            if parts and size + len(part) + 1 > MAX_BATCH_BYTES:
                break
            messages.append(message)
            parts.append(part)
            size += len(part) + 1
        # Canonical JSON: a list is made of what its members are written as.
        content = b"[" + b",".join(parts) + b"]"
        headers = {"content-type": envelopes.BATCH_TYPE}
        return Body(envelopes.batch_id(messages), content, headers, tuple(parts))

    def _message(self, one: Outgoing) -> Message:
        extensions: dict[str, str | int | bool] = {}
        if one.correlation_id:
            extensions["correlationid"] = one.correlation_id
        if one.trace_parent:
            extensions["traceparent"] = one.trace_parent
        if one.sequence_number:
            # As text: so says the extension “sequence”.
            extensions["sequence"] = str(one.sequence_number)
        about = f"{one.res_model}/{one.res_id}" if one.res_id and not self.discreet else None
        message = Message(
            one.external_key,
            one.message_type,
            one.occurred_at,
            one.document,
            self.source,
            about,
            extensions=extensions,
        )
        # What the engine tells of itself is all there is to know of it.
        if self.thin and one.res_id and one.message_type not in own_events.CODES:
            return message.thin(f"{self.source}/odoo/{one.res_model}/{one.res_id}")
        return message
