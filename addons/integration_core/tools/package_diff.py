# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a package would change, as a person reads it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .package_text import SECTIONS, Content


class Status(StrEnum):
    NEW = "new"  #: not here yet
    CHANGED = "changed"  #: here, but different
    UNCHANGED = "unchanged"  #: here, and the same


@dataclass(frozen=True)
class Change:
    """One value. ``path`` leads to it, such as ``sections / lines / expression``."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """What becomes of one record of the package."""

    section: str
    key: str
    status: Status
    changes: tuple[Change, ...] = ()


def compare(here: Content, package: Content) -> list[Entry]:
    """One entry for each record of ``package``, in the order in which they are imported.

    What is here and not in the package is left alone, so it is not told.
    """
    return [
        _entry(section, key, here.get(section, {}).get(key), record)
        for section in SECTIONS
        for key, record in sorted(package.get(section, {}).items())
    ]


def _entry(section: str, key: str, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Entry:
    if old is None:
        return Entry(section, key, Status.NEW)
    found = tuple(changes(old, new))
    return Entry(section, key, Status.CHANGED if found else Status.UNCHANGED, found)


def changes(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """The values that differ, with the way to each."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            below = f"{path} / {key}" if path else str(key)
            yield from changes(old.get(key), new.get(key), below)
    elif not same(old, new):
        yield Change(path, readable(old), readable(new))


def same(old: Any, new: Any) -> bool:
    """Equal in type, too: 1 is not True, and 1 is not 1.0 in a schema."""
    return _text(old) == _text(new)


def readable(value: Any) -> str:
    """A value as text; nothing is empty."""
    if value is None or value is False or value == "":
        return ""
    if value is True:
        return "✓"
    return value if isinstance(value, str) else _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
