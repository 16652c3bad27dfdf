"""The outbox: rows of ``integration.event``, written in the transaction of what they tell of.

At most three statements for an event type and flush, whatever the number of records: which of
them exist and match the condition, what an earlier flush of this transaction wrote and is to be
replaced, and the insert. The reads of the snapshots come on top; they are prefetched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2

from odoo import api
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from ..tools import correlation, data_classes
from ..tools.keyring import KeyRing, KeyRingError
from . import causation, ledger, payloads, snapshots, wakeup
from .cursors import insert_quietly
from .snapshots import Snapshot
from .triggers import Trigger


@dataclass(frozen=True)
class Entry:
    """A record that fired.

    :ivar snapshot: taken already, because the record is gone by now
    :ivar renewed: an earlier flush of this transaction has written it
    :ivar mute_id: it was muted when it happened, and is caught up now
    """

    cause: causation.Cause | None
    snapshot: Snapshot | None = None
    renewed: bool = False
    mute_id: int | None = None


def write(
    env: api.Environment,
    trigger: Trigger,
    entries: Mapping[int, Entry],
    fired: MutableMapping[int, causation.Cause | None],
    uid: int | None,
) -> int:
    """Write the events of one type.

    :param fired: cause by record of what this transaction told of this type before; extended.
    :return: how many events it wrote
    """
    told = [record_id for record_id in entries if record_id in fired]
    present = withdraw(env.cr, trigger.model, [trigger.type_id], told) if told else set()
    for record_id, entry in entries.items():
        # What is renewed keeps its first cause.
        fired.setdefault(record_id, causation.of(entry.cause, trigger.model, record_id))
    found = _snapshots(env, trigger, entries, present)
    private = trigger.data_class in data_classes.PRIVATE
    ring = env["integration.credential"]._key_ring() if private else None
    rows = [
        _row(trigger, record_id, snapshot, fired[record_id], uid, entries[record_id].mute_id, ring)
        for record_id, snapshot in found.items()
    ]
    if rows:
        _insert(env.cr, rows)
        wakeup.wake_dispatcher_after_commit(env.cr)
    return len(rows)


def _snapshots(
    env: api.Environment, trigger: Trigger, entries: Mapping[int, Entry], present: set[int]
) -> dict[int, Snapshot]:
    found = {key: entry.snapshot for key, entry in entries.items() if entry.snapshot}
    living = [key for key in entries if key not in found]
    if not living:
        return found
    lost = {key for key in living if entries[key].renewed and key not in present}
    return found | snapshots_of(trigger, env[trigger.model].browse(living), lost)


def snapshots_of(
    trigger: Trigger, records: BaseModel, lost: Collection[int] = ()
) -> dict[int, Snapshot]:
    """Snapshots of those ``records`` that exist and fulfil the condition of a trigger.

    :param lost: records that fired earlier in this transaction, but have no event
    """
    try:
        records = _matching(trigger, records)
    except psycopg2.Error:
        raise  # the transaction is broken, or is to be repeated
    except Exception as exc:  # a field of the condition is gone, for example
        problem = f"The condition of the event type fails: {type(exc).__name__}"
        return {record.id: snapshots.failed(record, problem) for record in records.exists()}
    return snapshots.take(
        trigger, records.filtered(lambda r: r.id not in lost or _fires_now(trigger, r))
    )


def _matching(trigger: Trigger, records: BaseModel) -> BaseModel:
    if trigger.kind == "scheduled" or not trigger.condition:
        return records.exists()
    # Archived records, too: they were created, reached the value or are deleted all the same.
    found = records.with_context(active_test=False).search(
        Domain("id", "in", records.ids) & trigger.domain(), order="id"
    )
    return records.browse(found.ids)


def _fires_now(trigger: Trigger, record: BaseModel) -> bool:
    """Whether a record whose event was not written before has a reason to fire still.

    Either its condition did not hold then, or a savepoint took back what made it fire; only in
    the latter case the reason is gone.
    """
    if not trigger.condition:
        return False
    if trigger.kind == "created":
        return True  # it exists
    value = record[trigger.field]
    value = value.id if isinstance(value, BaseModel) else value
    return str(value) == trigger.value


def withdraw(cr: BaseCursor, model: str, type_ids: Sequence[int], ids: Iterable[int]) -> set[int]:
    """Delete what this very transaction wrote about records; return those that had a row."""
    cr.execute(
        """
        DELETE FROM integration_event
         WHERE tx = pg_current_xact_id() || '@' || pg_postmaster_start_time()
           AND type_id = ANY(%s) AND res_model = %s AND res_id = ANY(%s)
           AND dispatched_at IS NULL
        RETURNING res_id
        """,
        [list(type_ids), model, list(ids)],
    )
    return {row[0] for row in cr.fetchall()}


def told_of(cr: BaseCursor, model: str, ids: Collection[int]) -> set[int]:
    """Those records of which this very transaction has written events."""
    if not ids:
        return set()
    cr.execute(
        """
        SELECT DISTINCT res_id FROM integration_event
         WHERE tx = pg_current_xact_id() || '@' || pg_postmaster_start_time()
           AND res_model = %s AND res_id = ANY(%s)
        """,
        [model, list(ids)],
    )
    return {row[0] for row in cr.fetchall()}


def written_for(cr: BaseCursor, cause: causation.Shared) -> list[tuple[int, str, int]]:
    """Events of this transaction that several messages caused: ``(id, model, record id)``."""
    cr.execute(
        """
        SELECT id, res_model, res_id FROM integration_event
         WHERE tx = pg_current_xact_id() || '@' || pg_postmaster_start_time()
           AND causation_id = %s
        """,
        [cause.message_uuid],
    )
    return cr.fetchall()


def set_causes(cr: BaseCursor, causes: Mapping[int, causation.Cause]) -> None:
    """Say of events of this transaction, by id, what caused them."""
    cr.execute_values(
        """
        UPDATE integration_event e
           SET correlation_id = v.correlation_id, trace_parent = v.trace_parent,
               causation_id = v.causation_id, depth = v.depth
          FROM (VALUES %s) AS v(id, correlation_id, trace_parent, causation_id, depth)
         WHERE e.id = v.id
        """,
        [(event_id, *_origin(cause)) for event_id, cause in causes.items()],
        template="(%s::int, %s, %s, %s, %s::int)",
        page_size=len(causes),
    )


def _origin(cause: causation.Cause | None) -> tuple[str, str, str | None, int]:
    """Correlation id, trace parent, causation id and depth of an event."""
    parent = correlation.parse_traceparent(cause.trace_parent) if cause else None
    return (
        (cause.correlation_id if cause else None) or correlation.new_id(),
        str(parent.child() if parent else correlation.new_traceparent()),
        cause.message_uuid if cause else None,
        cause.depth if cause else 0,
    )


def _insert(cr: BaseCursor, rows: Sequence[tuple[Any, ...]]) -> None:
    # Every flushing savepoint runs precommit hooks too: one row per transaction, type and record.
    # Transaction ids begin anew in a restored database; with the server's start they are unique.
    insert_quietly(
        cr,
        """
        INSERT INTO integration_event (
            uuid, tx, type_id, type_code, res_model, res_id, subject, occurred_at, company_id,
            partner_id, data, body, encoding, data_class, problem, correlation_id, trace_parent,
            causation_id, cause_system_id, depth, user_id, mute_id, acting_company_id)
        VALUES %s
        ON CONFLICT (tx, type_id, res_model, res_id) DO UPDATE
           SET uuid = EXCLUDED.uuid, data = EXCLUDED.data, body = EXCLUDED.body,
               encoding = EXCLUDED.encoding, data_class = EXCLUDED.data_class,
               subject = EXCLUDED.subject,
               partner_id = EXCLUDED.partner_id, problem = EXCLUDED.problem
        """,
        rows,
        template="(%s, pg_current_xact_id() || '@' || pg_postmaster_start_time(), "
        "%s, %s, %s, %s, %s, "
        "now() AT TIME ZONE 'UTC', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
        "coalesce((SELECT company_id FROM integration_system WHERE id = %s), "
        "(SELECT company_id FROM res_users WHERE id = %s)))",
    )


def _row(
    trigger: Trigger,
    record_id: int,
    snapshot: Snapshot,
    cause: causation.Cause | None,
    uid: int | None,
    mute_id: int | None,
    ring: KeyRing | None,
) -> tuple[Any, ...]:
    uuid = ledger.new_uuid()
    content, problem = _content(snapshot, uuid, trigger.data_class, ring)
    correlation_id, trace_parent, causation_id, depth = _origin(cause)
    return (
        uuid,
        trigger.type_id,
        trigger.code,
        trigger.model,
        record_id,
        # The name of a document may be a patient's.
        None if content.data_class in data_classes.PRIVATE else snapshot.subject,
        snapshot.company_id,
        snapshot.partner_id,
        content.data,
        content.body,
        content.encoding,
        content.data_class,
        problem,
        correlation_id,
        trace_parent,
        causation_id,
        cause.system_id if cause else None,
        depth,
        uid,
        mute_id,
        # The company that acted: of the system whose message is handled, else of the user.
        cause.system_id if cause else None,
        uid,
    )


def _content(
    snapshot: Snapshot, uuid: str, data_class: str, ring: KeyRing | None
) -> tuple[payloads.EventContent, str | None]:
    """The content to store, and what is wrong with it.

    Without a key ring the change in Odoo goes on all the same, and nothing is stored in clear
    instead: its message is quarantined, and a retry takes the content anew.
    """
    try:
        return payloads.seal_event(snapshot.data, uuid, data_class, ring), snapshot.problem
    except KeyRingError:
        problem = f"The server has no key ring, which {data_class} content needs."
        return payloads.EventContent(None, None, None, data_class), problem
