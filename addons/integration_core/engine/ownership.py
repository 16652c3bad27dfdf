"""Master-data ownership: who may write a field that a system is the system of record for.

Called by the base model for each write, creation and deletion of a model whose records have an
owner, or are linked to such records; all other models pay one look-up (see
``integration.ownership._rules``). The writer is the system whose message is being handled, or else
the person of the environment:

* the owner writes as it likes;
* another system is refused, or its message waits as a conflict for a decision (:mod:`.disputes`);
* a person needs an override: the right, a reason, for one record and a limited time
  (:mod:`.owned_leave`);
* what Odoo does by itself (computed fields, code that runs as superuser, installations) is not
  checked, unless a message of a system caused it.

Only what changes counts: a value that is the same in Odoo already is nobody's conflict, and a new
record that its writer goes on to fill in is one creation (:mod:`.newborn`). What takes a record out
of an ownership is a change of what is owned (:mod:`.owned_touches`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from odoo import api
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from ..tools.conflict_points import Point
from ..tools.ownership import RuleBook
from . import (
    causation,
    disputes,
    newborn,
    owned_leave,
    owned_links,
    owned_touches,
    owned_values,
    owned_voice,
)
from .disputes import CREATE, DELETE, WRITE, Dispute
from .owned_rules import owns, rules_of
from .owned_touches import Touch, Touches

__all__ = ["rules_of"]  # the base model imports it from here


def _nothing() -> None:
    """What is to be done after a write that touches nothing."""


@dataclass(frozen=True)
class Verdict:
    """What may be written.

    :ivar parts: records with the values that they get
    :ivar after: to be called when it is written
    :ivar revocable: ``after`` may refuse all of it
    """

    parts: Sequence[tuple[BaseModel, Mapping[str, Any]]] = ()
    after: Callable[[], None] = _nothing
    revocable: bool = False

    @contextmanager
    def carried_out(self, cr: BaseCursor) -> Iterator[None]:
        """Write it inside the block. What is refused afterwards is undone, whoever catches that."""
        with cr.savepoint() if self.revocable else nullcontext():
            yield
            self.after()


def _is_free(env: api.Environment) -> bool:
    """Whether Odoo itself does something: nobody asks what is owned then."""
    return causation.current() is None and env.su


# -- writing -----------------------------------------------------------------------------------


def judge(records: BaseModel, vals: Mapping[str, Any], book: RuleBook) -> Verdict:
    """Say what of ``vals`` may be written on ``records``.

    Here, and when it is written:

    :raises errors.ConflictError: a message of a system that does not own the field
    :raises UserError: a person without an override
    """
    whole = Verdict([(records, vals)])
    if _is_free(records.env) and not owned_voice.is_asked_for(records._name, vals):
        return whole
    touches = owned_touches.find(owned_touches.of_write(records, vals, book))
    if not touches:
        return whole
    kept, after = _decide(records, touches, "write")
    return Verdict(_without(records, vals, kept), after, bool(touches.deciding))


def _decide(
    records: BaseModel, touches: Touches, operation: str
) -> tuple[Sequence[Touch], Callable[[], None]]:
    """What of a change is left out, and what is to be done when the rest is made.

    :param operation: what is done to ``records``, which may be others than those that are touched
    """
    writer = causation.current()
    if writer is None:
        # Whoever may not do it at all is told so, and nothing of owners.
        records.check_access(operation)
        return (), owned_leave.for_change(records.env, touches)
    env = records.env
    owned = touches.owned
    kept = [owned[i] for i in disputes.arbitrate(env, writer, [_dispute(one) for one in owned])]
    # With the values that Odoo has before the change.
    deciding = {touch: _dispute(touch) for touch in touches.deciding}
    spared = disputes.kept_already(env, writer, list(deciding.values()))
    kept += [touches.deciding[i] for i in spared]

    left_out = set(kept)

    def after() -> None:
        gone = owned_touches.departed(one for one in touches.deciding if one not in left_out)
        for touch in gone:
            disputes.docket().left[touch.rule].add(touch.record.id)
        disputes.arbitrate(env, writer, [deciding[touch] for touch in gone])

    return kept, after


def _dispute(touch: Touch) -> Dispute:
    record, name, proposal = touch.record, touch.name, touch.proposal
    value = proposal.value(record.id) if proposal else None
    languages = owned_values.language(record, name, value)
    return Dispute(
        WRITE,
        record._name,
        record.id,
        Point(name),
        touch.rule,
        owned_values.present(record, name, languages),
        owned_values.proposed(record, name, value),
        languages=languages,
        decides=touch.decides,
    )


def _without(
    records: BaseModel, vals: Mapping[str, Any], kept: Iterable[Touch]
) -> Sequence[tuple[BaseModel, Mapping[str, Any]]]:
    """``vals`` without what a person decided not to take over, record by record."""
    if not kept:
        return [(records, vals)]
    own = {(touch.record.id, touch.proposal.key) for touch in kept if not touch.proposal.links}
    links = _kept_links(kept)
    parts = []
    for record in records:
        rest = {name: value for name, value in vals.items() if (record.id, name) not in own}
        for key, targets in links.items():
            rest[key] = owned_links.without(vals[key], record.id, targets)
        if rest:
            parts.append((record, rest))
    return parts


def _kept_links(kept: Iterable[Touch]) -> Mapping[str, Mapping[int, set[int]]]:
    """By field: the owned records whose links are left as they are, with what is linked to them."""
    found: dict[str, dict[int, set[int]]] = defaultdict(dict)
    for touch in kept:
        if touch.proposal.links:
            linked = touch.proposal.links.linked.get(touch.record.id, set())
            found[touch.proposal.key][touch.record.id] = linked
    return found


# -- creating and deleting ---------------------------------------------------------------------


def judge_links(
    model: BaseModel, data_list: Sequence[Mapping[str, Any]], book: RuleBook
) -> Verdict:
    """Say what of the links of new records may be made, and leave out the rest.

    :param data_list: as of ``_create``
    :return: a verdict to be carried out together with :func:`judge_creation`
    :raises errors.ConflictError: as :func:`judge`
    :raises UserError: as :func:`judge`
    """
    if _is_free(model.env):
        return Verdict()
    revocable = owned_touches.may_refuse_existence(book)
    stored = [data["stored"] for data in data_list]
    touches = owned_touches.find(owned_touches.of_creation(model, stored, book))
    if not touches:
        return Verdict(revocable=revocable)
    kept, after = _decide(model, touches, "create")
    for key, targets in _kept_links(kept).items():
        for values in stored:
            if key in values:
                values[key] = owned_links.without(values[key], 0, targets)
    return Verdict((), after, revocable or bool(touches.deciding))


def judge_creation(
    records: BaseModel, data_list: Sequence[Mapping[str, Any]], book: RuleBook
) -> None:
    """Refuse new records of a model whose records only its owner creates.

    Judged when they exist, so that company and condition can be looked at; raising undoes them.

    :raises errors.ConflictError: as :func:`judge`
    :raises UserError: as :func:`judge`
    """
    if _is_free(records.env):
        return
    touches = owned_touches.existence(records, book)
    writer = causation.current()
    if not touches:
        return
    if writer is None:
        records.check_access("create")
        owned_leave.for_existence(records.env, touches, CREATE)
        return
    given = dict(zip(records.ids, data_list, strict=True))
    here = disputes.docket()
    found: list[Dispute] = []
    for touch in touches:
        number = here.next_number(records._name)
        names = _filled_in(touch, given[touch.record.id])
        # a record without any owned value is a new record all the same
        found += [_new(touch, name, number) for name in names or [""]]
    disputes.arbitrate(records.env, writer, found)


def _new(touch: Touch, name: str, number: int) -> Dispute:
    record = touch.record
    field = record._fields.get(name)
    return Dispute(
        CREATE,
        record._name,
        0,
        Point(name, number),
        touch.rule,
        owned_values.NOTHING,
        owned_values.present(record, name) if name else owned_values.NOTHING,
        title=record.display_name or "",
        steady=field is None or not (field.default or field.compute),
    )


def _filled_in(touch: Touch, data: Mapping[str, Any]) -> list[str]:
    """The owned fields that a new record brings a value for."""
    record = touch.record
    return [
        name
        for name in data.get("stored", ())
        if owns(touch.rule, record._fields[name]) and record[name]
    ]


def judge_deletion(records: BaseModel, book: RuleBook) -> Verdict:
    """Say which records may be deleted: only the owner deletes them, and links go with them.

    :raises errors.ConflictError: as :func:`judge`
    :raises UserError: as :func:`judge`
    """
    if _is_free(records.env):
        return Verdict([(records, {})])
    touches = owned_touches.existence(newborn.others(records), book)
    if touches:
        _judge_end(records, touches)
    linked = owned_touches.find(owned_touches.of_deletion(records, book))
    if not linked:
        return Verdict([(records, {})])
    kept, after = _decide(records, linked, "unlink")
    spared = {
        record_id
        for targets in _kept_links(kept).values()
        for sources in targets.values()
        for record_id in sources
    }
    going = records.filtered(lambda one: one.id not in spared)
    return Verdict([(going, {})], after, bool(linked.deciding))


def _judge_end(records: BaseModel, touches: Sequence[Touch]) -> None:
    writer = causation.current()
    if writer is None:
        records.check_access("unlink")
        owned_leave.for_existence(records.env, touches, DELETE)
        return
    nothing = owned_values.NOTHING
    disputes.arbitrate(
        records.env,
        writer,
        [
            Dispute(DELETE, *touch.place, Point(""), touch.rule, nothing, nothing)
            for touch in touches
        ],
    )
