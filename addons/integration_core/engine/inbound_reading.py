"""What a handler is given: the body of a message, opened, and converted into canonical data."""

from __future__ import annotations

from typing import Any

from ..tools import errors, payload_codec
from . import causation, claims
from .inbound_bodies import Stored
from .inbound_plan import InboundPlan
from .inbound_run import Ready, Received


def raw_of(
    plan: InboundPlan, message: claims.Claimed, stored: Stored | None, contents: list[Any]
) -> bytes:
    """The body of a message as it arrived.

    :param contents: gets what must not be in an error
    :raises errors.PermanentError: its content is gone
    :raises tools.keyring.KeyRingError: it cannot be decrypted
    """
    if stored is None:
        raise errors.PermanentError("The payload is gone.", code="payload_missing")
    raw = payload_codec.decode(
        bytes(stored.body), stored.encoding, message.uuid, "received", plan.key_ring
    )
    contents.append(raw)
    return raw


def ready(
    plan: InboundPlan, message: claims.Claimed, stored: Stored | None, contents: list[Any]
) -> Ready:
    """A message as its handler gets it.

    :param plan: how a message of its type is handled
    :param contents: gets what must not be in an error
    :raises errors.IntegrationError: it cannot be read, or does not keep its contract
    """
    raw = raw_of(plan, message, stored, contents)
    data = plan.convert(raw, stored.content_type or "", stored.created_at)
    contents.append(data)
    cause = causation.Cause(
        message.uuid,
        stored.correlation_id,
        stored.trace_parent,
        plan.system_id,
        (stored.depth or 0) + 1,
        message.id,
    )
    received = Received(
        id=message.id,
        uuid=message.uuid,
        message_type=stored.message_type,
        external_key=stored.external_key,
        correlation_id=stored.correlation_id,
        system_id=plan.system_id,
        original_id=stored.original_id,
    )
    return Ready(message, received, data, cause, len(raw))
