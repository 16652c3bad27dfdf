"""The ownerships that concern a model, and what they speak of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from odoo import api
from odoo.fields import Field
from odoo.models import BaseModel

from ..tools.ownership import Link, Rule, RuleBook
from . import owned_links


def rules_of(model: BaseModel) -> RuleBook | None:
    """What ownership has to say about a model; nothing while modules load."""
    if not model.pool.ready:
        return None
    return model.env["integration.ownership"]._rules().get(model._name)


def rules_on(env: api.Environment, model: str) -> tuple[Rule, ...]:
    """The ownerships of the records of a model, the oldest first."""
    book = env["integration.ownership"]._rules().get(model)
    return book.rules if book else ()


def books(env: api.Environment, rules: Iterable[Rule]) -> Mapping[str, RuleBook]:
    """Rules by the models that they concern: those that they cover, and those linked to them."""
    covering: dict[str, list[Rule]] = defaultdict(list)
    links: dict[str, dict[Link, None]] = defaultdict(dict)
    for rule in rules:
        covering[rule.model].append(rule)
        for model, link in owned_links.links_of(env, rule):
            links[model][link] = None
    return {
        model: RuleBook(tuple(covering.get(model, ())), tuple(links.get(model, ())))
        for model in covering.keys() | links.keys()
    }


def today() -> date:
    """The day that decides whether an ownership is in force."""
    return datetime.now(UTC).date()


def owns(rule: Rule, field: Field) -> bool:
    """Whether a rule speaks of a field. Lines (one2many) are records of a model of their own."""
    if rule.fields is None and (not field.store or field.type == "one2many"):
        return False
    return rule.names(field.name)
