# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""JMESPath evaluation that cannot run away.

Expressions are written by administrators and evaluated inside a drain. JMESPath has no loops, but
a short expression can still double a list or a text dozens of times, or build a small graph that
is astronomic once written out. So every step of the interpreter, and every element or character
that a step handles, is paid from a :class:`Budget`; when it is used up, the mapping fails.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from jmespath.visitor import TreeInterpreter  # type: ignore[import-untyped]

from . import decimals
from .errors import MappingError

#: Steps that one application of a mapping may take. A step costs about a microsecond.
DEFAULT_STEPS: Final = 1_000_000
#: Longest text that an expression may produce, in characters.
MAX_TEXT: Final = 1_000_000
#: Deepest nesting of a result.
MAX_DEPTH: Final = 32

_CHARS_PER_STEP: Final = 16
_PLAIN: Final = frozenset({type(None), bool, int})


class Budget:
    """The steps that are left."""

    __slots__ = ("left",)

    def __init__(self, steps: int = DEFAULT_STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Pay, or fail.

        :raises MappingError: ``mapping_too_expensive``.
        """
        self.left -= steps
        if self.left < 0:
            raise MappingError(
                "the mapping takes too many steps or makes too large a result",
                code="mapping_too_expensive",
            )

    def spend_on(self, value: Any) -> None:
        """Pay for handling the elements or characters of one value, not of what is inside."""
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise MappingError("the mapping makes too long a text", code="mapping_too_large")
            if len(value) >= _CHARS_PER_STEP:
                self.spend(len(value) // _CHARS_PER_STEP)
        elif isinstance(value, (list, dict)):
            self.spend(1 + len(value))

    def spend_on_all(self, value: Any, depth: int = 0) -> None:
        """Pay for a value with everything inside, as often as it occurs."""
        self.spend_on(value)
        if depth > MAX_DEPTH:
            raise MappingError(f"the result is nested deeper than {MAX_DEPTH}")
        if isinstance(value, (list, dict)):
            for item in value if isinstance(value, list) else value.values():
                if type(item) not in _PLAIN:
                    self.spend_on_all(item, depth + 1)


class BudgetInterpreter(TreeInterpreter):  # type: ignore[misc]  # the library is untyped
    """The library's interpreter, paying for each step."""

    def __init__(self, options: Any, budget: Budget) -> None:
        super().__init__(options)
        self._budget = budget
        self._methods: dict[str, Callable[..., Any]] = {}

    def visit(self, node: Any, *args: Any) -> Any:
        """Evaluate one node for one step. Half of a mapping's time passes here: no detours."""
        budget = self._budget
        budget.left -= 1
        if budget.left < 0:
            budget.spend(0)
        kind = node["type"]
        method = self._methods.get(kind)
        if method is None:
            method = self._methods[kind] = getattr(self, f"visit_{kind}")
        return method(node, *args)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        """Flatten, paying before: many references to one long list are small, the result is not."""
        base = self.visit(node["children"][0], value)
        if isinstance(base, list):
            self._budget.spend(sum(len(item) if isinstance(item, list) else 1 for item in base))
        return super().visit_flatten({"children": [_literal(base)]}, value)

    def visit_slice(self, node: Any, value: Any) -> Any:
        """Slice, which copies too."""
        result = super().visit_slice(node, value)
        self._budget.spend_on(result)
        return result

    def visit_comparator(self, node: Any, value: Any) -> Any:
        """Compare; two containers are compared element by element, deeply."""
        left, right = (self.visit(child, value) for child in node["children"])
        if isinstance(left, (list, dict)) and isinstance(right, (list, dict)):
            self._budget.spend_on_all(left)
            self._budget.spend_on_all(right)
        # As literals: evaluating both sides again would double the work at each level.
        children = [_literal(left), _literal(right)]
        return super().visit_comparator({**node, "children": children}, value)


def _literal(value: Any) -> dict[str, Any]:
    """A node for a value that was evaluated already."""
    return {"type": "literal", "value": value, "children": []}


def to_json(value: Any, budget: Budget, depth: int = 0) -> Any:
    """A copy of a result that is plain JSON: Decimals become canonical text.

    :raises MappingError: a float or another foreign type, too deep, or too large.
    """
    if isinstance(value, (list, dict)):
        if depth >= MAX_DEPTH:
            raise MappingError(f"the result is nested deeper than {MAX_DEPTH}")
        budget.spend(1 + len(value))
        depth += 1
        # Most leaves are handled without a call: results consist of little else.
        if isinstance(value, list):
            return [v if type(v) in _PLAIN else to_json(v, budget, depth) for v in value]
        return {k: v if type(v) in _PLAIN else to_json(v, budget, depth) for k, v in value.items()}
    if type(value) in _PLAIN:
        return value
    if isinstance(value, str):
        budget.spend_on(value)
        return value
    if isinstance(value, Decimal):
        try:
            return decimals.to_text(value)
        except ValueError as error:
            raise MappingError(str(error), code="invalid_decimal") from None
    raise MappingError(f"the result holds a {type(value).__name__}, which is not JSON")
