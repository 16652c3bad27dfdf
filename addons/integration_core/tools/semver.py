# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Semantic version numbers (https://semver.org, without pre-release and build parts)."""

import re
from collections.abc import Collection
from enum import IntEnum
from typing import Final

_FORM: Final = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)

Version = tuple[int, int, int]


class Level(IntEnum):
    """How much a version number rises; a higher level promises less."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


def parse(text: str) -> Version:
    """``"1.2.0"`` as ``(1, 2, 0)``.

    :raises ValueError: not three numbers without leading zeros.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a semantic version such as 1.2.0")
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)


def rise(old: Version, new: Version) -> Level:
    """The part of the number that rose; ``NONE`` if the new one is not higher."""
    if new <= old:
        return Level.NONE
    if new[0] > old[0]:
        return Level.MAJOR
    return Level.MINOR if new[1] > old[1] else Level.PATCH


def bump(version: Version, level: Level) -> Version:
    """The next number at a level; lower parts begin at nought. ``NONE`` counts as ``PATCH``."""
    major, minor, patch = version
    if level == Level.MAJOR:
        return major + 1, 0, 0
    return (major, minor + 1, 0) if level == Level.MINOR else (major, minor, patch + 1)


def next_free(version: Version, level: Level, taken: Collection[Version]) -> Version:
    """The next number at a level that is not taken yet."""
    candidate = bump(version, level)
    while candidate in taken:
        candidate = bump(candidate, level)
    return candidate


def text(version: Version) -> str:
    """``(1, 2, 0)`` as ``"1.2.0"``."""
    return ".".join(str(part) for part in version)
