# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a change of a JSON Schema (2020-12) breaks, and for whom.

*Writers* made their documents for the old version, and the new one must accept them: they are safe
if every document valid under the old version is valid under the new one. *Readers* were built for
the old version and get documents of the new one: they are safe in the opposite case. What cannot
be proven safe is reported as breaking, so silence can be relied on and an alarm may be false.

One assumption is made unless ``strict`` is asked for: where an object is open (its members are not
limited by ``additionalProperties``), nobody sends members that his version does not declare. Else
each new optional member would break writers, who may have used its name for something else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from . import schema_rules
from .schema_rules import Verdict
from .schema_shape import Shape, Source, Unresolvable, same, value_key
from .semver import Level

#: Pairs of schemas that are looked at before a comparison is given up as too complicated.
MAX_STEPS: Final = 20_000
_MAX_DEPTH: Final = 60
_CHOOSING: Final = frozenset({"anyOf", "oneOf", "if", "dependentSchemas"})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions.

    :ivar pointer: place in the document, such as ``/lines/*/quantity``; ``/`` is all of it.
    :ivar kind: short code, such as ``required_added``.
    :ivar sentence: what changed, for a person; it repeats parts of the schema.
    :ivar breaks_readers: who reads what is written for the new version may fail.
    :ivar breaks_writers: the new version may refuse what was written for the old one.
    """

    pointer: str
    kind: str
    sentence: str
    breaks_readers: bool
    breaks_writers: bool


def compare(old: Any, new: Any, *, strict: bool = False) -> list[Change]:
    """The differences between two valid schemas; an empty list: they are equal.

    :param strict: also count documents with members that their version does not declare.
    """
    changes = list(dict.fromkeys(_Comparison(Source(old), Source(new)).run(not strict)))
    if not changes and value_key(old) != value_key(new):
        sentence = "Only the wording changed: titles, descriptions or how rules are written"
        changes = [Change("/", "text", sentence, False, False)]
    return changes


def level(changes: Iterable[Change]) -> Level:
    """How much the version number must rise: whoever may be broken is warned by the first part."""
    needed = Level.NONE
    for change in changes:
        if change.breaks_readers or change.breaks_writers:
            return Level.MAJOR
        needed = max(needed, Level.PATCH if change.kind == "text" else Level.MINOR)
    return needed


class _TooComplicated(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a comparison stands.

    :ivar lenient: undeclared members are assumed not to be sent (see the module).
    :ivar trail: what is being compared on the way here, as ``(old, new, lenient, depth)``.
    """

    path: tuple[str, ...] = ()
    lenient: bool = True
    trail: tuple[tuple[int, int, bool, int], ...] = ()

    def inside(self, step: str) -> "_Place":
        return replace(self, path=(*self.path, step))

    def careful(self, careful: bool) -> "_Place":
        return replace(self, lenient=self.lenient and not careful)

    def change(self, verdict: Verdict) -> Change:
        steps = (step.replace("~", "~0").replace("/", "~1") for step in self.path)
        pointer = "/" + "/".join(steps)
        return Change(pointer, verdict.kind, verdict.sentence, verdict.readers, verdict.writers)

    def unknown(self, sentence: str) -> Change:
        return self.change(Verdict("unknown", f"{sentence}: it may break anybody", True, True))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two schemas of the same value and what they demand."""

    old_schema: Any
    new_schema: Any
    old: Shape
    new: Shape


class _Comparison:
    def __init__(self, old: Source, new: Source) -> None:
        self.old = old
        self.new = new
        self._steps = 0

    def run(self, lenient: bool) -> list[Change]:
        place = _Place(lenient=lenient)
        if not self.old.is_plain() or not self.new.is_plain():
            if value_key(self.old.root) == value_key(self.new.root):
                return []
            return [place.unknown("Anchors or references are used that cannot be followed")]
        try:
            return self.walk(self.old.root, self.new.root, place)
        except (_TooComplicated, RecursionError):
            return [place.unknown("The schemas are too complicated to be compared")]

    def walk(self, old: Any, new: Any, place: _Place) -> list[Change]:
        """The changes between two schemas of the same value.

        A pair met again deeper in the document is taken as safe: documents are finite, and rules
        that would turn the direction around are never compared part by part. Met again without
        descending, the schemas lead in a circle.
        """
        self._steps += 1
        depth = len(place.path)
        if self._steps > MAX_STEPS or depth > _MAX_DEPTH:
            raise _TooComplicated
        if same(self.old, old, self.new, new):
            return []
        for *known, seen_depth in place.trail:
            if known == [id(old), id(new), place.lenient]:
                return [] if seen_depth < depth else [place.unknown("Rules lead in a circle")]
        step = (id(old), id(new), place.lenient, depth)
        place = replace(place, trail=(*place.trail, step))
        try:
            pair = _Pair(old, new, self.old.shape(old), self.new.shape(new))
        except Unresolvable:
            return [place.unknown("A reference leads nowhere or in a circle")]
        return list(self._compare(pair, place))

    def _compare(self, pair: _Pair, place: _Place) -> Iterator[Change]:
        old, new = pair.old, pair.new
        if not old.types or not new.types:
            if old.types:
                yield place.change(Verdict("forbidden", "Is no longer allowed", False, True))
            elif new.types:
                yield place.change(Verdict("permitted", "Is allowed now", True, False))
            return
        unevaluated = {"unevaluatedItems", "unevaluatedProperties"}
        if unevaluated & (old.rules.keys() | new.rules.keys()):
            yield place.unknown("Rules for what is left over (unevaluated…) apply here")
            return
        for verdict in schema_rules.verdicts(old, new):
            yield place.change(verdict)
        both = old.types & new.types
        if "array" in both:
            yield from self._items(pair, place)
        if "object" in both:
            yield from self._members(pair, place)
        for keyword in ("anyOf", "oneOf"):
            if keyword in old.rules or keyword in new.rules:
                yield from self._union(keyword, pair, place)
        for _names, label, mine, theirs in schema_rules.opaque(old, new):
            if not same(self.old, mine, self.new, theirs):
                yield place.change(schema_rules.replaced(label, mine, theirs))
        yield from self._extras(pair, place)

    def _items(self, pair: _Pair, place: _Place) -> Iterator[Change]:
        old, new = pair.old.rules, pair.new.rules
        first, second = old.get("prefixItems", []), new.get("prefixItems", [])
        rest = old.get("items", True), new.get("items", True)
        for index in range(max(len(first), len(second))):
            yield from self.walk(
                first[index] if index < len(first) else rest[0],
                second[index] if index < len(second) else rest[1],
                place.inside(str(index)),
            )
        yield from self.walk(*rest, place.inside("*"))

    # -- objects -------------------------------------------------------------------------------

    def _members(self, pair: _Pair, place: _Place) -> Iterator[Change]:
        old, new = _Members(pair.old), _Members(pair.new)
        names = list(dict.fromkeys([*old.named, *new.named]))
        if (old.patterns or new.patterns) and not self._only_named_differ(old, new):
            yield place.unknown("Rules for members by pattern apply here, and members changed")
            names = []
        added = {name for name in names if name not in old.named}
        removed = {name for name in names if name not in new.named}
        yield from self._required(old, new, added | removed, place)
        careful = place.careful(not (old.simple and new.simple))
        for name in names:
            inner = careful.inside(name)
            if name in added:
                yield self._added(name, old, new, inner)
            elif name in removed:
                yield self._removed(name, old, new, inner)
            else:
                yield from self.walk(old.named[name], new.named[name], inner)
        if names or not (old.patterns or new.patterns):
            yield from self._others(old, new, place)

    def _only_named_differ(self, old: "_Members", new: "_Members") -> bool:
        return old.named.keys() == new.named.keys() and same(
            self.old, old.without_names(), self.new, new.without_names()
        )

    def _required(
        self, old: "_Members", new: "_Members", told: set[str], place: _Place
    ) -> Iterator[Change]:
        for name in sorted(new.required - old.required - told):
            verdict = Verdict("required_added", f"“{name}” is required now", False, True)
            yield place.inside(name).change(verdict)
        for name in sorted(old.required - new.required - told):
            verdict = Verdict("required_removed", f"“{name}” may be missing now", True, False)
            yield place.inside(name).change(verdict)

    def _added(self, name: str, old: "_Members", new: "_Members", place: _Place) -> Change:
        found = self.walk(old.rest, new.named[name], place)
        readers = any(change.breaks_readers for change in found)
        writers = any(change.breaks_writers for change in found)
        if place.lenient and old.is_open:
            writers = False  # the assumption that the module's text explains
        readers = readers or name in old.required - new.required
        sentence = f"“{name}” is new"
        if new.named[name] is False:
            sentence = f"“{name}” is excluded now"
        elif name in new.required - old.required:
            sentence = f"“{name}” is new and required"
            writers = True
        if readers:
            sentence += "; the old version may refuse it"
        return place.change(Verdict("property_added", sentence, readers, writers))

    def _removed(self, name: str, old: "_Members", new: "_Members", place: _Place) -> Change:
        found = self.walk(old.named[name], new.rest, place)
        writers = any(change.breaks_writers for change in found)
        writers = writers or name in new.required - old.required
        sentence = f"“{name}” is no longer described"
        sentence += "; documents with it may be refused" if writers else "; it is ignored"
        # Its absence may break readers even where the schema alone would let it pass.
        return place.change(Verdict("property_removed", sentence, True, writers))

    def _others(self, old: "_Members", new: "_Members", place: _Place) -> Iterator[Change]:
        if old.is_open and new.rest is False:
            sentence = "Members that are not described are refused now"
            yield place.change(Verdict("closed", sentence, False, True))
        elif old.rest is False and new.is_open:
            sentence = "Members that are not described are accepted now"
            yield place.change(Verdict("opened", sentence, True, False))
        else:
            yield from self.walk(old.rest, new.rest, place.inside("*"))

    # -- choices -------------------------------------------------------------------------------

    def _union(self, keyword: str, pair: _Pair, place: _Place) -> Iterator[Change]:
        """A choice that one side lacks is, for the other, the choice of its whole schema."""
        first, second = pair.old.rules.get(keyword), pair.new.rules.get(keyword)
        old_forms, new_forms = first or [pair.old_schema], second or [pair.new_schema]
        left, right = self._unmatched(old_forms, new_forms)
        if not left and not right:
            return
        exclusive = keyword == "oneOf"
        old_apart = first is None or not exclusive or _apart(self.old, old_forms)
        new_apart = second is None or not exclusive or _apart(self.new, new_forms)
        inner = place.careful(not self._one_object(old_forms, new_forms, pair))
        if len(left) == len(right) == 1 and old_apart and new_apart and first and second:
            yield from self.walk(left[0], right[0], inner)
            return
        writers = second is not None and not (
            new_apart
            and all(
                any(_safe(self.walk(f, g, inner), writers=True) for g in new_forms) for f in left
            )
        )
        readers = first is not None and not (
            old_apart
            and all(
                any(_safe(self.walk(f, g, inner), readers=True) for f in old_forms) for g in right
            )
        )
        count = f"{len(first) if first else 'none'} before, {len(second) if second else 'none'} now"
        sentence = f"The choice of forms ({keyword}) changed: {count}"
        yield place.change(Verdict("forms", sentence, readers, writers))

    def _one_object(self, old_forms: list[Any], new_forms: list[Any], pair: _Pair) -> bool:
        """Whether at most one form of each side can be an object: it alone declares members."""
        if "properties" in pair.old.rules or "properties" in pair.new.rules:
            return False
        try:
            counts = [
                sum("object" in source.shape(form).types for form in forms)
                for source, forms in ((self.old, old_forms), (self.new, new_forms))
            ]
        except Unresolvable:
            return False
        return max(counts) <= 1

    def _extras(self, pair: _Pair, place: _Place) -> Iterator[Change]:
        left, right = self._unmatched(pair.old.extras, pair.new.extras)
        if left or right:
            sentence = "Rules that apply together (allOf, $ref) changed and cannot be told apart"
            yield place.change(Verdict("combined", sentence, bool(left), bool(right)))

    def _unmatched(self, old: list[Any], new: list[Any]) -> tuple[list[Any], list[Any]]:
        """What remains of two lists of schemas without the pairs that mean the same."""
        left, right = [], list(new)
        for schema in old:
            twins = (i for i, s in enumerate(right) if same(self.old, schema, self.new, s))
            twin = next(twins, None)
            if twin is None:
                left.append(schema)
            else:
                del right[twin]
        return left, right


class _Members:
    """The rules of one shape for the members of an object."""

    def __init__(self, shape: Shape) -> None:
        rules = shape.rules
        self.named: dict[str, Any] = rules.get("properties", {})
        self.patterns: dict[str, Any] = rules.get("patternProperties", {})
        self.rest: Any = rules.get("additionalProperties", True)
        self.required = frozenset(rules.get("required", ()))
        self.is_open = self.rest is True or self.rest == {}
        # Else members may be declared elsewhere, and "undeclared" cannot be told.
        self.simple = not shape.extras and not _CHOOSING & rules.keys()

    def without_names(self) -> dict[str, Any]:
        return {"patternProperties": self.patterns, "additionalProperties": self.rest}


def _safe(changes: list[Change], readers: bool = False, writers: bool = False) -> bool:
    return not any(
        (readers and change.breaks_readers) or (writers and change.breaks_writers)
        for change in changes
    )


def _apart(source: Source, forms: list[Any]) -> bool:
    """Whether no value can fit two of the forms."""
    try:
        shapes = [source.shape(form) for form in forms]
        return all(
            _disjoint(source, one, other)
            for index, one in enumerate(shapes)
            for other in shapes[index + 1 :]
        )
    except Unresolvable:
        return False


def _disjoint(source: Source, one: Shape, other: Shape) -> bool:
    if not one.types & other.types:
        return True
    if one.values is not None and other.values is not None:
        return not one.values.keys() & other.values.keys()
    if one.types & other.types != {"object"}:
        return False
    # Both can only be objects together: a member that both demand and that differs sets them apart.
    mine, theirs = one.rules.get("properties", {}), other.rules.get("properties", {})
    required = {*one.rules.get("required", ()), *other.rules.get("required", ())}
    return any(
        _disjoint(source, source.shape(mine[name]), source.shape(theirs[name]))
        for name in required & mine.keys() & theirs.keys()
    )
