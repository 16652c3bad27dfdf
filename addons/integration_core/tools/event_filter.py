# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Filters: a JMESPath condition that says which events an interface sends.

Written by administrators, evaluated by the dispatcher for every event: parsed once, and paid for
from a small budget (see :mod:`.mapping_budget`). It sees the canonical content and the functions
of mappings except ``lookup()``, for value maps may change between two looks at one event.
"""

from dataclasses import dataclass
from typing import Any, Final

from .errors import MappingError
from .mapping import CompiledExpression, compile_expression

#: Steps of one evaluation; a step costs about a microsecond, so a filter takes a twentieth of a
#: second at most.
STEPS: Final = 50_000
#: Longest filter, in characters.
MAX_FILTER: Final = 4_000
_PLACE: Final = "filter"


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that is ready for use. Immutable and safe to share between threads."""

    expression: CompiledExpression

    def matches(self, content: Any) -> bool:
        """Whether an event with this canonical content is sent.

        True and false decide; nothing (``null``), as of a member that is not there, is false. Any
        other value is a mistake: JMESPath would call ``"false"`` and ``[0]`` true.

        :raises MappingError: ``filter_failed``; the text quotes no value.
        """
        try:
            result = self.expression.evaluate(content)
        except MappingError as error:
            raise MappingError(error.message, code="filter_failed") from None
        if result is None or isinstance(result, bool):
            return bool(result)
        raise MappingError(
            f"{_PLACE}: must give true or false, not a {_kind(result)}; compare it with something",
            code="filter_failed",
        )


def compile_filter(text: str) -> Filter:
    """Parse and check a filter.

    :raises MappingError: ``invalid_mapping``, with the position of the mistake.
    """
    if len(text) > MAX_FILTER:
        raise MappingError(f"{_PLACE}: longer than {MAX_FILTER} characters", code="invalid_mapping")
    expression = compile_expression(_PLACE, text, steps=STEPS)
    if expression.map_names:
        raise MappingError(f"{_PLACE}: lookup() is for mappings", code="invalid_mapping")
    return Filter(expression)


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "list"
    return "object" if isinstance(value, dict) else "number"
