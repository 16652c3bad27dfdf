# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What changed in a document, value by value.

A change is ``{"path": …, "from": …, "to": …}``. The path is a JSON pointer (RFC 6901). Items of an
array that name themselves by one of :data:`KEYS` are compared by that name, and the pointer has it
in the place of a position: ``/lines/37/quantity`` is the quantity of line 37, wherever it stands.
All other arrays are compared by position.

What is added was null before, what is removed is null afterwards; a member that is null says no
more than one that is missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

#: Members by which items of an array are recognised, the first that all of them have.
KEYS: Final = ("line_reference", "number", "code", "id")
#: Largest number of changes that are told one by one.
LIMIT: Final = 500

Change = dict[str, Any]

#: JSON Schema of a list of changes.
SCHEMA: Final[Mapping[str, Any]] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["from", "path", "to"],
        "properties": {"from": {}, "path": {"type": "string"}, "to": {}},
        "additionalProperties": False,
    },
}


def changes(before: Any, after: Any, limit: int = LIMIT) -> list[Change]:
    """The differences between two JSON values, in the order of their paths' members.

    Names are in alphabetical order, keys of items too, numbers before texts. An array with more
    than ``limit`` differences is one change, of all of it; where there are too many all the same,
    each array that differs is one, and at last the whole document.

    :param limit: at least 1
    :return: empty if nothing differs
    """
    found = list(_differences(before, after, "", limit))
    if len(found) > limit:
        found = list(_differences(before, after, "", 0))
    return found if len(found) <= limit else [_change("", before, after)]


def _change(path: str, before: Any, after: Any) -> Change:
    return {"path": path, "from": before, "to": after}


def _differences(before: Any, after: Any, path: str, limit: int) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            below = f"{path}/{_escaped(name)}"
            yield from _differences(before.get(name), after.get(name), below, limit)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        found = list(_of_items(before, after, path, limit))
        yield from found if len(found) <= limit else [_change(path, before, after)]
    elif not _same(before, after):
        yield _change(path, before, after)


def _of_items(
    before: Sequence[Any], after: Sequence[Any], path: str, limit: int
) -> Iterator[Change]:
    key = _key(before, after)
    old, new = _by_name(before, key), _by_name(after, key)
    for name in sorted({**old, **new}, key=_rank):
        below = f"{path}/{_escaped(str(name))}"
        yield from _differences(old.get(name), new.get(name), below, limit)


def _by_name(items: Sequence[Any], key: str | None) -> dict[int | str, Any]:
    if key is None:
        return dict(enumerate(items))
    return {item[key]: item for item in items}


def _key(*arrays: Sequence[Any]) -> str | None:
    """The member that tells the items of each of these arrays apart, if there is one."""
    return next((key for key in KEYS if all(_names(items, key) for items in arrays)), None)


def _names(items: Sequence[Any], key: str) -> bool:
    names = [item.get(key) if isinstance(item, Mapping) else None for item in items]
    known = {str(name) for name in names if _is_name(name)}
    return len(known) == len(names)


def _is_name(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and value != ""


def _rank(name: int | str) -> tuple[bool, int | str]:
    return isinstance(name, str), name


def _same(one: Any, other: Any) -> bool:
    # Equal in type, too: true is not 1.
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
