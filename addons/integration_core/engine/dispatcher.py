"""The dispatcher: from an event in the outbox to one message per subscribed interface.

One transaction turns a batch of events into messages and marks the events, so that a dispatcher
that dies repeats nothing and loses nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools import correlation, errors
from ..tools.partition import partition_hash
from ..tools.states import INITIAL, TERMINAL, State
from . import conversion, filters, lanes, ledger, notice, sequences, sync, wakeup
from .causation import MAX_DEPTH
from .cursors import own_cursor
from .drain import Drain, fault_point

BATCH = 500
# Of the outbox while a person waits.
ROUNDS = 20
NORMAL_PRIORITY = 10
# What a catch-up tells after a bulk import goes behind what happens now.
CAUGHT_UP_PRIORITY = 20
LOOP = "Systems answer each other in a loop; this message was not sent."


@dataclass(frozen=True)
class _Event:
    id: int
    uuid: str
    type_id: int
    type_code: str
    res_model: str
    res_id: int
    company_id: int | None
    partner_id: int | None
    correlation_id: str
    trace_parent: str | None
    cause_system_id: int | None
    depth: int
    problem: str | None
    mute_id: int | None

    @property
    def refusal(self) -> tuple[str, str, str] | None:
        """Class, code and text of the reason why this event may not be sent as it is.

        Its snapshot could not be taken, or its chain of causes is too long to be anything but a
        loop.
        """
        if self.depth > MAX_DEPTH:
            return "conflict", "causation_depth", LOOP
        if self.problem:
            return "configuration", "snapshot_failed", self.problem
        return None


@dataclass(frozen=True)
class _Subscriber:
    """An interface that takes events of a type."""

    interface_id: int
    company_id: int
    system_id: int
    partner_id: int | None
    echo_allowed: bool
    ordering: str
    has_filter: bool

    def priority(self, event: _Event) -> int:
        """Where the whole interface is one queue, a lower priority would be an overtaking."""
        if event.mute_id and self.ordering != "strict":
            return CAUGHT_UP_PRIORITY
        return NORMAL_PRIORITY

    def takes(self, event: _Event) -> bool:
        """Same company, addressed to the system's partner, and no echo.

        What belongs to no company or concerns no partner, such as a shared product, is for all.
        """
        return (
            event.company_id in (None, self.company_id)
            and (not (self.partner_id and event.partner_id) or self.partner_id == event.partner_id)
            and (self.echo_allowed or event.cause_system_id != self.system_id)
        )


# The columns of an event, and of a subscriber with the tables that they come from.
_EVENT = """
    id, uuid, type_id, type_code, res_model, res_id, company_id, partner_id, correlation_id,
    trace_parent, cause_system_id, coalesce(depth, 0), problem, mute_id"""
_SUBSCRIBER = """
               i.id, i.company_id, i.system_id, p.commercial_partner_id,
               coalesce(i.echo_allowed, false), o.ordering, coalesce(i.event_filter, '') <> ''
          FROM integration_interface i
          JOIN integration_system s ON s.id = i.system_id
          JOIN integration_policy o ON o.id = i.policy_id
          LEFT JOIN res_partner p ON p.id = s.partner_id"""


@dataclass(frozen=True)
class _Fate:
    """What becomes of an event at a subscriber.

    :ivar refusal: class, code and text of the reason why it may not be sent
    """

    event: _Event
    subscriber: _Subscriber
    state: State
    refusal: tuple[str, str, str] | None = None


class DispatchDrain(Drain):
    """Drains the outbox of events. What it makes stays in this database until a drain sends it."""

    is_traffic = False

    def __init__(self, registry: Registry, lane_id: int) -> None:
        super().__init__(registry, lane_id)
        self._plans = conversion.PlanCache()

    def work(self) -> int:
        with own_cursor(self.registry) as cr:
            if not lanes.hold(cr, self.lane_id, self.token):
                return 0
            events = fan_out(cr, self._plans)
            if events:
                fault_point("dispatch_inserted")
        return len(events)


def fan_out(cr: BaseCursor, plans: conversion.PlanCache) -> Sequence[_Event]:
    """Turn a batch of events into messages, in the transaction of ``cr``.

    :param cr: the caller holds the lane of the dispatcher
    :return: the events, or as many of them as there was time to filter
    """
    events: Sequence[_Event] = _undispatched(cr)
    if not events:
        return []
    subscribers = _subscribers(cr, {event.type_id for event in events})
    events, fates = _decide(cr, plans, events, subscribers)
    messages = _insert(cr, fates)
    sync.upsert(
        cr,
        [_status(mid, one) for mid, one in messages.items() if one.state != State.FILTERED],
    )
    refused = [mid for mid, fate in messages.items() if fate.refusal]
    if refused:
        ledger.classify_errors(cr, refused)
        notice.tell(api.Environment(cr, SUPERUSER_ID, {}), refused)
    _mark_dispatched(cr, events)
    interfaces = {
        fate.subscriber.interface_id for fate in messages.values() if fate.state != State.FILTERED
    }
    wakeup.wake_lanes(cr, lanes.of_interfaces(cr, sorted(interfaces)))
    return events


def _decide(
    cr: BaseCursor,
    plans: conversion.PlanCache,
    events: Sequence[_Event],
    subscribers: Mapping[int, Sequence[_Subscriber]],
) -> tuple[Sequence[_Event], list[_Fate]]:
    """The events that are decided, and what becomes of each at its subscribers."""
    pairs = [
        (event, subscriber)
        for event in events
        for subscriber in subscribers.get(event.type_id, ())
        if subscriber.takes(event)
    ]
    questions = {
        _question(*pair): pair[0] for pair in pairs if pair[1].has_filter and not pair[0].refusal
    }
    verdicts: Mapping[filters.Question, filters.Verdict] = {}
    if questions:
        env = api.Environment(cr, SUPERUSER_ID, {})
        verdicts = filters.judge(env, plans, list(questions))
    # Messages keep the order of events: from the first one without an answer on, all wait.
    open_ids = [event.id for question, event in questions.items() if question not in verdicts]
    if open_ids:
        end = min(open_ids)
        events = [event for event in events if event.id < end]
        pairs = [pair for pair in pairs if pair[0].id < end]
    return events, [_fate(*pair, verdicts) for pair in pairs]


def _undispatched(cr: BaseCursor) -> list[_Event]:
    cr.execute(
        f"SELECT {_EVENT} FROM integration_event WHERE dispatched_at IS NULL "  # noqa: S608
        "ORDER BY id LIMIT %s FOR UPDATE",
        [BATCH],
    )
    return [_Event(*row) for row in cr.fetchall()]


def dispatch_now(registry: Registry, model: str, res_id: int) -> bool:
    """Make messages of what the outbox holds about a record, without waiting for the drain.

    Events keep their order, so the older ones of other records become messages as well. That the
    drain may do the same at once is harmless: it waits for the rows, and finds them dispatched.

    :return: whether nothing is left about the record; otherwise there is too much before it
    """
    plans = conversion.PlanCache()
    for _round in range(ROUNDS):
        with own_cursor(registry) as cr:
            cr.execute(
                "SELECT EXISTS (SELECT FROM integration_event WHERE res_model = %s "
                "AND res_id = %s AND dispatched_at IS NULL)",
                [model, res_id],
            )
            if not cr.fetchone()[0]:
                return True
            fan_out(cr, plans)
    return False


def send_to(cr: BaseCursor, event_id: int, interface_id: int) -> int:
    """Make one event a message of one interface, and of no other; return its id.

    :raises errors.IntegrationError: ``not_addressed``: it may not go there, as it belongs to
        another company or concerns another partner, or answers what came from there
    """
    cr.execute(f"SELECT {_EVENT} FROM integration_event WHERE id = %s FOR UPDATE", [event_id])  # noqa: S608
    event = _Event(*cr.fetchone())
    cr.execute(f"SELECT {_SUBSCRIBER} WHERE i.id = %s", [interface_id])
    subscriber = _Subscriber(*cr.fetchone())
    if not subscriber.takes(event):
        raise errors.ConfigurationError(
            "The event belongs to another company, or concerns another partner than the one of "
            "the interface. Nothing was sent.",
            code="not_addressed",
        )
    [message_id] = _insert(cr, [_Fate(event, subscriber, State.QUEUED)])
    _mark_dispatched(cr, [event])
    wakeup.wake_lanes(cr, lanes.of_interfaces(cr, [interface_id]))
    return message_id


def _mark_dispatched(cr: BaseCursor, events: Sequence[_Event]) -> None:
    cr.execute(
        "UPDATE integration_event SET dispatched_at = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)",
        [[event.id for event in events]],
    )


def _subscribers(cr: BaseCursor, type_ids: set[int]) -> Mapping[int, list[_Subscriber]]:
    """Subscribed interfaces by event type.

    An interface subscribes from its first activation until it is retired: what happens while it
    is under change is held for it, what happened before it was ever approved is not its business.
    """
    cr.execute(
        f"""
        SELECT r.integration_event_type_id, {_SUBSCRIBER}
          JOIN integration_event_type_integration_interface_rel r
            ON r.integration_interface_id = i.id
         WHERE r.integration_event_type_id = ANY(%s) AND i.active AND i.direction = 'outbound'
           AND i.activated_at IS NOT NULL AND i.state <> 'retired'
        """,
        [sorted(type_ids)],
    )
    found = defaultdict(list)
    for type_id, *subscriber in cr.fetchall():
        found[type_id].append(_Subscriber(*subscriber))
    return found


def _question(event: _Event, subscriber: _Subscriber) -> filters.Question:
    return filters.Question(event.id, event.type_code, subscriber.interface_id)


def _fate(
    event: _Event,
    subscriber: _Subscriber,
    verdicts: Mapping[filters.Question, filters.Verdict],
) -> _Fate:
    if event.refusal:
        return _Fate(event, subscriber, State.QUARANTINED, event.refusal)
    verdict = verdicts.get(_question(event, subscriber), True)
    if isinstance(verdict, errors.IntegrationError):
        refusal = (str(verdict.error_class), verdict.code, ledger.error_text(verdict) or "")
        return _Fate(event, subscriber, State.QUARANTINED, refusal)
    return _Fate(event, subscriber, State.QUEUED if verdict else State.FILTERED)


def _status(message_id: int, fate: _Fate) -> tuple[str, int, int, str, str | None, int]:
    """What the document is told, see :func:`.sync.upsert`."""
    return (
        fate.event.res_model,
        fate.event.res_id,
        fate.subscriber.interface_id,
        "failed" if fate.refusal else "pending",
        fate.refusal[2] if fate.refusal else None,
        message_id,
    )


def _insert(cr: BaseCursor, fates: Sequence[_Fate]) -> dict[int, _Fate]:
    """Create a message for each of ``fates``; one that has its message already makes no second."""
    if not fates:
        return {}
    by_uuid = {ledger.new_uuid(): fate for fate in fates}
    new = cr.execute_values(
        """
        INSERT INTO integration_idempotency (interface_id, key, message_uuid, created_at)
        VALUES %s ON CONFLICT (interface_id, key) DO NOTHING RETURNING message_uuid
        """,
        [(one.subscriber.interface_id, one.event.uuid, uuid) for uuid, one in by_uuid.items()],
        template="(%s, %s, %s, now() AT TIME ZONE 'UTC')",
        page_size=len(fates),
        fetch=True,
    )
    known = {row[0] for row in new}
    fresh = {uuid: fate for uuid, fate in by_uuid.items() if uuid in known}
    numbers = _numbers(cr, fresh)
    rows = cr.execute_values(
        """
        INSERT INTO integration_message (
            uuid, interface_id, company_id, direction, state, message_type, external_key,
            partition_key, partition_hash, correlation_id, trace_parent, causation_id, depth,
            event_id, res_model, res_id, priority, available_at, created_at, attempts,
            sequence_number, finished_at, error_class, error_code, error_message)
        VALUES %s RETURNING id, uuid
        """,
        [_row(uuid, fate, numbers.get(uuid)) for uuid, fate in fresh.items()],
        template="(%s, %s, %s, 'outbound', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
        "now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 0, %s, "
        "CASE WHEN %s THEN now() AT TIME ZONE 'UTC' END, %s, %s, %s)",
        page_size=len(fates),
        fetch=True,
    ) if fresh else []  # fmt: skip
    return {message_id: fresh[uuid] for message_id, uuid in rows}


def _numbers(cr: BaseCursor, fresh: Mapping[str, _Fate]) -> dict[str, int]:
    """Sequence numbers of what is going to be sent, in the order of its events.

    What is quarantined may never be: it gets its number when it leaves (see ``engine.outbound``).
    """
    sent = {
        uuid: fate.subscriber.interface_id
        for uuid, fate in fresh.items()
        if fate.state == State.QUEUED
    }
    return dict(zip(sent, sequences.take(cr, list(sent.values())), strict=True))


def _row(uuid: str, fate: _Fate, number: int | None) -> tuple[object, ...]:
    if fate.state not in INITIAL:
        raise ValueError(fate.state)
    event, subscriber = fate.event, fate.subscriber
    key = f"{event.res_model},{event.res_id}"
    parent = correlation.parse_traceparent(event.trace_parent)
    return (
        uuid,
        subscriber.interface_id,
        subscriber.company_id,
        str(fate.state),
        event.type_code,
        event.uuid,
        key,
        partition_hash(key),
        event.correlation_id,
        str(parent.child()) if parent else str(correlation.new_traceparent()),
        event.uuid,
        event.depth,
        event.id,
        event.res_model,
        event.res_id,
        subscriber.priority(event),
        number,
        fate.state in TERMINAL,
        *(fate.refusal or (None, None, None)),
    )
