# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Filters: which events of a subscribed type an endpoint gets.

A filter is one expression of the mapping language (JMESPath and the core's functions, without
``lookup()``) over an object with the names :data:`NAMES`. An event passes if the result is

* ``true``, or
* a text, list or object that is not empty: ``data.lines[?urgent]`` passes with one urgent line.

It does not pass if the result is ``false``, ``null`` or empty; a member that an event lacks is
``null``. A number is neither: JMESPath calls 0 true, most people do not, so it has to be compared
(``length(data.lines) > `0` ``).

Wherever a filter could silently let nothing pass, it is an error instead: names that no event has,
``!a.b`` (which JMESPath's library reads as ``(!a).b``), comparing text with a number. Amounts are
text in canonical JSON: ``to_number(data.total) >= `1000` ``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from .errors import ConfigurationError, MappingError
from .mapping_budget import Budget
from .mapping_expression import (
    Expression,
    evaluate,
    interpreter,
    parse,
)

#: What a filter sees of an event.
NAMES: Final = ("data", "id", "subject", "time", "type")
#: A step costs about a microsecond, and every event of the type pays.
STEPS: Final = 100_000
_PLACE: Final = "filter"

#: Nodes whose first child is evaluated over the event, and the next one over what that gave.
_STEPS: Final = frozenset({"subexpression", "pipe", "index_expression"})
#: Nodes that walk over the first child's elements.
_WALKS: Final = frozenset({"projection", "filter_projection", "value_projection", "flatten"})
#: Nodes all of whose children are evaluated over the event.
_TOGETHER: Final = frozenset(
    {"comparator", "and_expression", "or_expression", "not_expression", "function_expression"}
    | {"multi_select_list", "multi_select_dict", "key_val_pair"}
)
#: Nodes that are the event itself.
_WHOLE: Final = frozenset({"identity", "current"})
_ALWAYS_TRUE: Final = frozenset({"multi_select_list", "multi_select_dict"})


class FilterError(ConfigurationError):
    """A filter that cannot be used (``invalid_filter``), or not for this event
    (``filter_failed``). Such an event is neither sent nor dropped: a person has to decide."""

    default_code = "filter_failed"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a filter made of an event, for whoever tries it out; ``value`` may hold its content."""

    passes: bool
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """A filter that is ready for use. Immutable and safe to share between threads."""

    _expression: Expression

    @classmethod
    def compile(cls, text: str, names: Collection[str] = NAMES) -> EventFilter:
        """Parse and check a filter: the check at configuration time.

        :param names: what the events have.
        :raises FilterError: ``invalid_filter``; the text tells the administrator why.
        """
        try:
            expression = parse(_PLACE, text)
        except MappingError as error:
            raise FilterError(error.message, code="invalid_filter") from None
        if expression.map_names:
            raise _invalid("value maps cannot be looked up here")
        if _negates_in_part(expression.tree):
            raise _invalid("write !(a.b) instead of !a.b, which means (!a).b")
        if expression.tree["type"] in _ALWAYS_TRUE:
            raise _invalid("what is written in [] or {} is never empty, so that all would pass")
        unknown = sorted(set(_roots(expression.tree)) - set(names))
        if unknown:
            raise _invalid(
                f"an event has no {unknown[0]!r:.66}; begin with {', '.join(sorted(names))}"
            )
        return cls(expression)

    def passes(self, event: Mapping[str, Any]) -> bool:
        """Whether ``event`` passes.

        :param event: the names :data:`NAMES`, as :func:`.canonical_json.loads` returns values.
        :raises FilterError: ``filter_failed``, nobody can tell; no value is quoted.
        """
        return self.explain(event).passes

    def explain(self, event: Mapping[str, Any]) -> Explanation:
        """As :meth:`passes`, with the value that decided.

        :raises FilterError: see :meth:`passes`.
        """
        machine = interpreter(Budget(STEPS), {})
        try:
            value = evaluate(machine, self._expression, _PLACE, dict(event))
        except MappingError as error:
            raise FilterError(error.message) from None
        return Explanation(_is_true(value), value)


def _is_true(value: Any) -> bool:
    if value is None or isinstance(value, (bool, str, list, dict)):
        return bool(value)
    kind = "number" if isinstance(value, (int, Decimal)) else type(value).__name__
    raise FilterError(f"filter: it gives a {kind}, which is neither true nor false; compare it")


def _invalid(reason: str) -> FilterError:
    return FilterError(f"filter: {reason}", code="invalid_filter")


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [child for child in node["children"] if isinstance(child, dict)]


def _negates_in_part(node: Mapping[str, Any]) -> bool:
    """Whether a negation binds tighter than the path behind it, anywhere in a tree."""
    children = _children(node)
    first = children[0]["type"] if children else ""
    if first == "not_expression" and node["type"] in _STEPS | _WALKS:
        return node["type"] != "pipe"
    return any(_negates_in_part(child) for child in children)


def _roots(node: Mapping[str, Any]) -> Iterator[str]:
    """The members of the event that an expression reads.

    :raises FilterError: it takes the event for a list, which gives nothing.
    """
    kind, children = node["type"], _children(node)
    whole = bool(children) and children[0]["type"] in _WHOLE
    if whole and (kind in _WALKS - {"value_projection"} or kind == "index_expression"):
        raise _invalid("an event is no list; begin with a list in it, such as data.lines[0]")
    if kind == "field":
        yield node["value"]
    elif kind in _TOGETHER:
        for child in children:
            yield from _roots(child)
    elif kind in _STEPS or kind in _WALKS:
        # "@.data" and "@ | data" read the event as well.
        for child in children[1:2] if whole and kind in _STEPS else children[:1]:
            yield from _roots(child)
