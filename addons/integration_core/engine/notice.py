"""Telling people about final failures: an activity for those concerned, once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

import psycopg2

from odoo import api
from odoo.models import BaseModel

from ..tools import plain_words
from ..tools.states import ATTENTION
from .ledger import Result

_logger = logging.getLogger(__name__)

ACTIVITY = "integration_core.mail_activity_failed"
# A closed activity is told in the chatter of its document. Thousands of such notes take minutes and
# tell nobody anything: above this number activities are archived without.
CHATTER_LIMIT = 50


def final_failures(env: api.Environment, results: Sequence[Result]) -> None:
    """Tell of those ``results`` that a person must look at (see :func:`tell`)."""
    tell(env, [result.message_id for result in results if result.state in ATTENTION])


def tell(env: api.Environment, failed: Sequence[int]) -> None:
    """Give people an activity for messages that failed for good.

    It stands on the business record if there is one, for whoever works with it (a buyer with his
    order), else on the interface, for its owner. Where somebody else is told of the record, the
    owner is told on the interface as well: the cause may be his to mend. Each only once as long as
    it is open: a flood of failures is one task. Runs in the transaction that records the failures;
    a notice that fails must not undo their record, hence the savepoint.
    """
    if not failed:
        return
    targets: dict[BaseModel, BaseModel] = {}
    for message in env["integration.message"].browse(failed):
        interface = message.interface_id
        document = _document(message)
        if document is None:
            targets.setdefault(interface, message)
            continue
        targets.setdefault(document, message)
        if _responsible(document, interface) != interface.owner_id:
            targets.setdefault(interface, message)
    for target, message in targets.items():
        try:
            with env.cr.savepoint():
                _notify(target, message)
        except Exception:  # whatever a business model's activity hooks raise
            _logger.exception("No activity for failed message %s", message.uuid)


def _document(message: BaseModel) -> BaseModel | None:
    """The document on which an activity can stand, if there is one."""
    env = message.env
    if message.res_model in env and "activity_ids" in env[message.res_model]._fields:
        return env[message.res_model].browse(message.res_id).exists() or None
    return None


def _responsible(target: BaseModel, interface: BaseModel) -> BaseModel:
    """Who is told: the one who works with the document, else the owner of the interface."""
    if target == interface:
        return interface.owner_id
    try:
        return target._integration_responsible() or interface.owner_id
    except psycopg2.Error:
        raise  # the transaction is broken, or is to be repeated
    except Exception:  # whatever a business model raises
        _logger.exception("Nobody is responsible for %s", target)
        return interface.owner_id


def _notify(target: BaseModel, message: BaseModel) -> None:
    env, interface = target.env, message.interface_id
    activity_type = env.ref(ACTIVITY)
    if target.activity_ids.filtered(lambda activity: activity.activity_type_id == activity_type):
        return
    owner = interface.owner_id
    user = _responsible(target, interface)
    env = env(context=dict(env.context, lang=user.lang))
    inbound = interface.direction == "inbound"
    target.with_context(mail_activity_quick_update=True).activity_schedule(
        ACTIVITY,
        summary=env._("Not handled: %s", interface.name)
        if inbound
        else env._("Not delivered: %s", interface.name),
        note=env._("Open the interface's dead letters to see the reason and to retry.")
        if user == owner
        else _for_business(env, message),
        user_id=user.id,
    )


def _for_business(env: api.Environment, message: BaseModel) -> str:
    """The note for somebody who knows the document and nothing of interfaces."""
    words = plain_words.of_failure(message.error_class, message.error_code) or plain_words.UNKNOWN
    return f"{env._(words.reason)} {env._(words.next_step)}"


def settle(messages: BaseModel) -> None:
    """Close the activities of messages that a person has dealt with.

    An activity stays as long as another message of its document (or interface) needs a person.
    """
    env = messages.env
    closing = env["mail.activity"]
    for model, ids in _target_ids(messages).items():
        activities = env["mail.activity"].search(
            [
                ("activity_type_id", "=", env.ref(ACTIVITY).id),
                ("res_model", "=", model),
                ("res_id", "in", sorted(ids)),
            ]
        )
        needy = _needing(env, model, set(activities.mapped("res_id")))
        closing += activities.filtered(lambda activity, needy=needy: activity.res_id not in needy)
    if len(closing) > CHATTER_LIMIT:
        closing.action_archive()
    else:
        closing.action_done()


def _target_ids(messages: BaseModel) -> Mapping[str, set[int]]:
    """Documents and interfaces that may bear an activity for ``messages``, by model."""
    found: dict[str, set[int]] = defaultdict(set)
    found["integration.interface"] = set(messages.interface_id.ids)
    for message in messages:
        if message.res_id and message.res_model in messages.env:
            found[message.res_model].add(message.res_id)
    return found


def _needing(env: api.Environment, model: str, ids: set[int]) -> set[int]:
    """Those records ``ids`` of which a message still needs a person."""
    if not ids:
        return set()
    failed = [("state", "in", sorted(ATTENTION))]
    ledger = env["integration.message"]
    if model == "integration.interface":
        groups = ledger._read_group([*failed, ("interface_id", "in", list(ids))], ["interface_id"])
        return {interface.id for (interface,) in groups}
    domain = [*failed, ("res_model", "=", model), ("res_id", "in", list(ids))]
    return set(ledger.search_fetch(domain, ["res_id"]).mapped("res_id"))
