# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a JSON Schema (2020-12) demands of one value, in a form that can be compared.

A schema is a conjunction of keywords, of what ``$ref`` leads to and of the members of ``allOf``
(Core, chapters 8.2.3 and 10.2.1). :meth:`Source.shape` draws these together as far as that does not
change their meaning; what cannot be drawn together stays in :attr:`Shape.extras`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

#: The primitive types; ``fraction`` stands for the numbers that are not integers.
ALL_TYPES: Final = frozenset(
    {"null", "boolean", "object", "array", "string", "integer", "fraction"}
)
#: Keywords that say something to people and nothing to a validator.
ANNOTATIONS: Final = frozenset(
    {
        "$comment",
        "$defs",
        "$id",
        "$schema",
        "default",
        "definitions",
        "deprecated",
        "description",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
    }
)
_ONE: Final = frozenset(
    {
        "additionalProperties",
        "contains",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_LIST: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAP: Final = frozenset({"dependentSchemas", "patternProperties", "properties"})
_OWN: Final = frozenset(
    {"$ref", "allOf", "const", "enum", "type", "unevaluatedItems", "unevaluatedProperties"}
)
#: Keywords that mean something only together.
UNITS: Final = (
    ("properties", "patternProperties", "additionalProperties"),
    ("prefixItems", "items"),
    ("contains", "minContains", "maxContains"),
    ("if", "then", "else"),
)
# Keywords by which a reference could leave the simple world of JSON pointers into one document.
_EXOTIC: Final = frozenset(
    {"$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef", "$vocabulary"}
)
_NEUTRAL: Final[Mapping[str, tuple[Any, ...]]] = {
    "minItems": (0,),
    "minLength": (0,),
    "minProperties": (0,),
    "patternProperties": ({},),
    "prefixItems": ([],),
    "properties": ({},),
    "propertyNames": (True, {}),
    "required": ([],),
    "uniqueItems": (False,),
}


class Unresolvable(ValueError):
    """A reference that does not lead to a schema of the same document, or only to itself."""


@dataclass
class Shape:
    """A conjunction of demands.

    :ivar types: the types that are not excluded.
    :ivar values: the only values that are not excluded, by :func:`value_key`; ``None``: any.
    :ivar rules: the other keywords, those without effect left out.
    :ivar extras: schemas that apply as well and cannot be drawn together with ``rules``.
    """

    types: frozenset[str] = ALL_TYPES
    values: dict[str, Any] | None = None
    rules: dict[str, Any] = field(default_factory=dict)
    extras: list[dict[str, Any]] = field(default_factory=list)

    def unit(self, names: Iterable[str]) -> dict[str, Any]:
        return {name: self.rules[name] for name in names if name in self.rules}


class Source:
    """A schema document: the home of local references."""

    def __init__(self, root: Any) -> None:
        self.root = root

    def is_plain(self) -> bool:
        """Whether all references are pointers into this document (``#`` or ``#/…``)."""
        return _is_plain(self.root, top=True)

    def resolve(self, reference: str) -> Any:
        """The schema behind a reference.

        :raises Unresolvable: not a pointer into this document.
        """
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise Unresolvable(str(reference))
        found = self.root
        for step in reference[1:].split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            try:
                found = found[int(step)] if isinstance(found, list) else found[step]
            except (KeyError, IndexError, TypeError, ValueError):
                raise Unresolvable(reference) from None
        if not isinstance(found, dict | bool):
            raise Unresolvable(reference)
        return found

    def shape(self, schema: Any, trail: tuple[str, ...] = ()) -> Shape:
        """Everything that ``schema`` demands of a value.

        :param trail: references followed on the way here without descending into the value.
        :raises Unresolvable: a reference leads nowhere or in a circle.
        """
        if isinstance(schema, bool):
            return Shape(types=ALL_TYPES if schema else frozenset())
        shape = _own(schema)
        reference = schema.get("$ref")
        if reference is not None:
            if reference in trail or len(trail) > 50:
                raise Unresolvable(reference)
            _merge(shape, self.shape(self.resolve(reference), (*trail, reference)))
        for part in schema.get("allOf", ()):
            _merge(shape, self.shape(part, trail))
        _unevaluated(shape, schema, "unevaluatedProperties", "additionalProperties")
        _unevaluated(shape, schema, "unevaluatedItems", "items")
        for forms in (shape.rules.get("anyOf"), shape.rules.get("oneOf")):
            if forms:
                types = (self.shape(form, trail).types for form in forms)
                shape.types &= frozenset().union(*types)
        if shape.values is not None:
            _restrict(shape, shape.values)
        return shape


def value_key(value: Any) -> str:
    """Equal for equal JSON values (Core, chapter 4.2.2): ``1`` is ``1.0``, and ``true`` is not."""
    return json.dumps(_plain_value(value), sort_keys=True)


def _plain_value(value: Any) -> Any:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return {"#": str(Decimal(str(value)).normalize())}
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    if isinstance(value, dict):
        return {f"/{name}": _plain_value(item) for name, item in value.items()}
    return value


def type_of(value: Any) -> str:
    """The primitive type of a JSON value, one of :data:`ALL_TYPES`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "integer" if Decimal(str(value)) % 1 == 0 else "fraction"
    return {str: "string", list: "array", dict: "object"}[type(value)]


def type_set(keyword: Any) -> frozenset[str]:
    """The value of ``type`` as a subset of :data:`ALL_TYPES`."""
    names = {keyword} if isinstance(keyword, str) else set(keyword)
    if "number" in names:
        names = (names - {"number"}) | {"integer", "fraction"}
    return frozenset(names)


def _own(schema: Mapping[str, Any]) -> Shape:
    shape = Shape(
        rules={
            name: rule
            for name, rule in schema.items()
            if name not in ANNOTATIONS
            and name not in _OWN
            and not name.startswith("x-")
            and not any(type(rule) is type(n) and rule == n for n in _NEUTRAL.get(name, ()))
        }
    )
    if "type" in schema:
        shape.types = type_set(schema["type"])
    for values in (schema.get("enum"), [schema["const"]] if "const" in schema else None):
        if values is not None:
            _restrict(shape, {value_key(value): value for value in values})
    for leader, followers in (
        ("contains", ("minContains", "maxContains")),
        ("if", ("then", "else")),
    ):
        if leader not in shape.rules:
            for name in followers:
                shape.rules.pop(name, None)
    return shape


def _restrict(shape: Shape, values: dict[str, Any]) -> None:
    shape.values = {
        key: value
        for key, value in values.items()
        if (shape.values is None or key in shape.values) and type_of(value) in shape.types
    }
    shape.types &= frozenset(type_of(value) for value in shape.values.values())


def _merge(shape: Shape, other: Shape) -> None:
    """Let ``shape`` demand what ``other`` demands as well."""
    shape.types &= other.types
    if other.values is not None:
        _restrict(shape, other.values)
    shape.extras += other.extras
    rest = dict(other.rules)
    for names in UNITS:
        unit = {name: rest.pop(name) for name in names if name in rest}
        mine = shape.unit(names)
        if not unit or value_key(unit) == value_key(mine):
            continue
        merged = unit if not mine else _members_together(mine, unit)
        if merged is None:
            shape.extras.append(unit)
        else:
            shape.rules.update(merged)
    for name, rule in rest.items():
        merged = _together(name, shape.rules[name], rule) if name in shape.rules else rule
        if merged is None:
            shape.extras.append({name: rule})
        else:
            shape.rules[name] = merged


def _members_together(mine: dict[str, Any], other: dict[str, Any]) -> dict[str, Any] | None:
    """Two sets of members as one, or ``None`` where one would change the meaning of the other."""
    if set(mine) | set(other) != {"properties"}:
        return None
    both = mine["properties"].keys() & other["properties"].keys()
    if any(
        value_key(mine["properties"][name]) != value_key(other["properties"][name]) for name in both
    ):
        return None
    return {"properties": {**mine["properties"], **other["properties"]}}


def _together(name: str, mine: Any, other: Any) -> Any:
    if name == "required":
        return sorted({*mine, *other})
    if name in ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"):
        return max(mine, other)
    if name in ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"):
        return min(mine, other)
    return mine if value_key(mine) == value_key(other) else None


def _unevaluated(shape: Shape, schema: Mapping[str, Any], name: str, plain: str) -> None:
    """Write ``unevaluated…`` as the plain keyword where both mean the same.

    They do when nothing but the keywords drawn together decides what counts as evaluated; else
    the keyword stays, and whoever compares must be careful.
    """
    rule = schema.get(name, True)
    if rule is True or rule == {} or plain in shape.rules:
        return
    deciding = {"anyOf", "oneOf", "dependentSchemas", "if"}
    if plain == "items":
        deciding |= {"contains"}
    simple = not shape.extras and not deciding & set(shape.rules)
    shape.rules[plain if simple else name] = rule


def same(mine: Source, one: Any, theirs: Source, other: Any) -> bool:
    """Whether two schemas differ in annotations alone, references followed."""
    return _same(mine, one, theirs, other, set())


def _same(mine: Source, one: Any, theirs: Source, other: Any, seen: set[Any]) -> bool:
    one, other = _keywords(one), _keywords(other)
    if one.keys() == other.keys() == {"$ref"}:
        pair = (one["$ref"], other["$ref"])
        if pair in seen:
            return True
        seen.add(pair)
    try:
        one, other = _follow(mine, one), _follow(theirs, other)
    except Unresolvable:
        return False
    if one.keys() != other.keys():
        return False
    return all(_same_rule(name, mine, one[name], theirs, other[name], seen) for name in one)


def _follow(source: Source, schema: dict[str, Any]) -> dict[str, Any]:
    for _step in range(50):
        if schema.keys() != {"$ref"}:
            return schema
        schema = _keywords(source.resolve(schema["$ref"]))
    raise Unresolvable("a reference leads in a circle")


def _keywords(schema: Any) -> dict[str, Any]:
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    return {
        name: rule
        for name, rule in schema.items()
        if name not in ANNOTATIONS
        and not name.startswith("x-")
        and not any(type(rule) is type(n) and rule == n for n in _NEUTRAL.get(name, ()))
    }


def _same_rule(
    name: str, mine: Source, one: Any, theirs: Source, other: Any, seen: set[Any]
) -> bool:
    if name in _ONE:
        return _same(mine, one, theirs, other, seen)
    if name in _LIST:
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_same(mine, a, theirs, b, seen) for a, b in pairs)
    if name in _MAP:
        return one.keys() == other.keys() and all(
            _same(mine, one[key], theirs, other[key], seen) for key in one
        )
    if name == "$ref":
        return _same(mine, {"$ref": one}, theirs, {"$ref": other}, seen)
    if name == "type":
        return type_set(one) == type_set(other)
    if name in ("enum", "required"):
        return {value_key(value) for value in one} == {value_key(value) for value in other}
    return value_key(one) == value_key(other)


def _is_plain(schema: Any, top: bool = False) -> bool:
    if isinstance(schema, list):
        return all(_is_plain(item) for item in schema)
    if not isinstance(schema, dict):
        return True
    if _EXOTIC & schema.keys() or (not top and isinstance(schema.get("$id"), str)):
        return False
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference != "#" and not reference.startswith("#/"):
        return False
    return all(_is_plain(item) for item in schema.values())
