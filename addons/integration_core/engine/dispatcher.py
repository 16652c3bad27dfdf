"""The dispatcher: from an event in the outbox to one message per subscribed interface.

One transaction turns a batch of events into messages and marks the events, so that a dispatcher
that dies repeats nothing and loses nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from odoo import SUPERUSER_ID, api
from odoo.sql_db import BaseCursor

from ..tools import correlation
from ..tools.partition import partition_hash
from ..tools.states import INITIAL, State
from . import lanes, ledger, notice, sync, wakeup
from .causation import MAX_DEPTH
from .cursors import own_cursor
from .drain import Drain, fault_point

BATCH = 500
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


class DispatchDrain(Drain):
    """Drains the outbox of events. What it makes stays in this database until a drain sends it."""

    is_traffic = False

    def work(self) -> int:
        with own_cursor(self.registry) as cr:
            if not lanes.hold(cr, self.lane_id, self.token):
                return 0
            done = fan_out(cr)
            if done:
                fault_point("dispatch_inserted")
        return done


def fan_out(cr: BaseCursor) -> int:
    """Turn a batch of events into messages, in the transaction of ``cr``; return how many it took.

    :param cr: the caller holds the lane of the dispatcher
    """
    events = _undispatched(cr)
    if not events:
        return 0
    subscribers = _subscribers(cr, {event.type_id for event in events})
    pairs = [
        (event, subscriber)
        for event in events
        for subscriber in subscribers.get(event.type_id, ())
        if subscriber.takes(event)
    ]
    messages = _insert(cr, pairs)
    _show(cr, messages)
    cr.execute(
        "UPDATE integration_event SET dispatched_at = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)",
        [[event.id for event in events]],
    )
    interfaces = {subscriber.interface_id for _mid, _event, subscriber in messages}
    wakeup.wake_lanes(cr, lanes.of_interfaces(cr, sorted(interfaces)))
    return len(events)


def _show(cr: BaseCursor, messages: Sequence[tuple[int, _Event, _Subscriber]]) -> None:
    """Let the documents show what became of them, and tell people of what was refused."""
    sync.upsert(
        cr,
        [
            (
                event.res_model,
                event.res_id,
                subscriber.interface_id,
                "failed" if event.refusal else "pending",
                event.refusal[2] if event.refusal else None,
                mid,
            )
            for mid, event, subscriber in messages
        ],
    )
    refused = [mid for mid, event, _subscriber in messages if event.refusal]
    if refused:
        ledger.classify_errors(cr, refused)
        notice.tell(api.Environment(cr, SUPERUSER_ID, {}), refused)


def _undispatched(cr: BaseCursor) -> list[_Event]:
    cr.execute(
        """
        SELECT id, uuid, type_id, type_code, res_model, res_id, company_id, partner_id,
               correlation_id, trace_parent, cause_system_id, coalesce(depth, 0), problem,
               mute_id
          FROM integration_event WHERE dispatched_at IS NULL
         ORDER BY id LIMIT %s FOR UPDATE
        """,
        [BATCH],
    )
    return [_Event(*row) for row in cr.fetchall()]


def _subscribers(cr: BaseCursor, type_ids: set[int]) -> Mapping[int, list[_Subscriber]]:
    """Subscribed interfaces by event type.

    An interface subscribes from its first activation until it is retired: what happens while it
    is under change is held for it, what happened before it was ever approved is not its business.
    """
    cr.execute(
        """
        SELECT r.integration_event_type_id, i.id, i.company_id, i.system_id,
               p.commercial_partner_id, coalesce(i.echo_allowed, false), o.ordering
          FROM integration_event_type_integration_interface_rel r
          JOIN integration_interface i ON i.id = r.integration_interface_id
          JOIN integration_system s ON s.id = i.system_id
          JOIN integration_policy o ON o.id = i.policy_id
          LEFT JOIN res_partner p ON p.id = s.partner_id
         WHERE r.integration_event_type_id = ANY(%s) AND i.active AND i.direction = 'outbound'
           AND i.activated_at IS NOT NULL AND i.state <> 'retired'
        """,
        [sorted(type_ids)],
    )
    found = defaultdict(list)
    for type_id, *subscriber in cr.fetchall():
        found[type_id].append(_Subscriber(*subscriber))
    return found


def _insert(
    cr: BaseCursor, pairs: Sequence[tuple[_Event, _Subscriber]]
) -> list[tuple[int, _Event, _Subscriber]]:
    """Create the messages of ``pairs``; a pair that has its message already makes no second."""
    if not pairs:
        return []
    by_uuid = {ledger.new_uuid(): pair for pair in pairs}
    new = cr.execute_values(
        """
        INSERT INTO integration_idempotency (interface_id, key, message_uuid, created_at)
        VALUES %s ON CONFLICT (interface_id, key) DO NOTHING RETURNING message_uuid
        """,
        [(s.interface_id, e.uuid, uuid) for uuid, (e, s) in by_uuid.items()],
        template="(%s, %s, %s, now() AT TIME ZONE 'UTC')",
        page_size=len(pairs),
        fetch=True,
    )
    fresh = {row[0] for row in new}
    rows = cr.execute_values(
        """
        INSERT INTO integration_message (
            uuid, interface_id, company_id, direction, state, message_type, external_key,
            partition_key, partition_hash, correlation_id, trace_parent, causation_id, depth,
            event_id, res_model, res_id, priority, available_at, created_at, attempts,
            error_class, error_code, error_message)
        VALUES %s RETURNING id, uuid
        """,
        [_row(uuid, *pair) for uuid, pair in by_uuid.items() if uuid in fresh],
        template="(%s, %s, %s, 'outbound', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
        "now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 0, %s, %s, %s)",
        page_size=len(pairs),
        fetch=True,
    ) if fresh else []  # fmt: skip
    return [(message_id, *by_uuid[uuid]) for message_id, uuid in rows]


def _row(uuid: str, event: _Event, subscriber: _Subscriber) -> tuple[object, ...]:
    state = State.QUARANTINED if event.refusal else State.QUEUED
    if state not in INITIAL:
        raise ValueError(state)
    key = f"{event.res_model},{event.res_id}"
    parent = correlation.parse_traceparent(event.trace_parent)
    return (
        uuid,
        subscriber.interface_id,
        subscriber.company_id,
        str(state),
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
        *(event.refusal or (None, None, None)),
    )
