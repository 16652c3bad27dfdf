"""From a partner's answer to what became of a message."""

from __future__ import annotations

from dataclasses import replace

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from ..tools.sending.answers import Answer
from ..tools.sending.expectations import Expectations
from .hl7_answers import CONTENT_TYPE


def judged(outcome: Outcome, answer: Answer | None, expected: Expectations) -> Outcome:
    """``outcome`` of a message that was sent and answered.

    :param answer: its acknowledgement; ``None`` if none was asked for
    """
    if answer is not None:
        outcome = replace(outcome, response=answer.body, response_type=CONTENT_TYPE)
        error = expected.error_of(answer.code, answer.detail)
        if error:
            return replace(outcome, error=error)
    if expected.is_final(answer):
        return outcome
    return replace(outcome, waits=expected.waits_for_handling)


def failed(outcome: Outcome, error: errors.IntegrationError, expected: Expectations) -> Outcome:
    """``outcome`` of a message that was not answered."""
    if isinstance(error, errors.UnknownOutcomeError):
        error = expected.unknown(error)
    return replace(outcome, error=error)
