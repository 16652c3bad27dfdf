"""Master-data ownership: who may write a field that a system is the system of record for.

Called by the base model for each write, creation and deletion of a model that has an owner; all
other models pay one look-up (see ``integration.ownership._rules``). The writer is the system whose
message is being handled, or else the person of the environment:

* the owner writes as it likes;
* another system is refused, or its message waits as a conflict for a decision (:mod:`.conflicts`);
* a person needs an override: the right, a reason, for one record and a limited time;
* what Odoo does by itself (computed fields, code that runs as superuser, installations) is not
  checked, unless a message of a system caused it.

Only what changes counts: a value that is the same in Odoo already is nobody's conflict, and a new
record that its writer goes on to fill in is one creation (:mod:`.newborn`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from odoo import api
from odoo.exceptions import UserError
from odoo.fields import Domain, Field
from odoo.models import BaseModel

from ..tools.ownership import Rule
from . import audit, causation, conflicts, newborn, owned_values
from .triggers import parse_domain

WRITE, CREATE, DELETE = "write", "create", "delete"


@dataclass(frozen=True)
class Touch:
    """A field of a record that its writer does not own, and that the write would change."""

    record: BaseModel
    name: str
    rule: Rule


@dataclass(frozen=True)
class Verdict:
    """What may be written.

    :ivar parts: records with the values that they get
    :ivar after: to be called when it is written
    """

    parts: Sequence[tuple[BaseModel, Mapping[str, Any]]]
    after: Callable[[], None] | None = None


def rules_of(model: BaseModel) -> Sequence[Rule]:
    """The ownerships of a model; none while modules load."""
    if not model.pool.ready:
        return ()
    return model.env["integration.ownership"]._rules().get(model._name, ())


def today() -> Any:
    """The day that decides whether an ownership is in force."""
    return datetime.now(UTC).date()


def _is_free(env: api.Environment) -> bool:
    return causation.current() is None and env.su


# -- writing -----------------------------------------------------------------------------------


def judge(records: BaseModel, vals: Mapping[str, Any], rules: Sequence[Rule]) -> Verdict:
    """Say what of ``vals`` may be written on ``records``.

    :raises errors.ConflictError: a message of a system that does not own the field
    :raises UserError: a person without an override
    """
    whole = Verdict([(records, vals)])
    if _is_free(records.env):
        return whole
    touches = _touches(records, vals, rules)
    if not touches:
        return whole
    writer = causation.current()
    if writer is None:
        return Verdict(whole.parts, _overridden(records, vals, touches))
    dropped = conflicts.arbitrate(
        records.env,
        writer,
        [
            conflicts.Dispute(
                WRITE,
                touch.record._name,
                touch.record.id,
                touch.name,
                touch.rule,
                owned_values.present(touch.record, touch.name),
                owned_values.proposed(touch.record, touch.name, vals[touch.name]),
            )
            for touch in touches
        ],
    )
    return Verdict(_without(records, vals, dropped))


def _without(
    records: BaseModel, vals: Mapping[str, Any], dropped: set[tuple[int, str]]
) -> Sequence[tuple[BaseModel, Mapping[str, Any]]]:
    """``vals`` without what a person decided not to take over, record by record."""
    if not dropped:
        return [(records, vals)]
    parts = []
    for record in records:
        rest = {name: value for name, value in vals.items() if (record.id, name) not in dropped}
        if rest:
            parts.append((record, rest))
    return parts


def _touches(records: BaseModel, vals: Mapping[str, Any], rules: Sequence[Rule]) -> list[Touch]:
    day = today()
    named = {
        name: owning
        for name in vals
        if (field := records._fields.get(name)) is not None
        and (owning := [r for r in rules if r.in_force(day) and owns(r, field)])
    }
    if not named:
        return []
    # sudo: whether a value changes does not depend on who asks
    stored = newborn.others(records.sudo().filtered("id"))
    scopes = {rule: scope(stored, rule) for owning in named.values() for rule in owning}
    return [
        Touch(record, name, rule)
        for name, owning in named.items()
        for record in stored
        if (rule := stranger(record, owning, scopes))
        and owned_values.differs(record, name, vals[name])
    ]


def stranger(
    record: BaseModel, owning: Iterable[Rule], scopes: Mapping[Rule, frozenset[int]]
) -> Rule | None:
    """The rule by which the present writer may not write on a record; None if he may.

    Where several systems own a field of a record, which only records of all companies can have,
    each of them writes, and the oldest is named to others.
    """
    here = [rule for rule in owning if record.id in scopes[rule]]
    writer = causation.current()
    if not here or (writer and any(rule.system_id == writer.system_id for rule in here)):
        return None
    return here[0]


def owns(rule: Rule, field: Field) -> bool:
    """Whether a rule speaks of a field. Lines (one2many) are records of a model of their own."""
    if rule.fields is None and (not field.store or field.type == "one2many"):
        return False
    return rule.names(field.name)


def scope(records: BaseModel, rule: Rule) -> frozenset[int]:
    """Ids of the records that a rule covers: of its company or of all companies, by condition.

    :param records: as superuser
    """
    field = records._fields.get("company_id")
    found = records
    if records._name == "res.company":
        found = found.filtered(lambda company: company.id == rule.company_id)
    elif field is not None and field.type == "many2one" and field.comodel_name == "res.company":
        found = found.filtered(lambda one: one.company_id.id in (False, rule.company_id))
    if rule.condition and found:
        found = found.filtered_domain(parse_domain(rule.condition))
    return frozenset(found._ids)


def company_domain(rule: Rule) -> Domain:
    """Records of the company of a rule, and those of all companies."""
    return Domain("company_id", "in", [False, rule.company_id])


# -- creating and deleting ---------------------------------------------------------------------


def judge_creation(
    records: BaseModel, data_list: Sequence[Mapping[str, Any]], rules: Sequence[Rule]
) -> None:
    """Refuse new records of a model whose records only its owner creates.

    Judged when they exist, so that company and condition can be looked at; raising undoes them.

    :raises errors.ConflictError: as :func:`judge`
    :raises UserError: as :func:`judge`
    """
    if _is_free(records.env):
        return
    touches = _existence(records, rules)
    writer = causation.current()
    if not touches:
        return
    if writer is None:
        _require_leave(records, touches, CREATE)
        return
    values = dict(zip(records.ids, data_list, strict=True))
    conflicts.arbitrate(
        records.env,
        writer,
        [
            conflicts.Dispute(
                CREATE,
                records._name,
                0,
                name,
                touch.rule,
                owned_values.NOTHING,
                owned_values.present(touch.record, name) if name else owned_values.NOTHING,
            )
            for touch in touches
            # a record without any owned value is a new record all the same
            for name in _filled_in(touch, values[touch.record.id]) or [""]
        ],
    )


def _filled_in(touch: Touch, data: Mapping[str, Any]) -> list[str]:
    """The owned fields that a new record brings."""
    fields = touch.record._fields
    return [name for name in data.get("stored", ()) if owns(touch.rule, fields[name])]


def judge_deletion(records: BaseModel, rules: Sequence[Rule]) -> None:
    """Refuse to delete records of a model whose records only its owner deletes.

    :raises errors.ConflictError: as :func:`judge`
    :raises UserError: as :func:`judge`
    """
    if _is_free(records.env):
        return
    touches = _existence(newborn.others(records), rules)
    writer = causation.current()
    if not touches:
        return
    if writer is None:
        _require_leave(records, touches, DELETE)
        return
    conflicts.arbitrate(
        records.env,
        writer,
        [
            conflicts.Dispute(
                DELETE,
                records._name,
                touch.record.id,
                "",
                touch.rule,
                owned_values.NOTHING,
                owned_values.NOTHING,
            )
            for touch in touches
        ],
    )


def _existence(records: BaseModel, rules: Sequence[Rule]) -> list[Touch]:
    day = today()
    owning = [rule for rule in rules if rule.existence and rule.in_force(day)]
    if not owning:
        return []
    # sudo: as in _touches
    stored = records.sudo()
    scopes = {rule: scope(stored, rule) for rule in owning}
    return [
        Touch(record, "", rule) for record in stored if (rule := stranger(record, owning, scopes))
    ]


# -- people ------------------------------------------------------------------------------------


def _overridden(
    records: BaseModel, vals: Mapping[str, Any], touches: Sequence[Touch]
) -> Callable[[], None]:
    """Require overrides, and return what writes down the use that was made of them."""
    reasons = _require_leave(records, touches, WRITE)
    # sudo: the owner's system need not be readable for whoever overrides it
    hidden = {
        touch.rule.id
        for touch in touches
        if records.env["integration.system"].sudo().browse(touch.rule.system_id).domain
        == "clinical"
    }
    names = sorted({touch.name for touch in touches})
    before = audit.readable(records, names)

    def write_down() -> None:
        after = audit.readable(records, names)
        by_record: dict[int, dict[str, tuple[str, str]]] = {}
        for touch in touches:
            record_id, name = touch.record.id, touch.name
            values = (before[record_id][name], after[record_id][name])
            by_record.setdefault(record_id, {})[name] = (
                ("•••", "•••") if touch.rule.id in hidden else values
            )
        for record_id, changes in by_record.items():
            audit.record(
                records.browse(record_id),
                "override",
                reason=reasons[record_id],
                changes=changes,
            )

    return write_down


def _require_leave(records: BaseModel, touches: Sequence[Touch], kind: str) -> Mapping[int, str]:
    """The reasons of the person's overrides by record id.

    :raises UserError: there is none for one of the records.
    """
    env = records.env
    # Whoever may not write at all is told so, and nothing of owners.
    records.check_access("write" if kind == WRITE else kind if kind == CREATE else "unlink")
    ids = {0} if kind == CREATE else {touch.record.id for touch in touches}
    reasons = env["integration.ownership.override"]._reasons(records._name, ids)
    for touch in touches:
        record_id = 0 if kind == CREATE else touch.record.id
        if record_id not in reasons:
            raise UserError(_refusal(env, touch, touches, kind))
    if kind == CREATE:
        for touch in touches:
            audit.record(records.browse(touch.record.id), "override", reason=reasons[0])
    elif kind == DELETE:
        for touch in touches:
            audit.record(
                records.browse(touch.record.id), "override", reason=reasons[touch.record.id]
            )
    return reasons


def _refusal(env: api.Environment, touch: Touch, touches: Sequence[Touch], kind: str) -> str:
    """What a person is told, and what he can do."""
    # sudo: whom to ask is no secret
    system = env["integration.system"].sudo().browse(touch.rule.system_id)
    record = touch.record
    # sudo: nor is the name of a kind of record
    what = env["ir.model"].sudo()._get(record._name).name or record._name
    if kind == CREATE:
        said = env._(
            "New records of the kind “%(kind)s” come from %(system)s only.",
            kind=what,
            system=system.name,
        )
    elif kind == DELETE:
        said = env._(
            "“%(record)s” belongs to %(system)s, which alone deletes it.",
            record=record.display_name,
            system=system.name,
        )
    else:
        labels = sorted({label(env, t.record, t.name) for t in touches if t.rule == touch.rule})
        said = env._(
            "%(system)s is the system of record for “%(fields)s” of “%(record)s”.",
            system=system.name,
            fields="”, “".join(labels),
            record=record.display_name,
        )
    return "\n".join(
        [
            said,
            env._(
                "Have it changed there; Odoo gets it from there. In an urgent case a data steward "
                "may override this with a reason, on the form of the record."
            ),
        ]
    )


def label(env: api.Environment, record: BaseModel, name: str) -> str:
    """The name of a field as people read it."""
    field = record._fields.get(name)
    return field._description_string(env) if field else name
