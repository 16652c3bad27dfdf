"""Subscriptions at partners: what their servers say of them, and whether something was missed.

The row of a subscription is written by every notification, so that happens in a transaction of its
own, after the resources of the notification are stored. If it is lost, the next one finds a gap,
which costs a poll and nothing else.
"""

from __future__ import annotations

import logging
from typing import Any

from odoo import SUPERUSER_ID, api, fields
from odoo.models import BaseModel
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine.cursors import own_cursor

from ..tools.fhir.notification import EVENT, HANDSHAKE, HEARTBEAT, Notice, Progress, progress

_logger = logging.getLogger(__name__)

#: Subscriptions of one interface that appear by themselves. Who makes up more of them is not
#: counted; he has the partner asked, as if each had a gap.
MOST = 200
#: Largest number that a column holds.
_LARGEST = (1 << 31) - 1


def note_after_commit(cr: BaseCursor, registry: Registry, interface_id: int, notice: Notice,
                      wants_poll: bool) -> None:  # fmt: skip
    """Remember a notification when the request that brought it is committed."""

    def note() -> None:
        try:
            with own_cursor(registry) as own:
                take(api.Environment(own, SUPERUSER_ID, {}), interface_id, notice, wants_poll)
        except Exception as exc:  # what is stored is stored: the sender need not hear of this
            _logger.warning("A notification was not counted: %s", type(exc).__name__)

    cr.postcommit.add(note)


def poll_after_commit(cr: BaseCursor, registry: Registry, interface_id: int) -> None:
    """Have the partner asked what is new, when the request is committed."""

    def poll() -> None:
        try:
            with own_cursor(registry) as own:
                env = api.Environment(own, SUPERUSER_ID, {})
                env["integration.interface"].browse(interface_id)._fhir_poll_wanted()
        except Exception as exc:  # the request is answered; the next silence asks again
            _logger.warning("A poll that a partner asked for did not begin: %s", type(exc).__name__)

    cr.postcommit.add(poll)


def take(
    env: api.Environment, interface_id: int, notice: Notice, wants_poll: bool = False
) -> Progress:
    """Write down a notification; ask for a poll if something was missed, or is only hinted at."""
    row, last = _locked(env, interface_id, notice)
    if not row:
        _logger.warning("Interface %s has too many subscriptions; one is not counted", interface_id)
        env["integration.interface"].browse(interface_id)._fhir_poll_wanted()
        return Progress(None)
    found = progress(last, notice)
    values = _values(notice, found)
    if found.missed:
        values |= {
            "gap_count": row.gap_count + 1,
            "missed_count": min(row.missed_count + found.missed, _LARGEST),
            "last_gap_at": fields.Datetime.now(),
        }
    row.write(values)
    row.flush_recordset()
    # A repetition, or of a server that counts anew and whose first notification was lost.
    behind = notice.kind == EVENT and (notice.events or 0) < (last or 0) and notice.events
    if found.missed or found.restarted or behind or notice.is_error or wants_poll:
        env["integration.interface"].browse(interface_id)._fhir_poll_wanted()
    return found


def _locked(
    env: api.Environment, interface_id: int, notice: Notice
) -> tuple[BaseModel, int | None]:
    """The row of the subscription, and the number of its last event; who is new gets a row.

    :return: no row if there are too many already
    """
    env.cr.execute(
        "INSERT INTO integration_fhir_subscription (interface_id, company_id, reference, state, "
        "heartbeat, create_date, create_uid) SELECT i.id, i.company_id, %s, 'active', 0, "
        "now() AT TIME ZONE 'UTC', %s FROM integration_interface i WHERE i.id = %s "
        "AND (SELECT count(*) FROM integration_fhir_subscription s WHERE s.interface_id = i.id) "
        "< %s ON CONFLICT (interface_id, reference) DO NOTHING",
        [notice.subscription, SUPERUSER_ID, interface_id, MOST],
    )
    env.cr.execute(
        "SELECT id, last_event FROM integration_fhir_subscription "
        "WHERE interface_id = %s AND reference = %s FOR UPDATE",
        [interface_id, notice.subscription],
    )
    row_id, last = env.cr.fetchone() or (None, None)
    env.invalidate_all()
    row = env["integration.fhir.subscription"].browse(row_id)
    return row, int(last) if last else None


def _values(notice: Notice, found: Progress) -> dict[str, Any]:
    now = fields.Datetime.now()
    values: dict[str, Any] = {"last_heard_at": now, "state": _state(notice)}
    if found.last is not None:
        values["last_event"] = str(found.last)
    if notice.topic:
        values["topic"] = notice.topic
    moments = {HANDSHAKE: "handshake_at", HEARTBEAT: "last_heartbeat_at", EVENT: "last_event_at"}
    if notice.kind in moments:
        values[moments[notice.kind]] = now
    return values


def _state(notice: Notice) -> str:
    if notice.is_error:
        return "error"
    return "off" if notice.status in ("off", "entered-in-error") else "active"
