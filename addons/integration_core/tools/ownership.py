# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which system owns which fields: one rule of master-data ownership, and when two rules collide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

#: Fields that Odoo keeps by itself, or by which people talk about a record, are nobody's data.
_BOOKKEEPING: Final = frozenset(
    {"id", "create_uid", "create_date", "write_uid", "write_date", "parent_path", "display_name"}
)
_CONVERSATION: Final = ("message_", "activity_", "website_message_", "rating_", "access_")


@dataclass(frozen=True)
class Rule:
    """One approved ownership, as the writes of records are checked against it.

    :ivar fields: names of the owned fields; None for all data of a record
    :ivar existence: only the owner creates and deletes such records
    :ivar condition: domain as text that says which records; None for all
    :ivar valid_from: first day (UTC), None for no beginning
    :ivar valid_until: last day (UTC), None for no end
    :ivar parks: a write of another system waits for a decision, instead of being refused
    :ivar decided_by: fields of the record that decide whether it is covered: of the condition, the
        company, and what Odoo computes those from
    """

    id: int
    system_id: int
    company_id: int
    model: str
    fields: frozenset[str] | None
    existence: bool
    condition: str | None
    valid_from: date | None
    valid_until: date | None
    parks: bool
    decided_by: frozenset[str] = frozenset()

    def in_force(self, day: date) -> bool:
        """Whether the rule holds on ``day``."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )

    def names(self, field: str) -> bool:
        """Whether ``field`` is among what the rule lists, or is data at all if it lists nothing."""
        if self.fields is not None:
            return field in self.fields
        return is_data(field)

    def meets(self, other: Rule) -> bool:
        """Whether both rules speak of the same field on the same day, in the same company."""
        return (
            self.company_id == other.company_id
            and self.model == other.model
            and _periods_meet(self, other)
            and (bool(shared_fields(self, other)) or (self.existence and other.existence))
        )


@dataclass(frozen=True)
class Link:
    """A many-to-many field that shows the same links as one that a rule speaks of.

    :ivar name: the field
    :ivar model: kind of records that the rule covers
    :ivar field: the field of ``model`` that the rule speaks of
    :ivar mirrored: the other end of the links, as the contacts of a tag are of the tags of a
        contact; else another field at the same end
    """

    name: str
    model: str
    field: str
    mirrored: bool


@dataclass(frozen=True)
class RuleBook:
    """What ownership has to say about a model.

    :ivar rules: the ownerships of its records, the oldest first
    :ivar links: its fields by which owned fields of other records change
    """

    rules: tuple[Rule, ...] = ()
    links: tuple[Link, ...] = ()


def is_data(field: str) -> bool:
    """Whether a field may be owned: neither bookkeeping of Odoo nor the talk about the record."""
    return field not in _BOOKKEEPING and not field.startswith(_CONVERSATION)


def shared_fields(one: Rule, other: Rule) -> frozenset[str]:
    """Fields that both rules name; ``{"*"}`` if both own everything."""
    if one.fields is None or other.fields is None:
        return one.fields or other.fields or frozenset({"*"})
    return one.fields & other.fields


def _periods_meet(one: Rule, other: Rule) -> bool:
    return (
        one.valid_from is None or other.valid_until is None or one.valid_from <= other.valid_until
    ) and (
        other.valid_from is None or one.valid_until is None or other.valid_from <= one.valid_until
    )
