# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One expression of the mapping language: JMESPath with the functions of :mod:`.mapping_functions`.

Parsed once, strictly, and evaluated within a budget. Mappings are made of these; filters of events
are one.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import jmespath  # type: ignore[import-untyped]
from jmespath import exceptions
from jmespath.visitor import Options  # type: ignore[import-untyped]

from .errors import MappingError
from .mapping_budget import Budget, BudgetInterpreter
from .mapping_functions import LOOKS_UP, MappingFunctions, MissingValue, ValueMaps, is_known

#: Longest expression, in characters.
MAX_EXPRESSION: Final = 20_000


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression and the name under which errors speak of it.

    :param tree: the library's syntax tree; not to be changed, it is shared between threads.
    :param map_names: names of the value maps that it looks up.
    """

    place: str
    tree: dict[str, Any]
    map_names: frozenset[str]


def invalid(message: str) -> MappingError:
    """What is wrong with a mapping as it is written."""
    return MappingError(message, code="invalid_mapping")


def parse(place: str, text: str) -> Expression:
    """Parse and check an expression.

    :param place: what errors call it, such as ``header``.
    :raises MappingError: ``invalid_mapping``, with the position of the mistake.
    """
    if len(text) > MAX_EXPRESSION:
        raise invalid(f"{place}: longer than {MAX_EXPRESSION} characters")
    map_names: set[str] = set()
    try:
        tree = _checked(place, jmespath.compile(text).parsed, map_names)
    except exceptions.EmptyExpressionError:
        raise invalid(f"{place}: is empty") from None
    except (exceptions.ParseError, exceptions.LexerError) as error:
        position = error.lex_position if error.lex_position is not None else error.lexer_position
        raise invalid(f"{place}: syntax error at character {position + 1}") from None
    except (exceptions.JMESPathError, ValueError):
        raise invalid(f"{place}: syntax error") from None
    except RecursionError:
        raise invalid(f"{place}: nested too deeply") from None
    return Expression(place, tree, frozenset(map_names))


def _checked(place: str, node: dict[str, Any], map_names: set[str]) -> dict[str, Any]:
    """A copy of a syntax tree with known functions only, and Decimals for floats.

    A copy, because the library keeps the trees of recent expressions and shares them. Adds the
    names of the value maps that are looked up to ``map_names``.
    """
    if node["type"] == "function_expression":
        if not is_known(node["value"]):
            raise invalid(f"{place}: there is no function {node['value']}()")
        if node["value"] == "lookup":
            map_names.add(_literal_map_name(place, node))
        elif name := LOOKS_UP.get(node["value"]):
            map_names.add(name)
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
        raise invalid(f"{place}: lookup() takes the name of a value map in quotes first")
    return name


def interpreter(
    budget: Budget,
    value_maps: ValueMaps,
    on_missing: Callable[[str, str], str] | None = None,
) -> BudgetInterpreter:
    """What evaluates expressions, for one application; see :class:`.MappingFunctions`."""
    functions = MappingFunctions(value_maps, budget, on_missing)
    return BudgetInterpreter(Options(custom_functions=functions), budget)


def evaluate(machine: BudgetInterpreter, expression: Expression, place: str, value: Any) -> Any:
    """The value of an expression.

    :param place: where it is evaluated, for the errors.
    :raises MissingValue: a value map has no entry.
    :raises MappingError: anything else went wrong; the text names the place, no value.
    """
    try:
        return machine.visit(expression.tree, value)
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
    except TypeError:
        raise MappingError(
            f"{place}: values of different kinds do not go together (TypeError); text that holds "
            "a number is compared with to_number()"
        ) from None
    except (exceptions.JMESPathError, ValueError, ArithmeticError) as error:
        # The text may quote values; its type is enough together with the place.
        raise MappingError(f"{place}: {type(error).__name__}") from None
