# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Translation of a partner's JSON into canonical JSON, or back.

A mapping is a *header* expression, which makes the object, and *sections*, which make its lists.
All are JMESPath with the functions of :mod:`.mapping_functions`; plain JMESPath cannot refer
to the root from inside a projection, which is why sections exist:

* the header is evaluated over ``{root, context}`` and gives an object;
* a section's ``source`` is evaluated over the root and gives a list; an *optional* section whose
  source gives nothing, or an empty list, is left out of the result;
* its ``expression`` is evaluated over ``{root, item, index, context}`` for each item of that
  list, and the results form the list at ``target`` of the object.

Nothing is dropped silently: a source that is not a list, or an expression that gives null, is
an error. Whether a member may be null is for the contract to say.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from .errors import MappingError
from .mapping_budget import DEFAULT_STEPS, Budget, BudgetInterpreter, to_json
from .mapping_expression import Expression, evaluate, interpreter, invalid, parse
from .mapping_functions import MissingValue, ValueMaps
from .mapping_trial import Trial, TrialEnded

__all__ = [
    "CompiledMapping",
    "MappingSpec",
    "MissingValue",
    "Section",
    "compile_mapping",
]

#: Largest number of items in one section.
MAX_ITEMS: Final = 10_000
MAX_SECTIONS: Final = 20

_T = TypeVar("_T")
_TARGET: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}(?:\.[A-Za-z_][A-Za-z0-9_]{0,63}){0,7}")


@dataclass(frozen=True, slots=True)
class Section:
    """One list of the result.

    :param target: dotted path of the list in the result, such as ``lines``.
    :param source: expression over the root that gives the list of items.
    :param expression: expression for each item.
    :param optional: whether the result goes without the list when there are no items, for
        contracts to which an empty list says "none" and an absent one says nothing.
    """

    target: str
    source: str
    expression: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class MappingSpec:
    """A mapping as administrators write it."""

    header: str
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class _CompiledSection:
    target: tuple[str, ...]
    source: Expression
    expression: Expression
    optional: bool


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """A mapping that is ready for use. Immutable and safe to share between threads."""

    header: Expression
    sections: tuple[_CompiledSection, ...]
    steps: int

    @property
    def map_names(self) -> frozenset[str]:
        """Names of the value maps that the expressions look up, so that only these are loaded."""
        parts = (part for section in self.sections for part in (section.source, section.expression))
        return self.header.map_names.union(*(part.map_names for part in parts))

    def apply(
        self,
        root: Any,
        value_maps: ValueMaps | None = None,
        context: Mapping[str, Any] | None = None,
        trial: Trial | None = None,
    ) -> dict[str, Any]:
        """Translate one value.

        :param root: what :func:`.canonical_json.loads` returned; it is not changed.
        :param value_maps: map name to (value to value), for ``lookup()``.
        :param context: further values for the expressions, such as the message's type.
        :param trial: collects all faults instead of raising the first one; the result then has
            ``null`` or nothing where a part of it failed.
        :return: plain JSON without floats, fit for :func:`.canonical_json.dumps`.
        :raises MissingValue: a value map has no entry.
        :raises MappingError: anything else went wrong; the text names the expression, no value.
        """
        budget = Budget(self.steps)
        machine = interpreter(budget, value_maps or {}, trial.missing if trial else None)
        run = _Run(machine, budget, {"root": root, "context": dict(context or {})}, trial)
        return run.result(self)


@lru_cache(maxsize=256)
def compile_mapping(spec: MappingSpec, *, steps: int = DEFAULT_STEPS) -> CompiledMapping:
    """Parse and check a mapping, or return what was made of an equal one before.

    :param steps: the budget of one application, see :mod:`.mapping_budget`.
    :raises MappingError: ``invalid_mapping``, with the place and position of the mistake.
    """
    if len(spec.sections) > MAX_SECTIONS:
        raise invalid(f"a mapping has at most {MAX_SECTIONS} sections")
    sections: dict[str, _CompiledSection] = {}
    for section in spec.sections:
        if not _TARGET.fullmatch(section.target):
            raise invalid("a section's target is a dotted path of names, such as lines")
        if section.target in sections:
            raise invalid(f"two sections have the target {section.target}")
        place = f"section {section.target}"
        sections[section.target] = _CompiledSection(
            tuple(section.target.split(".")),
            parse(f"{place}, source", section.source),
            parse(f"{place}, expression", section.expression),
            section.optional,
        )
    return CompiledMapping(parse("header", spec.header), tuple(sections.values()), steps)


class _Run:
    """One application of a mapping, strict or as a trial."""

    def __init__(
        self,
        interpreter: BudgetInterpreter,
        budget: Budget,
        scope: dict[str, Any],
        trial: Trial | None,
    ) -> None:
        self._interpreter = interpreter
        self._budget = budget
        self._scope = scope
        self._trial = trial

    def result(self, mapping: CompiledMapping) -> dict[str, Any]:
        result: dict[str, Any] = {}
        # Only a trial ends early: what there is so far is shown.
        with suppress(TrialEnded):
            result = self._attempt(lambda: self._object(mapping.header), result)
            for section in mapping.sections:
                items = self._items(section)
                if section.optional and not items:
                    continue
                self._at(f"section {'.'.join(section.target)}")
                self._attempt(lambda s=section, i=items: _put(result, s.target, i), None)
        return result

    def _attempt(self, step: Callable[[], _T], otherwise: _T) -> _T:
        """What ``step`` gives. Its failure is raised, or noted by a trial, which goes on."""
        if self._trial is None:
            return step()
        try:
            return step()
        except MappingError as error:
            self._trial.fault(error)
            return otherwise

    def _object(self, header: Expression) -> dict[str, Any]:
        result = self._plain(header.place, self._evaluate(header, header.place, self._scope))
        if not isinstance(result, dict):
            raise MappingError(f"{header.place}: must give an object")
        return result

    def _items(self, section: _CompiledSection) -> list[Any]:
        items = self._attempt(lambda: self._source(section), [])
        expression = section.expression
        results = []
        for number, item in enumerate(items, 1):
            place = f"item {number} of {'.'.join(section.target)}"
            scope = {**self._scope, "item": item, "index": number - 1}
            results.append(
                self._attempt(lambda p=place, s=scope: self._item(expression, p, s), None)
            )
        return results

    def _source(self, section: _CompiledSection) -> list[Any]:
        source = section.source
        items = self._evaluate(source, source.place, self._scope["root"])
        if items is None and section.optional:
            return []
        if not isinstance(items, list):
            raise MappingError(f"{source.place}: must give a list")
        if len(items) > MAX_ITEMS:
            raise MappingError(f"{source.place}: gives more than {MAX_ITEMS} items")
        return items

    def _item(self, expression: Expression, place: str, scope: dict[str, Any]) -> Any:
        value = self._evaluate(expression, place, scope)
        if value is None:
            raise MappingError(f"{place}: gives nothing")
        return self._plain(place, value)

    def _plain(self, place: str, value: Any) -> Any:
        try:
            return to_json(value, self._budget)
        except MappingError as error:
            raise MappingError(f"{place}: {error.message}", code=error.code) from None

    def _at(self, place: str) -> None:
        if self._trial:
            self._trial.place = place

    def _evaluate(self, expression: Expression, place: str, value: Any) -> Any:
        self._at(place)
        return evaluate(self._interpreter, expression, place, value)


def _put(result: dict[str, Any], target: tuple[str, ...], items: list[Any]) -> None:
    """Place a section's list, making the objects on the way."""
    node = result
    for name in target[:-1]:
        node = node.setdefault(name, {})
        if not isinstance(node, dict):
            raise MappingError(f"section {'.'.join(target)}: {name} is not an object")
    if target[-1] in node:
        raise MappingError(f"section {'.'.join(target)}: the header has made this member already")
    node[target[-1]] = items
