"""Messages that a partner took and acknowledges later: the end of ``waiting``.

Whoever hears an acknowledgement calls :func:`acknowledge`: a sender on its own connection, a
listener, the HTTP door. It may come before the drain has recorded that its message waits at all;
then it is kept, and found as soon as the message does. The deadline of a message is in its
``available_at``; once it has passed, the interface says what silence means.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools import errors
from ..tools.states import State
from . import conversion, discretion, failures, ledger, notice, own_events, payloads, sync, wakeup
from .cursors import own_cursor

_logger = logging.getLogger(__name__)

#: First key of the advisory locks of this module; the second is the id of a system.
_LOCK = 0x61636B
#: Acknowledgements that overtook nothing are forgotten after so many hours.
_EARLY_HOURS = 48
#: So many of a system are kept. Whoever may send to it may send anything, under any id.
MOST_EARLY = 1000
#: Attempts have the time of a worker, acknowledgements that of the database (seconds between them).
_SKEW = 2


class Taken(Enum):
    """What an acknowledgement was."""

    ENDED = "ended"  #: its message waited, and waits no more
    EARLY = "early"  #: no message waits for it yet; it is kept
    LATE = "late"  #: its message waits no more, in whatever way that ended


@dataclass(frozen=True)
class Answer:
    """What a partner says of a message.

    :ivar code: of its protocol, such as AA; the interface knows what it means
    :ivar detail: further codes; no content
    :ivar body: the acknowledgement as it came
    """

    code: str
    detail: str = ""
    body: bytes = b""
    content_type: str = ""


def lock(cr: BaseCursor, system_id: int) -> None:
    """Let acknowledgements of a system and the record of what waits for them follow each other.

    Until the end of the transaction, which is READ COMMITTED: what is read after this is what the
    other has committed.
    """
    cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, system_id])


def acknowledge(registry: Registry, system_id: int, wire_id: str, answer: Answer) -> Taken:
    """End the message of a system that is called ``wire_id`` there, if it waits.

    Commits a transaction of its own. An acknowledgement of one system never ends a message to
    another one.
    """
    with own_cursor(registry) as cr:
        lock(cr, system_id)
        cr.execute(
            """
            SELECT m.id, m.state FROM integration_message m
              JOIN integration_interface i ON i.id = m.interface_id
             WHERE m.wire_id = %s AND i.system_id = %s AND m.direction = 'outbound'
             ORDER BY m.state = 'waiting' DESC, m.id DESC LIMIT 1 FOR NO KEY UPDATE OF m
            """,
            [wire_id, system_id],
        )
        row = cr.fetchone()
        if row and row[1] == State.WAITING:
            env = api.Environment(cr, SUPERUSER_ID, {})
            _end(env["integration.message"].browse(row[0]), answer)
            return Taken.ENDED
        if row and row[1] in (State.DONE, State.CANCELLED):
            return Taken.LATE
        if row and row[1] in (State.RETRY, State.QUARANTINED, State.DEAD):
            # It changes nothing by itself, but whoever decides about the message should know it.
            env = api.Environment(cr, SUPERUSER_ID, {})
            _attach_once(env["integration.message"].browse(row[0]), answer)
            return Taken.LATE
        _keep(cr, system_id, wire_id, answer)
        return Taken.EARLY


def _keep(cr: BaseCursor, system_id: int, wire_id: str, answer: Answer) -> None:
    """Without its body: it may be private, and belongs to no message yet."""
    cr.execute(
        "DELETE FROM integration_early_acknowledgement "
        "WHERE system_id = %s"
        " AND received_at < now() AT TIME ZONE 'UTC' - %s * interval '1 hour'",
        [system_id, _EARLY_HOURS],
    )
    cr.execute(
        """
        INSERT INTO integration_early_acknowledgement (system_id, wire_id, code, detail,
                                                       received_at)
        SELECT %(system)s, %(wire_id)s, %(code)s, %(detail)s, clock_timestamp() AT TIME ZONE 'UTC'
         WHERE (SELECT count(*) FROM integration_early_acknowledgement
                 WHERE system_id = %(system)s AND wire_id <> %(wire_id)s) < %(most)s
        ON CONFLICT (system_id, wire_id) DO UPDATE
           SET code = EXCLUDED.code, detail = EXCLUDED.detail, received_at = EXCLUDED.received_at
        """,
        {
            "system": system_id,
            "wire_id": wire_id[:255],
            "code": answer.code[:20],
            "detail": answer.detail[:255],
            "most": MOST_EARLY,
        },
    )


def overtaken(env: api.Environment, message_ids: Sequence[int]) -> None:
    """End those of the waiting messages whose acknowledgement has come already.

    What was said of an earlier attempt does not count: the partner may have changed its mind since,
    and says so again.
    """
    if not message_ids:
        return
    env.cr.execute(
        """
        DELETE FROM integration_early_acknowledgement a
         USING integration_message m, integration_interface i
         WHERE m.id = ANY(%s) AND m.state = 'waiting' AND i.id = m.interface_id
           AND a.system_id = i.system_id AND a.wire_id = m.wire_id
           AND a.received_at >= (SELECT max(t.started_at) FROM integration_attempt t
                                  WHERE t.message_id = m.id) - %s * interval '1 second'
        RETURNING m.id, a.code, a.detail
        """,
        [list(message_ids), _SKEW],
    )
    for message_id, code, detail in env.cr.fetchall():
        _end(env["integration.message"].browse(message_id), Answer(code, detail or ""))


def expire(cr: BaseCursor, interface_id: int, limit: int) -> None:
    """Judge the silence of the partner where an acknowledgement should have come by now."""
    cr.execute(
        """
        SELECT id FROM integration_message
         WHERE interface_id = %s AND state = 'waiting' AND available_at <= now() AT TIME ZONE 'UTC'
         ORDER BY available_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
        """,
        [interface_id, limit],
    )
    overdue = [row[0] for row in cr.fetchall()]
    if not overdue:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    overtaken(env, overdue)
    for message in env["integration.message"].browse(overdue):
        if message.state == State.WAITING:
            _settle(message, message.interface_id._silence_error())


def _attach_once(message: BaseModel, answer: Answer) -> None:
    """Keep what a partner says of a message that does not wait, unless it has said it before."""
    env = message.env
    message.invalidate_recordset()
    known = env["integration.payload"].search_count(
        [("message_id", "=", message.id), ("kind", "=", "acknowledgement")], limit=1
    )
    if not known:
        _attach(message, answer, conversion.Plan(**conversion.Plan.common(message.interface_id)))


def _attach(message: BaseModel, answer: Answer, plan: conversion.Plan) -> None:
    if answer.body:
        payload = payloads.seal(
            answer.body, message.uuid, "acknowledgement", plan.key_ring, plan.data_class,
            answer.content_type,
        )  # fmt: skip
        ledger.insert_payloads(message.env.cr, [(message.id, payload)])


def _end(message: BaseModel, answer: Answer) -> None:
    message.invalidate_recordset()
    plan = conversion.Plan(**conversion.Plan.common(message.interface_id))
    _attach(message, answer, plan)
    error = message.interface_id._acknowledgement_error(answer.code, answer.detail)
    if error and plan.private:
        error = discretion.discreet(error, answer.body)
    _settle(message, error, plan)


def _settle(
    message: BaseModel, error: errors.IntegrationError | None, plan: conversion.Plan | None = None
) -> None:
    """Write the end of a message that waits, tell people, and wake what stands behind it."""
    env, interface = message.env, message.interface_id
    state, delay = State.DONE, None
    if error:
        plan = plan or conversion.Plan(**conversion.Plan.common(interface))
        state, delay = failures.fate(error, message.attempts, plan)
    if not ledger.end_waiting(env.cr, message.id, state, timedelta(seconds=delay or 0), error):
        return
    sync.of_results(env.cr, [(message.id, str(state), ledger.error_text(error))])
    message.invalidate_recordset()
    if state in (State.QUARANTINED, State.DEAD):
        notice.tell(env, [message.id])
    if state == State.DEAD:
        own_events.given_up(env, [message.id])
    wakeup.wake_interfaces_after_commit(env.cr, [interface.id])
