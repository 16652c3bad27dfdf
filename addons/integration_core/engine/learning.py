"""What partners' answers tell beside the fate of a message, such as the ids that they gave.

The transport takes note of it in the transaction that records the attempts. What cannot be noted
is a failure of its message, so that nothing is lost in silence.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from odoo import api
from odoo.models import BaseModel

from ..tools import errors
from . import failures, ledger

if TYPE_CHECKING:
    from .conversion import OutboundPlan

_logger = logging.getLogger(__name__)


def keep(
    env: api.Environment, plan: OutboundPlan, results: Sequence[ledger.Result], token: str
) -> list[ledger.Result]:
    """Let the transport take note of what was learned.

    :param token: with which the messages were claimed; what belongs to somebody else now is left
    :return: the results as they are to be recorded
    """
    ids = [result.message_id for result in results if result.learned is not None]
    if not ids:
        return list(results)
    ours = ledger.fence(env.cr, ids, token)
    interface = env["integration.interface"].browse(plan.interface_id)
    return [
        _kept(interface, plan, result) if result.message_id in ours else result
        for result in results
    ]


def _kept(interface: BaseModel, plan: OutboundPlan, result: ledger.Result) -> ledger.Result:
    if result.learned is None:
        return result
    message = interface.env["integration.message"].browse(result.message_id)
    try:
        with interface.env.cr.savepoint():
            interface._transport()._learned(interface, message, result.learned)
            interface.env.flush_all()
    except Exception as exc:  # the others of the claim are to be recorded, whatever this is
        interface.env.clear()
        error = errors.classify(exc)
        # Of a contradiction the message tells; anything else is a fault of ours.
        level = logging.INFO if error is exc else logging.ERROR
        _logger.log(level, "What message %s brought was not noted: %s", message.id, error.code)
        if result.error is not None:
            return result
        return replace(failures.failed(result, error, plan), learned=None)
    return result
