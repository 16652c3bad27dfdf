"""Three-way comparison of configurations: what a proposal changes, and what it collides with.

A configuration is a dictionary of JSON values by field name. All functions are pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]


def changes(base: Config, proposed: Config) -> dict[str, Any]:
    """What ``proposed`` changes of ``base``: new value by field. Lists are compared as sets.

    A field that ``base`` does not know, because it came with an upgrade, was empty.
    """
    return {name: value for name, value in proposed.items() if not _same(value, _of(base, name))}


def collisions(base: Config, current: Config, changed: Config) -> list[str]:
    """Fields of ``changed`` that somebody else has changed since ``base``, to another value.

    Both sides wanting the same value is no collision.
    """
    return sorted(
        name
        for name, value in changed.items()
        if not _same(_of(current, name), _of(base, name)) and not _same(_of(current, name), value)
    )


def _of(config: Config, name: str) -> Any:
    return config.get(name, False)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) == sorted(other)
    # False is Odoo's "nothing"; a zero is a number.
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other)
