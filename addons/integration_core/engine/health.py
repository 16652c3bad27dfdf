"""How long a partner has taken nothing, and when an interface is to be switched off for that.

An endpoint that fails for days on end is not mended by trying on; its owner is told at certain
shares of a stated time, and at its end the interface is paused. What it says is written when it
changes only: at the first failure, at a share, and at the next success. Called on the engine's READ
COMMITTED cursor that records a batch, so that lanes of one interface tell of a share once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from ..tools import errors
from .ledger import Result

_logger = logging.getLogger(__name__)

#: Shares of the time, in percent, at which the owner is told.
SHARES = (50, 70, 90)
#: The partner says that its address will never come back.
GONE = 410


def is_outage(error: errors.IntegrationError) -> bool:
    """Whether a failure tells of the partner's endpoint, and not of this one message."""
    return error.error_class in (
        errors.ErrorClass.TRANSIENT,
        errors.ErrorClass.THROTTLED,
        errors.ErrorClass.UNKNOWN_OUTCOME,
    )


def record(interface: BaseModel, calls: Sequence[Result]) -> None:
    """Draw the conclusions from ``calls`` to the partner that have just been recorded.

    What goes wrong here must not undo the record of what was sent, hence the savepoint.
    """
    if not calls:
        return
    try:
        with interface.env.cr.savepoint():
            _record(interface, calls)
    except Exception:  # whatever hooks of mails and activities raise
        _logger.exception("The health of interface %s could not be noted", interface.id)


def _record(interface: BaseModel, calls: Sequence[Result]) -> None:
    if any(call.http_status == GONE for call in calls):
        interface._disable_endpoint(
            interface.env._("The partner says that this address is gone for good (HTTP 410).")
        )
    elif any(call.error is None for call in calls):
        if forget(interface.env.cr, interface.id):
            interface._endpoint_recovered()
    elif any(call.error and is_outage(call.error) for call in calls):
        _failed(interface)


def forget(cr: BaseCursor, interface_id: int) -> bool:
    """The partner takes messages again, or is given another chance; whether it had failed."""
    cr.execute("DELETE FROM integration_health WHERE interface_id = %s", [interface_id])
    return bool(cr.rowcount)


def _failed(interface: BaseModel) -> None:
    cr = interface.env.cr
    cr.execute(
        """
        SELECT failing_since, announced, now() AT TIME ZONE 'UTC'
          FROM integration_health WHERE interface_id = %s
        """,
        [interface.id],
    )
    row = cr.fetchone()
    if row is None:
        cr.execute(
            """
            INSERT INTO integration_health (interface_id, failing_since, announced)
            VALUES (%s, now() AT TIME ZONE 'UTC', 0) ON CONFLICT (interface_id) DO NOTHING
            """,
            [interface.id],
        )
        return
    since, announced, now = row
    limit = timedelta(hours=interface.disable_after_hours or 0)
    if not limit:
        return
    if now - since >= limit:
        interface._disable_endpoint(
            interface.env._(
                "The partner has taken nothing for %s hours.", interface.disable_after_hours
            )
        )
        return
    share = _share(since, now, limit)
    if share > announced and _announce(cr, interface.id, share):
        interface._announce_failing(share, since, since + limit)


def _share(since: datetime, now: datetime, limit: timedelta) -> int:
    """The highest share that has passed, 0 for none."""
    passed = 100 * (now - since) / limit
    return max((share for share in SHARES if share <= passed), default=0)


def _announce(cr: BaseCursor, interface_id: int, share: int) -> bool:
    """Whether nobody else has told of this share."""
    cr.execute(
        "UPDATE integration_health SET announced = %s WHERE interface_id = %s AND announced < %s",
        [share, interface_id, share],
    )
    return bool(cr.rowcount)
