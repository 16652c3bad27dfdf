"""Delivers notices: each in a transaction of its own, which also says that it is told.

Whatever goes wrong with one stays with it: it is tried again, later and later, and is in the end
marked as failed, where operators see it. Of one incident and channel the order is kept.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.engine.drain import fault_point
from odoo.addons.integration_core.tools.backoff import RetryPlan

from ..tools.severity import Severity
from . import alert_channels, incident_notices
from .incident_book import seconds
from .rollup_rows import moment

_logger = logging.getLogger(__name__)

#: Some hours in all: a mail server that is down over night is up again.
PLAN: Final = RetryPlan(mode="exponential", base=30.0, cap=3600.0, max_attempts=12)
#: Seconds that one run lasts at most; the next minute goes on.
_LONGEST: Final = 30.0
#: Seconds for which the queue of mails is asked what became of them.
_RECENT: Final = 2 * 86400

_CLAIM = """
    SELECT n.id FROM integration_incident_notice n
     WHERE n.state = 'waiting' AND n.due_at <= %s
       AND NOT EXISTS (
           SELECT FROM integration_incident_notice earlier
            WHERE earlier.incident_id = n.incident_id AND earlier.channel_id = n.channel_id
              AND earlier.id < n.id AND earlier.state = 'waiting')
     ORDER BY n.due_at, n.id
     LIMIT 1 FOR UPDATE OF n SKIP LOCKED
"""


def wake(env: api.Environment) -> None:
    """Let notices be delivered as soon as this transaction is committed."""
    env.ref(incident_notices.CRON)._trigger()


def run(registry: Registry) -> int:
    """Deliver what is due; return how many notices were dealt with."""
    dealt, until = 0, time.monotonic() + _LONGEST
    while time.monotonic() < until and deliver_one(registry):
        dealt += 1
    return dealt


def deliver_one(registry: Registry, now: float | None = None) -> bool:
    """Deliver one notice that is due; whether there was one.

    :param now: seconds since 1970; the present by default.
    """
    present = time.time() if now is None else now
    notice_id = None
    try:
        with own_cursor(registry) as cr:
            notice_id = _claim(cr, present)
            if notice_id is None:
                return False
            _deliver(api.Environment(cr, SUPERUSER_ID, {}), notice_id, present)
            fault_point("notice_told")
    except Exception as exc:  # whatever a channel raises: the others shall not suffer
        if notice_id is None:
            raise
        with own_cursor(registry) as cr:
            _failed(api.Environment(cr, SUPERUSER_ID, {}), notice_id, present, exc)
    return True


def refused_mails(env: api.Environment) -> None:
    """Alerts whose mails the server of mails did not take: they were told to nobody."""
    since = moment(time.time() - _RECENT)
    notices = env["integration.incident.notice"].search(
        [("state", "=", "sent"), ("mail_ids", "!=", False), ("sent_at", ">", since)]
    )
    ids = [mail for notice in notices for mail in notice.mail_ids or ()]
    refused = set(env["mail.mail"].search([("id", "in", ids), ("state", "=", "exception")]).ids)
    for notice in notices.filtered(lambda one: refused & set(one.mail_ids or ())):
        why = env._("A mail could not be sent; see Settings / Technical / Emails for the reason.")
        notice.write({"state": "failed", "detail": why})
        notice.channel_id._failed(why)


def _claim(cr: BaseCursor, now: float) -> int | None:
    cr.execute(_CLAIM, [moment(now)])
    row = cr.fetchone()
    return row[0] if row else None


def _deliver(env: api.Environment, notice_id: int, now: float) -> None:
    notice = env["integration.incident.notice"].browse(notice_id)
    channel = notice.channel_id
    later = _quiet_until(notice, now)
    if later is not None:
        notice.write({"due_at": moment(later), "detail": env._("Quiet hours.")})
        return
    outdated = _outdated(notice)
    try:
        if not channel.active:
            raise alert_channels.NotNeeded(env._("The channel was switched off."))
        if outdated:
            raise alert_channels.NotNeeded(outdated)
        reached = alert_channels.deliver(notice)
    except alert_channels.NotNeeded as exc:
        notice.write({"state": "skipped", "detail": str(exc), "sent_at": moment(now)})
        return
    notice.write(
        {
            "state": "sent",
            "attempts": notice.attempts + 1,
            "detail": reached,
            "sent_at": moment(now),
        }
    )
    channel._succeeded()


def _quiet_until(notice: BaseModel, now: float) -> float | None:
    if int(notice.severity) <= Severity.CRITICAL:
        return None
    hours = notice.channel_id._quiet_hours()
    return hours.until(now) if hours else None


def _outdated(notice: BaseModel) -> str | None:
    """Why a notice that quiet hours held back is of no use any more."""
    env = notice.env
    if notice.kind == "end":
        others = notice.search(
            [
                ("incident_id", "=", notice.incident_id.id),
                ("channel_id", "=", notice.channel_id.id),
                ("kind", "!=", "end"),
            ]
        )
        if others and all(one.state == "skipped" for one in others):
            return env._("Its start was not told here.")
        return None
    hours = notice.channel_id._quiet_hours()
    held_back = hours and hours.until(seconds(notice.at)) is not None
    if held_back and notice.incident_id.state == "closed":
        return env._("It was healed within the quiet hours.")
    return None


def _failed(env: api.Environment, notice_id: int, now: float, exc: Exception) -> None:
    notice = env["integration.incident.notice"].browse(notice_id).exists()
    if not notice:
        return
    if isinstance(exc, alert_channels.NotTold):
        why = str(exc)
    else:
        # The type alone: the text of an unknown exception may quote anything.
        why = env._(
            "An error that nobody foresaw: %s. The log of the server has it.", type(exc).__name__
        )
        _logger.error("A notice could not be told: %s", type(exc).__name__, exc_info=exc)
    attempts = notice.attempts + 1
    delay = PLAN.next_delay(attempts)
    values = {"attempts": attempts, "detail": why}
    if delay is None:
        values["state"] = "failed"
    else:
        values["due_at"] = moment(now + max(delay, 5.0))
    notice.write(values)
    notice.channel_id._failed(why)
