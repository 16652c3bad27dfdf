# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Versions of records: which one is newer, and what records refer to.

>>> first, second = Version("9", datetime(2026, 3, 2), 1), Version("10", datetime(2026, 3, 2), 2)
>>> first.is_older_than(second), second.is_older_than(first)
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from odoo.addons.integration_core.tools import errors

#: What people call what a reference leads to.
_WORDS: Final = {
    "patient": "a patient",
    "place": "a place",
    "staff": "a member of staff",
    "organization": "an organization",
    "schedule": "a schedule",
    "visit": "a visit",
}


@dataclass(frozen=True)
class Version:
    """A version of a record.

    :ivar written: when it was written, as its system says
    :ivar arrived: its place among all that arrived, where nothing else tells
    """

    name: str
    written: datetime
    arrived: int

    def is_older_than(self, other: Version) -> bool:
        """Whether it is overtaken by another version, of which it says nothing new."""
        if self.written != other.written:
            return self.written < other.written
        if self.name.isdecimal() and other.name.isdecimal() and self.name != other.name:
            return int(self.name) < int(other.name)
        return self.arrived < other.arrived


def is_overtaken() -> errors.ConflictError:
    """Why a version changes nothing. It is told of the message, and nobody has to decide."""
    return errors.ConflictError(
        "A newer version of the same record was handled before. Nothing was changed.",
        code="older_version",
    )


class UnknownReferenceError(errors.TransientError):
    """A record refers to another one that its system has not told of yet. It may still come."""

    default_code = "unknown_reference"
    of_message = True
    fault = errors.Fault.PARTNER

    def __init__(self, kind: str, keys: Sequence[str] = ()) -> None:
        """:param keys: pseudonyms of names, any of which would tell what is meant"""
        super().__init__(
            f"The message refers to {_WORDS[kind]} that its system has not told of yet. It is "
            "tried again for a while, and as soon as that record comes. If it stays unknown, let "
            "the system send it, and see that the routing takes records of its type."
        )
        self.keys = tuple(keys)


def references(document: Any) -> Iterator[str]:
    """The names of all records that a document speaks of, itself included."""
    if isinstance(document, Mapping):
        name = document.get("record")
        if isinstance(name, str):
            yield name
        for member in document.values():
            yield from references(member)
    elif isinstance(document, list):
        for member in document:
            yield from references(member)


def alias(kind: str, number: str, assigner: str) -> str:
    """A further name of a record: the number by which references may mean it."""
    return f"{kind}|{assigner}|{number}"
