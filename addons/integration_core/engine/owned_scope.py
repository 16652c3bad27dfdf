"""Which records an ownership covers, and which of their fields decide that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.orm.domains import DomainAnd

from ..tools.ownership import Rule
from .triggers import parse_domain

COMPANY = "company_id"


def scope(records: BaseModel, rule: Rule) -> frozenset[int]:
    """Ids of the records that a rule covers: of its company or of all companies, by condition.

    :param records: as superuser
    """
    found = _of_company(records, rule)
    if rule.condition and found:
        found = found.filtered_domain(parse_domain(rule.condition))
    return frozenset(found._ids)


def company_domain(rule: Rule) -> Domain:
    """Records of the company of a rule, and those of all companies."""
    return Domain(COMPANY, "in", [False, rule.company_id])


def _of_company(records: BaseModel, rule: Rule) -> BaseModel:
    if records._name == "res.company":
        return records.filtered(lambda company: company.id == rule.company_id)
    if _has_company(records):
        return records.filtered(lambda one: one.company_id.id in (False, rule.company_id))
    return records


def _has_company(model: BaseModel) -> bool:
    field = model._fields.get(COMPANY)
    return field is not None and field.type == "many2one" and field.comodel_name == "res.company"


# -- what decides ------------------------------------------------------------------------------


def deciders(model: BaseModel, condition: str | None) -> frozenset[str]:
    """Fields of ``model`` whose change may take a record out of a rule with this condition."""
    return frozenset().union(*(part.names for part in _parts(model, condition)))


def to_blame(record: BaseModel, rule: Rule, changed: Iterable[str]) -> set[str]:
    """Which changed fields took a record out of a rule: those of what it does not meet any more.

    :param record: as superuser, as it is after the change
    """
    parts = _parts(record, rule.condition)
    failing = [part.names for part in parts if not part.holds(record, rule)]
    changed = set(changed)
    return changed & frozenset().union(*failing) or changed


@dataclass(frozen=True)
class _Part:
    """One of the things that must all hold for a record to be covered.

    :ivar domain: None for the company
    :ivar names: fields that decide whether it holds
    """

    domain: Domain | None
    names: frozenset[str]

    def holds(self, record: BaseModel, rule: Rule) -> bool:
        if self.domain is None:
            return bool(_of_company(record, rule))
        return bool(record.filtered_domain(self.domain))


def _parts(model: BaseModel, condition: str | None) -> Iterator[_Part]:
    if _has_company(model):
        yield _Part(None, _with_sources(model, {COMPANY}))
    if condition:
        domain = parse_domain(condition)
        for one in domain.children if isinstance(domain, DomainAnd) else (domain,):
            yield _Part(one, _with_sources(model, _named(model, one)))


def _named(model: BaseModel, domain: Domain) -> set[str]:
    """Fields of ``model`` itself that a domain asks for; of ``partner_id.country_id`` the first."""
    names = set()
    for condition in domain.iter_conditions():
        names.add(condition.field_expr.split(".", 1)[0])
        if condition.operator in ("child_of", "parent_of"):
            names.add(model._parent_name)
    return names


def _with_sources(model: BaseModel, names: Iterable[str]) -> frozenset[str]:
    """``names`` with the fields of ``model`` that Odoo computes them from."""
    found: set[str] = set()
    waiting = [name for name in names if name in model._fields]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        paths = model.pool.field_depends.get(model._fields[name], ())
        waiting += [first for path in paths if (first := path.split(".", 1)[0]) in model._fields]
    return frozenset(found - {"id"})
