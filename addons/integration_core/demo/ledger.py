"""Rows of the ledger for demo data: messages in any state, as if the engine had put them there.

The ids are made from names, and the times count back from the installation, so that the same
story is told each time, and once only. What stands in a state that the engine would
move on is due in a far future, or belongs to an interface that is paused.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from odoo import api, fields
from odoo.models import BaseModel

from ..engine import ledger, payloads, settings, sync
from ..tools import correlation, errors, fingerprint
from ..tools.keyring import KeyRing
from ..tools.partition import partition_hash
from ..tools.states import TERMINAL, State

SPACE = uuid.UUID("6f6d3b52-3a0e-4f0b-9a58-0d2b6c0f7a11")
# The engine does not touch what is due then, so demo messages stay in their states.
FAR = timedelta(days=3650)


@dataclass
class Story:
    """A message and what happened to it; see :meth:`Ledger.tell`."""

    name: str  # unique: makes the ids
    state: str
    minutes: float  # ago
    type: str
    body: dict[str, Any] = field(default_factory=dict)
    record: BaseModel | None = None
    attempts: int = 1
    error: tuple[str, str, str] | None = None  # class, code, sentence
    status: int | None = None  # HTTP status of the last attempt
    response: str = ""
    canonical: dict[str, Any] | None = None
    key: str | None = None
    values: dict[str, Any] = field(default_factory=dict)  # more columns of the message
    sync: str | None = None  # status of the record


def oldest_first(story: Story) -> float:
    """Key for sorting stories as they happened."""
    return -story.minutes


class Ledger:
    """Writes the stories of one interface."""

    def __init__(self, env: api.Environment) -> None:
        self.env = env
        self.now: datetime = fields.Datetime.now()

    def is_told(self, name: str) -> bool:
        """Whether the message of this name is there, from an earlier installation of the demo."""
        self.env.cr.execute(
            "SELECT EXISTS (SELECT FROM integration_message WHERE uuid = %s)", [self.uuid(name)]
        )
        return self.env.cr.fetchone()[0]

    def uuid(self, name: str) -> str:
        return str(uuid.uuid5(SPACE, name))

    def tell(self, interface: BaseModel, story: Story, event_type: BaseModel | None = None) -> int:
        """Write one message with its event, attempts, payloads and sync status; return its id."""
        created = self.now - timedelta(minutes=story.minutes)
        event = self._event(interface, story, event_type, created) if event_type else None
        message_id = self._insert(
            "integration_message", self._row(interface, story, created, event)
        )
        self._attempts(message_id, story, created)
        self._payloads(message_id, interface, story)
        if story.sync and story.record:
            record = story.record
            reason = story.error[2] if story.error else None
            row = (record._name, record.id, interface.id, story.sync, reason, message_id)
            sync.upsert(self.env.cr, [row])
            self.env.cr.execute(
                "UPDATE integration_record_sync SET changed_at = %s WHERE message_id = %s",
                [created, message_id],
            )
        return message_id

    def _row(
        self, interface: BaseModel, story: Story, created: datetime, event: int | None
    ) -> dict[str, Any]:
        state = State(story.state)
        live = state not in TERMINAL
        row = {
            "uuid": self.uuid(story.name),
            "interface_id": interface.id,
            "company_id": interface.company_id.id,
            "direction": interface.direction,
            "state": story.state,
            "message_type": story.type,
            "external_key": self.uuid(f"{story.name}/key"),
            "partition_key": story.key,
            "partition_hash": partition_hash(story.key or story.name),
            "correlation_id": self.uuid(f"{story.name}/correlation"),
            "trace_parent": str(correlation.new_traceparent()),
            "event_id": event,
            "res_model": story.record._name if story.record else None,
            "res_id": story.record.id if story.record else None,
            "priority": 10,
            "depth": 0,
            "attempts": story.attempts,
            "created_at": created,
            "available_at": self.now + FAR if live and state != State.HELD else created,
            "finished_at": None if live else created + timedelta(seconds=2),
        }
        if state == State.PROCESSING:
            # Without a lease nobody takes it back, and it stays as it is.
            row |= {"claim_token": "demo", "lease_until": None}
        if story.error:
            error_class, code, text = story.error
            row |= {
                "error_class": error_class,
                "error_code": code,
                "error_message": text,
                "error_fingerprint": fingerprint.fingerprint(error_class, code, text),
                "error_title": fingerprint.title(code, text),
                "fault": str(errors.fault_of(error_class, code, interface.direction)),
            }
        return row | story.values

    def _event(
        self, interface: BaseModel, story: Story, event_type: BaseModel, created: datetime
    ) -> int:
        record = story.record
        ring, data_class = self._sealing(interface.data_class)
        uuid_ = self.uuid(f"{story.name}/event")
        content = payloads.seal_event(story.body, uuid_, data_class, ring)
        return self._insert(
            "integration_event",
            {
                "uuid": uuid_,
                "tx": uuid_,
                "type_id": event_type.id,
                "type_code": event_type.code,
                "res_model": record._name,
                "res_id": record.id,
                "subject": record.display_name if content.data is not None else None,
                "occurred_at": created,
                "company_id": interface.company_id.id,
                "data": content.data,
                "body": content.body,
                "encoding": content.encoding,
                "data_class": content.data_class,
                "correlation_id": self.uuid(f"{story.name}/correlation"),
                "trace_parent": str(correlation.new_traceparent()),
                "depth": 0,
                "user_id": self.env.ref("base.user_admin").id,
                "dispatched_at": created,
            },
        )

    def _attempts(self, message_id: int, story: Story, created: datetime) -> None:
        for number in range(1, story.attempts + 1):
            last = number == story.attempts
            outcome = story.state if last else "retry"
            error = story.error if story.error or last else ("transient", "http_503", "")
            if outcome in ("queued", "processing", "held", "received"):
                outcome = "retry"
            self._insert(
                "integration_attempt",
                {
                    "message_id": message_id,
                    "number": number,
                    "started_at": created + timedelta(seconds=4**number),
                    "duration_ms": 80 + 17 * number,
                    "outcome": outcome,
                    "http_status": story.status if last else 503 if story.status else None,
                    "error_class": error[0] if error else None,
                    "error_code": error[1] if error else None,
                    "error_message": error[2] if error else None,
                },
            )

    def _payloads(self, message_id: int, interface: BaseModel, story: Story) -> None:
        inbound = interface.direction == "inbound"
        stages = {
            "received": story.body if inbound else None,
            "canonical": story.canonical,
            "sent": story.body if not inbound and story.attempts else None,
        }
        texts = {kind: json.dumps(body, indent=2) for kind, body in stages.items() if body}
        if story.response:
            texts["response"] = story.response
        ring, data_class = self._sealing(interface.data_class)
        sealed = [
            (
                message_id,
                payloads.seal(
                    text.encode(),
                    self.uuid(story.name),
                    kind,
                    ring,
                    data_class,
                    "application/json",
                ),
            )
            for kind, text in texts.items()
        ]
        ledger.insert_payloads(self.env.cr, sealed)

    def _sealing(self, data_class: str) -> tuple[KeyRing | None, str]:
        """Key ring and class of content; without a ring the story, which is invented, is told in
        clear."""
        ring = settings.optional_key_ring()
        return (None, "internal") if ring is None else (ring, data_class)

    def _insert(self, table: str, row: dict[str, Any]) -> int:
        columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        self.env.cr.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING id",  # noqa: S608
            list(row.values()),
        )
        return self.env.cr.fetchone()[0]
