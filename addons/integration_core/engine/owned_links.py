"""Owned many-to-many fields that change from elsewhere: the contacts of a tag are the tags of a
contact.

Only links that a write really makes or undoes count, as the ORM would do it: what is linked already
is not linked anew, and of a list that is replaced only those go that the writer's list showed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from odoo import api
from odoo.fields import Command, Field
from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools.ownership import Link, Rule
from . import owned_values


@dataclass
class Changed:
    """Links that a write would change, seen from the owned records.

    :ivar values: by owned record: the commands that would do the same there
    :ivar linked: by owned record: the records at hand that are linked to it before
    """

    values: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    linked: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def __bool__(self) -> bool:
        return bool(self.values)


# -- which fields ------------------------------------------------------------------------------


def links_of(env: api.Environment, rule: Rule) -> Iterable[tuple[str, Link]]:
    """The fields by which fields that a rule speaks of change from elsewhere, with their models."""
    model = env[rule.model]
    for one in model._fields.values():
        if one.type != "many2many" or not one.store or not _concerns(rule, one, model):
            continue
        ends = ((one.column2, one.column1, True), (one.column1, one.column2, False))
        for column1, column2, mirrored in ends:
            known = model.pool.many2many_relations.get((one.relation, column1, column2), ())
            for there, name in known:
                # another field at the same end shows the same links of the same records
                if (there, name) != (rule.model, one.name) and (mirrored or there == rule.model):
                    yield there, Link(name, rule.model, one.name, mirrored)


def _concerns(rule: Rule, one: Field, model: BaseModel) -> bool:
    if one.name in rule.decided_by:
        return True
    if rule.fields is not None:
        return one.name in rule.fields
    return rule.names(one.name) and not _belongs_to_the_other_end(one, model)


def _belongs_to_the_other_end(one: Field, model: BaseModel) -> bool:
    """Whether links are data of the records at their other end, as the guests of a meeting are.

    What Odoo does not copy along with a record, but with those at the other end, is theirs.
    """
    return not one.copy and any(other.copy for other in model.pool.field_inverses[one])


# -- what changes ------------------------------------------------------------------------------


def of_write(records: BaseModel, link: Link, value: Any) -> Changed:
    """What writing ``value`` on the field of a link would change.

    :param records: saved ones
    """
    here = records._fields[link.name]
    commands = owned_values.as_commands(value)
    whole = any(one[0] in (Command.CLEAR, Command.SET) for one in commands)
    named = {one[1] for one in commands if one[0] in (Command.LINK, Command.UNLINK)}
    before = _stored(here, records, None if whole else named)
    after = {
        record_id: set(owned_values.after_commands(list(before[record_id]), commands)[0])
        for record_id in records._ids
    }
    gone = {one[1] for one in commands if one[0] == Command.DELETE}
    if whole:
        gone |= _out_of_sight(
            here, records, set().union(*(before[i] - after[i] for i in records._ids))
        )
    found = Changed()
    for record_id in records._ids:
        for target in (before[record_id] ^ after[record_id]) - gone:
            command = Command.link if target in after[record_id] else Command.unlink
            found.values[target].append(command(record_id))
    for record_id, targets in before.items():
        for target in targets & found.values.keys():
            found.linked[target].add(record_id)
    return found


def of_creation(link: Link, values: Iterable[Any]) -> Changed:
    """What new records with these values of the field of a link would change."""
    found = Changed()
    for value in values:
        for target in owned_values.after_commands([], owned_values.as_commands(value))[0]:
            found.values[target].append(Command.create({}))
    return found


def of_deletion(records: BaseModel, link: Link) -> Changed:
    """What deleting ``records`` would change: links go with either end."""
    found = Changed()
    for record_id, targets in _stored(records._fields[link.name], records, None).items():
        for target in targets:
            found.values[target].append(Command.unlink(record_id))
            found.linked[target].add(record_id)
    return found


def _stored(here: Field, records: BaseModel, named: set[int] | None) -> dict[int, set[int]]:
    """What the records are linked to, in the database: all, or which of ``named``."""
    found: dict[int, set[int]] = {record_id: set() for record_id in records._ids}
    if not records or (named is not None and not named):
        return found
    # Links are never pending: the ORM stores them at once. SQL, because reading the field would
    # fill the cache with what the writer may not see.
    source, target = SQL.identifier(here.column1), SQL.identifier(here.column2)
    records.env.cr.execute(
        SQL(
            "SELECT %s, %s FROM %s WHERE %s = ANY(%s) AND %s",
            source,
            target,
            SQL.identifier(here.relation),
            source,
            list(records._ids),
            SQL("TRUE") if named is None else SQL("%s = ANY(%s)", target, list(named)),
        )
    )
    for record_id, target_id in records.env.cr.fetchall():
        found[record_id].add(target_id)
    return found


def _out_of_sight(here: Field, records: BaseModel, targets: set[int]) -> set[int]:
    """Those of ``targets`` that a list which is replaced does not show: they stay linked."""
    # sudo: whether a record is archived does not depend on who asks
    comodel = records.env[here.comodel_name].sudo().browse(targets)
    seen = comodel.filtered_domain(here.get_comodel_domain(records))
    if comodel._active_name and here.context.get(
        "active_test", records.env.context.get("active_test", True)
    ):
        seen = seen.filtered(comodel._active_name)
    return targets - set(seen._ids)


# -- what is left as it is ---------------------------------------------------------------------


def without(value: Any, record_id: int, kept: Mapping[int, set[int]]) -> Sequence[Any]:
    """``value`` of a link's field for one record, with some links left as they are.

    :param kept: by owned record: the records that are linked to it before
    """
    return [
        *owned_values.as_commands(value),
        *(
            Command.link(target) if record_id in before else Command.unlink(target)
            for target, before in kept.items()
        ),
    ]
