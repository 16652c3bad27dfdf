"""How long a partner has taken nothing, and when an interface is to be switched off for that.

An endpoint that fails for days on end is not mended by trying on; its owner is told at certain
shares of a stated time, and at its end the interface is paused. What it says is written when it
changes only: at the first failure, at a share, and at the next success. Called on the engine's READ
COMMITTED cursor that records a batch, so that lanes of one interface tell of a share once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from ..tools import endpoint_health, errors
from ..tools.endpoint_health import Health, Verdict
from .ledger import Result

_logger = logging.getLogger(__name__)

#: The partner says that its address will never come back.
GONE = 410


def is_outage(error: errors.IntegrationError) -> bool:
    """Whether a failure tells of the partner's endpoint, and not of this one message."""
    return not error.of_message and error.error_class in (
        errors.ErrorClass.TRANSIENT,
        errors.ErrorClass.THROTTLED,
        errors.ErrorClass.UNKNOWN_OUTCOME,
    )


def is_gone(call: Result) -> bool:
    """Whether the partner said of its endpoint that it is gone; a document of its may be, too."""
    return call.http_status == GONE and call.error is not None and not call.error.of_message


def record(interface: BaseModel, calls: Sequence[Result]) -> None:
    """Draw the conclusions from ``calls`` to the partner that have just been recorded.

    What goes wrong here must not undo the record of what was sent, hence the savepoint.
    """
    if any(is_gone(call) for call in calls):
        text = interface.env._("The partner says that this address is gone for good (HTTP 410).")
        _apart(interface, lambda: interface._disable_endpoint(text))
    elif any(call.error is None for call in calls):
        # One statement, which writes nothing as long as all is well.
        if forget(interface.env.cr, interface.id):
            _apart(interface, interface._endpoint_recovered)
    elif any(call.error and is_outage(call.error) for call in calls):
        _apart(interface, lambda: _failed(interface))


def _apart(interface: BaseModel, conclusion: Callable[[], None]) -> None:
    try:
        with interface.env.cr.savepoint():
            conclusion()
    except Exception:  # whatever hooks of mails and activities raise
        _logger.exception("The health of interface %s could not be noted", interface.id)


def forget(cr: BaseCursor, interface_id: int) -> bool:
    """The partner takes messages again, or is given another chance; whether it had failed."""
    cr.execute("DELETE FROM integration_health WHERE interface_id = %s", [interface_id])
    return bool(cr.rowcount)


def _failed(interface: BaseModel) -> None:
    """Judge a failure by what is known, and store what is new."""
    cr = interface.env.cr
    cr.execute(
        """
        SELECT failing_since, coalesce(announced, 0), disable_at
          FROM integration_health WHERE interface_id = %s FOR UPDATE
        """,
        [interface.id],
    )
    row = cr.fetchone()
    known = Health(*row) if row else Health()
    cr.execute("SELECT now() AT TIME ZONE 'UTC'")
    now = cr.fetchone()[0]
    limit = timedelta(hours=interface.disable_after_hours or 0)
    if limit:
        verdict = endpoint_health.after_failure(known, now, limit)
    else:
        verdict = Verdict(replace(known, failing_since=known.failing_since or now))
    if verdict.health != known:
        _store(cr, interface.id, verdict.health)
    if verdict.announcement:
        interface._announce_failing(**verdict.announcement.parameters())
    elif verdict.disabling:
        hours = verdict.disabling.parameters()["failing_hours"]
        interface._disable_endpoint(
            interface.env._("The partner has taken nothing for %s hours.", hours)
        )


def _store(cr: BaseCursor, interface_id: int, health: Health) -> None:
    cr.execute(
        """
        INSERT INTO integration_health (interface_id, failing_since, announced, disable_at)
        VALUES (%s, %s, %s, %s)
        ON CONFLICT (interface_id) DO UPDATE
           SET failing_since = EXCLUDED.failing_since, announced = EXCLUDED.announced,
               disable_at = EXCLUDED.disable_at
        """,
        [interface_id, health.failing_since, health.announced, health.disable_at],
    )
