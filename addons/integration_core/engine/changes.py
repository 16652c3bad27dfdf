"""Documents that change: what they were before, and what differs at the end.

An event type of the kind ``changed`` compares the content of its event, not columns: the snapshot
of a document before the first change of the transaction with the one when it is flushed. A
document is touched when its own columns, lists or translations are written, and when a part of it
(an order line of an order) is created, written or deleted; a touch without a difference makes no
event.

Both snapshots are read from the database (:mod:`.stored`). So stored computed fields count as well,
which nobody writes by hand, and whatever is pending at that moment is no part of "before":
nothing has reached the columns of a document and its parts before their first touch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

from odoo import api
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor
from odoo.tools import SQL

from ..tools import document_diff
from . import outbox, stored
from .snapshots import Snapshot
from .told import Journal
from .triggers import Link, Target, Trigger

#: Where an event carries what changed. Missing where what the document was is not known.
CHANGES = "changes"


# -- which documents are touched ---------------------------------------------------------------


def documents(
    records: BaseModel, targets: Iterable[Target], coming: Sequence[Mapping[str, Any]] = ()
) -> list[tuple[Trigger, list[int]]]:
    """The documents that ``records`` are, or are parts of, by the event types that watch them.

    One statement for each link between a part and its document, whatever the number of records.

    :param records: as the database holds them
    :param coming: values that are about to be written: a part may move to another document
    """
    ids = [record_id for record_id in records._ids if record_id]  # none that a form makes up
    found: dict[tuple[Link, ...], list[int]] = {(): ids}
    for target in targets:
        if target.links not in found:
            found[target.links] = _along(records.env, ids, target.links, coming)
    return [(target.trigger, found[target.links]) for target in targets if found[target.links]]


def _along(
    env: api.Environment,
    parts: Collection[int],
    links: Sequence[Link],
    coming: Sequence[Mapping[str, Any]],
) -> list[int]:
    (model, name), *rest = links
    ids = _linked(env[model], name, parts)
    ids |= {vals[name] for vals in coming if vals.get(name)}
    for model, name in rest:
        ids = _linked(env[model], name, ids)
    return sorted(ids)


def _linked(model: BaseModel, name: str, ids: Collection[int]) -> set[int]:
    if not ids:
        return set()
    model.env.cr.execute(
        SQL(
            "SELECT DISTINCT %(link)s FROM %(table)s WHERE id IN %(ids)s AND %(link)s IS NOT NULL",
            link=SQL.identifier(name),
            table=SQL.identifier(model._table),
            ids=tuple(ids),
        )
    )
    return {row[0] for row in model.env.cr.fetchall()}


# -- before and after --------------------------------------------------------------------------


def taking_part(
    cr: BaseCursor,
    trigger: Trigger,
    ids: Iterable[int],
    journal: Journal,
    *,
    with_new: bool,
) -> list[int]:
    """Those documents that were there when the transaction began and fulfilled the condition.

    What they were is read at their first touch, before anything of them is written.

    :param with_new: documents that were created since take part as well
    """
    ids = list(ids)
    before = journal.before[trigger.type_id]
    first = [
        i for i in ids if i not in before and (with_new or not journal.is_new(trigger.model, i))
    ]
    if first:
        before.update(dict.fromkeys(first))
        with stored.reading(cr) as env:
            before.update(outbox.snapshots_of(trigger, env[trigger.model].browse(first)))
    return [i for i in ids if before.get(i)]


def settle(
    cr: BaseCursor,
    pending: MutableMapping[Trigger, dict[int, outbox.Entry]],
    journal: Journal,
) -> dict[Trigger, dict[int, Snapshot]]:
    """Take out of ``pending`` what did not change after all, and return the news of the rest.

    What an earlier flush of the transaction has told of the former is withdrawn.
    """
    news = {}
    for trigger, entries in pending.items():
        if trigger.kind == "changed" and entries:
            news[trigger] = _news(cr, trigger, entries, journal.before[trigger.type_id])
            same = [record_id for record_id in entries if record_id not in news[trigger]]
            for record_id in same:
                del entries[record_id]
            told = [i for i in same if i in journal.fired.get(trigger.type_id, ())]
            if told:
                outbox.withdraw(cr, trigger.model, [trigger.type_id], told)
    return news


def _news(
    cr: BaseCursor,
    trigger: Trigger,
    entries: Mapping[int, outbox.Entry],
    before: Mapping[int, Snapshot | None],
) -> dict[int, Snapshot]:
    with stored.reading(cr) as env:
        after = outbox.snapshots_of(trigger, env[trigger.model].browse(entries))
    found = {i: _compared(old, new) for i, new in after.items() if (old := before.get(i))}
    return {i: snapshot for i, snapshot in found.items() if snapshot}


def _compared(before: Snapshot, after: Snapshot) -> Snapshot | None:
    """The content of the event: what the document is, and what differs. None if nothing does."""
    if before.problem or after.problem:
        return after  # rather one event too many than a change that nobody hears of
    found = document_diff.changes(before.data, after.data)
    return replace(after, data={**after.data, CHANGES: found}) if found else None


def example(snapshot: Snapshot) -> Snapshot:
    """A snapshot as an event of a change would carry it, as if its first value were new."""
    known = {name: value for name, value in snapshot.data.items() if name == "id"}
    found = document_diff.changes(known, snapshot.data)[:1]
    return replace(snapshot, data={**snapshot.data, CHANGES: found})
