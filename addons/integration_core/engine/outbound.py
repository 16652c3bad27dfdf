"""The outbound drain: claim and commit, send without a transaction, record the batch.

A message whose result was never recorded is sent again: at least once on the wire. The receiver
recognises it by its id, which stays the same.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools import errors, keyring
from ..tools.claim_size import LEAST, ClaimSize
from ..tools.connection_count import ConnectionCount
from ..tools.states import State
from . import (
    awaited,
    breakers,
    claims,
    conversion,
    fetches,
    health,
    lanes,
    learning,
    ledger,
    notice,
    obstacles,
    outbound_sources,
    own_events,
    rates,
    sequences,
    settings,
    sync,
)
from .cursors import own_cursor
from .deliveries import Course, Delivery, Outcome, Sender
from .departures import Departures
from .drain import Drain, fault_point
from .outbound_sources import Outgoing, Prepared

__all__ = ["OutboundDrain", "Outcome", "Sender"]  # transports import the latter two from here

_logger = logging.getLogger(__name__)

# How long a drain waits for its rate before it rather leaves the worker to others. The bucket fills
# meanwhile: who leaves although it would flow over within the second number stays below the rate.
WAIT_SECONDS = 1.0
AWAY_SECONDS = 3.0
# A claim that takes longer than this over few connections gets all that are allowed.
HELP_SECONDS = 1.0


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
        self._size = ClaimSize()
        self._connections = ConnectionCount()
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
            wanted = concurrency * max(
                # What is fetched is in memory until it is stored.
                LEAST if interface._fetches() else self._size.per_connection,
                interface._transport()._batch_size(interface),
            )
            permit = breakers.permit(cr, rules.interface_id, policy, wanted)
            self._probe_at = permit.probe_at
            limit = rates.permit(cr, rules.interface_id, policy, permit.granted)
            token, claimed = claims.claim(cr, rules, limit.granted)
            rates.charge(cr, rules.interface_id, limit, len(claimed))
            self._return_permits(cr, policy, permit, permit.granted - len(claimed))
            if not claimed:
                self._obstacles.passed(cr, rules.interface_id)
            if limit.wait and rules.open and not rules.paused and claims.any_due(cr, rules):
                self._wait_for_rate(limit.wait, policy)
        if claimed:
            fault_point("outbound_claimed")
            self._send(claimed, token, concurrency, permit)
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
        self,
        claimed: Sequence[claims.Claimed],
        token: str,
        concurrency: int,
        permit: breakers.Permit,
    ) -> None:
        try:
            delivery = self._prepare(claimed)
            delivery.make_ready()
        except errors.IntegrationError as exc:
            # It would fail every message of the interface: they wait for whoever mends it.
            with own_cursor(self.registry) as cr:
                self._undo(cr, claimed, token, permit)
                self._met(cr, exc)
            return
        except BaseException:
            # Nothing has left: the messages go back untried, and the drain fails visibly.
            with own_cursor(self.registry) as cr:
                self._undo(cr, claimed, token, permit)
            raise
        courses = delivery.courses(concurrency)
        departures = Departures(self.registry.db_name, self.interface_id, delivery.leaving())
        departures.begin()
        started = time.monotonic()
        self._run(courses, delivery, token, concurrency)
        fault_point("outbound_sent")
        results = [result for course in courses for result in course.results]
        if any(result.error and health.is_outage(result.error) for result in results):
            self._size.shrink()
        else:
            self._size.note(len(results), time.monotonic() - started, concurrency)
        departures.end(results)
        for result in results:
            self.pace.note(result.duration)
        untried = [message_id for course in courses for message_id in course.untried]
        self._record(delivery, results, untried, token, permit)

    def _met(self, cr: BaseCursor, error: errors.IntegrationError) -> None:
        """Something stands in the way of every message: it passes soon, or people are told."""
        if error.passes_in is None:
            self._obstacles.met(cr, self.interface_id, error)
        else:
            self._obstacles.passes(error.passes_in)

    def _undo(
        self,
        cr: BaseCursor,
        claimed: Sequence[claims.Claimed],
        token: str,
        permit: breakers.Permit,
    ) -> None:
        """Put messages back of which none was tried."""
        ledger.release(cr, [message.id for message in claimed], token)
        env = api.Environment(cr, SUPERUSER_ID, {})
        policy = env["integration.interface"].browse(self.interface_id).policy_id
        self._give_back(cr, policy, permit, len(claimed))

    def _prepare(self, claimed: Sequence[claims.Claimed]) -> Delivery:
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
                return Delivery(plan, claimed, None, {}, exc)
            prepared: dict[int, Prepared] = {}
            for row in outbound_sources.read(cr, claimed):
                prepared[row.id] = row.prepared(plan)
            brief = getattr(sender, "brief", None)
            if brief:
                brief(env, [one for one in prepared.values() if isinstance(one, Outgoing)])
        self._number(prepared)
        gone = errors.PermanentError("The event of this message is gone.", code="event_missing")
        return Delivery(plan, claimed, sender, prepared, gone)

    def _number(self, prepared: dict[int, Prepared]) -> None:
        """Give numbers to what leaves without one; the dispatcher gave all others theirs."""
        without = [
            one.id
            for one in prepared.values()
            if isinstance(one, Outgoing) and one.sequence_number is None
        ]
        if not without:
            return
        with own_cursor(self.registry) as cr:
            numbers = sequences.give(cr, self.interface_id, without)
        for message_id, number in numbers.items():
            prepared[message_id] = replace(prepared[message_id], sequence_number=number)

    def _run(
        self, courses: Sequence[Course], delivery: Delivery, token: str, concurrency: int
    ) -> None:
        """Send over up to ``concurrency`` threads; keep the leases while the partner is slow."""
        most = min(concurrency, len(courses))
        threads = min(self._connections.next(concurrency), most)
        left = deque(courses)
        started, work = time.monotonic(), 0.0
        renewed, interval = started, settings.lease_seconds() / 3
        with ThreadPoolExecutor(most) as pool:
            pending = {pool.submit(self._serve, delivery, left) for _thread in range(threads)}
            while pending:
                done, pending = wait(pending, timeout=min(interval, HELP_SECONDS))
                work += sum(future.result() for future in done)
                if pending and left and threads < most:
                    # One answer that does not come must not hold up what stands behind it.
                    added = range(threads, most)
                    pending |= {pool.submit(self._serve, delivery, left) for _thread in added}
                    threads = most
                if pending and time.monotonic() - renewed >= interval:
                    renewed = time.monotonic()
                    with own_cursor(self.registry) as cr:
                        lanes.renew(cr, self.lane_id, self.token, token)
        self._connections.note(threads, work, time.monotonic() - started)

    def _serve(self, delivery: Delivery, left: deque[Course]) -> float:
        """Serve courses until none is left; several threads take from the same ones.

        :return: seconds of a processor that it took
        """
        started = time.thread_time()
        while True:
            try:
                course = left.popleft()
            except IndexError:
                return time.thread_time() - started
            delivery.serve(course, lambda: self.expired)

    def _record(
        self,
        delivery: Delivery,
        results: Sequence[ledger.Result],
        untried: Sequence[int],
        token: str,
        permit: breakers.Permit,
    ) -> None:
        plan = delivery.plan
        with own_cursor(self.registry) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            results = fetches.keep(env, plan, results, token)
            results = learning.keep(env, plan, results, token)
            waiting = [r.message_id for r in results if r.state == State.WAITING]
            if waiting:
                awaited.lock(cr, plan.system_id)
            written = ledger.record(cr, results, token)
            ledger.release(cr, untried, token)
            ours = [result for result in results if result.message_id in written]
            sync.of_results(
                cr, [(r.message_id, str(r.state), ledger.error_text(r.error)) for r in ours]
            )
            sync.forget(cr, [r.message_id for r in ours if r.state == State.FILTERED])
            interface = env["integration.interface"].browse(plan.interface_id)
            # What we refused ourselves says nothing about the partner's health. What it answered
            # does, also where a lease was lost meanwhile: the call was made, under our permit.
            calls = [r for r in results if _was_call(r)]
            failures = sum(1 for r in calls if r.error is not None and health.is_outage(r.error))
            breakers.record(cr, interface, len(calls) - failures, failures, permit.generation)
            health.record(interface, calls)
            unused = len(untried) + len(results) - len(calls)
            self._give_back(cr, interface.policy_id, permit, unused)
            notice.final_failures(env, ours)
            own_events.given_up(env, [r.message_id for r in ours if r.state == State.DEAD])
            awaited.overtaken(env, waiting)
            if delivery.obstacles:
                self._met(cr, delivery.obstacles[0])
            elif calls:
                self._obstacles.passed(cr, plan.interface_id)
            fault_point("outbound_recorded")

    def _give_back(
        self, cr: BaseCursor, policy: BaseModel, permit: breakers.Permit, unused: int
    ) -> None:
        """Return what was granted for messages that then did not leave."""
        rates.give_back(cr, self.interface_id, policy, unused)
        self._return_permits(cr, policy, permit, unused)

    def _return_permits(
        self, cr: BaseCursor, policy: BaseModel, permit: breakers.Permit, unused: int
    ) -> None:
        """Return permits of the breaker, so that whoever comes next may use them."""
        if unused > 0:
            breakers.unused(cr, self.interface_id, policy, replace(permit, granted=unused), 0)
            # It was the end of a probe's lease, perhaps of one that has just been returned.
            self._probe_at = None


def _require_key_ring(plan: conversion.OutboundPlan) -> None:
    """What is sent is stored as well; find out before sending that it could not be."""
    if not plan.private:
        return
    if plan.key_ring is None:
        raise keyring.KeyRingMissing(
            "Confidential and clinical content needs a key ring; the server has none."
        )
    plan.key_ring.pseudonym("", "nothing")


def _was_call(result: ledger.Result) -> bool:
    """Whether the partner was asked, or would have been had the network let us."""
    if result.error is None:
        return result.state in (State.DONE, State.WAITING) or bool(result.http_status)
    return bool(result.http_status) or health.is_outage(result.error)
