"""What an operator does to messages: retry, park, cancel. Callers check rights first."""

from __future__ import annotations

from collections.abc import Callable

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ..tools import canonical_json
from ..tools.states import State
from . import ledger, notice, snapshots, sync, wakeup
from .snapshots import Snapshot


def operate(messages: BaseModel, act: str, note: str = "") -> list[int]:
    """Apply ``act`` (``retry``, ``park`` or ``cancel``) to those messages whose state allows it.

    The business records and the owner's activities follow. Runs in the caller's transaction.

    :return: ids of the messages that moved
    """
    acts: dict[str, Callable[[BaseModel, str], list[int]]] = {
        "retry": _retry,
        "park": _park,
        "cancel": _cancel,
    }
    # sudo: an operator need not be allowed to read the interface, the document or its activities
    messages = messages.sudo()
    cr = messages.env.cr
    moved = messages.browse(acts[act](messages, note))
    messages.env.invalidate_all()
    notice.settle(moved)
    wakeup.wake_interfaces_after_commit(cr, moved.interface_id.ids)
    return moved.ids


def _retry(messages: BaseModel, _note: str) -> list[int]:
    _renew_snapshots(messages)
    moved = ledger.move(
        messages.env.cr,
        State.QUEUED,
        where="id = ANY(%(ids)s) AND state <> 'processing'",
        values={"ids": messages.ids},
        assign={
            "attempts": 0,
            "held_reason": None,
            "available_at": messages.env.cr.now(),
            "error_class": None,
            "error_code": None,
            "error_message": None,
            "error_fingerprint": None,
        },
    )
    sync.mark(messages.env.cr, moved, "pending", None)
    return moved


def _park(messages: BaseModel, _note: str) -> list[int]:
    return ledger.move(
        messages.env.cr,
        State.HELD,
        where="id = ANY(%(ids)s) AND state <> 'processing'",
        values={"ids": messages.ids},
        assign={"held_reason": "parked"},
    )


def _cancel(messages: BaseModel, note: str) -> list[int]:
    moved = ledger.move(
        messages.env.cr,
        State.CANCELLED,
        where="id = ANY(%(ids)s)",
        values={"ids": messages.ids},
        assign={"resolution": note or None, "held_reason": None},
    )
    sync.mark(messages.env.cr, moved, "cancelled", note or None)
    return moved


def _renew_snapshots(messages: BaseModel) -> None:
    """Give quarantined outbound messages a new event with today's snapshot of their document.

    They never left, and what was wrong with them is mended in the document or its master data. A
    new event and not a changed one: other interfaces have sent the old one under its id.
    """
    waiting = messages.filtered(lambda m: m.state == "quarantined" and m.direction == "outbound")
    for message in waiting:
        snapshot = _renewed(message.event_id)
        if snapshot:
            _replace_event(message, message.event_id, snapshot)


def _renewed(event: BaseModel) -> Snapshot | None:
    """Today's snapshot of an event's document; None if the stored one has to do.

    :raises UserError: there is no stored one, and a new one cannot be taken.
    """
    env = event.env
    reason = event.problem
    if event.res_model not in env:
        missing = env._("The documents “%s” are no longer installed.", event.res_model)
        reason = reason and f"{missing} {reason}"
    else:
        record = env[event.res_model].browse(event.res_id).exists()
        snapshot = snapshots.take(event.type_id._trigger(), record).get(record.id)
        if snapshot and not snapshot.problem:
            return snapshot
        reason = reason and (snapshot.problem if snapshot else reason)
    if reason:
        raise UserError(
            env._(
                "The content of “%(event)s” still cannot be taken, so that nothing can be sent. "
                "%(reason)s Mend it, or cancel the message.",
                event=event.display_name,
                reason=reason,
            )
        )
    return None


def _replace_event(message: BaseModel, event: BaseModel, snapshot: Snapshot) -> None:
    uuid = ledger.new_uuid()
    data = canonical_json.dumps(snapshot.data).decode()
    message.env.cr.execute(
        """
        INSERT INTO integration_event (
            uuid, tx, type_id, type_code, res_model, res_id, subject, occurred_at, company_id,
            partner_id, data, correlation_id, trace_parent, causation_id, cause_system_id, depth,
            user_id, dispatched_at)
        SELECT %(uuid)s, %(uuid)s, type_id, type_code, res_model, res_id, subject,
               now() AT TIME ZONE 'UTC', company_id, partner_id, %(data)s, correlation_id,
               trace_parent, uuid, cause_system_id, depth, %(user)s, now() AT TIME ZONE 'UTC'
          FROM integration_event WHERE id = %(event)s
        RETURNING id
        """,
        {"uuid": uuid, "data": data, "user": message.env.uid, "event": event.id},
        log_exceptions=False,  # the log must not get the content
    )
    message.env.cr.execute(
        "UPDATE integration_message SET event_id = %s, external_key = %s WHERE id = %s",
        [message.env.cr.fetchone()[0], uuid, message.id],
    )
