"""What a write would change of records that somebody else owns.

Either values that are written on the records themselves, or links that change from their other end
(:mod:`.owned_links`). A field that decides whether a record is owned is looked at as well: by
changing it, anybody could take the record out of the ownership, change what is owned, and bring
the record back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from odoo.models import BaseModel

from ..tools.ownership import Link, Rule, RuleBook
from . import causation, disputes, newborn, owned_links, owned_values
from .owned_rules import owns, rules_on, today
from .owned_scope import scope, to_blame


@dataclass(frozen=True, eq=False)
class Proposal:
    """A field that would get other values.

    :ivar records: as superuser, saved, and not created by the same writer just now
    :ivar name: the field of these records
    :ivar key: the field that is written, maybe of other records
    :ivar value: what would be written on the records themselves, by record id
    :ivar links: the change comes from the other end of its links
    """

    records: BaseModel
    name: str
    key: str
    value: Callable[[int], Any]
    links: owned_links.Changed | None = None

    def changes(self, record: BaseModel) -> bool:
        """Whether it would change anything of one of its records."""
        return self.links is not None or owned_values.differs(
            record, self.name, self.value(record.id)
        )


@dataclass(frozen=True, eq=False)
class Touch:
    """A change of a field of a record by somebody who does not own it.

    :ivar proposal: None for the creation or deletion of the record
    :ivar decides: the field is not owned, but it decides whether the record is; that is a touch
        only if it takes the record out of the rule (:func:`departed`)
    """

    record: BaseModel
    rule: Rule
    proposal: Proposal | None = None
    decides: bool = False

    @property
    def name(self) -> str:
        """The field, if any."""
        return self.proposal.name if self.proposal else ""

    @property
    def place(self) -> tuple[str, int]:
        """Model and id of the record."""
        return self.record._name, self.record.id


@dataclass
class Touches:
    """What a write touches.

    :ivar owned: fields that somebody else owns
    :ivar deciding: fields that are no touch before they have taken their record out of a rule
    """

    owned: list[Touch] = field(default_factory=list)
    deciding: list[Touch] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.owned or self.deciding)

    def __iter__(self) -> Iterator[Touch]:
        yield from self.owned
        yield from self.deciding


# -- what would change -------------------------------------------------------------------------


def of_write(records: BaseModel, vals: Mapping[str, Any], book: RuleBook) -> list[Proposal]:
    """What writing ``vals`` on ``records`` would change."""
    rules = _in_force(book.rules)
    names = {
        name: name
        for name in vals
        if (one := records._fields.get(name)) is not None and _concerned(rules, one)
    }
    links = [link for link in book.links if link.name in vals]
    names |= {link.name: link.field for link in links if not link.mirrored}
    if not names and not links:
        return []
    # sudo: whether a value changes does not depend on who asks
    stored = records.sudo().filtered("id")
    mine = newborn.others(stored)
    found = [
        Proposal(mine, name, key, lambda _id, key=key: vals[key]) for key, name in names.items()
    ]
    for link in links:
        if link.mirrored:
            found += _seen_from(stored, link, owned_links.of_write(stored, link, vals[link.name]))
    return found


def of_creation(
    model: BaseModel, vals: Sequence[Mapping[str, Any]], book: RuleBook
) -> list[Proposal]:
    """What new records would change of records that exist."""
    found = []
    for link in book.links:
        values = [one[link.name] for one in vals if link.name in one]
        if link.mirrored and values:
            # sudo: as in of_write
            found += _seen_from(model.sudo(), link, owned_links.of_creation(link, values))
    return found


def of_deletion(records: BaseModel, book: RuleBook) -> list[Proposal]:
    """What deleting records would change of others."""
    # sudo: as in of_write
    stored = records.sudo().filtered("id")
    found = []
    for link in book.links:
        if link.mirrored and stored:
            found += _seen_from(stored, link, owned_links.of_deletion(stored, link))
    return found


def _seen_from(records: BaseModel, link: Link, changed: owned_links.Changed) -> Iterator[Proposal]:
    if changed:
        targets = newborn.others(records.env[link.model].browse(changed.values))
        yield Proposal(targets, link.field, link.name, changed.values.__getitem__, changed)


def _in_force(rules: Iterable[Rule]) -> list[Rule]:
    day = today()
    return [rule for rule in rules if rule.in_force(day)]


def _concerned(rules: Iterable[Rule], one: Any) -> bool:
    return any(owns(rule, one) or one.name in rule.decided_by for rule in rules)


# -- whose it is -------------------------------------------------------------------------------


def find(proposals: Sequence[Proposal]) -> Touches:
    """Which of these changes the present writer may not make just like that."""
    found = Touches()
    by_model: dict[str, list[Proposal]] = defaultdict(list)
    for proposal in proposals:
        by_model[proposal.records._name].append(proposal)
    for model, alike in by_model.items():
        first = alike[0].records
        records = first.browse(dict.fromkeys(i for one in alike for i in one.records._ids))
        rules = _in_force(rules_on(first.env, model))
        scopes = {rule: covered(records, rule) for rule in rules} if records else {}
        for proposal in alike:
            _look_at(proposal, rules, scopes, found)
    return found


def _look_at(
    proposal: Proposal,
    rules: Sequence[Rule],
    scopes: Mapping[Rule, frozenset[int]],
    found: Touches,
) -> None:
    """Add to ``found`` what a proposal touches."""
    one = proposal.records._fields[proposal.name]
    owning = [rule for rule in rules if owns(rule, one)]
    deciding = [rule for rule in rules if proposal.name in rule.decided_by]
    writer = causation.current()
    for record in proposal.records:
        owners = [rule for rule in owning if record.id in scopes[rule]]
        if owners:
            theirs = [] if _is_among(writer, owners) else owners[:1]
        else:
            # whoever owns a field may change it, whatever follows for other owners
            theirs = [
                rule
                for rule in deciding
                if record.id in scopes[rule] and not _is_among(writer, [rule])
            ]
        if theirs and proposal.changes(record):
            kind = found.owned if owners else found.deciding
            kind += [Touch(record, rule, proposal, decides=not owners) for rule in theirs]


def _is_among(writer: causation.Cause | None, rules: Iterable[Rule]) -> bool:
    return writer is not None and any(rule.system_id == writer.system_id for rule in rules)


def may_refuse_existence(book: RuleBook) -> bool:
    """Whether the present writer may turn out not to be allowed to create or delete records."""
    writer = causation.current()
    return any(not _is_among(writer, [rule]) for rule in _of_existence(book))


def existence(records: BaseModel, book: RuleBook) -> list[Touch]:
    """Which of these records the present writer may not create or delete."""
    owning = _of_existence(book)
    if not owning:
        return []
    # sudo: as in of_write
    stored = records.sudo()
    scopes = {rule: covered(stored, rule) for rule in owning}
    writer = causation.current()
    found = []
    for record in stored:
        owners = [rule for rule in owning if record.id in scopes[rule]]
        # Where several systems own a record, which only those of all companies can have, each of
        # them writes, and the oldest is named to others.
        if owners and not _is_among(writer, owners):
            found.append(Touch(record, owners[0]))
    return found


def _of_existence(book: RuleBook) -> list[Rule]:
    return [rule for rule in _in_force(book.rules) if rule.existence]


def covered(records: BaseModel, rule: Rule) -> frozenset[int]:
    """Ids of the records that a rule covers, or did before the message under way.

    :param records: as superuser
    """
    return scope(records, rule) | disputes.left(rule)


def departed(deciding: Iterable[Touch]) -> list[Touch]:
    """The changes that took their record out of its rule, now that they are made."""
    by_rule: dict[Rule, dict[BaseModel, list[Touch]]] = defaultdict(lambda: defaultdict(list))
    for touch in deciding:
        by_rule[touch.rule][touch.record].append(touch)
    found = []
    for rule, by_record in by_rule.items():
        records = next(iter(by_record)).union(*by_record)
        still = scope(records, rule)
        for record, touches in by_record.items():
            if record.id not in still:
                blamed = to_blame(record, rule, {touch.name for touch in touches})
                found += [touch for touch in touches if touch.name in blamed]
    return found
