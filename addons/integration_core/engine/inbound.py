"""The inbound drain: from stored bytes to the business effect, exactly once.

For each batch one transaction locks the claimed rows, runs the handler in savepoints
(:mod:`.inbound_batch`) and records the outcome, so that the effect and the state change commit
together.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_ERRORS_TO_RETRY
from odoo.sql_db import BaseCursor

from ..tools import errors
from ..tools.stride import Strides
from . import (
    claims,
    conflicts,
    conversion,
    duplicates,
    lanes,
    ledger,
    message_keys,
    notice,
    obstacles,
    settings,
    wakeup,
)
from .cursors import commit, own_cursor
from .drain import Drain, fault_point
from .inbound_batch import Batch, Received
from .inbound_outcome import failed

__all__ = ["InboundDrain", "Received", "handle"]

# Messages of a claim, and of a transaction; more for handlers that take batches.
BATCH = 50
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
        # What the handlers take at once: known when the first messages were handled.
        self._strides = Strides()

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
            # While what was claimed is under way, nobody closes its keys.
            awaited = bool(claimed) and message_keys.any_open(cr, rules.interface_id)
        if claimed:
            fault_point("inbound_claimed")
            self._process(claimed, token)
            if rules.ordering == "key" and rules.lanes > 1:
                self._wake_others(awaited)
        return len(claimed) or swept

    def _wake_others(self, awaited: bool) -> None:
        """Wake the other lanes where something may have waited for what was just handled.

        That is what stands behind one of these that has several keys, and what has several itself;
        it may have arrived, and have found its way barred, after these were claimed.

        :param awaited: whether there were open keys when these were claimed
        """
        with own_cursor(self.registry) as cr:
            if not awaited and not message_keys.any_open(cr, self.interface_id):
                return
            others = lanes.of_interfaces(cr, [self.interface_id])
            wakeup.wake_lanes(cr, [lane_id for lane_id in others if lane_id != self.lane_id])

    def _claim(self, cr: BaseCursor, rules: claims.Terms) -> tuple[int, str, list[claims.Claimed]]:
        """Claim a batch, after housekeeping when it is due or when there is nothing else to do.

        :return: what :func:`claims.sweep` and :func:`claims.claim` return
        """
        if time.monotonic() - self._swept_at < SWEEP_SECONDS:
            token, claimed = claims.claim(cr, rules, self._claim_size)
            if claimed:
                return 0, token, claimed
        swept = claims.sweep(cr, rules)
        self._swept_at = time.monotonic()
        return swept, *claims.claim(cr, rules, self._claim_size)

    @property
    def _claim_size(self) -> int:
        return max(BATCH, self._strides.limit)

    def _process(self, claimed: Sequence[claims.Claimed], token: str) -> None:
        """Work through a claim in transactions of at most :data:`.inbound_batch.BATCH_SECONDS`."""
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
                self._strides.failed(len(rest))
                taken = self._one_by_one(rest[:BATCH], token, failed_keys)
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
            ledger.record(cr, [failed(message, error, plan, now, 0.0)], token)
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
            plan = self._plan(env)
            batch = handle(env, plan, mine, token, frozenset(failed_keys), self._strides)
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
    strides: Strides | None = None,
) -> Batch:
    """Handle claimed messages and record what came of it, in the transaction of ``env``.

    :param failed_keys: keys whose messages must wait, since an earlier one failed
    :param strides: how many messages are tried at once, learned from those before
    :return: the batch; ``taken`` says how many messages it dealt with before its time was up
    """
    batch = Batch(env, plan, messages, failed_keys, strides)
    batch.run()
    ledger.record(env.cr, batch.results, token)
    ledger.release(env.cr, batch.overtaken, token)
    conflicts.follow(env, plan, batch.results)
    duplicates.follow(env, plan, batch.results)
    if failures := [one for one in batch.results if one.error is not None]:
        env["integration.handler"]._failed(failures)
    notice.final_failures(env, batch.results)
    return batch
