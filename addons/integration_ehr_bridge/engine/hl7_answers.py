"""Acknowledgements that come apart from the message that they answer.

In the enhanced mode a partner stores a message first (CA) and tells later, on whatever connection,
what it made of it (AA, AE, AR). The sender meets such answers on its own connection, the listener
and the HTTP door as messages of the type ACK.
"""

from __future__ import annotations

import logging

from odoo.modules.registry import Registry

from odoo.addons.integration_core.engine import awaited

from ..tools.hl7.message import Message
from ..tools.sending import answers, header
from ..tools.sending.answers import Answer

_logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/hl7-v2"


def take(registry: Registry, system_id: int, message: Message, raw: bytes) -> bool:
    """End the message that an acknowledgement speaks of, if it waits for it.

    Commits a transaction of its own.

    :param system_id: of the interface at which it arrived
    :param raw: the bytes of ``message``
    :return: whether it can be about a message of ours
    """
    answer = answers.of_message(message, raw)
    return answer is not None and take_answer(registry, system_id, answer)


def take_answer(registry: Registry, system_id: int, answer: Answer) -> bool:
    """As :func:`take`, of an answer that was read already."""
    if not header.is_control_id(answer.control_id):
        return False
    if answer.code == answers.STORED:
        return True  # of what was stored there is nothing more to know
    taken = awaited.acknowledge(
        registry,
        system_id,
        answer.control_id,
        awaited.Answer(answer.code, answer.detail, answer.body, CONTENT_TYPE),
    )
    _logger.info("An acknowledgement of system %s: %s", system_id, taken.value)
    return True


def hear(registry: Registry, system_id: int, answer: Answer) -> None:
    """Take an answer that came while another one was waited for, or none at all.

    It must not disturb the message under way, whatever becomes of it.
    """
    try:
        if not take_answer(registry, system_id, answer):
            _logger.info("System %s acknowledged a message that is not ours", system_id)
    except Exception as exc:  # the deadline of the message judges it then
        _logger.warning("An acknowledgement could not be taken: %s", type(exc).__name__)
