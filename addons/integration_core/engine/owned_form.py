"""What a form has to know of master-data ownership: which fields of its record are locked, by whom.

A field of a form may live on another record: of a user's form, the name is the contact's. Who owns
it there owns it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from odoo import api
from odoo.exceptions import AccessError
from odoo.fields import Field
from odoo.models import BaseModel

from ..tools.ownership import Rule
from .owned_rules import owns, rules_on, today
from .owned_scope import scope
from .owned_values import label

#: Fields of a form's model by name: the field itself, or the one of another model behind it.
Owned = Mapping[str, tuple[Field, Field]]


@dataclass
class Lock:
    """The owned fields of one record.

    :ivar names: fields of its model that somebody owns on some record
    :ivar free: those of ``names`` that nobody owns on this record
    :ivar owners: system and labels, for people
    :ivar targets: (model, record id) of the records on which something is owned
    :ivar creation: the system that alone creates such records, for a record that is not saved yet
    :ivar partly: the system that alone creates some of them: by condition, or of another company
    """

    names: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    owners: list[dict] = field(default_factory=list)
    targets: set[tuple[str, int]] = field(default_factory=set)
    creation: str | bool = False
    partly: str | bool = False


def document(env: api.Environment, model: str, res_id: int | bool) -> BaseModel:
    """The record of a form, or the empty recordset of its model.

    :raises AccessError: the user may not read it, or is no employee.
    """
    if not env.user._is_internal():
        raise AccessError(env._("Who owns data is shown to employees."))
    if model not in env or env[model]._abstract or env[model]._transient:
        raise AccessError(env._("There is no document model “%s”.", model))
    record = env[model].browse(res_id or ())
    record.check_access("read")
    return record


def owned_fields(model: BaseModel) -> Owned:
    """Fields of a model that some rule may lock, with the fields behind them."""
    books = model.env["integration.ownership"]._rules()
    if not books:
        return {}
    found = {}
    for name, one in model._fields.items():
        if one.type == "one2many":
            continue
        behind = one.related_field if one.related and not one.readonly else one
        if behind is None:
            continue
        owning = rules_on(model.env, behind.model_name if behind is not one else model._name)
        if any(owns(rule, behind) for rule in owning):
            found[name] = (one, behind)
    return found


def lock(record: BaseModel) -> Lock:
    """What is owned of a record (or, for the empty recordset, of one that is yet to be created)."""
    owned = owned_fields(record)
    found = Lock(names=frozenset(owned))
    day = today()
    # sudo: names of systems, and the record behind a field of the form
    env = record.env(su=True)
    if not record:
        creators = [
            rule for rule in rules_on(env, record._name) if rule.existence and rule.in_force(day)
        ]
        found.free = found.names
        if creators:
            # Which of them a new record meets is known when it is saved; refused or not, there is
            # a way out.
            found.targets.add((record._name, 0))
            all_of = [one for one in creators if _is_of_all(one, record)]
            system = env["integration.system"].browse((all_of or creators)[0].system_id).name
            found.creation, found.partly = (system, False) if all_of else (False, system)
        return found
    labels: dict[int, list[str]] = {}
    free = set()
    for name, (one, behind) in owned.items():
        # sudo: which system owns a part does not depend on what its reader may see of it
        target = _target(record.sudo(), one, behind)
        rule = _owner(target, behind, day)
        if rule is None:
            free.add(name)
            continue
        found.targets.add((target._name, target.id))
        labels.setdefault(rule.system_id, []).append(label(record.env, record, name))
    found.free = frozenset(free)
    found.owners = [
        {"system": env["integration.system"].browse(system).name, "fields": sorted(set(names))}
        for system, names in labels.items()
    ]
    return found


def _is_of_all(rule: Rule, model: BaseModel) -> bool:
    """Whether a rule covers every record that would be created here."""
    return not rule.condition and rule.company_id == model.env.company.id


def _target(record: BaseModel, one: Field, behind: Field) -> BaseModel:
    """The record on which a field of a form is stored."""
    if one is behind:
        return record
    target = record
    for name in one.related.split(".")[:-1]:
        target = target[name][:1]
    return target


def _owner(target: BaseModel, behind: Field, day: date) -> Rule | None:
    if not target:
        return None
    return next(
        (
            rule
            for rule in rules_on(target.env, target._name)
            if rule.in_force(day) and owns(rule, behind) and target.id in scope(target, rule)
        ),
        None,
    )
