"""What becomes of an outbound message whose attempt failed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..tools import errors
from ..tools.states import State
from . import discretion, ledger

if TYPE_CHECKING:
    from .conversion import OutboundPlan, Plan


def fate(error: errors.IntegrationError, attempts: int, plan: Plan) -> tuple[State, float | None]:
    """The state of a message after an error, and seconds until it is tried again."""
    state = errors.next_state(
        error.error_class, attempts, plan.max_attempts, idempotent=not error.asks
    )
    if state != State.RETRY:
        return state, None
    delay = plan.retry.next_delay(attempts, getattr(error, "retry_after", None))
    return (State.DEAD if delay is None else state), delay


def failed(
    result: ledger.Result, error: errors.IntegrationError, plan: OutboundPlan
) -> ledger.Result:
    """The result of an attempt that failed after all, when its answer was to be kept."""
    if plan.private:
        error = discretion.discreet(error, result.fetched.body if result.fetched else b"")
    error.of_message = True  # the partner has answered
    state, delay = fate(error, result.number, plan)
    return replace(result, state=state, delay=delay, error=error, fetched=None)
