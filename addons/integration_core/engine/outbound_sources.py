"""What a message is made of when it leaves: its event's snapshot, turned to the partner's shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from odoo.sql_db import BaseCursor

from ..tools import canonical_json, errors
from . import claims, conversion, discretion, payloads


@dataclass(frozen=True)
class Outgoing:
    """A message ready to leave; ``document`` is in the partner's shape."""

    id: int
    uuid: str
    attempt: int
    message_type: str
    external_key: str
    occurred_at: datetime
    document: Any
    correlation_id: str | None
    trace_parent: str | None
    #: counts what is sent through the interface (see :mod:`.sequences`)
    sequence_number: int | None = None
    #: the document that it is about, if there is one: model and id
    res_model: str | None = None
    res_id: int | None = None


class Filtered:
    """In the place of a message that the filter of its interface leaves out."""


FILTERED = Filtered()
#: What is to be sent, or why it is not.
Prepared = Outgoing | Filtered | errors.IntegrationError


@dataclass(frozen=True)
class Source:
    """A claimed message with the snapshot of its event."""

    id: int
    uuid: str
    attempt: int
    message_type: str
    external_key: str
    correlation_id: str | None
    trace_parent: str | None
    sequence_number: int | None
    res_model: str | None
    res_id: int | None
    occurred_at: datetime
    data: str | None
    body: bytes | None
    encoding: str | None
    event_uuid: str
    subject: str | None

    def prepared(self, plan: conversion.OutboundPlan) -> Prepared:
        """What is to be sent, or why it cannot be."""
        snapshot = None
        try:
            snapshot = canonical_json.loads(
                payloads.open_event(
                    self.data, self.body, self.encoding, self.event_uuid, plan.key_ring
                )
            )
            if self._left_out(plan, snapshot):
                return FILTERED
            return self._outgoing(plan, snapshot)
        except Exception as exc:  # one odd snapshot must not stop the interface
            error = errors.classify(exc)
            if error.holds:
                raise error from None
            return discretion.discreet(error, snapshot) if plan.private else error

    def _left_out(self, plan: conversion.OutboundPlan, snapshot: Any) -> bool:
        """What the dispatcher let through has its number; all else was never asked about."""
        return self.sequence_number is None and not plan.passes(
            self.message_type, snapshot, self.occurred_at, self.event_uuid, self.subject
        )

    def _outgoing(self, plan: conversion.OutboundPlan, snapshot: Any) -> Outgoing:
        return Outgoing(
            id=self.id,
            uuid=self.uuid,
            attempt=self.attempt,
            message_type=self.message_type,
            external_key=self.external_key,
            occurred_at=self.occurred_at,
            document=plan.convert(self.message_type, snapshot, self.occurred_at),
            correlation_id=self.correlation_id,
            trace_parent=self.trace_parent,
            sequence_number=self.sequence_number,
            res_model=self.res_model,
            res_id=self.res_id,
        )


def read(cr: BaseCursor, claimed: Sequence[claims.Claimed]) -> list[Source]:
    """The snapshots that claimed messages are made of."""
    cr.execute(
        """
        SELECT m.id, m.uuid, m.attempts, m.message_type, m.external_key, m.correlation_id,
               m.trace_parent, m.sequence_number, m.res_model, m.res_id, e.occurred_at, e.data,
               e.body, e.encoding, e.uuid, e.subject
          FROM integration_message m JOIN integration_event e ON e.id = m.event_id
         WHERE m.id = ANY(%s)
        """,
        [[message.id for message in claimed]],
    )
    return [Source(*row) for row in cr.fetchall()]
