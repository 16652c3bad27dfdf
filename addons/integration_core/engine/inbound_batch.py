"""Messages that are handled in one transaction, one by one or together.

A handler that takes batches gets consecutive messages at once, in one savepoint. What goes wrong
then says little about which message is to blame: all of it is undone, and fewer messages are tried
(:class:`..tools.stride.Stride`), in the end one by one. So a batch never decides the fate of a
message; it only makes fast what would go well anyway.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg2 import OperationalError

from odoo import api
from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.service.model import PG_CONCURRENCY_ERRORS_TO_RETRY

from ..tools import errors
from ..tools.states import State
from ..tools.stride import Stride, Strides
from . import (
    attribution,
    causation,
    claims,
    conversion,
    discretion,
    disputes,
    fetches,
    inbound_outcome,
    inbound_reading,
    ledger,
    next_transaction,
    parts,
    sync,
)
from .inbound_bodies import Bodies, Stored
from .inbound_run import NoConcernError, Ready, Received, Run
from .next_transaction import NextTransactionError
from .savepoints import Steps

__all__ = ["BATCH_SECONDS", "RUN_BYTES", "Batch", "Received"]

_logger = logging.getLogger(__name__)

# A transaction ends after this many seconds; the rest follows in the next one. A batch that has
# begun is finished.
BATCH_SECONDS = 0.3
# What a handler gets at once is no larger than this, give or take one message (bytes, decoded).
RUN_BYTES = 8 << 20


class Batch:
    """Messages that are handled in one transaction.

    :ivar results: how the attempts ended
    :ivar overtaken: an earlier message of their key failed: these go back untried
    :ivar taken: how many messages were dealt with
    """

    def __init__(
        self,
        env: api.Environment,
        plan: conversion.InboundPlan,
        messages: Sequence[claims.Claimed],
        failed_keys: frozenset[str],
        strides: Strides | None = None,
    ) -> None:
        self.env = env
        self.plan = plan
        self.messages = messages
        self.strides = strides or Strides()
        self.results: list[ledger.Result] = []
        self.overtaken: list[int] = []
        self.failed_keys: set[str] = set(failed_keys)
        self.taken = 0
        self._is_over = False
        self._bodies = Bodies(env.cr, messages)
        self._handlers: dict[str, BaseModel] = {}

    def run(self) -> None:
        """Handle messages until the time is up, or until one waits for the next transaction."""
        self.steps = Steps(self.env.cr)
        end = time.monotonic() + BATCH_SECONDS
        while self.taken < len(self.messages) and not self._is_over:
            plan = self._plan_of(self.messages[self.taken])
            stride = self.strides.of(plan.handler_name, plan.batch_size)
            if stride.size > 1:
                self._together(plan, stride)
            else:
                self._next()
            if self.taken and time.monotonic() > end:
                return

    def _plan_of(self, message: claims.Claimed) -> conversion.InboundPlan:
        """How this message is handled, which its type may decide."""
        if self.plan.routes is None:
            return self.plan
        stored = self._bodies.get(message.id)
        return self.plan.of_type(stored.message_type if stored else None)

    def _handler(self, plan: conversion.InboundPlan) -> BaseModel:
        if plan.handler_name not in self._handlers:
            self._handlers[plan.handler_name] = plan.handler(self.env)
        return self._handlers[plan.handler_name]

    # -- one by one ------------------------------------------------------------------------

    def _next(self) -> None:
        message = self.messages[self.taken]
        if self.plan.order_keys(message.partition_key) & self.failed_keys:
            self.taken += 1
            self.overtaken.append(message.id)
            return
        plan = self._plan_of(message)
        try:
            result = self._one(message, self._bodies.get(message.id), plan)
        except NextTransactionError:
            self._is_over = True
            return
        self.taken += 1
        self.results.append(result)
        if result.state == State.DONE:
            self.strides.of(plan.handler_name, plan.batch_size).passed(result.duration)
        else:
            self.failed_keys |= self._blocked_by(message, result)

    def _one(
        self, message: claims.Claimed, stored: Stored | None, plan: conversion.InboundPlan
    ) -> ledger.Result:
        started = datetime.now(UTC).replace(tzinfo=None)
        if plan.filters:
            return inbound_outcome.filtered(message, started)
        clock = time.monotonic()
        # for what is not to be in the error
        contents: list[Any] = []
        try:
            with discretion.private_content(self.plan.private):
                record = self._handle(message, stored, contents, plan)
        except NextTransactionError:
            raise
        except NoConcernError as exc:
            return inbound_outcome.filtered(message, started, exc.reason)
        except Exception as exc:  # any handler error becomes an outcome of its message
            error = self._error(exc, contents, plan)
            return inbound_outcome.failed(message, error, plan, started, time.monotonic() - clock)
        return inbound_outcome.done(message, started, time.monotonic() - clock, record)

    def _handle(
        self,
        message: claims.Claimed,
        stored: Stored | None,
        contents: list[Any],
        plan: conversion.InboundPlan,
    ) -> tuple[str, int] | None:
        if plan.refusal:
            raise plan.refusal
        if stored and self._is_for_the_engine(plan, stored):
            raw = inbound_reading.raw_of(self.plan, message, stored, contents)
            with self.steps.step():
                if parts.is_whole(self.env.cr, plan, stored):
                    return parts.split(self.env, plan, message.uuid, stored, raw)
                return fetches.ask(self.env.cr, plan, message, stored, raw)
        ready = inbound_reading.ready(plan, message, stored, contents)
        handler = self._handler(plan)
        if not handler._concerns(ready.data):
            raise NoConcernError
        try:
            with (
                causation.caused_by(ready.cause),
                self.steps.step(),
                disputes.collecting(self.env),
                next_transaction.drained(bool(self.taken)),
            ):
                return self._touched(handler, handler._process(ready.received, ready.data))
        except BaseException:
            attribution.forget(self.env.cr, ready.cause)
            raise

    def _touched(self, handler: BaseModel, record: BaseModel | None) -> tuple[str, int] | None:
        """The record that a message touched, of which the engine takes note."""
        if not record:
            return None
        record.ensure_one()
        if handler._confirms(record):
            sync.confirm(self.env.cr, record._name, record.id, self.plan.system_id)
        return record._name, record.id

    # -- together --------------------------------------------------------------------------

    def _together(
        self, plan: conversion.InboundPlan, stride: Stride, most: int | None = None
    ) -> None:
        """Try the next messages at once. When it fails, nothing is taken but a shorter stride."""
        started = datetime.now(UTC).replace(tzinfo=None)
        clock = time.monotonic()
        run = self._gather(plan, most or stride.size)
        if not run.taken:
            self._next()
            return
        if run.ready:
            try:
                touched = self._attempt(run.ready, plan, stride)
            except NextTransactionError as exc:
                self._is_over = True
                if exc.handled:
                    self._together(plan, stride, exc.handled)
                return
            if touched is None:
                return
            seconds = time.monotonic() - clock
            stride.passed(seconds)
            self.results += [
                inbound_outcome.done(one.message, started, seconds / len(run.ready), record)
                for one, record in zip(run.ready, touched, strict=True)
            ]
        self.results += run.refused
        self.overtaken += run.overtaken
        self.failed_keys = run.blocked
        self.taken += run.taken

    def _gather(self, first: conversion.InboundPlan, most: int) -> Run:
        """The next messages that the handler can get at once. Changes nothing."""
        run = Run(set(self.failed_keys))
        for message in self.messages[self.taken :]:
            if len(run.ready) >= most or run.size > RUN_BYTES:
                break
            plan = self._plan_of(message)
            stored = self._bodies.get(message.id)
            if plan.handler_name != first.handler_name or self._is_for_the_engine(plan, stored):
                break
            run.taken += 1
            if self.plan.order_keys(message.partition_key) & run.blocked:
                run.overtaken.append(message.id)
                continue
            self._make_ready(message, stored, run, plan)
        return run

    def _make_ready(
        self,
        message: claims.Claimed,
        stored: Stored | None,
        run: Run,
        plan: conversion.InboundPlan,
    ) -> None:
        started = datetime.now(UTC).replace(tzinfo=None)
        clock = time.monotonic()
        contents: list[Any] = []
        try:
            with discretion.private_content(self.plan.private):
                ready = inbound_reading.ready(plan, message, stored, contents)
                concerns = self._handler(plan)._concerns(ready.data)
        except Exception as exc:  # what cannot be read does not spoil the others
            error = self._error(exc, contents, plan)
            result = inbound_outcome.failed(message, error, plan, started, time.monotonic() - clock)
            run.refused.append(result)
            run.blocked |= self._blocked_by(message, result)
        else:
            if not concerns:
                run.refused.append(inbound_outcome.filtered(message, started))
                return
            run.ready.append(ready)
            run.size += ready.size

    def _attempt(
        self, ready: Sequence[Ready], plan: conversion.InboundPlan, stride: Stride
    ) -> Sequence[tuple[str, int] | None] | None:
        """What the messages touched, or ``None`` if it went wrong and was undone."""
        try:
            with discretion.private_content(self.plan.private):
                return self._apply(ready, self._handler(plan))
        except NextTransactionError:
            raise
        except OperationalError as exc:
            if exc.pgcode in PG_CONCURRENCY_ERRORS_TO_RETRY:
                raise
            self._undone(exc, len(ready), plan, stride)
        except Exception as exc:  # which message is to blame turns out one by one
            if isinstance(exc, errors.IntegrationError) and exc.holds:
                raise
            self._undone(exc, len(ready), plan, stride)
        return None

    def _apply(self, ready: Sequence[Ready], handler: BaseModel) -> list[tuple[str, int] | None]:
        cause = causation.Shared.by(one.cause for one in ready)
        try:
            with (
                causation.caused_by(cause),
                self.steps.step(),
                disputes.collecting(self.env, at_once=True),
                next_transaction.drained(bool(self.taken)),
            ):
                records = handler._process_batch([(one.received, one.data) for one in ready])
                pairs = list(zip(ready, records, strict=True))
                self._attribute(cause, pairs, handler)
                return [self._touched(handler, record) for _one, record in pairs]
        except BaseException:
            attribution.forget(self.env.cr, cause)
            raise

    def _attribute(
        self,
        cause: causation.Shared,
        pairs: Sequence[tuple[Ready, BaseModel | None]],
        handler: BaseModel,
    ) -> None:
        """Say of each event of a batch which of its messages caused it.

        :raises attribution.UnattributedError: nobody knows; one by one it will be known
        """
        for one, record in pairs:
            if record:
                cause.name(record, one.cause)
        if not attribution.attribute(self.env, cause):
            return
        for one, record in pairs:
            for along in handler._along_with(record) if record else ():
                cause.name(along, one.cause)
        if models := attribution.attribute(self.env, cause):
            raise attribution.UnattributedError(models)

    def _undone(
        self, exc: Exception, count: int, plan: conversion.InboundPlan, stride: Stride
    ) -> None:
        name = plan.handler_name
        if isinstance(exc, attribution.UnattributedError):
            stride.stop()
            _logger.warning(
                "Handler %s takes no batches for now: it does not say which message events of %s "
                "are due to", name, ", ".join(exc.models),
            )  # fmt: skip
            return
        stride.failed(count)
        if not isinstance(exc, (errors.IntegrationError, NoConcernError, UserError)):
            # The type alone: the text of an unknown exception may quote the payload.
            _logger.warning("Handler %s failed on %d messages with %s; they are tried in smaller "
                            "batches", name, count, type(exc).__name__)  # fmt: skip

    # -- a message -------------------------------------------------------------------------

    def _is_for_the_engine(self, plan: conversion.InboundPlan, stored: Stored | None) -> bool:
        """Whether a message is split, or only says that there is something to be fetched."""
        fetched = bool(self.plan.fetch and stored and stored.causation_id is None)
        return fetched or parts.is_whole(self.env.cr, plan, stored)

    def _blocked_by(self, message: claims.Claimed, result: ledger.Result) -> frozenset[str]:
        """The queues that a failed message holds back."""
        blocks = self.plan.blocks(result.state)
        return self.plan.order_keys(message.partition_key) if blocks else frozenset()

    def _error(
        self, exc: Exception, contents: Sequence[Any], plan: conversion.InboundPlan
    ) -> errors.IntegrationError:
        """What an exception says of a message; raises what is no matter of one message."""
        if isinstance(exc, OperationalError):
            # a serialization failure concerns the transaction, not this message
            if exc.pgcode in PG_CONCURRENCY_ERRORS_TO_RETRY:
                raise exc
            return errors.classify(exc)
        error = inbound_outcome.classify(exc, plan)
        if error.holds:
            raise error from None
        return discretion.discreet(error, *contents) if self.plan.private else error
