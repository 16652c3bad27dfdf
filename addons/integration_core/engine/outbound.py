"""The outbound drain: claim and commit, send without a transaction, record the batch.

A message whose result was never recorded is sent again: at least once on the wire. The receiver
recognises it by its id, which stays the same.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.modules.registry import Registry

from ..tools import errors, keyring
from ..tools.states import State
from . import (
    breakers,
    claims,
    conversion,
    discretion,
    lanes,
    ledger,
    notice,
    obstacles,
    outbound_sources,
    payloads,
    rates,
    settings,
    sync,
)
from .cursors import own_cursor
from .departures import Departures
from .drain import Drain, fault_point
from .outbound_sources import Outgoing

_logger = logging.getLogger(__name__)

# How long a drain waits for its rate before it rather leaves the worker to others. The bucket fills
# meanwhile: who leaves although it would flow over within the second number stays below the rate.
WAIT_SECONDS = 1.0
AWAY_SECONDS = 3.0

# Messages claimed at once per connection: enough to keep connections busy between two records
# of results, few enough that a slow partner does not hold many.
PER_CONNECTION = 10


@dataclass
class Outcome:
    """What came of one attempt. ``error`` is ``None`` when the partner took the message."""

    error: errors.IntegrationError | None = None
    http_status: int | None = None
    sent: bytes = b""
    response: bytes = b""
    response_type: str = ""


class Sender(Protocol):
    """Sends one message. Never raises; called from several threads, holds no cursor."""

    def __call__(self, message: Outgoing) -> Outcome: ...


@dataclass
class _Job:
    """Messages of one key, sent in order."""

    messages: list[claims.Claimed]
    results: list[ledger.Result] = field(default_factory=list)
    untried: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _Delivery:
    """A claim with everything that sending it needs; holds no cursor, used by several threads.

    ``prepared`` has, by message id, what is to be sent or why it cannot be; ``otherwise`` is what
    is wrong with messages that it does not have. Without a ``sender`` it has none.
    """

    plan: conversion.OutboundPlan
    claimed: Sequence[claims.Claimed]
    sender: Sender | None
    prepared: Mapping[int, Outgoing | errors.IntegrationError]
    otherwise: errors.IntegrationError

    def jobs(self) -> list[_Job]:
        """The messages by queue, in order."""
        jobs: dict[object, _Job] = {}
        for message in self.claimed:
            queue = self.plan.order_keys(message.partition_key) or message.id
            jobs.setdefault(queue, _Job([])).messages.append(message)
        return list(jobs.values())

    def leaving(self) -> dict[int, Outgoing]:
        """What is sent unless an earlier message of its queue fails, by id."""
        found = self.prepared if self.sender else {}
        return {mid: one for mid, one in found.items() if isinstance(one, Outgoing)}

    def attempt(self, message: claims.Claimed) -> ledger.Result:
        """Send one message, or fail it for the reason found while it was prepared."""
        started = datetime.now(UTC).replace(tzinfo=None)
        clock = time.monotonic()
        prepared = self.prepared.get(message.id, self.otherwise)
        if isinstance(prepared, Outgoing) and self.sender:
            outcome = self.sender(prepared)
        else:
            outcome = Outcome(prepared)
        return _result(message, outcome, self.plan, started, time.monotonic() - clock)


class OutboundDrain(Drain):
    """Drains queued messages of one lane to the partner."""

    def __init__(self, registry: Registry, lane_id: int) -> None:
        super().__init__(registry, lane_id)
        self.interface_id = 0
        self._plans = conversion.PlanCache()
        # Nothing can be sent earlier: the breaker is open, or the rate is used up.
        self._probe_at: datetime | None = None
        self._rate_at: datetime | None = None
        self._obstacles = obstacles.Watch()
        # Seconds to wait for the rate, here.
        self._pause = 0.0

    def next_due(self) -> datetime | None:
        if not self.interface_id:
            return None
        blocked_until = max(
            filter(None, (self._probe_at, self._rate_at, self._obstacles.look_again)), default=None
        )
        with own_cursor(self.registry) as cr:
            due = claims.next_due(cr, self.interface_id)
            if blocked_until is None:
                return due
            if claims.any_queued(cr, self.interface_id):
                return blocked_until
        return max(due, blocked_until) if due else None

    def work(self) -> int:
        """Send one batch; while only the rate stands against it, wait for the next tokens."""
        count = self._work()
        while not count and self._pause and not self.expired:
            time.sleep(self._pause)
            count = self._work()
        return count

    def _work(self) -> int:
        self._pause, self._rate_at = 0.0, None
        with own_cursor(self.registry) as cr:
            rules = claims.terms(cr, self.lane_id)
            if rules is None or not lanes.hold(cr, self.lane_id, self.token):
                return 0
            self.interface_id = rules.interface_id
            swept = claims.sweep(cr, rules)
            env = api.Environment(cr, SUPERUSER_ID, {})
            interface = env["integration.interface"].browse(rules.interface_id)
            if (rules.open and not rules.paused) and (
                interface._stop_if_unwaived() or self._obstacles.found(interface)
            ):
                return 0
            policy = interface.policy_id
            concurrency = policy.concurrency
            permit = breakers.permit(cr, rules.interface_id, policy, concurrency * PER_CONNECTION)
            self._probe_at = permit.probe_at
            limit = rates.permit(cr, rules.interface_id, policy, permit.granted)
            token, claimed = claims.claim(cr, rules, limit.granted)
            rates.charge(cr, rules.interface_id, limit, len(claimed))
            breakers.unused(cr, rules.interface_id, policy, permit, len(claimed))
            if not claimed:
                self._obstacles.passed(cr, rules.interface_id)
            if limit.wait and rules.open and not rules.paused and claims.any_due(cr, rules):
                self._wait_for_rate(limit.wait, policy)
        if claimed:
            fault_point("outbound_claimed")
            self._send(claimed, token, concurrency, permit.generation)
        return len(claimed) or swept

    def _wait_for_rate(self, seconds: float, policy: BaseModel) -> None:
        """Wait here, or leave and be woken when there are tokens again."""
        overflows = policy.rate_burst < policy.rate_per_second * AWAY_SECONDS
        if overflows and seconds <= WAIT_SECONDS:
            self._pause = seconds
        else:
            now = datetime.now(UTC).replace(tzinfo=None)
            self._rate_at = now + timedelta(seconds=seconds)

    def _send(
        self, claimed: Sequence[claims.Claimed], token: str, concurrency: int, generation: int
    ) -> None:
        try:
            delivery = self._prepare(claimed)
        except errors.ConfigurationError as exc:
            # It would fail every message of the interface: they wait for whoever mends it.
            with own_cursor(self.registry) as cr:
                ledger.release(cr, [message.id for message in claimed], token)
                self._obstacles.met(cr, self.interface_id, exc)
            return
        except BaseException:
            # Nothing has left: the messages go back untried, and the drain fails visibly.
            with own_cursor(self.registry) as cr:
                ledger.release(cr, [message.id for message in claimed], token)
            raise
        jobs = delivery.jobs()
        departures = Departures(self.registry.db_name, self.interface_id, delivery.leaving())
        departures.begin()
        self._run(jobs, delivery, token, concurrency)
        fault_point("outbound_sent")
        results = [result for job in jobs for result in job.results]
        departures.end(results)
        untried = [message_id for job in jobs for message_id in job.untried]
        self._record(delivery.plan, results, untried, token, generation)

    def _prepare(self, claimed: Sequence[claims.Claimed]) -> _Delivery:
        """Read all that sending needs while a cursor is open."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            plan = self._plans.outbound(env, self.interface_id)
            interface = env["integration.interface"].browse(self.interface_id)
            try:
                _require_key_ring(plan)
                sender = interface._transport()._sender(interface)
            except errors.IntegrationError as exc:
                if exc.holds:
                    raise
                return _Delivery(plan, claimed, None, {}, exc)
            prepared: dict[int, Outgoing | errors.IntegrationError] = {}
            for row in outbound_sources.read(cr, claimed):
                prepared[row.id] = row.prepared(plan)
        gone = errors.PermanentError("The event of this message is gone.", code="event_missing")
        return _Delivery(plan, claimed, sender, prepared, gone)

    def _run(self, jobs: Sequence[_Job], delivery: _Delivery, token: str, concurrency: int) -> None:
        """Send over ``concurrency`` threads; keep the leases alive while the partner is slow."""
        with ThreadPoolExecutor(min(concurrency, len(jobs))) as pool:
            pending = {pool.submit(self._run_job, job, delivery) for job in jobs}
            while pending:
                done, pending = wait(pending, timeout=settings.lease_seconds() / 3)
                for future in done:
                    future.result()
                if pending:
                    with own_cursor(self.registry) as cr:
                        lanes.renew(cr, self.lane_id, self.token, token)

    def _run_job(self, job: _Job, delivery: _Delivery) -> None:
        blocked = False
        for message in job.messages:
            if blocked or self.expired:
                job.untried.append(message.id)
                continue
            result = delivery.attempt(message)
            self.pace.note(result.duration)
            job.results.append(result)
            # Without an order each job has one message, and nobody waits behind it.
            blocked = delivery.plan.blocks(result.state)

    def _record(
        self,
        plan: conversion.OutboundPlan,
        results: Sequence[ledger.Result],
        untried: Sequence[int],
        token: str,
        generation: int,
    ) -> None:
        with own_cursor(self.registry) as cr:
            written = ledger.record(cr, results, token)
            ledger.release(cr, untried, token)
            ours = [result for result in results if result.message_id in written]
            sync.of_results(
                cr, [(r.message_id, str(r.state), ledger.error_text(r.error)) for r in ours]
            )
            env = api.Environment(cr, SUPERUSER_ID, {})
            interface = env["integration.interface"].browse(plan.interface_id)
            # What we refused ourselves says nothing about the partner's health.
            calls = [r for r in ours if r.error is None or r.http_status or _is_outage(r.error)]
            failures = sum(1 for r in calls if r.error is not None and _is_outage(r.error))
            breakers.record(cr, interface, len(calls) - failures, failures, generation)
            unused = len(untried) + len(ours) - len(calls)
            rates.give_back(cr, plan.interface_id, interface.policy_id, unused)
            notice.final_failures(env, ours)
            self._obstacles.passed(cr, plan.interface_id)


def _require_key_ring(plan: conversion.OutboundPlan) -> None:
    """What is sent is stored as well; find out before sending that it could not be."""
    if not plan.private:
        return
    if plan.key_ring is None:
        raise keyring.KeyRingMissing(
            "Confidential and clinical content needs a key ring; the server has none."
        )
    plan.key_ring.pseudonym("", "nothing")


def _is_outage(error: errors.IntegrationError) -> bool:
    return error.error_class in (
        errors.ErrorClass.TRANSIENT,
        errors.ErrorClass.THROTTLED,
        errors.ErrorClass.UNKNOWN_OUTCOME,
    )


def _result(
    message: claims.Claimed,
    outcome: Outcome,
    plan: conversion.OutboundPlan,
    started: datetime,
    duration: float,
) -> ledger.Result:
    state, delay = State.DONE, None
    if outcome.error and plan.private:
        outcome.error = discretion.discreet(outcome.error, outcome.sent, outcome.response)
    if outcome.error:
        state = errors.next_state(outcome.error.error_class, message.attempts, plan.max_attempts)
        if state == State.RETRY:
            retry_after = getattr(outcome.error, "retry_after", None)
            delay = plan.retry.next_delay(message.attempts, retry_after)
            state = State.DEAD if delay is None else state
    result = ledger.Result(
        message.id, state, message.attempts, started, duration,
        error=outcome.error, delay=delay, http_status=outcome.http_status,
    )  # fmt: skip
    for kind, body, content_type in (
        ("sent", outcome.sent, "application/json"),
        ("response", outcome.response, outcome.response_type),
    ):
        if body:
            result.payloads.append(
                payloads.seal(
                    body, message.uuid, kind, plan.key_ring, plan.data_class, content_type
                )
            )
    return result
