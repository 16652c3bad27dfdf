"""Claiming due messages of a lane, and the housekeeping that precedes it.

All of this runs in READ COMMITTED (see :mod:`.cursors`) while the lane's row is locked, so that
claims of one lane follow each other and order per key holds whatever the number of drains.
Every statement is served by a partial index: its cost does not depend on what is finished.

What is queued is due, whatever ``available_at`` says: only retries wait for a time, and are queued
when it has come. Read as a condition, the time would hold back all that was queued before the clock
of the database was set back.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.sql_db import BaseCursor

from ..tools.states import ATTENTION, LIVE, State
from . import awaited, lanes, ledger, message_keys, notice, own_events, settings, sync

NOW = "(now() AT TIME ZONE 'UTC')"
# One round of housekeeping moves at most so many rows, to keep the lane's lock short.
SWEEP = 2000

# What a message carries whose worker was lost; the code marks it as a suspect (see _suspects).
_LOST = {
    "error_class": "unknown_outcome",
    "error_code": "worker_lost",
    "claim_token": None,
    "lease_until": None,
}

# Messages that yield (replays) have a higher number than this. One claim in so many messages is
# theirs nevertheless, so that a busy interface does not starve them, nor what waits behind them.
NORMAL_PRIORITY = 10
YIELDING_SHARE = 10

_OTHER_LIVE = sorted(LIVE - {State.QUEUED})
# The states of the index of keys (``integration_message_key_idx``), as a list for SQL.
_WITH_KEY = ", ".join(f"'{state}'" for state in sorted(LIVE | ATTENTION))


@dataclass(frozen=True)
class Terms:
    """What an interface allows right now, read in the claiming transaction."""

    interface_id: int
    direction: str
    lane: int
    lanes: int
    ordering: str
    failure_blocks_key: bool
    max_attempts: int
    open: bool
    paused: bool
    unreleased: bool = False

    @property
    def held_reason(self) -> str:
        """Why messages are held that could be claimed otherwise."""
        if self.unreleased:
            return "unreleased"
        return "paused" if self.open else "inactive"

    def blocking_states(self) -> list[State]:
        """States in which an earlier message holds back later ones of its key."""
        return _OTHER_LIVE + (sorted(ATTENTION) if self.failure_blocks_key else [])

    def blocking(self) -> str:
        """:meth:`blocking_states` as a list for SQL."""
        return ", ".join(f"'{state}'" for state in self.blocking_states())


@dataclass(frozen=True)
class Claimed:
    """A message that this drain may work on for as long as its token is on the row."""

    id: int
    uuid: str
    partition_key: str | None
    attempts: int
    event_id: int | None


def terms(cr: BaseCursor, lane_id: int) -> Terms | None:
    """Read what the lane's interface allows; ``None`` when the lane serves no interface."""
    cr.execute(
        """
        SELECT i.id, i.direction, l.number,
               CASE WHEN p.ordering = 'strict' THEN 1 ELSE p.lanes END,
               p.ordering, coalesce(p.failure_blocks_key, false), p.max_attempts,
               i.active AND i.state IN ('active', 'deprecated') AND NOT held.held,
               coalesce(i.processing_paused, false), held.held
          FROM integration_lane l
          JOIN integration_interface i ON i.id = l.interface_id
          JOIN integration_policy p ON p.id = i.policy_id
         CROSS JOIN LATERAL (
               SELECT coalesce(i.awaits_release, false)
                      OR NOT EXISTS (SELECT 1 FROM integration_arming WHERE armed) AS held) held
         WHERE l.id = %s
        """,
        [lane_id],
    )
    row = cr.fetchone()
    return Terms(*row) if row else None


def sweep(cr: BaseCursor, rules: Terms) -> int:
    """Move what time or an administrator has freed or stopped.

    Expired leases return (a message that keeps killing its worker ends as a dead letter), due
    retries are queued, acknowledgements that did not come are given up, and held messages follow
    the pause switch and the lifecycle.

    :return: how many messages moved if there may be more to move, else 0
    """
    _return_expired(cr, rules)
    if rules.direction == "outbound":
        awaited.expire(cr, rules.interface_id, SWEEP)
    message_keys.close(cr, rules.interface_id)
    due = f"state = 'retry' AND available_at <= {NOW}"
    moved = [_promote(cr, rules, due, "available_at")]
    if rules.open and not rules.paused:
        for reason in ("paused", "inactive", "unreleased"):
            held = f"state = 'held' AND held_reason = '{reason}'"
            moved.append(_promote(cr, rules, held, "held_reason, id"))
    else:
        held = ledger.move(
            cr,
            State.HELD,
            where="interface_id = %(interface)s AND state = 'queued'",
            values={"interface": rules.interface_id},
            assign={"held_reason": rules.held_reason},
            order="priority, id",
            limit=SWEEP,
        )
        moved.append(len(held))
    return max(moved) if max(moved) >= SWEEP else 0


def _return_expired(cr: BaseCursor, rules: Terms) -> None:
    over = lanes.ended("lease_until")
    expired = f"interface_id = %(interface)s AND state = 'processing' AND {over}"
    reason = "The worker disappeared during every attempt."
    dead = ledger.move(
        cr,
        State.DEAD,
        where=f"{expired} AND attempts >= %(max)s",
        values={"interface": rules.interface_id, "max": rules.max_attempts},
        assign=_LOST | {"error_message": reason},
        order="lease_until",
        limit=SWEEP,
    )
    ledger.record_lost(cr, dead, State.DEAD)
    ledger.classify_errors(cr, dead)
    if dead:
        sync.of_results(cr, [(message_id, str(State.DEAD), reason) for message_id in dead])
        env = api.Environment(cr, SUPERUSER_ID, {})
        notice.tell(env, dead)
        own_events.given_up(env, dead)
    returned = ledger.move(
        cr,
        State.QUEUED,
        where=expired,
        values={"interface": rules.interface_id},
        assign=_LOST | {"error_message": "The worker disappeared during the last attempt."},
        order="lease_until",
        limit=SWEEP,
    )
    ledger.record_lost(cr, returned, State.QUEUED)


def _promote(cr: BaseCursor, rules: Terms, where: str, order: str) -> int:
    moved = ledger.move(
        cr,
        State.QUEUED,
        where=f"interface_id = %(interface)s AND {where}",
        values={"interface": rules.interface_id},
        assign={"held_reason": None},
        order=order,
        limit=SWEEP,
    )
    return len(moved)


def _special(cr: BaseCursor, interface_id: int) -> tuple[bool, bool]:
    """Whether messages wait that may have killed their worker, and such that yield to others.

    The former are claimed alone: in a batch, the one that kills would use up the attempts of its
    innocent neighbours.
    """
    cr.execute(
        """
        SELECT EXISTS (SELECT 1 FROM integration_message
                        WHERE interface_id = %(id)s AND state = 'queued'
                          AND error_code = 'worker_lost'),
               EXISTS (SELECT 1 FROM integration_message
                        WHERE interface_id = %(id)s AND state = 'queued'
                          AND priority > %(normal)s)
        """,
        {"id": interface_id, "normal": NORMAL_PRIORITY},
    )
    return cr.fetchone()


def claim(cr: BaseCursor, rules: Terms, limit: int) -> tuple[str, list[Claimed]]:
    """Claim up to ``limit`` due messages; return the fencing token and them, in sending order."""
    token = uuid.uuid4().hex
    if limit <= 0 or not rules.open or rules.paused:
        return token, []
    _walk_the_index(cr)
    found: list[tuple[Any, ...]] = []
    suspects, yielding = _special(cr, rules.interface_id)
    if suspects:
        found = _claim(cr, rules, token, 1, "AND m.error_code = 'worker_lost'")
        rest = "AND m.error_code IS DISTINCT FROM 'worker_lost'"
    else:
        rest = ""
    if not found and yielding and limit > 1 and rules.ordering != "strict":
        share = f"{rest} AND m.priority > {NORMAL_PRIORITY}"
        found = _claim(cr, rules, token, max(1, limit // YIELDING_SHARE), share)
        found += _claim(cr, rules, token, limit - len(found), rest)
    elif not found:
        found = _claim(cr, rules, token, limit, rest)
    return token, [Claimed(*row[1:]) for row in sorted(found)]


def _claim(
    cr: BaseCursor, rules: Terms, token: str, limit: int, condition: str
) -> list[tuple[Any, ...]]:
    cr.execute(
        _strict_sql(rules, condition)
        if rules.ordering == "strict"
        else _claim_sql(rules, condition),
        {
            "interface": rules.interface_id,
            "lane": rules.lane,
            "lanes": rules.lanes,
            "limit": limit,
            "token": token,
            "lease": settings.lease_seconds(),
        },
    )
    return cr.fetchall()


def _walk_the_index(cr: BaseCursor) -> None:
    """Make this transaction claim from the head of the index, whatever the statistics say.

    The share of queued messages changes faster than statistics do. A planner that believes that
    few are queued would examine and sort the whole backlog, to take fifty of it.
    """
    cr.execute("SELECT set_config('enable_sort', 'off', true), set_config('jit', 'off', true)")


# Not a join with what is claimable, which would be planned by statistics (see ledger.move).
_UPDATE = f"""
        UPDATE integration_message m
           SET state = 'processing', claim_token = %(token)s, attempts = m.attempts + 1,
               lease_until = {NOW} + %(lease)s * interval '1 second'
         WHERE m.id = ANY(ARRAY(SELECT id FROM claimable))
        RETURNING m.priority, m.id, m.uuid, m.partition_key, m.attempts, m.event_id
"""  # noqa: S608


def _strict_sql(rules: Terms, condition: str) -> str:
    """The claiming statement of a strict interface: one queue, by id, up to the first obstacle.

    The obstacle is computed once. ``id + 0`` keeps the planner from walking the primary key for a
    minimum that the small partial indexes have at hand. Rows are waited for, not skipped: what an
    operator has in hand must not be overtaken.
    """
    obstacles = ", ".join(
        f"""(SELECT min(e.id + 0) FROM integration_message e
              WHERE e.interface_id = %(interface)s AND e.state = '{state}')"""  # noqa: S608
        for state in rules.blocking_states()
    )
    return f"""
        WITH obstacle AS MATERIALIZED (SELECT least({obstacles}) AS id),
        claimable AS MATERIALIZED (
            SELECT m.id FROM integration_message m
             WHERE m.interface_id = %(interface)s AND m.state = 'queued' {condition}
               AND m.id < coalesce((SELECT id FROM obstacle), 2147483647)
             ORDER BY m.priority, m.id LIMIT %(limit)s FOR UPDATE OF m
        )
        {_UPDATE}
    """  # noqa: S608


def _earlier(condition: str) -> str:
    """A query for earlier messages of the key of ``m``, by the index of keys whatever happens.

    ``OFFSET 0`` keeps it a query for each ``m``; as a join it would be planned by statistics (see
    :func:`_walk_the_index`). The list of states is that of the index; what ``condition`` says of
    a state is written as ``state || ''``, or the planner would use an index of that state, which
    statistics call empty, and read the backlog once for each candidate.
    """
    return f"""
               SELECT 1 FROM integration_message e
                WHERE e.interface_id = m.interface_id
                  AND e.partition_key = m.partition_key
                  AND e.id < m.id AND e.state IN ({_WITH_KEY}) AND {condition} OFFSET 0"""  # noqa: S608


def _claim_sql(rules: Terms, condition: str) -> str:
    """The claiming statement for messages without an order, or with one per key.

    ``candidate`` locks rows without waiting. With an ordering, a row is taken only when every
    earlier live message of its key is taken with it: a row that was skipped because an operator
    has it locked must not be overtaken either, hence the second condition. What stands behind a
    message that yields is no candidate at all, or such messages would fill the whole claim.
    Messages with several keys have conditions of their own (:func:`.message_keys.conditions`).

    Both conditions are a look into the index of keys for each candidate, see :func:`_earlier`.
    """
    # Built from this module's own words and numbers only, never from data: hence no S608.
    blocked = unlocked = ""
    if rules.ordering == "key":
        blocked = f"""
           AND NOT EXISTS ({
            _earlier(
                f"(e.state || '' IN ({rules.blocking()})"
                " OR (e.state || '' = 'queued' AND e.priority > m.priority))"
            )
        })"""
        unlocked = f"""
         WHERE NOT EXISTS ({
            _earlier(
                "e.state || '' = 'queued'"
                " AND NOT EXISTS (SELECT 1 FROM candidate c WHERE c.id = e.id)"
            )
        })"""  # noqa: S608
        blocked += message_keys.conditions(f"'queued', {rules.blocking()}")
    return f"""
        WITH candidate AS MATERIALIZED (
            SELECT m.id, m.interface_id, m.partition_key FROM integration_message m
             WHERE m.interface_id = %(interface)s AND m.state = 'queued'
               AND mod(m.partition_hash, %(lanes)s) = %(lane)s {condition} {blocked}
             ORDER BY m.priority, m.id LIMIT %(limit)s
               FOR UPDATE OF m SKIP LOCKED
        ), claimable AS (SELECT m.id FROM candidate m {unlocked})
        {_UPDATE}
    """  # noqa: S608


def next_due(cr: BaseCursor, interface_id: int) -> datetime | None:
    """When something of the interface becomes due (naive UTC): a retry, the end of a lease, or
    that of the time for an acknowledgement.

    What is queued and due already is not named: the drain that asks could not claim it, so it
    waits for another message, an operator or the breaker, and each of those wakes the lane.
    """
    cr.execute(
        """
        SELECT least(
            (SELECT min(available_at) FROM integration_message
              WHERE interface_id = %(id)s AND state = 'retry'),
            (SELECT min(available_at) FROM integration_message
              WHERE interface_id = %(id)s AND state = 'waiting'),
            (SELECT min(lease_until) FROM integration_message
              WHERE interface_id = %(id)s AND state = 'processing'
                AND lease_until > now() AT TIME ZONE 'UTC'))
        """,
        {"id": interface_id},
    )
    return cr.fetchone()[0]


def any_queued(cr: BaseCursor, interface_id: int) -> bool:
    """Whether messages of the interface wait to be claimed."""
    cr.execute(
        "SELECT EXISTS (SELECT 1 FROM integration_message "
        "WHERE interface_id = %s AND state = 'queued')",
        [interface_id],
    )
    return cr.fetchone()[0]


def any_due(cr: BaseCursor, rules: Terms) -> bool:
    """Whether messages of this lane are due, be they claimable or behind others."""
    cr.execute(
        """
        SELECT EXISTS (SELECT 1 FROM integration_message
                        WHERE interface_id = %s AND state = 'queued'
                          AND mod(partition_hash, %s) = %s)
        """,
        [rules.interface_id, rules.lanes, rules.lane],
    )
    return cr.fetchone()[0]
