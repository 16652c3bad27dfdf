"""Events that the engine tells of its own work: a message given up, an endpoint disabled, a test.

They are types of the catalogue as any other, so interfaces subscribe to them, and they carry
metadata only. There is no loop: what happens to the delivery of such an event makes no further one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from . import causation, outbox, triggers

_logger = logging.getLogger(__name__)

EXHAUSTED = "integration.message.exhausted"
DISABLED = "integration.endpoint.disabled"
TEST = "integration.test"
#: Asks a partner for the content of a notification (:mod:`.fetches`); it tells nobody anything.
FETCH = "integration.fetch"
#: Codes of event types, and of the contracts of the same names; other addons add theirs.
CODES = {EXHAUSTED, DISABLED, TEST}


def register(*codes: str) -> None:
    """Let events of other addons count as what the suite tells of itself.

    What becomes of their delivery makes no further event, and they are sent whole to a subscriber
    that otherwise gets notifications without content: there is nothing to fetch.
    """
    CODES.update(codes)


def given_up(env: api.Environment, message_ids: Sequence[int]) -> None:
    """Tell of outbound messages that ended as dead letters, if anybody wants to know.

    Runs in the transaction that records them; a failure must not undo that, hence the savepoint.
    """
    if not message_ids:
        return
    trigger = triggers.subscribed(env, EXHAUSTED)
    if trigger is None:
        return
    env.invalidate_all()  # the ledger was written in SQL
    messages = env["integration.message"].browse(message_ids)
    _tell(
        env,
        trigger,
        {
            message.id: outbox.Entry(_cause(message))
            for message in messages
            if message.direction == "outbound" and message.message_type not in CODES
        },
    )


def endpoint_disabled(interface: BaseModel) -> None:
    """Tell that an interface was switched off because its partner failed."""
    trigger = triggers.subscribed(interface.env, DISABLED)
    if trigger is not None:
        _tell(interface.env, trigger, {interface.id: outbox.Entry(None)})


def _cause(message: BaseModel) -> causation.Cause:
    """Not one step nearer to a loop: what we tell of ourselves is no answer to anybody."""
    depth = min(message.depth, causation.MAX_DEPTH)
    return causation.Cause(
        message.uuid, message.correlation_id, message.trace_parent, None, depth, message.id
    )


def _tell(
    env: api.Environment, trigger: triggers.Trigger, entries: dict[int, outbox.Entry]
) -> None:
    try:
        with env.cr.savepoint():
            outbox.write(env, trigger, entries, {}, SUPERUSER_ID)
    except Exception:  # whatever stands in the way of telling must not undo what is told of
        _logger.exception("No event %s could be written", trigger.code)


def write_test(interface: BaseModel) -> int:
    """Write the event of a test of one interface; return its id.

    As private as all that the interface carries.
    """
    env = interface.env
    [type_id] = (
        env["integration.event.type"].with_context(active_test=False)._search([("code", "=", TEST)])
    )
    trigger = replace(triggers.of_type(env, type_id), data_class=interface.data_class)
    outbox.write(env, trigger, {interface.id: outbox.Entry(None)}, {}, SUPERUSER_ID)
    return _newest(env.cr, type_id, interface.id)


def _newest(cr: BaseCursor, type_id: int, interface_id: int) -> int:
    cr.execute(
        "SELECT max(id) FROM integration_event WHERE type_id = %s AND res_model = %s "
        "AND res_id = %s",
        [type_id, "integration.interface", interface_id],
    )
    return cr.fetchone()[0]
