"""Notify, then fetch: a thin notification makes us ask its sender for what it is about.

There are three messages, each with a state, attempts and a history of its own:

* the *notification*, inbound. To handle it is to ask: its transaction makes the fetch;
* the *fetch*, outbound, of an interface that asks instead of telling, with all that holds for what
  is sent: retries, breaker, rate, dead letters;
* the *content*, inbound, of the notification's interface: what the partner answered. It is stored
  in the transaction that records the fetch, and handled as if the partner had sent it.

So a process may die at any line: a step and what it gives rise to are both there, or neither. What
arrived has no cause in the ledger, and what was fetched has its fetch: that tells them apart.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from odoo import api
from odoo.sql_db import BaseCursor

from ..tools import canonical_json, correlation, data_classes, errors
from ..tools.keyring import KeyRing
from ..tools.partition import partition_hash
from ..tools.states import State
from . import failures, intake, ledger, own_events, payloads, wakeup
from .cursors import insert_quietly

if TYPE_CHECKING:
    from .claims import Claimed
    from .conversion import InboundPlan, OutboundPlan

_logger = logging.getLogger(__name__)


# What a fetch asks for. Nobody else is handed it: it counts as dispatched.
_EVENT = """
    INSERT INTO integration_event (
        uuid, tx, type_id, type_code, res_model, res_id, occurred_at, company_id, data, body,
        encoding, data_class, correlation_id, trace_parent, causation_id, cause_system_id,
        depth, acting_company_id, dispatched_at)
    SELECT v.uuid, v.uuid, t.id, t.code, 'integration.message', m.id,
           now() AT TIME ZONE 'UTC', m.company_id, v.data, v.body, v.encoding, v.data_class,
           coalesce(m.correlation_id, m.uuid), v.trace, m.uuid, v.system, v.depth,
           m.company_id, now() AT TIME ZONE 'UTC'
      FROM (VALUES %s) AS v(uuid, code, message, data, body, encoding, data_class, trace,
                            system, depth)
      JOIN integration_event_type t ON t.code = v.code
      JOIN integration_message m ON m.id = v.message
    RETURNING id
"""


@dataclass(frozen=True)
class Fetch:
    """How an interface asks for the content of its notifications.

    :ivar interface_id: the outbound interface that asks
    :ivar lanes: how many lanes that one has
    :ivar locate: what a notification is about, in the words of that interface's transport. Raises
        :class:`errors.IntegrationError`, without content
    """

    interface_id: int
    lanes: int
    locate: Callable[[Any], str]


class Stored(Protocol):
    """The part of a notification that its fetch goes by."""

    @property
    def content_type(self) -> str | None: ...
    @property
    def message_type(self) -> str | None: ...
    @property
    def trace_parent(self) -> str | None: ...
    @property
    def depth(self) -> int | None: ...


def ask(
    cr: BaseCursor, plan: InboundPlan, message: Claimed, stored: Stored, raw: bytes
) -> tuple[str, int]:
    """Make the fetch of a notification, in the transaction that handles it.

    :param raw: what the notification says
    :return: model and id of the fetch
    :raises errors.IntegrationError: it is not said, or not known, what to ask for
    """
    fetch = plan.fetch
    if fetch is None or isinstance(fetch, errors.IntegrationError):
        raise fetch or errors.ConfigurationError("Nothing is fetched here.")
    resource = fetch.locate(plan.codec.decode(raw, stored.content_type or ""))
    key = message.partition_key or _resource_key(plan, fetch, resource)
    fetch_id = _waiting(cr, plan, fetch, message, key, resource)
    if fetch_id is None:
        event_id = _insert_event(cr, plan, message, stored, resource)
        fetch_id = _insert_message(cr, fetch, event_id, key)
    # Also for one that waits already: a drain may have passed over it while we had it locked.
    wakeup.wake_interface_after_commit(cr, fetch.interface_id, partition_hash(key) % fetch.lanes)
    return "integration.message", fetch_id


def _waiting(
    cr: BaseCursor, plan: InboundPlan, fetch: Fetch, message: Claimed, key: str, resource: str
) -> int | None:
    """A fetch of the same thing that nobody has begun: what it brings is new enough for this
    notification too.

    Only where the handler says so, since another one may do something for each notification. Only
    where the key stands for the whole resource, so that nothing has to be decrypted to compare. It
    is locked until our commit, so that it cannot leave before that; one that is being claimed, or
    that was tried before and may be near its end, is passed over.
    """
    if not plan.latest_suffices or message.partition_key:
        return None
    if not plan.private and len(resource) > intake.KEY_LENGTH:
        return None
    cr.execute(
        """
        SELECT f.id
          FROM integration_message f
          JOIN integration_message n ON n.id = f.res_id AND f.res_model = 'integration.message'
          JOIN integration_message m ON m.id = %(message)s
         WHERE f.interface_id = %(fetch)s AND f.partition_key = %(key)s
           AND f.state = 'queued' AND f.attempts = 0 AND f.priority <= m.priority
           AND n.interface_id = m.interface_id
           AND n.message_type IS NOT DISTINCT FROM m.message_type
         ORDER BY f.id LIMIT 1
           FOR NO KEY UPDATE OF f SKIP LOCKED
        """,
        {"message": message.id, "fetch": fetch.interface_id, "key": key},
    )
    row = cr.fetchone()
    return row[0] if row else None


def _resource_key(plan: InboundPlan, fetch: Fetch, resource: str) -> str:
    """Fetches of one thing keep their order, so that what was fetched last is handled last."""
    if plan.private:
        return intake.partition_pseudonym(fetch.interface_id, resource, plan.key_ring)
    return resource[: intake.KEY_LENGTH]


def _insert_event(
    cr: BaseCursor, plan: InboundPlan, message: Claimed, stored: Stored, resource: str
) -> int:
    """What a fetch asks for, where messages have their content; nobody else is handed it."""
    uuid = ledger.new_uuid()
    snapshot = {
        "resource": resource,
        "interface": plan.interface_id,
        "message_type": stored.message_type,
        "ordering_key": message.partition_key,
    }
    content = payloads.seal_event(snapshot, uuid, plan.data_class, plan.key_ring)
    parent = correlation.parse_traceparent(stored.trace_parent)
    insert_quietly(
        cr,
        _EVENT,
        [
            (
                uuid,
                own_events.FETCH,
                message.id,
                content.data,
                content.body,
                content.encoding,
                content.data_class,
                str(parent.child() if parent else correlation.new_traceparent()),
                plan.system_id,
                (stored.depth or 0) + 1,
            )
        ],
        template="(%s, %s, %s::int, %s, %s::bytea, %s, %s, %s, %s::int, %s::int)",
    )
    return cr.fetchone()[0]


def _insert_message(cr: BaseCursor, fetch: Fetch, event_id: int, key: str) -> int:
    """A replayed notification yields to new traffic, and so does its fetch. Where the whole
    interface is one queue, that would be an overtaking."""
    cr.execute(
        """
        INSERT INTO integration_message (
            uuid, interface_id, company_id, direction, state, message_type, external_key,
            partition_key, partition_hash, correlation_id, trace_parent, causation_id, depth,
            event_id, res_model, res_id, priority, available_at, created_at, attempts)
        SELECT %(uuid)s, i.id, i.company_id, 'outbound', %(state)s, e.type_code, e.uuid,
               %(key)s, %(hash)s, e.correlation_id, e.trace_parent, e.causation_id, e.depth,
               e.id, e.res_model, e.res_id,
               CASE WHEN p.ordering = 'strict' THEN %(normal)s ELSE m.priority END,
               now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 0
          FROM integration_event e
          JOIN integration_message m ON m.id = e.res_id
          JOIN integration_interface i ON i.id = %(interface)s
          JOIN integration_policy p ON p.id = i.policy_id
         WHERE e.id = %(event)s
        RETURNING id
        """,
        {
            "uuid": ledger.new_uuid(),
            "interface": fetch.interface_id,
            "event": event_id,
            "state": str(State.QUEUED),
            "key": key,
            "hash": partition_hash(key),
            "normal": intake.NORMAL_PRIORITY,
        },
    )
    return cr.fetchone()[0]


@dataclass(frozen=True)
class _Asked:
    """A fetch that was answered."""

    id: int
    uuid: str
    partition_key: str | None
    correlation_id: str
    trace_parent: str | None
    depth: int | None
    event_uuid: str
    data: str | None
    body: bytes | None
    encoding: str | None


def keep(
    env: api.Environment, plan: OutboundPlan, results: Sequence[ledger.Result], token: str
) -> list[ledger.Result]:
    """Store what was fetched, in the transaction that records ``results``.

    :param token: with which the fetches were claimed; what belongs to somebody else now is left
    :return: the results as they are to be recorded: content that cannot be stored is a failure of
        its fetch, and of no other
    """
    ids = [result.message_id for result in results if result.fetched]
    if not ids:
        return list(results)
    ours = ledger.fence(env.cr, ids, token)
    asked = {one.id: one for one in _asked(env.cr, sorted(ours))}
    keeper = _Keeper(env, plan)
    return [
        keeper.kept(result, asked.get(result.message_id)) if result.message_id in ours else result
        for result in results
    ]


class _Keeper:
    """Stores the answers to one claim."""

    def __init__(self, env: api.Environment, plan: OutboundPlan) -> None:
        self._env = env
        self._plan = plan
        self._specs: dict[int, dict[str, Any]] = {}

    def kept(self, result: ledger.Result, asked: _Asked | None) -> ledger.Result:
        """The result, as a failure if its content cannot be stored."""
        try:
            if asked is None or result.fetched is None:
                raise errors.PermanentError("What was asked for is gone.", code="event_missing")
            with self._env.cr.savepoint():
                self._store(asked, result.fetched)
        except Exception as exc:  # the others of the claim are to be recorded, whatever this is
            error = errors.classify(exc)
            _logger.error("Content of message %s was not stored: %s", result.message_id, error.code)
            return failures.failed(result, error, self._plan)
        return result

    def _store(self, asked: _Asked, fetched: ledger.Fetched) -> None:
        env, ring = self._env, self._plan.key_ring
        content = payloads.open_event(
            asked.data, asked.body, asked.encoding, asked.event_uuid, ring
        )
        told = canonical_json.loads(content)
        spec = self._spec(told["interface"])
        receipt = intake.store(env.cr, spec, _incoming(spec, asked, told, fetched, ring), ring)
        ledger.set_cause(env.cr, receipt.uuid, asked.uuid, (asked.depth or 0) + 1)
        if receipt.lane is not None:
            wakeup.wake_interface_after_commit(env.cr, spec["id"], receipt.lane)

    def _spec(self, interface_id: int) -> dict[str, Any]:
        if interface_id not in self._specs:
            spec = self._env["integration.interface"].browse(interface_id)._inbound_spec()
            # What the two interfaces say of the content may have changed since they were approved.
            strictest = data_classes.strictest((spec["data_class"], self._plan.data_class))
            self._specs[interface_id] = spec | {"data_class": strictest}
        return self._specs[interface_id]


def _asked(cr: BaseCursor, message_ids: Sequence[int]) -> list[_Asked]:
    cr.execute(
        """
        SELECT m.id, m.uuid, m.partition_key, m.correlation_id, m.trace_parent, m.depth, e.uuid,
               e.data, e.body, e.encoding
          FROM integration_message m JOIN integration_event e ON e.id = m.event_id
         WHERE m.id = ANY(%s) ORDER BY m.id
        """,
        [list(message_ids)],
    )
    return [_Asked(*row) for row in cr.fetchall()]


def _incoming(
    spec: dict[str, Any],
    asked: _Asked,
    told: dict[str, Any],
    fetched: ledger.Fetched,
    ring: KeyRing | None,
) -> intake.Incoming:
    """The content as if it had arrived. It stands in the queue of its notification; else in that
    which it names itself, else in that of the thing which was asked for."""
    parent = correlation.parse_traceparent(asked.trace_parent)
    incoming = intake.Incoming(
        external_key=asked.uuid,
        message_type=told["message_type"],
        body=fetched.body,
        content_type=fetched.content_type,
        correlation_id=asked.correlation_id,
        trace_parent=str(parent.child() if parent else correlation.new_traceparent()),
        partition_key=told["ordering_key"],
    )
    key = intake.partition_of(spec, incoming, ring) or asked.partition_key
    return replace(incoming, partition_key=key)
