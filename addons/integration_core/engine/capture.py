"""Capturing business events: which records fired which event type in this transaction.

Changes are collected while the transaction runs and written by :mod:`.outbox` before it commits.
A transaction tells its net effect, once for each record and event type:

* several changes of a record make one event with the last snapshot, also when savepoints in
  between have written it before;
* a record that is created and deleted again makes no event;
* a record that changes and is deleted makes the event of its deletion alone: nobody outside ever
  saw the change;
* a document that changes and is changed back makes no event of its change (:mod:`.changes`).

Not seen: raw SQL, cascades of the database, and changes made while modules load.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor
from odoo.tools import SQL

from . import causation, changes, muting, outbox, told
from .snapshots import Snapshot
from .triggers import Trigger, Watch

__all__ = ["Snapshot"]  # addons import it from here

PENDING = "integration.events"


def watch_of(model: BaseModel) -> Watch | None:
    """What is watched on a model; nothing while modules load."""
    if not model.pool.ready:
        return None
    return model.env["integration.event.type"]._watched().get(model._name)


@contextmanager
def creating(model: BaseModel, watch: Watch | None) -> Iterator[None]:
    """While records of a model are created: their parts are created with them.

    Those come before the records are known to be new, and are no change of them. Costs one
    statement where changes of the model are watched.
    """
    changing = watch and any(not target.links for target in watch.targets)
    if not changing:
        yield
        return
    model.env.cr.execute(SQL("SELECT coalesce(max(id), 0) FROM %s", SQL.identifier(model._table)))
    floors = told.journal(model.env.cr).creating[model._name]
    floors.append(model.env.cr.fetchone()[0])
    try:
        yield
    finally:
        floors.pop()


def created(records: BaseModel, triggers: Iterable[Trigger]) -> None:
    """Collect events of new records; a record may also be created at the value of a trigger."""
    for trigger in triggers:
        if trigger.kind == "created":
            collect(records, trigger, records.ids)
        elif trigger.kind == "reaches":
            ids = [
                row[0] for row in _column(records, trigger.field) if _same(row[1], trigger.value)
            ]
            collect(records, trigger, ids)
        elif trigger.kind in ("changed", "deleted"):
            born = told.journal(records.env.cr).born
            born.update((records._name, record_id) for record_id in records._ids)


def reached(
    records: BaseModel, vals_list: Sequence[Mapping[str, Any]], triggers: Iterable[Trigger]
) -> list[tuple[Trigger, list[int]]]:
    """Which records a pending column update brings to the value of a trigger.

    Costs one SELECT of the old values, and only when the new value matches.
    """
    found = []
    for trigger in triggers:
        if trigger.kind != "reaches":
            continue
        ids = [
            record_id
            for record_id, vals in zip(records._ids, vals_list, strict=True)
            if trigger.field in vals and _same(vals[trigger.field], trigger.value)
        ]
        if ids:
            old = _column(records.browse(ids), trigger.field)
            ids = [record_id for record_id, before in old if not _same(before, trigger.value)]
        if ids:
            found.append((trigger, ids))
    return found


def _same(column_value: Any, wanted: str | None) -> bool:
    return column_value is not None and str(column_value) == wanted


def _column(records: BaseModel, name: str | None) -> list[tuple[int, Any]]:
    records.env.cr.execute(
        SQL(
            "SELECT id, %s FROM %s WHERE id IN %s",
            SQL.identifier(name or ""),
            SQL.identifier(records._table),
            tuple(records._ids),
        )
    )
    return records.env.cr.fetchall()


def updated(
    records: BaseModel, hits: Iterable[tuple[Trigger, list[int]]], triggers: Iterable[Trigger]
) -> None:
    """Collect what :func:`reached` found, and renew what this transaction has told already."""
    for trigger, ids in hits:
        collect(records, trigger, ids)
    journal = told.known(records.env.cr)
    if journal is None or not journal.fired:
        return
    for trigger in triggers:
        fired = journal.fired.get(trigger.type_id)
        if fired and trigger.kind in ("created", "reaches"):
            again = [record_id for record_id in records._ids if record_id in fired]
            collect(records, trigger, again, renewed=True)


def collect(
    records: BaseModel, trigger: Trigger, ids: Iterable[int], *, renewed: bool = False
) -> None:
    """Remember that records fired an event type; written before commit.

    :param renewed: they fired it before; what was written then is to be replaced.
    """
    cause = causation.current()
    for record_id in ids:
        entries = _pending(records.env)[trigger]
        if not (renewed and record_id in entries):
            entries[record_id] = outbox.Entry(cause, renewed=renewed)


def caught_up(records: BaseModel, trigger: Trigger, entries: Mapping[int, outbox.Entry]) -> int:
    """Write what was muted before, and tell how many events that makes; see :mod:`.muting`."""
    cr = records.env.cr
    cr.flush()  # events keep the order of what happened
    # superuser: as in _flush
    env = api.Environment(cr, SUPERUSER_ID, {})
    return outbox.write(
        env, trigger, entries, told.journal(cr).fired[trigger.type_id], _acting_user(records.env)
    )


def _pending(env: api.Environment) -> dict[Trigger, dict[int, outbox.Entry]]:
    cr = env.cr
    pending = cr.precommit.data.get(PENDING)
    if pending is None:
        pending = cr.precommit.data[PENDING] = defaultdict(dict)
        uid = _acting_user(env)
        cr.precommit.add(lambda: _flush(cr, uid))
    return pending


def _acting_user(env: api.Environment) -> int | None:
    """The user of the request or job, not the one that sudo() put in between."""
    return env.transaction.default_env.uid if env.transaction else None


def _flush(cr: BaseCursor, uid: int | None) -> None:
    pending = cr.precommit.data.pop(PENDING, {})
    journal = told.journal(cr)
    # Before anything is muted: what did not change after all is not caught up either.
    news = changes.settle(cr, pending, journal)
    # superuser: the snapshot follows the contract, not the rights of whoever saved the record
    env = api.Environment(cr, SUPERUSER_ID, {})
    muting.withhold(env, pending, uid)
    for trigger, entries in pending.items():
        if trigger in news:
            entries = {i: replace(entry, snapshot=news[trigger][i]) for i, entry in entries.items()}
        if entries:
            outbox.write(env, trigger, entries, journal.fired[trigger.type_id], uid)


# -- changes -----------------------------------------------------------------------------------


def writing(records: BaseModel, vals: Mapping[str, Any]) -> None:
    """Before a write: see documents as they are, where the write does not wait for the flush.

    Most writes are of columns alone, and pay no look-up here.
    """
    fields = records._fields
    for name in vals:
        field = fields.get(name)
        if field is None or not (field.column_type and field.store):
            watch = watch_of(records)
            if watch:
                touched(records, watch)
            return


def touched(
    records: BaseModel,
    watch: Watch,
    coming: Sequence[Mapping[str, Any]] = (),
    *,
    whole: bool = True,
) -> None:
    """Before something of documents or their parts changes in the database: collect the documents.

    :param records: what is written or deleted
    :param coming: the values that are written
    :param whole: documents themselves change, and not only those that ``records`` are parts of
    """
    targets = [target for target in watch.targets if whole or target.links]
    if not targets:
        return
    journal = told.journal(records.env.cr)
    cause = causation.current()
    for trigger, ids in changes.documents(records, targets, coming):
        taking_part = changes.taking_part(
            records.env.cr,
            trigger,
            ids,
            journal,
            with_new=records.env[trigger.model]._integration_changes_when_new,
        )
        if not taking_part:
            continue
        entries = _pending(records.env)[trigger]
        fired = journal.fired.get(trigger.type_id, ())
        for record_id in taking_part:
            entries.setdefault(record_id, outbox.Entry(cause, renewed=record_id in fired))


# -- deletion ----------------------------------------------------------------------------------

#: Snapshots of records about to be deleted, by trigger.
Doomed = list[tuple[Trigger, dict[int, Snapshot]]]


def deleting(records: BaseModel, triggers: Iterable[Trigger]) -> Doomed:
    """Take the snapshots of records before they go.

    Two statements and the reads of the snapshot for each event type that is told.
    """
    wanted = [trigger for trigger in triggers if trigger.kind == "deleted"]
    if not wanted:
        return []
    born = told.journal(records.env.cr).born
    ids = [record_id for record_id in records.ids if (records._name, record_id) not in born]
    # superuser: as in _flush
    env = api.Environment(records.env.cr, SUPERUSER_ID, {})
    doomed = env[records._name].browse(ids)
    return [(trigger, outbox.snapshots_of(trigger, doomed)) for trigger in wanted if ids]


def deleted(
    records: BaseModel, ids: Sequence[int], doomed: Doomed, triggers: Iterable[Trigger]
) -> None:
    """Collect the deletion of ``ids``, and forget what else this transaction told of them."""
    cr = records.env.cr
    gone = set(ids)
    pending = cr.precommit.data.get(PENDING, {})
    journal = told.journal(cr)
    for trigger in triggers:
        for record_id in gone.intersection(pending.get(trigger, ())):
            del pending[trigger][record_id]
    written = [
        type_id
        for type_id in (trigger.type_id for trigger in triggers)
        if gone.intersection(journal.fired.get(type_id, ()))
    ]
    if written:
        outbox.withdraw(cr, records._name, written, sorted(gone))
    for trigger, found in doomed:
        cause = causation.current()
        for record_id, snapshot in found.items():
            _pending(records.env)[trigger][record_id] = outbox.Entry(cause, snapshot=snapshot)
