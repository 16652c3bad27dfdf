"""New events for outbound messages that never left, with today's snapshot of their document.

What was wrong with a quarantined message is mended in the document or its master data. It gets
a new event and not a changed one: other interfaces have sent the old one under its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from odoo.models import BaseModel

from ..tools import data_classes
from ..tools.keyring import KeyRing
from . import ledger, payloads, snapshots
from .cursors import insert_quietly
from .snapshots import Snapshot


def renew(messages: BaseModel) -> dict[int, str]:
    """Renew the events of those ``messages`` that are outbound and quarantined.

    Leave out those that may have reached the partner (:attr:`.Assessment.kept`): under a new id he
    could not recognise what he has.

    :return: by message id, why the content still cannot be taken; these must not be sent
    """
    waiting = messages.filtered(lambda m: m.state == "quarantined" and m.direction == "outbound")
    renewed: dict[int, _Renewed] = {}
    ring = messages.env["integration.credential"]._key_ring()
    failed: dict[int, str] = {}
    for event_type, group in waiting.grouped(lambda message: message.event_id.type_id).items():
        found = _today(event_type, group)
        data_class = event_type._trigger().data_class
        for message in group:
            event = message.event_id
            snapshot = found.get(event.res_id)
            if snapshot and not snapshot.problem and _can_seal(data_class, ring):
                uuid = ledger.new_uuid()
                content = payloads.seal_event(snapshot.data, uuid, data_class, ring)
                renewed[message.id] = _Renewed(uuid, content)
            elif event.problem:  # and the stored content is none
                failed[message.id] = _failure(event, snapshot)
    if renewed:
        _replace_events(messages, renewed)
    return failed


@dataclass(frozen=True)
class _Renewed:
    """What takes the place of an event."""

    uuid: str
    content: payloads.EventContent


def _can_seal(data_class: str, ring: KeyRing | None) -> bool:
    return ring is not None or data_class not in data_classes.PRIVATE


def _today(event_type: BaseModel, messages: BaseModel) -> Mapping[int, Snapshot]:
    """Snapshots of the documents of one event type as they are now, by id."""
    events = messages.event_id
    found: dict[int, Snapshot] = {}
    for model, group in events.grouped("res_model").items():
        if model in events.env:
            records = events.env[model].browse(set(group.mapped("res_id"))).exists()
            found |= snapshots.take(event_type._trigger(), records)
    return found


def _failure(event: BaseModel, snapshot: Snapshot | None) -> str:
    env = event.env
    reason = snapshot.problem if snapshot and snapshot.problem else event.problem
    if event.res_model not in env:
        missing = env._("The documents “%s” are no longer installed.", event.res_model)
        reason = f"{missing} {reason}"
    return env._(
        "The content of “%(event)s” still cannot be taken, so that nothing can be sent. "
        "%(reason)s Mend it, or resolve the message.",
        event=event._public_name(),
        reason=reason,
    )


def _replace_events(messages: BaseModel, renewed: Mapping[int, _Renewed]) -> None:
    """Not fanned out again: the other interfaces have had theirs."""
    cr = messages.env.cr
    rows = [
        (new.uuid, message_id, c.data, c.body, c.encoding, c.data_class, messages.env.uid)
        for message_id, new in renewed.items()
        for c in [new.content]
    ]
    insert_quietly(
        cr,
        """
        INSERT INTO integration_event (
            uuid, tx, type_id, type_code, res_model, res_id, subject, occurred_at, company_id,
            partner_id, data, body, encoding, data_class, correlation_id, trace_parent,
            causation_id, cause_system_id, depth, user_id,
            acting_company_id, dispatched_at)
        SELECT v.uuid, v.uuid, e.type_id, e.type_code, e.res_model, e.res_id,
               CASE WHEN v.body IS NULL THEN e.subject END,
               now() AT TIME ZONE 'UTC', e.company_id, e.partner_id, v.data, v.body, v.encoding,
               v.data_class, e.correlation_id,
               e.trace_parent, e.uuid, e.cause_system_id, e.depth, v.user_id,
               e.acting_company_id, now() AT TIME ZONE 'UTC'
          FROM (VALUES %s) AS v(uuid, message, data, body, encoding, data_class, user_id)
          JOIN integration_message m ON m.id = v.message
          JOIN integration_event e ON e.id = m.event_id
        """,
        rows,
        template="(%s, %s::int, %s, %s::bytea, %s, %s, %s::int)",
    )
    cr.execute_values(
        """
        UPDATE integration_message m SET event_id = e.id, external_key = v.uuid
          FROM (VALUES %s) AS v(uuid, message) JOIN integration_event e ON e.uuid = v.uuid
         WHERE m.id = v.message
        """,
        [(new.uuid, message_id) for message_id, new in renewed.items()],
        template="(%s, %s::int)",
        page_size=len(rows),
    )
