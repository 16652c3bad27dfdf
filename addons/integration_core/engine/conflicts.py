"""Conflicts: messages of one system that would change what another system owns.

The handler runs in a savepoint that is undone when :mod:`.disputes` object, so nothing of the
message remains but the disputes. :func:`follow` stores them in the transaction that quarantines
the message: who disputes what in ``integration.conflict``, the values of both sides as a payload
of the message, under the same protection as its content (:mod:`.conflict_values`).

A decision is not applied by itself. It lets the message be handled once more, from its beginning,
with what was decided: fields to take are written, fields to keep are left out, and
everything else that the message brings takes effect in the same transaction, once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from odoo import api
from odoo.sql_db import BaseCursor

from ..tools.states import State
from . import ledger, sync
from .conflict_values import place_key, read_values, write_values
from .conversion import Plan
from .disputes import Dispute, OwnedElsewhere


def document(error: Exception) -> tuple[str, int] | None:
    """The record that a refused message is about, so that it shows on its form."""
    if not isinstance(error, OwnedElsewhere):
        return None
    first = next((one for one in error.disputes if one.res_id), None)
    return (first.res_model, first.res_id) if first else None


# -- when its outcome is recorded --------------------------------------------------------------


def follow(env: api.Environment, plan: Plan, results: Sequence[ledger.Result]) -> None:
    """Store the disputes of ``results``, and settle the conflicts of messages that are done."""
    done = [result.message_id for result in results if result.state == State.DONE]
    if done:
        settle(env, done)
    disputed = {
        result.message_id: result.error
        for result in results
        if isinstance(result.error, OwnedElsewhere) and result.error.disputes
    }
    if disputed:
        _store(env, plan, disputed)


def settle(env: api.Environment, message_ids: Sequence[int]) -> None:
    """The messages took effect: their conflicts are over, and so is the status of the records."""
    closed = _close(env, message_ids, "CASE WHEN state = 'decided' THEN 'settled' ELSE 'void' END")
    if closed:
        sync.mark(env.cr, closed, "synchronised", None)


def void(env: api.Environment, message_ids: Sequence[int]) -> None:
    """The messages were closed without an effect: there is nothing to decide any more."""
    _close(env, message_ids, "'void'")


def _close(env: api.Environment, message_ids: Sequence[int], state: str) -> list[int]:
    """Close the conflicts of messages; return the ids of the messages that had any."""
    env.cr.execute(
        f"""
        UPDATE integration_conflict
           SET state = {state}, closed_at = now() AT TIME ZONE 'UTC'
         WHERE message_id = ANY(%s) AND state IN ('open', 'decided')
        RETURNING id, message_id
        """,  # noqa: S608 (an expression of this module)
        [list(message_ids)],
    )
    rows = env.cr.fetchall()
    if rows:
        # sudo: the tasks of stewards, whoever closes the message
        found = env["integration.conflict"].sudo().browse(row[0] for row in rows)
        found.invalidate_model()
        found._settle_tasks()
    return sorted({row[1] for row in rows})


def _store(env: api.Environment, plan: Plan, disputed: Mapping[int, OwnedElsewhere]) -> None:
    known = read_values(env, list(disputed))
    uuids = _uuids(env.cr, disputed)
    for message_id, error in disputed.items():
        values = known.get(message_id, {})
        by_place = _by_place(error)
        for place, points in by_place.items():
            values[place_key(*place)] = {one.point.key: one.sides for one, _decision in points}
        write_values(env, plan, message_id, uuids[message_id], values)
        env["integration.conflict"]._open(plan, message_id, by_place)
    sync.upsert(
        env.cr,
        [
            (
                one.res_model,
                one.res_id,
                plan.interface_id,
                "conflict",
                _said(env, one),
                message_id,
            )
            for message_id, error in disputed.items()
            for one in error.disputes[:1]
            if one.res_id
        ],
    )
    env["integration.record.sync"]._touched_changed()


#: What is asked about a place, with what was decided about it before, if anything.
Asked = Sequence[tuple[Dispute, str | None]]


def _by_place(error: OwnedElsewhere) -> Mapping[tuple[str, str, int], Asked]:
    """What has to be decided, with the decisions about the same records that stand."""
    found: dict[tuple[str, str, int], list[tuple[Dispute, str | None]]] = defaultdict(list)
    for one in error.disputes:
        found[one.place].append((one, None))
    for one, decision in error.settled:
        if one.place in found:
            found[one.place].append((one, decision))
    return {place: _in_order(asked) for place, asked in found.items()}


def _in_order(asked: Asked) -> Asked:
    """Record by record, and the values of one field one after the other."""
    names = list(dict.fromkeys(one.point.name for one, _decision in asked))
    return sorted(
        asked,
        key=lambda entry: (
            entry[0].point.number,
            names.index(entry[0].point.name),
            entry[0].point.turn,
        ),
    )


def _said(env: api.Environment, dispute: Dispute) -> str:
    """What everybody who may read the record may know: no field, no value."""
    owner = env["integration.system"].browse(dispute.rule.system_id).name
    return f"Its message would change what {owner} owns. A data steward decides."


def _uuids(cr: BaseCursor, ids: Iterable[int]) -> dict[int, str]:
    cr.execute("SELECT id, uuid FROM integration_message WHERE id = ANY(%s)", [list(ids)])
    return dict(cr.fetchall())
