"""The ledger's only writer: inserts messages, moves them, records attempts and sync status.

A state is assigned here and in the claiming statement, nowhere else, and always guarded by the
transition table: ``UPDATE … WHERE state = ANY(sources)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from odoo.sql_db import BaseCursor

from ..tools import errors, fingerprint, identifiers, states
from ..tools.states import State
from .cursors import insert_quietly

NOW = "(now() AT TIME ZONE 'UTC')"
ERROR_TEXT_LIMIT = 500


@dataclass(slots=True)  # not frozen: that costs more, and there are some for each message
class Payload:
    """Stored bytes of a message at one stage (see :mod:`..tools.payload_codec`)."""

    kind: str
    stored: bytes
    encoding: str
    size: int
    sha256: str
    content_type: str = "application/json"
    data_class: str = "internal"


@dataclass(frozen=True)
class Fetched:
    """What a partner answered when it was asked for content."""

    body: bytes = field(repr=False)
    content_type: str


@dataclass
class Result:
    """How one attempt ended. Times are seconds and naive UTC; ``delay`` is until the next attempt,
    or until an acknowledgement must have come. For ``fetched`` and ``learned`` see the modules
    :mod:`.fetches` and :mod:`.learning`.
    """

    message_id: int
    state: State
    number: int
    started_at: datetime
    duration: float
    error: errors.IntegrationError | None = None
    delay: float | None = None
    http_status: int | None = None
    record: tuple[str, int] | None = None
    payloads: list[Payload] = field(default_factory=list)
    fetched: Fetched | None = None
    wire_id: str | None = None
    learned: object = None


def new_uuid() -> str:
    """A message id. No counter: it would tell partners how much we send."""
    return identifiers.ordered_uuid()


def new_uuids(count: int) -> list[str]:
    """Ids of messages that are stored at once, each as of :func:`new_uuid`."""
    return identifiers.ordered_uuids(count)


def move(
    cr: BaseCursor,
    target: State,
    *,
    where: str,
    values: Mapping[str, object],
    assign: Mapping[str, object] | None = None,
    order: str = "id",
    limit: int | None = None,
) -> list[int]:
    """Move the messages selected by ``where`` to ``target``; return their ids.

    Messages whose present state does not allow the move are left alone. ``where`` is SQL of this
    package with ``%(name)s`` parameters from ``values``; rows locked by others are skipped when
    a ``limit`` is given (housekeeping), and waited for otherwise (an operator's act). With a limit,
    ``order`` must be the columns of the index that serves ``where``: ordered by id, the planner
    may walk the whole ledger in search of the first few.
    """
    sets, params = _assignments(target, assign or {})
    tail = "FOR UPDATE" if limit is None else "LIMIT %(limit)s FOR UPDATE SKIP LOCKED"
    # As a join with what was chosen, it would be planned by statistics. Where they call the ledger
    # empty (it was, or all was rolled back), everything in it is held against each chosen one.
    cr.execute(
        f"""
        WITH chosen AS MATERIALIZED (
            SELECT id FROM integration_message
             WHERE {where} AND state = ANY(%(sources)s) ORDER BY {order} {tail}
        )
        UPDATE integration_message m SET {sets}
         WHERE m.id = ANY(ARRAY(SELECT id FROM chosen)) RETURNING m.id
        """,  # noqa: S608 (where and column names come from this package's code only)
        {**values, **params, "sources": list(states.sources_of(target)), "limit": limit},
        log_exceptions=False,  # an operator may collide with a drain: Odoo runs the act again
    )
    return [row[0] for row in cr.fetchall()]


def _assignments(target: State, assign: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    """What a move sets, as SQL, and its parameters."""
    sets = ["state = %(target)s", *(f"{name} = %(set_{name})s" for name in assign)]
    if target in states.TERMINAL:
        sets.append(f"finished_at = {NOW}")
    values = {f"set_{name}": value for name, value in assign.items()}
    return ", ".join(sets), {"target": str(target), **values}


def keep_held(cr: BaseCursor, ids: Sequence[int], reason: str) -> list[int]:
    """Hold messages that are held already for another ``reason``; return their ids.

    Not a change of state: a parked message stays when the pause of its interface ends.
    """
    cr.execute(
        """
        UPDATE integration_message SET held_reason = %(reason)s
         WHERE id = ANY(%(ids)s) AND state = 'held' AND held_reason IS DISTINCT FROM %(reason)s
        RETURNING id
        """,
        {"ids": list(ids), "reason": reason},
    )
    return [row[0] for row in cr.fetchall()]


def fence(cr: BaseCursor, ids: Sequence[int], token: str) -> set[int]:
    """Lock the messages that still carry our token; the others belong to somebody else now."""
    cr.execute(
        """
        SELECT id FROM integration_message
         WHERE id = ANY(%s) AND claim_token = %s AND state = 'processing' FOR NO KEY UPDATE
        """,
        [list(ids), token],
    )
    return {row[0] for row in cr.fetchall()}


def release(cr: BaseCursor, ids: Iterable[int], token: str) -> None:
    """Give back claimed messages that were not tried; the attempt does not count."""
    ids = list(ids)
    if not ids:
        return
    states.check(State.PROCESSING, State.QUEUED)
    cr.execute(
        """
        UPDATE integration_message
           SET state = 'queued', claim_token = NULL, lease_until = NULL, attempts = attempts - 1
         WHERE id = ANY(%s) AND claim_token = %s AND state = 'processing'
        """,
        [ids, token],
    )


def record(cr: BaseCursor, results: Sequence[Result], token: str) -> set[int]:
    """Write the outcome of a batch; return the ids that were ours to write.

    A late result, whose lease expired and whose message was claimed again, changes nothing.
    """
    if not results:
        return set()
    for result in results:
        states.check(State.PROCESSING, result.state)
    rows = cr.execute_values(
        """
        UPDATE integration_message m
           SET state = v.state, claim_token = NULL, lease_until = NULL,
               available_at = CASE WHEN v.delay IS NULL THEN m.available_at ELSE
                   now() AT TIME ZONE 'UTC' + v.delay * interval '1 second' END,
               finished_at = CASE WHEN v.state IN ('done', 'filtered') THEN
                   now() AT TIME ZONE 'UTC' END,
               error_class = v.error_class, error_code = v.error_code,
               error_message = v.error_message, error_fingerprint = v.fingerprint,
               error_title = v.title,
               fault = CASE WHEN m.direction = 'inbound' THEN v.inbound_fault ELSE v.fault END,
               res_model = coalesce(v.res_model, m.res_model),
               res_id = coalesce(v.res_id, m.res_id),
               wire_id = coalesce(v.wire_id, m.wire_id)
          FROM (VALUES %s) AS v(id, token, state, delay, error_class, error_code, error_message,
                                fingerprint, title, fault, inbound_fault, res_model, res_id,
                                wire_id)
         WHERE m.id = v.id AND m.claim_token = v.token AND m.state = 'processing'
        RETURNING m.id
        """,
        [_result_row(result, token) for result in results],
        template="(%s::int, %s, %s, %s::float, %s, %s, %s, %s, %s, %s, %s, %s, %s::int, %s)",
        page_size=len(results),
        fetch=True,
    )
    written = {row[0] for row in rows}
    ours = [result for result in results if result.message_id in written]
    _insert_attempts(cr, ours)
    insert_payloads(cr, [(r.message_id, payload) for r in ours for payload in r.payloads])
    return written


def end_waiting(
    cr: BaseCursor,
    message_id: int,
    state: State,
    delay: timedelta,
    error: errors.IntegrationError | None,
) -> bool:
    """End a message that waits, and the attempt that sent it; whether it waited.

    :param delay: until the next attempt, for a retry
    """
    assign = {
        "available_at": cr.now() + delay,
        "error_class": str(error.error_class) if error else None,
        "error_code": error.code if error else None,
        "error_message": error_text(error),
        "error_fingerprint": None,
        "error_title": None,
        "fault": None,
    }
    where = "id = %(id)s AND state = 'waiting'"
    moved = move(cr, state, where=where, values={"id": message_id}, assign=assign)
    if not moved:
        return False
    classify_errors(cr, moved)
    if error and error.fault:
        cr.execute(
            "UPDATE integration_message SET fault = %s WHERE id = %s",
            [str(error.fault), message_id],
        )
    cr.execute(
        """
        UPDATE integration_attempt a
           SET outcome = m.state, error_class = m.error_class, error_code = m.error_code,
               error_message = m.error_message, ended_at = now() AT TIME ZONE 'UTC'
          FROM integration_message m
         WHERE m.id = %s AND a.message_id = m.id AND a.number = m.attempts
           AND a.outcome = 'waiting'
        """,
        [message_id],
    )
    return True


def _result_row(result: Result, token: str) -> tuple[object, ...]:
    error = result.error
    return (
        result.message_id,
        token,
        str(result.state),
        result.delay,
        str(error.error_class) if error else None,
        error.code if error else None,
        error_text(error),
        fingerprint.fingerprint(error.error_class, error.code, error.message) if error else None,
        fingerprint.title(error.code, error.message) if error else None,
        _fault(error, "outbound"),
        _fault(error, "inbound"),
        result.record[0] if result.record else None,
        result.record[1] if result.record else None,
        result.wire_id,
    )


def _fault(error: errors.IntegrationError | None, direction: str) -> str | None:
    if error is None:
        return None
    return str(error.fault or errors.fault_of(error.error_class, error.code, direction))


def classify_errors(cr: BaseCursor, ids: Sequence[int]) -> None:
    """Group messages whose error was written by SQL: fingerprint, title, and whose fault it is."""
    if not ids:
        return
    cr.execute(
        "SELECT id, error_class, error_code, error_message, direction FROM integration_message "
        "WHERE id = ANY(%s) AND error_class IS NOT NULL",
        [list(ids)],
    )
    rows = [
        (
            mid,
            fingerprint.fingerprint(kind, code, text),
            fingerprint.title(code, text),
            str(errors.fault_of(kind, code, direction)),
        )
        for mid, kind, code, text, direction in cr.fetchall()
    ]
    if rows:
        cr.execute_values(
            """
            UPDATE integration_message m SET error_fingerprint = v.fingerprint,
                   error_title = v.title, fault = v.fault
              FROM (VALUES %s) AS v(id, fingerprint, title, fault) WHERE m.id = v.id
            """,
            rows,
            page_size=len(rows),
        )


def error_text(error: errors.IntegrationError | None) -> str | None:
    """The sentence of an error that people see, with the places of contract violations."""
    if error is None:
        return None
    text = error.message
    if isinstance(error, errors.ContractError) and error.violations:
        text = f"{text} {'; '.join(error.violations)}"
    return text[:ERROR_TEXT_LIMIT]


def _insert_attempts(cr: BaseCursor, results: Sequence[Result]) -> None:
    if not results:
        return
    cr.execute_values(
        """
        INSERT INTO integration_attempt (message_id, number, started_at, duration_ms, outcome,
                                         http_status, error_class, error_code, error_message)
        VALUES %s
        """,
        [
            (
                result.message_id,
                result.number,
                result.started_at,
                round(result.duration * 1000),
                str(result.state),
                result.http_status,
                str(error.error_class) if error else None,
                error.code if error else None,
                error_text(error),
            )
            for result in results
            # Why a message has no effect is said of the message; the attempt did not fail.
            for error in [None if result.state == State.FILTERED else result.error]
        ],
        page_size=len(results),
    )


def set_cause(cr: BaseCursor, uuid: str, causation_id: str, depth: int) -> None:
    """Say of a message that was just stored by whom it was caused."""
    cr.execute(
        "UPDATE integration_message SET causation_id = %s, depth = %s WHERE uuid = %s",
        [causation_id, depth, uuid],
    )


def record_lost(cr: BaseCursor, ids: Sequence[int], outcome: State) -> None:
    """Close the attempts of workers that disappeared; their time is when that was noticed."""
    if not ids:
        return
    cr.execute(
        """
        INSERT INTO integration_attempt (message_id, number, started_at, outcome, error_class,
                                         error_code, error_message)
        SELECT id, attempts, now() AT TIME ZONE 'UTC', %s, error_class, error_code, error_message
          FROM integration_message WHERE id = ANY(%s)
        """,
        [str(outcome), list(ids)],
    )


def insert_payloads(cr: BaseCursor, payloads: Sequence[tuple[int, Payload]]) -> None:
    """Store payloads ``(message id, payload)``; the newest of a kind replaces the older one."""
    if not payloads:
        return
    insert_quietly(
        cr,
        """
        INSERT INTO integration_payload (message_id, kind, body, encoding, size, sha256,
                                         content_type, data_class, created_at)
        VALUES %s
        ON CONFLICT (message_id, kind) DO UPDATE
           SET body = EXCLUDED.body, encoding = EXCLUDED.encoding, size = EXCLUDED.size,
               sha256 = EXCLUDED.sha256, content_type = EXCLUDED.content_type,
               data_class = EXCLUDED.data_class, created_at = EXCLUDED.created_at
        """,
        [
            (
                message_id,
                p.kind,
                p.stored,
                p.encoding,
                p.size,
                p.sha256,
                p.content_type,
                p.data_class,
            )
            for message_id, p in payloads
        ],
        template=f"(%s, %s, %s, %s, %s, %s, %s, %s, {NOW})",
    )
