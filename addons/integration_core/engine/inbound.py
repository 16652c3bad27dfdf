"""The inbound drain: from stored bytes to the business effect, exactly once.

For each batch one transaction locks the claimed rows, runs a handler per message in a savepoint
and records the outcome, so that the effect and the state change commit together.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_ERRORS_TO_RETRY
from odoo.sql_db import BaseCursor

from ..tools import errors, payload_codec
from ..tools.data_classes import CLINICAL
from ..tools.states import State
from . import (
    causation,
    claims,
    conflicts,
    conversion,
    discretion,
    disputes,
    fetches,
    lanes,
    ledger,
    notice,
    obstacles,
    settings,
    sync,
)
from .cursors import commit, own_cursor
from .drain import Drain, fault_point
from .savepoints import Steps

_logger = logging.getLogger(__name__)

BATCH = 50
# A batch's transaction ends after this many seconds; the rest follows in the next one.
BATCH_SECONDS = 0.3
# While there is work, due retries, expired leases and resumed messages may wait this long.
SWEEP_SECONDS = 0.5


class InboundDrain(Drain):
    """Drains received messages of one lane through their handler."""

    def __init__(self, registry: Registry, lane_id: int) -> None:
        super().__init__(registry, lane_id)
        self.interface_id = 0
        self._plans = conversion.PlanCache()
        self._swept_at = -math.inf
        self._obstacles = obstacles.Watch()

    def next_due(self) -> datetime | None:
        if not self.interface_id:
            return None
        with own_cursor(self.registry) as cr:
            due = claims.next_due(cr, self.interface_id)
            again = self._obstacles.look_again
            if again and claims.any_queued(cr, self.interface_id):
                return max(due, again) if due else again
            return due

    def work(self) -> int:
        with own_cursor(self.registry) as cr:
            rules = claims.terms(cr, self.lane_id)
            if rules is None or not lanes.hold(cr, self.lane_id, self.token):
                return 0
            self.interface_id = rules.interface_id
            env = api.Environment(cr, SUPERUSER_ID, {})
            interface = env["integration.interface"].browse(rules.interface_id)
            if rules.open and not rules.paused and self._obstacles.found(interface):
                return 0
            swept, token, claimed = self._claim(cr, rules)
            if not claimed:
                self._obstacles.passed(cr, rules.interface_id)
        if claimed:
            fault_point("inbound_claimed")
            self._process(claimed, token)
        return len(claimed) or swept

    def _claim(self, cr: BaseCursor, rules: claims.Terms) -> tuple[int, str, list[claims.Claimed]]:
        """Claim a batch, after housekeeping when it is due or when there is nothing else to do.

        :return: what :func:`claims.sweep` and :func:`claims.claim` return
        """
        if time.monotonic() - self._swept_at < SWEEP_SECONDS:
            token, claimed = claims.claim(cr, rules, BATCH)
            if claimed:
                return 0, token, claimed
        swept = claims.sweep(cr, rules)
        self._swept_at = time.monotonic()
        return swept, *claims.claim(cr, rules, BATCH)

    def _process(self, claimed: Sequence[claims.Claimed], token: str) -> None:
        """Work through a claim in transactions of at most :data:`BATCH_SECONDS`."""
        rest = list(claimed)
        try:
            self._process_in_turn(rest, token)
            self._obstacles.passed_apart(self.registry, self.interface_id)
        except errors.ConfigurationError as exc:
            # Not the messages' fault, and of no other's either: they wait until it is mended.
            with own_cursor(self.registry) as cr:
                ledger.release(cr, [message.id for message in rest], token)
                self._obstacles.met(cr, self.interface_id, exc)
        except BaseException:
            # Not the messages' fault: they go back untried, and the drain fails visibly.
            with own_cursor(self.registry) as cr:
                ledger.release(cr, [message.id for message in rest], token)
            raise

    def _process_in_turn(self, rest: list[claims.Claimed], token: str) -> None:
        """Take messages from ``rest``, a transaction at a time, until none is left."""
        renewed = time.monotonic()
        # Keys of which a message failed in this claim: their later messages must not overtake it.
        failed_keys: set[str] = set()
        while rest:
            try:
                taken = self._transaction(rest, token, failed_keys)
            except OperationalError as exc:
                if exc.pgcode not in PG_CONCURRENCY_ERRORS_TO_RETRY:
                    raise
                taken = self._one_by_one(rest, token, failed_keys)
            del rest[:taken]
            if rest and self.expired:
                with own_cursor(self.registry) as cr:
                    ledger.release(cr, [message.id for message in rest], token)
                return
            if rest and time.monotonic() - renewed > settings.lease_seconds() / 3:
                with own_cursor(self.registry) as cr:
                    lanes.renew(cr, self.lane_id, self.token, token)
                renewed = time.monotonic()

    def _one_by_one(
        self, claimed: Sequence[claims.Claimed], token: str, failed_keys: set[str]
    ) -> int:
        """The batch met a concurrent writer: isolate the message that does."""
        for message in claimed:
            try:
                self._transaction([message], token, failed_keys)
            except OperationalError as exc:
                if exc.pgcode not in PG_CONCURRENCY_ERRORS_TO_RETRY:
                    raise
                failed_keys |= self._record_contention(message, token)
        return len(claimed)

    def _record_contention(self, message: claims.Claimed, token: str) -> frozenset[str]:
        """Let a message wait that collides even alone; return the queues that it holds back."""
        error = errors.TransientError(
            "Another user or process was changing the same records.", code="serialization"
        )
        with own_cursor(self.registry) as cr:
            plan = self._plan(api.Environment(cr, SUPERUSER_ID, {}))
            now = datetime.now(UTC).replace(tzinfo=None)
            ledger.record(cr, [_failed(message, error, plan, now, 0.0)], token)
        return plan.order_keys(message.partition_key)

    def _plan(self, env: api.Environment) -> conversion.InboundPlan:
        return self._plans.inbound(env, self.interface_id)

    def _transaction(
        self, claimed: Sequence[claims.Claimed], token: str, failed_keys: set[str]
    ) -> int:
        """Handle messages in one transaction; return how many of ``claimed`` were dealt with.

        ``failed_keys`` grows only by what was committed.
        """
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"mail_notify_force_send": False})
            ours = ledger.fence(cr, [message.id for message in claimed], token)
            mine = [message for message in claimed if message.id in ours]
            batch = handle(env, self._plan(env), mine, token, frozenset(failed_keys))
            fault_point("inbound_recorded")
            commit(cr)
        failed_keys |= batch.failed_keys
        return claimed.index(mine[batch.taken]) if batch.taken < len(mine) else len(claimed)


def handle(
    env: api.Environment,
    plan: conversion.InboundPlan,
    messages: Sequence[claims.Claimed],
    token: str,
    failed_keys: frozenset[str],
) -> Batch:
    """Handle claimed messages and record what came of it, in the transaction of ``env``.

    :param failed_keys: keys whose messages must wait, since an earlier one failed
    :return: the batch; ``taken`` says how many messages it dealt with before its time was up
    """
    batch = Batch(env, plan, messages, failed_keys)
    batch.run()
    ledger.record(env.cr, batch.results, token)
    ledger.release(env.cr, batch.overtaken, token)
    conflicts.follow(env, plan, batch.results)
    notice.final_failures(env, batch.results)
    return batch


@dataclass(frozen=True)
class Received:
    """What a handler is told of the message, beside its canonical data."""

    id: int
    uuid: str
    message_type: str | None
    external_key: str | None
    correlation_id: str | None
    system_id: int


@dataclass(frozen=True)
class _Stored:
    body: bytes
    encoding: str
    content_type: str | None
    message_type: str | None
    external_key: str | None
    correlation_id: str | None
    trace_parent: str | None
    depth: int | None
    created_at: datetime
    causation_id: str | None


class Batch:
    """Messages that are handled in one transaction."""

    def __init__(
        self,
        env: api.Environment,
        plan: conversion.InboundPlan,
        messages: Sequence[claims.Claimed],
        failed_keys: frozenset[str],
    ) -> None:
        self.env = env
        self.plan = plan
        self.messages = messages
        self.handler = plan.handler(env)
        self.results: list[ledger.Result] = []
        # An earlier message of the key failed in this batch: these go back untried.
        self.overtaken: list[int] = []
        self.failed_keys: set[str] = set(failed_keys)
        # How many messages were dealt with.
        self.taken = 0
        # Of the message under way, for what is not to be in its error.
        self._contents: list[Any] = []

    def run(self) -> None:
        """Handle messages until the time is up."""
        stored = self._stored()
        self.steps = Steps(self.env.cr)
        end = time.monotonic() + BATCH_SECONDS
        for message in self.messages:
            self.taken += 1
            if self.plan.order_keys(message.partition_key) & self.failed_keys:
                self.overtaken.append(message.id)
                continue
            self.results.append(self._one(message, stored.get(message.id)))
            if time.monotonic() > end:
                return

    def _stored(self) -> dict[int, _Stored]:
        self.env.cr.execute(
            """
            SELECT p.message_id, p.body, p.encoding, p.content_type, m.message_type, m.external_key,
                   m.correlation_id, m.trace_parent, m.depth, m.created_at, m.causation_id
              FROM integration_payload p JOIN integration_message m ON m.id = p.message_id
             WHERE p.message_id = ANY(%s) AND p.kind = 'received'
            """,
            [[message.id for message in self.messages]],
        )
        return {row[0]: _Stored(*row[1:]) for row in self.env.cr.fetchall()}

    def _one(self, message: claims.Claimed, stored: _Stored | None) -> ledger.Result:
        started = datetime.now(UTC).replace(tzinfo=None)
        clock = time.monotonic()
        self._contents = []
        try:
            with discretion.private_content(self.plan.private):
                record = self._handle(message, stored)
        except OperationalError as exc:
            # a serialization failure concerns the transaction, not this message
            if exc.pgcode in PG_CONCURRENCY_ERRORS_TO_RETRY:
                raise
            error = errors.classify(exc)
        except Exception as exc:  # any handler error becomes an outcome of its message
            error = self._classify(exc)
            if error.holds:
                raise error from None
            if self.plan.private:
                error = discretion.discreet(error, *self._contents)
        else:
            return ledger.Result(
                message.id, State.DONE, message.attempts, started,
                time.monotonic() - clock, record=record,
            )  # fmt: skip
        result = _failed(message, error, self.plan, started, time.monotonic() - clock)
        if self.plan.blocks(result.state):
            self.failed_keys |= self.plan.order_keys(message.partition_key)
        return result

    def _handle(self, message: claims.Claimed, stored: _Stored | None) -> tuple[str, int] | None:
        if stored is None:
            raise errors.PermanentError("The payload is gone.", code="payload_missing")
        raw = payload_codec.decode(
            bytes(stored.body), stored.encoding, message.uuid, "received", self.plan.key_ring
        )
        self._contents.append(raw)
        if self.plan.fetch and stored.causation_id is None:
            with self.steps.step():
                return fetches.ask(self.env.cr, self.plan, message, stored, raw)
        data = self.plan.convert(raw, stored.content_type or "", stored.created_at)
        self._contents.append(data)
        cause = causation.Cause(
            message.uuid,
            stored.correlation_id,
            stored.trace_parent,
            self.plan.system_id,
            (stored.depth or 0) + 1,
            message.id,
        )
        received = Received(
            id=message.id,
            uuid=message.uuid,
            message_type=stored.message_type,
            external_key=stored.external_key,
            correlation_id=stored.correlation_id,
            system_id=self.plan.system_id,
        )
        with (
            causation.caused_by(cause),
            self.steps.step(),
            disputes.collecting(self.env),
        ):
            record = self.handler._process(received, data)
            if not record:
                return None
            record.ensure_one()
            if self.handler._confirms(record):
                sync.confirm(self.env.cr, record._name, record.id, self.plan.system_id)
            return record._name, record.id

    def _classify(self, exc: Exception) -> errors.IntegrationError:
        """Odoo's own exceptions are about data or rights, so a person must act on them."""
        if isinstance(exc, AccessError):
            return errors.ConfigurationError(
                "The service user lacks a right that the handler needs.", code="access"
            )
        if isinstance(exc, MissingError):
            return errors.ConflictError("A record vanished meanwhile.", code="missing_record")
        if isinstance(exc, UserError):
            text = "a business rule refused it" if self.plan.data_class == CLINICAL else str(exc)
            return errors.ConflictError(f"Odoo refused: {text}", code="business_rule")
        known = errors.classify(exc)
        if known.code == "internal_error":
            # The type alone: the text of an unknown exception may quote the payload.
            _logger.error("Handler %s failed with %s", self.plan.handler_name, type(exc).__name__)
        return known


def _failed(
    message: claims.Claimed,
    error: errors.IntegrationError,
    plan: conversion.InboundPlan,
    started: datetime,
    duration: float,
) -> ledger.Result:
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
        record=conflicts.document(error),
    )
