# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How single keywords of a JSON Schema became tighter or looser between two versions.

Each aspect looks at some keywords of two shapes of the same value and gives a :class:`Verdict` if
they differ. It may say "breaks" without need, never the contrary.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from . import contracts
from .schema_shape import UNITS, Shape, value_key

_NUMBER: Final = frozenset({"integer", "fraction"})
_STRING: Final = frozenset({"string"})
_ARRAY: Final = frozenset({"array"})
_OBJECT: Final = frozenset({"object"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one aspect found: see :class:`.schema_compat.Change`, which adds the place."""

    kind: str
    sentence: str
    readers: bool
    writers: bool


def verdicts(old: Shape, new: Shape) -> Iterator[Verdict]:
    """The differences in everything but members, items, choices and what is compared whole."""
    yield from filter(None, (_types(old, new), _values(old, new)))
    both = old.types & new.types
    for group, names, compare in _LIMITS:
        mine, theirs = old.unit(names), new.unit(names)
        if not group & both or value_key(mine) == value_key(theirs):
            continue
        verdict = compare(mine, theirs)
        if verdict:
            yield _spare_finite(verdict, old, mine, new, theirs)


def opaque(old: Shape, new: Shape) -> Iterator[tuple[tuple[str, ...], str, dict, dict]]:
    """Keywords to be compared as a whole: names, label, and the rules of both sides.

    Keywords that nobody here knows are among them.
    """
    both = old.types & new.types
    for group, names, label in _WHOLE:
        if group & both:
            yield names, label, old.unit(names), new.unit(names)
    for name in sorted((old.rules.keys() | new.rules.keys()) - _KNOWN):
        yield (name,), name, old.unit((name,)), new.unit((name,))


def replaced(label: str, mine: Any, theirs: Any) -> Verdict:
    """The verdict on a demand of which only presence and absence can be judged."""
    if not mine:
        return Verdict("rule_added", f"The rule “{label}” is new", False, True)
    if not theirs:
        return Verdict("rule_removed", f"The rule “{label}” is gone", True, False)
    sentence = f"The rule “{label}” changed; whether it became tighter or looser cannot be told"
    return Verdict("rule_changed", sentence, True, True)


def shown(values: list[Any]) -> str:
    """Some values of a schema for a person."""
    texts = [json.dumps(value, ensure_ascii=False, default=str) for value in values[:5]]
    texts = [text if len(text) <= 60 else text[:59] + "…" for text in texts]
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return ", ".join(texts) + more


# -- types and values ----------------------------------------------------------------------------


def type_names(types: frozenset[str]) -> str:
    names = sorted(types)
    if types >= _NUMBER:
        names = sorted(types - _NUMBER | {"number"})
    return " or ".join("number with decimals" if name == "fraction" else name for name in names)


def _types(old: Shape, new: Shape) -> Verdict | None:
    if old.types == new.types or (old.values is not None and new.values is not None):
        return None
    lost, gained = old.types - new.types, new.types - old.types
    parts = [f"may no longer be {type_names(lost)}"] * bool(lost)
    parts += [f"may now be {type_names(gained)}"] * bool(gained)
    return Verdict("type", _sentence(parts), bool(gained), bool(lost))


def _values(old: Shape, new: Shape) -> Verdict | None:
    if new.values is None:
        if old.values is None:
            return None
        return Verdict("values", "Is no longer limited to a list of values", True, False)
    if old.values is None:
        sentence = f"Is now limited to {shown(list(new.values.values()))}"
        return Verdict("values", sentence, False, True)
    lost = [value for key, value in old.values.items() if key not in new.values]
    gained = [value for key, value in new.values.items() if key not in old.values]
    if not lost and not gained:
        return None
    parts = [f"may no longer be {shown(lost)}"] * bool(lost)
    parts += [f"may now be {shown(gained)}"] * bool(gained)
    return Verdict("values", _sentence(parts), bool(gained), bool(lost))


def _sentence(parts: list[str]) -> str:
    text = ", and ".join(parts)
    return text[:1].upper() + text[1:]


def _spare_finite(
    verdict: Verdict, old: Shape, mine: dict[str, Any], new: Shape, theirs: dict[str, Any]
) -> Verdict:
    """A short list of values can simply be tried on the other side's rule."""
    if verdict.writers and old.values is not None and _accepts(theirs, old.values):
        verdict = replace(verdict, writers=False)
    if verdict.readers and new.values is not None and _accepts(mine, new.values):
        verdict = replace(verdict, readers=False)
    return verdict


def _accepts(rules: dict[str, Any], values: dict[str, Any]) -> bool:
    try:
        validator = contracts.compile_schema(rules)
    except contracts.SchemaError:
        return False
    return all(validator.is_valid(value) for value in values.values())


# -- limits ----------------------------------------------------------------------------------------

Limit = tuple[Decimal, bool]


def _bound(rules: dict[str, Any], names: tuple[str, ...], sign: int) -> Limit | None:
    """The tightest limit as ``(sign · value, exclusive)``: a higher pair is tighter."""
    limits = [
        (sign * Decimal(str(rules[name])), name.startswith("exclusive"))
        for name in names
        if name in rules
    ]
    return max(limits) if limits else None


def _limit(label: str, names: tuple[str, ...], sign: int) -> Callable[..., Verdict | None]:
    def compare(mine: dict[str, Any], theirs: dict[str, Any]) -> Verdict | None:
        before, after = _bound(mine, names, sign), _bound(theirs, names, sign)
        if before == after:
            return None
        tighter = after is not None and (before is None or after > before)
        if before is None:
            sentence = f"{label} is now {_text(after, sign)}"
        elif after is None:
            sentence = f"{label} was {_text(before, sign)} and is gone"
        else:
            sentence = f"{label} was {_text(before, sign)} and is now {_text(after, sign)}"
        return Verdict("limit", sentence, not tighter, tighter)

    return compare


def _text(limit: Limit | None, sign: int) -> str:
    value, exclusive = limit or (Decimal(), False)
    return f"{(sign * value).normalize():f}" + (" (exclusive)" if exclusive else "")


def _multiple(mine: dict[str, Any], theirs: dict[str, Any]) -> Verdict | None:
    before, after = mine.get("multipleOf"), theirs.get("multipleOf")
    sentence = f"The step was {before or 'any'} and is now {after or 'any'}"
    return Verdict("limit", sentence, not _divides(after, before), not _divides(before, after))


def _divides(inner: Any, outer: Any) -> bool:
    """Whether each multiple of ``inner`` is one of ``outer``; told of whole numbers only."""
    if outer is None:
        return True
    if inner is None or Decimal(str(inner)) % 1 or Decimal(str(outer)) % 1:
        return False
    return Decimal(str(inner)) % Decimal(str(outer)) == 0


def _single(name: str, label: str) -> Callable[..., Verdict | None]:
    def compare(mine: dict[str, Any], theirs: dict[str, Any]) -> Verdict | None:
        before, after = mine.get(name), theirs.get(name)
        if before is None:
            return Verdict(name, f"{label} {shown([after])} is new", False, True)
        if after is None:
            return Verdict(name, f"{label} {shown([before])} is gone", True, False)
        sentence = f"{label} was {shown([before])} and is now {shown([after])}"
        return Verdict(name, sentence, True, True)

    return compare


def _unique(mine: dict[str, Any], theirs: dict[str, Any]) -> Verdict | None:
    if theirs.get("uniqueItems"):
        return Verdict("uniqueItems", "Items may no longer repeat", False, True)
    return Verdict("uniqueItems", "Items may repeat now", True, False)


_LOWER: Final = ("minimum", "exclusiveMinimum")
_UPPER: Final = ("maximum", "exclusiveMaximum")
#: Types concerned, keywords, and what compares them.
_LIMITS: Final = (
    (_NUMBER, _LOWER, _limit("The smallest value", _LOWER, 1)),
    (_NUMBER, _UPPER, _limit("The largest value", _UPPER, -1)),
    (_NUMBER, ("multipleOf",), _multiple),
    (_STRING, ("minLength",), _limit("The shortest text", ("minLength",), 1)),
    (_STRING, ("maxLength",), _limit("The longest text", ("maxLength",), -1)),
    (_STRING, ("pattern",), _single("pattern", "The pattern")),
    (_STRING, ("format",), _single("format", "The format")),
    (_ARRAY, ("minItems",), _limit("The smallest number of items", ("minItems",), 1)),
    (_ARRAY, ("maxItems",), _limit("The largest number of items", ("maxItems",), -1)),
    (_ARRAY, ("uniqueItems",), _unique),
    (_OBJECT, ("minProperties",), _limit("The smallest number of members", ("minProperties",), 1)),
    (_OBJECT, ("maxProperties",), _limit("The largest number of members", ("maxProperties",), -1)),
)
_ANY: Final = _NUMBER | _STRING | _ARRAY | _OBJECT | {"null", "boolean"}
_WHOLE: Final = (
    (_ARRAY, UNITS[2], "contains"),
    (_ANY, UNITS[3], "if"),
    (_ANY, ("not",), "not"),
    (_OBJECT, ("propertyNames",), "propertyNames"),
    (_OBJECT, ("dependentRequired",), "dependentRequired"),
    (_OBJECT, ("dependentSchemas",), "dependentSchemas"),
)
_KNOWN: Final = (
    {name for _group, names, _compare in _LIMITS for name in names}
    | {name for _group, names, _label in _WHOLE for name in names}
    | {name for names in UNITS for name in names}
    | {"required", "anyOf", "oneOf", "unevaluatedItems", "unevaluatedProperties"}
)
