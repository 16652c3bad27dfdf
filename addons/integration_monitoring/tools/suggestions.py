# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What helped before: how earlier error groups like this one were resolved, the most likely first.
A suggestion is a score between 0 and 1 that explains itself: each part says what is alike and how
much that counts. It suggests; nobody acts on it but a person.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[a-z]{3,}")
_DAY: Final = 86400
#: Parts of the score, and what each counts at most; together 1.
WEIGHTS: Final = {"title": 0.4, "code": 0.25, "interface": 0.15, "error_class": 0.1, "system": 0.1}
#: Days after which an experience counts half.
_HALF_LIFE: Final = 180
#: Below this score a group is not alike.
LEAST: Final = 0.35


@dataclass(frozen=True, slots=True)
class Group:
    """An error group, as far as likeness goes. The title holds nothing individual."""

    fingerprint: str
    error_class: str
    code: str
    title: str
    interface: int
    system: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a group was resolved once.

    :param way: what was done, out of the ways that the database knows.
    :param note: id of the note, not its text.
    :param at: moment in seconds.
    :param held: whether the group has stayed away since.
    """

    group: Group
    way: str
    note: int
    at: float
    held: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A way that helped before.

    :param score: 0 to 1.
    :param parts: what is alike and how much it counts: they add up to the likeness.
    :param likeness, age, record: factors of the score: how alike the nearest group is, how old the
        experience is, how often the way held.
    :param times, held: how often it was taken in groups like this, and how often that held.
    :param notes: ids of the notes, the nearest first.
    """

    way: str
    score: float
    parts: tuple[tuple[str, float], ...]
    likeness: float
    age: float
    record: float
    times: int
    held: int
    notes: tuple[int, ...]


def rank(
    group: Group, earlier: Iterable[Resolution], now: float, most: int = 3
) -> list[Suggestion]:
    """The most likely ways, best first; none when nothing is alike.

    :param earlier: resolutions that the reader may see, in any order.
    :param now: moment in seconds.
    """
    by_way: dict[str, list[tuple[float, Resolution]]] = {}
    for one in earlier:
        likeness = sum(value for _, value in _parts(group, one.group))
        if likeness >= LEAST:
            by_way.setdefault(one.way, []).append((likeness, one))
    ranked = [_suggestion(group, way, found, now) for way, found in by_way.items()]
    ranked.sort(key=lambda one: (-one.score, one.way))
    return ranked[:most]


def _suggestion(
    group: Group, way: str, found: list[tuple[float, Resolution]], now: float
) -> Suggestion:
    found.sort(key=lambda pair: (-pair[0], -pair[1].at, pair[1].note))
    likeness, nearest = found[0]
    held = sum(one.held for _, one in found)
    # Laplace's rule of succession: once is not always.
    record = (held + 1) / (len(found) + 2)
    age = 0.5 ** (max(0.0, now - max(one.at for _, one in found)) / _DAY / _HALF_LIFE)
    return Suggestion(
        way=way,
        score=round(likeness * record * math.sqrt(age), 4),
        parts=_parts(group, nearest.group),
        likeness=round(likeness, 4),
        age=round(age, 4),
        record=round(record, 4),
        times=len(found),
        held=held,
        notes=tuple(one.note for _, one in found),
    )


def _parts(group: Group, other: Group) -> tuple[tuple[str, float], ...]:
    if group.fingerprint == other.fingerprint:
        alike = dict.fromkeys(WEIGHTS, 1.0)
        alike["interface"] = float(group.interface == other.interface)
        alike["system"] = float(group.system == other.system)
    else:
        alike = {
            "title": _title_likeness(group.title, other.title),
            "code": float(group.code == other.code),
            "interface": float(group.interface == other.interface),
            "error_class": float(group.error_class == other.error_class),
            "system": float(group.system == other.system),
        }
    return tuple((name, round(WEIGHTS[name] * alike[name], 4)) for name in WEIGHTS)


def _title_likeness(one: str, other: str) -> float:
    """Words in common as a share of all words (Jaccard)."""
    mine, theirs = (frozenset(_WORD.findall(title.lower())) for title in (one, other))
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0
