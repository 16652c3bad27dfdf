"""New events for outbound messages that never left, with today's snapshot of their document.

What was wrong with a quarantined message is mended in the document or its master data. It gets
a new event and not a changed one: other interfaces have sent the old one under its id.
"""

from __future__ import annotations

from collections.abc import Mapping

from odoo.models import BaseModel

from ..tools import canonical_json
from . import ledger, snapshots
from .cursors import insert_quietly
from .snapshots import Snapshot


def renew(messages: BaseModel) -> dict[int, str]:
    """Renew the events of those ``messages`` that are outbound and quarantined.

    Leave out those that may have reached the partner (:attr:`.Assessment.kept`): under a new id he
    could not recognise what he has.

    :return: by message id, why the content still cannot be taken; these must not be sent
    """
    waiting = messages.filtered(lambda m: m.state == "quarantined" and m.direction == "outbound")
    renewed: dict[int, str] = {}
    failed: dict[int, str] = {}
    for event_type, group in waiting.grouped(lambda message: message.event_id.type_id).items():
        found = _today(event_type, group)
        for message in group:
            event = message.event_id
            snapshot = found.get(event.res_id)
            if snapshot and not snapshot.problem:
                renewed[message.id] = canonical_json.dumps(snapshot.data).decode()
            elif event.problem:  # and the stored content is none
                failed[message.id] = _failure(event, snapshot)
    if renewed:
        _replace_events(messages, renewed)
    return failed


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


def _replace_events(messages: BaseModel, data: Mapping[int, str]) -> None:
    """Not fanned out again: the other interfaces have had theirs."""
    cr = messages.env.cr
    rows = [
        (ledger.new_uuid(), message_id, text, messages.env.uid) for message_id, text in data.items()
    ]
    insert_quietly(
        cr,
        """
        INSERT INTO integration_event (
            uuid, tx, type_id, type_code, res_model, res_id, subject, occurred_at, company_id,
            partner_id, data, correlation_id, trace_parent, causation_id, cause_system_id, depth,
            user_id, acting_company_id, dispatched_at)
        SELECT v.uuid, v.uuid, e.type_id, e.type_code, e.res_model, e.res_id, e.subject,
               now() AT TIME ZONE 'UTC', e.company_id, e.partner_id, v.data, e.correlation_id,
               e.trace_parent, e.uuid, e.cause_system_id, e.depth, v.user_id,
               e.acting_company_id, now() AT TIME ZONE 'UTC'
          FROM (VALUES %s) AS v(uuid, message, data, user_id)
          JOIN integration_message m ON m.id = v.message
          JOIN integration_event e ON e.id = m.event_id
        """,
        rows,
        template="(%s, %s::int, %s, %s::int)",
    )
    cr.execute_values(
        """
        UPDATE integration_message m SET event_id = e.id, external_key = v.uuid
          FROM (VALUES %s) AS v(uuid, message) JOIN integration_event e ON e.uuid = v.uuid
         WHERE m.id = v.message
        """,
        [(uuid, message_id) for uuid, message_id, _text, _user in rows],
        template="(%s, %s::int)",
        page_size=len(rows),
    )
