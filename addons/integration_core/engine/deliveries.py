"""One claim on its way out: what is sent in which order, over several connections.

Nothing here holds a cursor: it runs in the threads of a drain, between the claim and its record.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import Any, Protocol

from odoo import api

from ..tools import errors
from ..tools.states import State
from . import claims, conversion, discretion, failures, health, ledger, payloads
from .outbound_sources import Filtered, Outgoing, Prepared


@dataclass
class Outcome:
    """What came of one attempt. ``error`` is ``None`` when the partner took the message.

    In a batch, ``sent`` is the part of this message. ``fetched`` is content that was asked for.
    ``left_out``: the partner's answer makes the message one of no interest. An error that ``holds``
    was met before anything left: the message counts as untried, and the others of the interface
    wait with it.

    ``wire_id`` is what the partner calls the message, if that is not its idempotency key. With
    ``waits`` the partner took it, and acknowledges what it made of it within so many seconds
    (:mod:`.awaited`).

    ``learned`` is what the answer tells beside the fate of the message, such as the id that the
    partner gave: it is handed to the transport before the result is recorded.
    """

    error: errors.IntegrationError | None = None
    http_status: int | None = None
    sent: bytes = b""
    response: bytes = b""
    response_type: str = ""
    fetched: ledger.Fetched | None = None
    left_out: bool = False
    sent_type: str = "application/json"
    wire_id: str | None = None
    waits: float | None = None
    learned: Any = None


class Sender(Protocol):
    """Sends one message. Never raises; called from several threads, holds no cursor.

    A sender of batches is a :class:`BatchSender`.
    """

    def __call__(self, message: Outgoing) -> Outcome: ...


class ReadySender(Sender, Protocol):
    """A sender that needs something of the network before the first message, such as a token."""

    def make_ready(self) -> None:
        """Called without a cursor and before anything is tried.

        :raises errors.IntegrationError: nothing can be sent now; the messages wait, untried
        """
        ...


class BriefedSender(Sender, Protocol):
    """A sender that needs to know something of each message that the database has."""

    def brief(self, env: api.Environment, messages: Sequence[Outgoing]) -> None:
        """Called with the messages of a claim while they are prepared.

        :raises errors.IntegrationError: one that holds; nothing is sent then
        """
        ...


class BatchSender(Sender, Protocol):
    """Sends several messages in one request, which the partner takes or refuses as a whole.

    :ivar batch_size: how many at most
    """

    batch_size: int

    def send_batch(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """Send the first of ``messages``, as many as fit into one request, in their order.

        :return: an outcome for each that was sent, at least one; the others are offered again.
            Messages of one key may follow each other in a batch, so an answer that takes some
            and refuses others is to be told as a failure of all.
        """
        ...


@dataclass
class Course:
    """Queues that are served one after the other by one thread, each up to its first obstacle."""

    messages: list[claims.Claimed] = field(default_factory=list)
    results: list[ledger.Result] = field(default_factory=list)
    untried: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Delivery:
    """A claim with everything that sending it needs; used by several threads.

    ``prepared`` has, by message id, what is to be sent or why it is not; ``otherwise`` is what
    is wrong with messages that it does not have. Without a ``sender`` it has none.
    """

    plan: conversion.OutboundPlan
    claimed: Sequence[claims.Claimed]
    sender: Sender | None
    prepared: Mapping[int, Prepared]
    otherwise: errors.IntegrationError
    #: set when nothing more is to leave: the partner has said that nothing is to come to this
    #: address, or something stands in the way of every message
    closed: Event = field(default_factory=Event)
    #: what stands in the way of every message, as found while sending
    obstacles: list[errors.IntegrationError] = field(default_factory=list)

    @property
    def batch_size(self) -> int:
        return getattr(self.sender, "batch_size", 1)

    def make_ready(self) -> None:
        """What the sender needs before its first message.

        :raises errors.IntegrationError: nothing can be sent now
        """
        make_ready = getattr(self.sender, "make_ready", None)
        if make_ready and self.leaving():
            make_ready()

    def courses(self, threads: int) -> list[Course]:
        """The messages in courses that do not wait for each other.

        Each queue is a course of its own; those of a sender of batches are put together, so that
        messages of different queues share a request.
        """
        queues: dict[Hashable, list[claims.Claimed]] = {}
        for message in self.claimed:
            queues.setdefault(self._queue(message), []).append(message)
        if self.batch_size <= 1:
            return [Course(messages) for messages in queues.values()]
        count = min(threads, -(-len(self.claimed) // self.batch_size), len(queues))
        courses = [Course() for _number in range(count)]
        for messages in queues.values():
            min(courses, key=lambda course: len(course.messages)).messages.extend(messages)
        for course in courses:
            course.messages.sort(key=lambda message: message.id)
        return courses

    def _queue(self, message: claims.Claimed) -> Hashable:
        return self.plan.order_keys(message.partition_key) or message.id

    def leaving(self) -> dict[int, Outgoing]:
        """What is sent unless an earlier message of its queue fails, by id."""
        found = self.prepared if self.sender else {}
        return {mid: one for mid, one in found.items() if isinstance(one, Outgoing)}

    def serve(self, course: Course, is_over: Callable[[], bool]) -> None:
        """Send the messages of a course; what stands behind an obstacle stays untried."""
        pending = deque(course.messages)
        blocked: set[Hashable] = set()
        while pending:
            if self.closed.is_set() or is_over():
                course.untried.extend(message.id for message in pending)
                return
            batch = self._next_batch(pending, blocked, course.untried)
            if not batch:
                return
            results = self.attempt(batch)
            if not results:
                pending.extendleft(reversed(batch))
                continue  # closed: all of them stay untried
            pending.extendleft(reversed(batch[len(results) :]))
            course.results.extend(results)
            if any(health.is_gone(result) for result in results):
                self.closed.set()
            # Without an order each queue has one message, and nobody waits behind it.
            blocked.update(
                self._queue(message)
                for message, result in zip(batch, results, strict=False)
                if self.plan.blocks(result.state)
            )

    def _next_batch(
        self, pending: deque[claims.Claimed], blocked: set[Hashable], untried: list[int]
    ) -> list[claims.Claimed]:
        """Take what is tried next: messages that share a request, or one that is not sent."""
        batch: list[claims.Claimed] = []
        while pending and len(batch) < self.batch_size:
            if self._queue(pending[0]) in blocked:
                untried.append(pending.popleft().id)
                continue
            leaves = isinstance(self.prepared.get(pending[0].id), Outgoing)
            if batch and not leaves:
                break
            batch.append(pending.popleft())
            if not leaves:
                break
        return batch

    def attempt(self, messages: Sequence[claims.Claimed]) -> list[ledger.Result]:
        """Try messages that share a request; the first of them, at least one.

        A message that is not sent fails for the reason found while it was prepared.

        :return: nothing when the attempt met what stands in the way of every message
        """
        started = datetime.now(UTC).replace(tzinfo=None)
        clock = time.monotonic()
        prepared = [self.prepared.get(message.id, self.otherwise) for message in messages]
        first = prepared[0]
        if isinstance(first, Filtered):
            return [
                ledger.Result(messages[0].id, State.FILTERED, messages[0].attempts, started, 0.0)
            ]
        if isinstance(first, errors.IntegrationError) or not self.sender:
            outcomes = [Outcome(first if isinstance(first, errors.IntegrationError) else None)]
        else:
            outcomes = self._send([one for one in prepared if isinstance(one, Outgoing)])
        if self._held(outcomes):
            return []
        duration = time.monotonic() - clock
        return [
            _result(message, outcome, self.plan, started, duration)
            for message, outcome in zip(messages, outcomes, strict=False)
        ]

    def _held(self, outcomes: Sequence[Outcome]) -> bool:
        """Whether nothing left because of what concerns every message; nobody tries on then."""
        found = [one.error for one in outcomes if one.error is not None and one.error.holds]
        if found:
            self.obstacles.append(found[0])
            self.closed.set()
        return bool(found)

    def _send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        if self.batch_size <= 1:
            return [self.sender(messages[0])]  # type: ignore[misc]  # there is one, see attempt
        outcomes = self.sender.send_batch(messages)  # type: ignore[union-attr]
        if not 1 <= len(outcomes) <= len(messages):
            raise ValueError("a sender of batches tells what became of one message at least")
        return outcomes


def _result(
    message: claims.Claimed,
    outcome: Outcome,
    plan: conversion.OutboundPlan,
    started: datetime,
    duration: float,
) -> ledger.Result:
    state, delay, error = State.DONE, None, outcome.error
    if outcome.left_out:
        state = State.FILTERED
    elif outcome.waits is not None:
        state, delay = State.WAITING, outcome.waits
    if error and plan.private and not error.discreet:
        error = discretion.discreet(error, outcome.sent, outcome.response)
    if error:
        state, delay = failures.fate(error, message.attempts, plan)
    result = ledger.Result(
        message.id, state, message.attempts, started, duration,
        error=error, delay=delay, http_status=outcome.http_status, fetched=outcome.fetched,
        wire_id=outcome.wire_id, learned=outcome.learned,
    )  # fmt: skip
    for kind, body, content_type in (
        ("sent", outcome.sent, outcome.sent_type),
        ("response", outcome.response, outcome.response_type),
    ):
        if body:
            result.payloads.append(
                payloads.seal(
                    body, message.uuid, kind, plan.key_ring, plan.data_class, content_type
                )
            )
    return result
