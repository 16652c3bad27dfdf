"""Capturing business events: from a changed column to a row in the outbox.

Changes are collected while the transaction runs and written once before it commits, so several
changes of one record make one event with the final snapshot. Not seen: raw SQL, cascades of the
database, and changes made while modules load.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor
from odoo.tools import SQL

from ..tools import canonical_json, correlation
from . import causation, ledger, wakeup
from .cursors import insert_quietly

PENDING = "integration.events"

# (event type id, trigger, field, value)
Trigger = tuple[int, str, str | None, str | None]


@dataclass(frozen=True)
class Snapshot:
    """A record as canonical JSON, with what the dispatcher needs to address the event."""

    data: dict[str, Any]
    company_id: int | None
    subject: str
    partner_id: int | None = None


def triggers_of(model: BaseModel) -> Sequence[Trigger]:
    """The triggers on a model; none while modules load."""
    if not model.pool.ready:
        return ()
    return model.env["integration.event.type"]._triggers().get(model._name, ())


def created(records: BaseModel, triggers: Iterable[Trigger]) -> None:
    """Collect events of new records; a record may also be created at the value of a trigger."""
    for type_id, trigger, field, value in triggers:
        if trigger == "created":
            collect(records, type_id, records.ids)
        elif trigger == "reaches":
            ids = [row[0] for row in _column(records, field) if _same(row[1], value)]
            collect(records, type_id, ids)


def reached(
    records: BaseModel, vals_list: Sequence[Mapping[str, Any]], triggers: Iterable[Trigger]
) -> list[tuple[int, list[int]]]:
    """Which records a pending column update brings to the value of a trigger.

    Costs one SELECT of the old values, and only when the new value matches.
    """
    found = []
    for type_id, trigger, field, value in triggers:
        if trigger != "reaches":
            continue
        ids = [
            record_id
            for record_id, vals in zip(records._ids, vals_list, strict=True)
            if field in vals and _same(vals[field], value)
        ]
        if ids:
            old = _column(records.browse(ids), field)
            ids = [record_id for record_id, before in old if not _same(before, value)]
        if ids:
            found.append((type_id, ids))
    return found


def _same(column_value: Any, wanted: str | None) -> bool:
    return column_value is not None and str(column_value) == wanted


def _column(records: BaseModel, field: str | None) -> list[tuple[int, Any]]:
    records.env.cr.execute(
        SQL(
            "SELECT id, %s FROM %s WHERE id IN %s",
            SQL.identifier(field or ""),
            SQL.identifier(records._table),
            tuple(records._ids),
        )
    )
    return records.env.cr.fetchall()


def collect(records: BaseModel, type_id: int, ids: Iterable[int]) -> None:
    """Remember that records fired an event type; written before commit by :func:`_write`."""
    cr = records.env.cr
    pending = cr.precommit.data.get(PENDING)
    if pending is None:
        pending = cr.precommit.data[PENDING] = {}
        # The user of the request or job, not the one that sudo() put in between.
        uid = records.env.transaction.default_env.uid if records.env.transaction else None
        cr.precommit.add(lambda: _write(cr, uid))
    cause = causation.current()
    for record_id in ids:
        pending[records._name, type_id, record_id] = cause


def _write(cr: BaseCursor, uid: int | None) -> None:
    pending = cr.precommit.data.pop(PENDING, {})
    groups: dict[tuple[str, int], dict[int, causation.Cause | None]] = defaultdict(dict)
    for (model, type_id, record_id), cause in pending.items():
        groups[model, type_id][record_id] = cause
    # superuser: the snapshot follows the contract, not the rights of whoever saved the record
    env = api.Environment(cr, SUPERUSER_ID, {})
    for (model, type_id), causes in groups.items():
        _write_group(env, model, type_id, causes, uid)
    if groups:
        wakeup.wake_dispatcher_after_commit(cr)


def _write_group(
    env: api.Environment,
    model: str,
    type_id: int,
    causes: Mapping[int, causation.Cause | None],
    uid: int | None,
) -> None:
    event_type = env["integration.event.type"].browse(type_id)
    records = env[model].browse(causes).exists()
    snapshots = records._integration_snapshots(event_type.contract_id.code)
    rows = [
        _row(event_type, model, record_id, snapshot, causes[record_id], uid)
        for record_id, snapshot in snapshots.items()
    ]
    if not rows:
        return
    # Every flushing savepoint runs precommit hooks too: one row per transaction, type and record.
    # Transaction ids begin anew in a restored database; with the server's start they are unique.
    insert_quietly(
        env.cr,
        """
        INSERT INTO integration_event (
            uuid, tx, type_id, type_code, res_model, res_id, subject, occurred_at, company_id,
            partner_id, data, correlation_id, trace_parent, causation_id, cause_system_id, depth,
            user_id)
        VALUES %s
        ON CONFLICT (tx, type_id, res_model, res_id) DO UPDATE
           SET data = EXCLUDED.data, subject = EXCLUDED.subject, partner_id = EXCLUDED.partner_id
        """,
        rows,
        template="(%s, pg_current_xact_id() || '@' || pg_postmaster_start_time(), "
        "%s, %s, %s, %s, %s, "
        "now() AT TIME ZONE 'UTC', %s, %s, %s, %s, %s, %s, %s, %s, %s)",
    )


def _row(
    event_type: BaseModel,
    model: str,
    record_id: int,
    snapshot: Snapshot,
    cause: causation.Cause | None,
    uid: int | None,
) -> tuple[Any, ...]:
    parent = correlation.parse_traceparent(cause.trace_parent) if cause else None
    return (
        ledger.new_uuid(),
        event_type.id,
        event_type.code,
        model,
        record_id,
        snapshot.subject,
        snapshot.company_id,
        snapshot.partner_id,
        canonical_json.dumps(snapshot.data).decode(),
        (cause.correlation_id if cause else None) or correlation.new_id(),
        str(parent.child() if parent else correlation.new_traceparent()),
        cause.message_uuid if cause else None,
        cause.system_id if cause else None,
        cause.depth if cause else 0,
        uid,
    )
