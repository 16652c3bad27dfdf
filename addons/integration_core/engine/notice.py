"""Telling people about final failures: an activity for the owner, once."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from odoo import api
from odoo.models import BaseModel

_logger = logging.getLogger(__name__)

ACTIVITY = "integration_core.mail_activity_failed"


def final_failures(env: api.Environment, message_ids: Sequence[int]) -> None:
    """Give the owner of the interface an activity on each business record that failed for good.

    Runs in the transaction that records the failure. A failing notice must not undo the record
    of the failure itself, hence the savepoint.
    """
    for message in env["integration.message"].browse(message_ids):
        try:
            with env.cr.savepoint():
                _notify(message)
        except Exception:  # whatever a business model's activity hooks raise
            _logger.exception("No activity for failed message %s", message.uuid)


def _notify(message: BaseModel) -> None:
    env = message.env
    interface = message.interface_id
    target = interface
    if message.res_model in env and "activity_ids" in env[message.res_model]._fields:
        record = env[message.res_model].browse(message.res_id).exists()
        target = record or interface
    activity_type = env.ref(ACTIVITY)
    if target.activity_ids.filtered(lambda activity: activity.activity_type_id == activity_type):
        return
    target.with_context(mail_activity_quick_update=True).activity_schedule(
        ACTIVITY,
        summary=env._("Not delivered: %s", interface.name),
        note=env._("Open the message from the document's sync status to see the reason."),
        user_id=interface.owner_id.id,
    )
