"""How the attempt to handle a received message ended."""

from __future__ import annotations

import logging
from datetime import datetime

from odoo.exceptions import AccessError, MissingError, UserError

from ..tools import errors
from ..tools.data_classes import CLINICAL
from ..tools.states import State
from . import claims, conflicts, conversion, duplicates, ledger

_logger = logging.getLogger(__name__)


def classify(exc: Exception, plan: conversion.InboundPlan) -> errors.IntegrationError:
    """Odoo's own exceptions are about data or rights, so a person must act on them."""
    if isinstance(exc, AccessError):
        return errors.ConfigurationError(
            "The service user lacks a right that the handler needs.", code="access"
        )
    if isinstance(exc, MissingError):
        return errors.ConflictError("A record vanished meanwhile.", code="missing_record")
    if isinstance(exc, UserError):
        text = "a business rule refused it" if plan.data_class == CLINICAL else str(exc)
        return errors.ConflictError(f"Odoo refused: {text}", code="business_rule")
    known = errors.classify(exc)
    if known.code == "internal_error":
        # The type alone: the text of an unknown exception may quote the payload.
        _logger.error("Handler %s failed with %s", plan.handler_name, type(exc).__name__)
    return known


def done(
    message: claims.Claimed, started: datetime, seconds: float, record: tuple[str, int] | None
) -> ledger.Result:
    return ledger.Result(message.id, State.DONE, message.attempts, started, seconds, record=record)


def filtered(
    message: claims.Claimed, started: datetime, reason: errors.IntegrationError | None = None
) -> ledger.Result:
    """A message that is kept and nothing else, as its routing or its handler says."""
    return ledger.Result(message.id, State.FILTERED, message.attempts, started, 0.0, error=reason)


def failed(
    message: claims.Claimed,
    error: errors.IntegrationError,
    plan: conversion.InboundPlan,
    started: datetime,
    duration: float,
) -> ledger.Result:
    """How an attempt ended that failed: with another one to come, or not."""
    state = errors.next_state(error.error_class, message.attempts, plan.max_attempts)
    delay = None
    if state == State.RETRY:
        delay = plan.retry.next_delay(message.attempts, getattr(error, "retry_after", None))
        if delay is None:
            state = State.DEAD
    return ledger.Result(
        message.id,
        state,
        message.attempts,
        started,
        duration,
        error=error,
        delay=delay,
        record=conflicts.document(error) or duplicates.document(error),
    )
