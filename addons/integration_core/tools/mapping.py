# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Translation of a partner's JSON into canonical JSON, or back.

A mapping is a *header* expression, which makes the object, and *sections*, which make its lists.
All are JMESPath with the functions of :mod:`.mapping_functions`; plain JMESPath cannot refer
to the root from inside a projection, which is why sections exist:

* the header is evaluated over ``{root, context}`` and gives an object;
* a section's ``source`` is evaluated over the root and gives a list;
* its ``expression`` is evaluated over ``{root, item, index, context}`` for each item of that
  list, and the results form the list at ``target`` of the object.

Nothing is dropped silently: a source that is not a list, or an expression that gives null, is
an error. Whether a member may be null is for the contract to say.
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

import jmespath  # type: ignore[import-untyped]
from jmespath import exceptions
from jmespath.visitor import Options  # type: ignore[import-untyped]

from .errors import MappingError
from .mapping_budget import DEFAULT_STEPS, Budget, BudgetInterpreter, to_json
from .mapping_functions import FUNCTION_NAMES, MappingFunctions, MissingValue, ValueMaps
from .mapping_trial import Trial, TrialEnded

__all__ = [
    "CompiledExpression",
    "CompiledMapping",
    "MappingSpec",
    "MissingValue",
    "Section",
    "compile_expression",
    "compile_mapping",
]

#: Longest expression, in characters.
MAX_EXPRESSION: Final = 20_000
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
    """

    target: str
    source: str
    expression: str


@dataclass(frozen=True, slots=True)
class MappingSpec:
    """A mapping as administrators write it."""

    header: str
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class _Expression:
    """A parsed expression and the name under which errors speak of it."""

    place: str
    tree: dict[str, Any]
    map_names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _CompiledSection:
    target: tuple[str, ...]
    source: _Expression
    expression: _Expression


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """A mapping that is ready for use. Immutable and safe to share between threads."""

    header: _Expression
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
        functions = MappingFunctions(value_maps or {}, budget, trial.missing if trial else None)
        interpreter = BudgetInterpreter(Options(custom_functions=functions), budget)
        run = _Run(interpreter, budget, {"root": root, "context": dict(context or {})}, trial)
        return run.result(self)


def compile_mapping(spec: MappingSpec, *, steps: int = DEFAULT_STEPS) -> CompiledMapping:
    """Parse and check a mapping.

    :param steps: the budget of one application, see :mod:`.mapping_budget`.
    :raises MappingError: ``invalid_mapping``, with the place and position of the mistake.
    """
    if len(spec.sections) > MAX_SECTIONS:
        raise _invalid(f"a mapping has at most {MAX_SECTIONS} sections")
    sections: dict[str, _CompiledSection] = {}
    for section in spec.sections:
        if not _TARGET.fullmatch(section.target):
            raise _invalid("a section's target is a dotted path of names, such as lines")
        if section.target in sections:
            raise _invalid(f"two sections have the target {section.target}")
        place = f"section {section.target}"
        sections[section.target] = _CompiledSection(
            tuple(section.target.split(".")),
            _parse(f"{place}, source", section.source),
            _parse(f"{place}, expression", section.expression),
        )
    return CompiledMapping(_parse("header", spec.header), tuple(sections.values()), steps)


@dataclass(frozen=True, slots=True)
class CompiledExpression:
    """One expression that is ready for use, without a mapping around it."""

    expression: _Expression
    steps: int

    @property
    def map_names(self) -> frozenset[str]:
        """Names of the value maps that it looks up."""
        return self.expression.map_names

    def evaluate(self, value: Any) -> Any:
        """What the expression gives for ``value``, which is not changed.

        :raises MappingError: as of :meth:`CompiledMapping.apply`.
        """
        budget = Budget(self.steps)
        functions = MappingFunctions({}, budget, None)
        interpreter = BudgetInterpreter(Options(custom_functions=functions), budget)
        run = _Run(interpreter, budget, {}, None)
        return run.evaluate(self.expression, self.expression.place, value)


def compile_expression(place: str, text: str, *, steps: int = DEFAULT_STEPS) -> CompiledExpression:
    """Parse and check one expression.

    :param place: the name under which errors speak of it.
    :raises MappingError: ``invalid_mapping``, with the position of the mistake.
    """
    return CompiledExpression(_parse(place, text), steps)


def _invalid(message: str) -> MappingError:
    return MappingError(message, code="invalid_mapping")


def _parse(place: str, text: str) -> _Expression:
    if len(text) > MAX_EXPRESSION:
        raise _invalid(f"{place}: longer than {MAX_EXPRESSION} characters")
    map_names: set[str] = set()
    try:
        tree = _checked(place, jmespath.compile(text).parsed, map_names)
    except exceptions.EmptyExpressionError:
        raise _invalid(f"{place}: is empty") from None
    except (exceptions.ParseError, exceptions.LexerError) as error:
        position = error.lex_position if error.lex_position is not None else error.lexer_position
        raise _invalid(f"{place}: syntax error at character {position + 1}") from None
    except (exceptions.JMESPathError, ValueError):
        raise _invalid(f"{place}: syntax error") from None
    except RecursionError:
        raise _invalid(f"{place}: nested too deeply") from None
    return _Expression(place, tree, frozenset(map_names))


def _checked(place: str, node: dict[str, Any], map_names: set[str]) -> dict[str, Any]:
    """A copy of a syntax tree with known functions only, and Decimals for floats.

    A copy, because the library keeps the trees of recent expressions and shares them. Adds the
    names of the value maps that are looked up to ``map_names``.
    """
    if node["type"] == "function_expression":
        if node["value"] not in FUNCTION_NAMES:
            raise _invalid(f"{place}: there is no function {node['value']}()")
        if node["value"] == "lookup":
            map_names.add(_literal_map_name(place, node))
    copy = dict(node)
    if node["type"] == "literal":
        copy["value"] = json.loads(json.dumps(node["value"]), parse_float=Decimal)
    copy["children"] = [
        _checked(place, child, map_names) if isinstance(child, dict) else child
        for child in node.get("children", ())
    ]
    return copy


def _literal_map_name(place: str, node: dict[str, Any]) -> str:
    """The first argument of a lookup, which may not depend on the message."""
    first = node["children"][0] if node["children"] else {}
    name = first.get("value")
    if first.get("type") != "literal" or not isinstance(name, str):
        raise _invalid(f"{place}: lookup() takes the name of a value map in quotes first")
    return name


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

    def _object(self, header: _Expression) -> dict[str, Any]:
        result = self._plain(header.place, self.evaluate(header, header.place, self._scope))
        if not isinstance(result, dict):
            raise MappingError(f"{header.place}: must give an object")
        return result

    def _items(self, section: _CompiledSection) -> list[Any]:
        items = self._attempt(lambda: self._source(section.source), [])
        expression = section.expression
        results = []
        for number, item in enumerate(items, 1):
            place = f"{expression.place}, item {number}"
            scope = {**self._scope, "item": item, "index": number - 1}
            results.append(
                self._attempt(lambda p=place, s=scope: self._item(expression, p, s), None)
            )
        return results

    def _source(self, source: _Expression) -> list[Any]:
        items = self.evaluate(source, source.place, self._scope["root"])
        if not isinstance(items, list):
            raise MappingError(f"{source.place}: must give a list")
        if len(items) > MAX_ITEMS:
            raise MappingError(f"{source.place}: gives more than {MAX_ITEMS} items")
        return items

    def _item(self, expression: _Expression, place: str, scope: dict[str, Any]) -> Any:
        value = self.evaluate(expression, place, scope)
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

    def evaluate(self, expression: _Expression, place: str, value: Any) -> Any:
        self._at(place)
        try:
            return self._interpreter.visit(expression.tree, value)
        except MissingValue as error:
            raise MissingValue(error.map_name, error.value, place) from None
        except MappingError as error:
            raise MappingError(f"{place}: {error.message}", code=error.code) from None
        except exceptions.JMESPathTypeError as error:
            raise MappingError(
                f"{place}: {error.function_name}() was given a {error.actual_type}"
            ) from None
        except exceptions.ArityError as error:
            raise MappingError(
                f"{place}: {error.function_name}() has a wrong number of arguments"
            ) from None
        except RecursionError:
            raise MappingError(f"{place}: nested too deeply") from None
        except (exceptions.JMESPathError, TypeError, ValueError, ArithmeticError) as error:
            # The text may quote values; its type is enough together with the place.
            raise MappingError(f"{place}: {type(error).__name__}") from None


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
