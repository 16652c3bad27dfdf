"""Triggers: what the capture of events has to know of an event type, without reading it again.

Built once per worker and registry (see ``integration.event.type``), so that a watched
transaction pays no statement for the definition of its events.
"""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from odoo import api
from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools import data_classes, field_paths

_logger = logging.getLogger(__name__)

#: Types of fields that "reaches a value" may watch: their column holds one comparable value.
WATCHABLE = frozenset({"selection", "boolean", "char", "integer", "many2one", "date"})
#: Types of fields whose changes may tell of it again; no value of them has to be written down.
REPEATABLE = WATCHABLE | {"float", "monetary", "datetime"}


@dataclass(frozen=True)
class Trigger:
    """One active event type with a subscriber."""

    type_id: int
    code: str
    model: str
    kind: str  #: ``created``, ``reaches``, ``changed``, ``deleted``, ``scheduled`` or ``engine``
    field: str | None
    value: str | None
    contract_code: str
    condition: str | None  #: domain as text; None for always
    paths: tuple[str, ...]  #: fields of the snapshot; empty for the one that the model codes
    partner_field: str | None
    data_class: str = "internal"  #: the strictest of its subscribers and of what it tells
    again: str | None = None  #: field whose changes tell of it again, while the value stays

    def domain(self) -> Domain:
        """The condition.

        :raises ValueError: see :func:`parse_domain`
        """
        return parse_domain(self.condition)

    def is_usable(self, env: api.Environment) -> bool:
        """Whether model and field are still there: addons and custom fields are uninstalled."""
        model = env.get(self.model)
        if model is None or model._abstract:
            return False
        return self.kind != "reaches" or is_watchable(model, self.field)


#: A model, and the column of it that leads on towards the document.
Link = tuple[str, str]


@dataclass(frozen=True)
class Target:
    """Documents that change when records of a model do.

    :ivar links: how a part leads to its document; empty for the documents themselves
    """

    trigger: Trigger
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Watch:
    """All that is watched on one model."""

    triggers: tuple[Trigger, ...] = ()
    targets: tuple[Target, ...] = ()


def is_watchable(model: BaseModel, name: str | None, types: frozenset[str] = WATCHABLE) -> bool:
    """Whether a field has one column with one value, the same in all languages and companies."""
    field = model._fields.get(name or "")
    return bool(
        field is not None
        and field.store
        and field.column_type
        and field.type in types
        and not field.translate
        and not field.company_dependent
    )


def parse_domain(text: str | None) -> Domain:
    """Read a domain of literals; relative dates such as ``"today -3d"`` are literals, too.

    :raises ValueError: not a domain, or it holds an expression that would have to be evaluated.
    """
    try:
        value = ast.literal_eval((text or "[]").strip())
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as exc:
        raise ValueError("not a domain of fixed values") from exc
    if not isinstance(value, list):
        raise ValueError("not a domain")
    return Domain(value)


_QUERY = """
    SELECT t.id, t.code, t.model_name, t.trigger, t.field_name, t.field_value, c.code,
           nullif(nullif(t.condition, ''), '[]'),
           array(SELECT f.path FROM integration_event_field f
                  WHERE f.type_id = t.id ORDER BY f.sequence, f.id),
           nullif(t.partner_field, ''),
           -- Those that are not active yet as well: they may be when the event is handed out.
           array(SELECT DISTINCT i.data_class
                   FROM integration_event_type_integration_interface_rel s
                   JOIN integration_interface i ON i.id = s.integration_interface_id
                  WHERE s.integration_event_type_id = t.id AND i.active AND i.state <> 'retired'),
           nullif(t.repeat_field_name, '')
      FROM integration_event_type t
      JOIN integration_contract c ON c.id = t.contract_id
"""
_ACTIVE = """
     WHERE t.active AND t.trigger <> 'engine' AND EXISTS (
           SELECT 1 FROM integration_event_type_integration_interface_rel r
             JOIN integration_interface i ON i.id = r.integration_interface_id
            WHERE r.integration_event_type_id = t.id AND i.active
              AND i.activated_at IS NOT NULL AND i.state <> 'retired')
     ORDER BY t.id
"""


def active(env: api.Environment) -> Mapping[str, Watch]:
    """Usable triggers of types with a subscriber, by the models whose records they watch."""
    # SQL: capturing must not depend on the rights of the user who changes a record
    env.cr.execute(_QUERY + _ACTIVE)
    triggers: dict[str, list[Trigger]] = {}
    targets: dict[str, list[Target]] = {}
    for row in env.cr.fetchall():
        trigger = _trigger(env, row)
        if not trigger.is_usable(env):
            continue
        triggers.setdefault(trigger.model, []).append(trigger)
        if trigger.kind == "changed":
            targets.setdefault(trigger.model, []).append(Target(trigger))
            for links in sorted(set(_parts(env[trigger.model], trigger.paths))):
                targets.setdefault(links[0][0], []).append(Target(trigger, links))
    return {
        model: Watch(tuple(triggers.get(model, ())), tuple(targets.get(model, ())))
        for model in {*triggers, *targets}
    }


# -- the parts of a document -------------------------------------------------------------------


def _parts(model: BaseModel, paths: tuple[str, ...]) -> Iterator[tuple[Link, ...]]:
    """How the parts of a document lead to it: those that its snapshot may show.

    Either the lists among the listed fields, or what the model declares for the snapshot that an
    addon codes.
    """
    if paths:
        yield from _listed(model, field_paths.tree(paths), ())
        return
    for cls in type(model).__mro__:  # each addon tells of its own
        for part, path in vars(cls).get("_integration_parts", {}).items():
            if part in model.env:  # it may be of an addon that is not installed
                yield from _declared(model, part, path)


def _listed(
    model: BaseModel, tree: field_paths.Tree, links: tuple[Link, ...]
) -> Iterator[tuple[Link, ...]]:
    for name, below in tree.items():
        field = model._fields.get(name)
        # Not a list that is computed, or that belongs to a related record.
        if field is None or field.type != "one2many" or not field.store:
            continue
        part = model.env[field.comodel_name]
        if _is_link(part, field.inverse_name):
            further = ((part._name, field.inverse_name), *links)
            yield further
            yield from _listed(part, below, further)


def _declared(model: BaseModel, part: str, path: str) -> Iterator[tuple[Link, ...]]:
    """The links along a path from a part to ``model``; what leads elsewhere is a fault of code."""
    links: list[Link] = []
    here = model.env[part]
    for name in path.split("."):
        if not _is_link(here, name):
            break
        links.append((here._name, name))
        here = model.env[here._fields[name].comodel_name]
    else:
        if here._name == model._name:
            yield tuple(links)
            return
    _logger.warning(
        "%s of %s does not lead to %s by stored links: its changes are not told of.",
        path,
        part,
        model._name,
    )


def _is_link(model: BaseModel, name: str | None) -> bool:
    field = model._fields.get(name or "")
    return bool(field is not None and field.type == "many2one" and field.store)


def of_type(env: api.Environment, type_id: int) -> Trigger:
    """The trigger of one event type, whether it has a subscriber or not."""
    env["integration.event.type"].flush_model()
    env["integration.event.field"].flush_model()
    env.cr.execute(_QUERY + " WHERE t.id = %s", [type_id])
    return _trigger(env, env.cr.fetchone())


_SUBSCRIBED = """
     WHERE t.active AND t.code = %s AND EXISTS (
           SELECT 1 FROM integration_event_type_integration_interface_rel r
             JOIN integration_interface i ON i.id = r.integration_interface_id
            WHERE r.integration_event_type_id = t.id AND i.active
              AND i.activated_at IS NOT NULL AND i.state <> 'retired')
"""


def subscribed(env: api.Environment, code: str) -> Trigger | None:
    """The trigger of the event type with this code; ``None`` if nobody wants its events."""
    env.cr.execute(_QUERY + _SUBSCRIBED, [code])
    row = env.cr.fetchone()
    return _trigger(env, row) if row else None


def _trigger(env: api.Environment, row: tuple[Any, ...]) -> Trigger:
    paths = tuple(row[8])
    return Trigger(
        *row[:8],
        paths=paths,
        partner_field=row[9],
        data_class=data_classes.strictest((*row[10], least_class(env, row[2], paths))),
        again=row[11],
    )


def least_class(env: api.Environment, model: str, paths: Iterable[str]) -> str | None:
    """How sensitive the content of an event is at least, whoever takes it; None for no limit.

    What a model says of its records (``_integration_data_class``) is true of every event that
    tells of them: of their own events, and of those of other records that lead to them, if by no
    more than their name.
    """
    models = {model}
    for path in paths:
        here = env.get(model)
        for name in path.split("."):
            field = here._fields.get(name) if here is not None else None
            if field is None or not field.relational:
                break
            models.add(field.comodel_name)
            here = env.get(field.comodel_name)
    found = [env[name]._integration_data_class for name in models if name in env]
    return data_classes.strictest(found) if any(found) else None
