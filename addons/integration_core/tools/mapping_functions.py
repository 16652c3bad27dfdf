# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The functions that mapping expressions may use besides those of JMESPath itself.

================================= ==============================================================
``decimal(x[, digits])``          canonical decimal text of a number or text; ``digits`` rounds
                                  half up
``date(text, format)``            ISO date of a text in a ``strptime`` format
``datetime_utc(text, zone[, f])`` RFC 3339 in UTC of an ISO 8601 text; without an offset it is
                                  local time of ``zone``; ``f`` (``earlier`` or ``later``) decides
                                  in the repeated hour of autumn, which is an error otherwise
``lookup(map, value)``            the value that a value map holds, an error if it holds none
``concat(x, ...)``                texts and numbers one behind the other; null counts as empty
``upper(t) lower(t) trim(t)``     as they say; null stays null
``default(x, fallback)``          ``fallback`` if ``x`` is null or empty text
``required(x, label)``            ``x``, an error naming ``label`` if it is null or blank
================================= ==============================================================

Addons bring those of their formats (:func:`extend`). JMESPath's own functions treat
:class:`~decimal.Decimal` as a number and never make a float.
"""

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from jmespath import functions  # type: ignore[import-untyped]

from . import canonical_json, decimals
from .errors import MappingError
from .mapping_budget import MAX_TEXT, Budget, to_json

#: Of functions that take any number of them.
MAX_ARGUMENTS: Final = 20
#: Value maps by which functions of addons translate, by the name of the function.
LOOKS_UP: Final[dict[str, str]] = {}

ValueMaps = Mapping[str, Mapping[str, str]]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def signature(*arguments: dict[str, Any]) -> Callable[[_Function], _Function]:
    """Declare the argument types of a function (the library's decorator, with types)."""
    decorate: Callable[[_Function], _Function] = functions.signature(*arguments)
    return decorate


class MissingValue(MappingError):
    """A value map has no entry for a value.

    ``map_name`` and ``value`` allow to offer "map this value"; the message leaves the value out
    because messages are logged.
    """

    default_code = "missing_value"

    def __init__(self, map_name: str, value: str, place: str = "") -> None:
        text = f"value map {map_name!r} has no entry for a value of this message"
        super().__init__(f"{place}: {text}" if place else text)
        self.map_name = map_name
        self.value = value


@lru_cache(maxsize=256)
def _python_types(types: tuple[str, ...]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Names of the Python types that a signature allows, and of array elements."""
    allowed, subtypes = functions.Functions._get_allowed_pytypes(None, types)
    if any(kind == "number" for kind in types):
        allowed = [*allowed, "Decimal"]
    return allowed, [(*s, "Decimal") if "float" in s else s for s in subtypes]


class MappingFunctions(functions.Functions):  # type: ignore[misc]  # the library is untyped
    """All functions, for one application of a mapping.

    :param value_maps: map name to (partner's value to ours).
    :param on_missing: gets map name and value when a map lacks a value, and returns what stands
        for it; without it such a value is an error.
    """

    def __init__(
        self,
        value_maps: ValueMaps,
        budget: Budget,
        on_missing: Callable[[str, str], str] | None = None,
    ) -> None:
        self._value_maps = value_maps
        self._budget = budget
        self._on_missing = on_missing

    def call_function(self, function_name: str, resolved_args: list[Any]) -> Any:
        """Call a function, paying for what goes in and what comes out."""
        for argument in resolved_args:
            self._budget.spend_on(argument)
        result = super().call_function(function_name, resolved_args)
        self._budget.spend_on(result)
        return result

    # -- making the library's type checks know Decimal -------------------------------------

    def _get_allowed_pytypes(self, types: list[str]) -> Any:
        return _python_types(tuple(types))

    def _convert_to_jmespath_type(self, pyobject: str) -> Any:
        return "number" if pyobject == "Decimal" else super()._convert_to_jmespath_type(pyobject)

    # -- JMESPath's own functions, where they would make floats or unpaid work -----------------

    @signature({"types": ["array-number"]})
    def _func_avg(self, numbers: list[Any]) -> Decimal | None:
        return Decimal(sum(numbers)) / len(numbers) if numbers else None

    @signature({"types": []})
    def _func_to_number(self, value: Any) -> Any:
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            return value
        if not isinstance(value, str):
            return None
        try:
            number = decimals.parse(value)
        except ValueError:
            return None
        return int(number) if number == number.to_integral_value() else number

    @signature({"types": []})
    def _func_to_string(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        plain = to_json(value, self._budget)
        return plain if isinstance(plain, str) else canonical_json.dumps(plain).decode()

    @signature({"types": []})
    def _func_type(self, value: Any) -> Any:
        return "number" if isinstance(value, Decimal) else super()._func_type(value)

    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Any, search: Any) -> bool:
        if isinstance(search, (list, dict)):
            self._budget.spend_on_all(subject)
            self._budget.spend_on_all(search)
        elif isinstance(subject, str) and not isinstance(search, str):
            return False
        return search in subject

    @signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, texts: list[str]) -> str:
        return _join(separator, texts)

    # -- our own -----------------------------------------------------------------------------

    @signature({"types": [], "variadic": True})
    def _func_concat(self, *values: Any) -> str:
        return _join("", [_text(value, "concat") for value in values if value is not None])

    @signature({"types": [], "variadic": True})
    def _func_decimal(self, *arguments: Any) -> str:
        value, digits = _optional(arguments, "decimal", 1)
        if digits is not None and type(digits) is not int:
            raise MappingError("decimal() takes a whole number of digits")
        try:
            return decimals.to_text(value, digits)
        except (TypeError, ValueError) as error:
            raise MappingError(f"decimal(): {error}", code="invalid_decimal") from None

    @signature({"types": ["string"]}, {"types": ["string"]})
    def _func_date(self, text: str, date_format: str) -> str:
        try:
            return datetime.strptime(text, date_format).date().isoformat()
        except ValueError:
            # Not the library's text: it quotes the value.
            raise MappingError(
                "date(): not a date in the given format", code="invalid_date"
            ) from None

    @signature({"types": ["string"]}, {"types": ["string"], "variadic": True})
    def _func_datetime_utc(self, text: str, zone: str, *fold: Any) -> str:
        if len(fold) > 1 or (fold and fold[0] not in ("earlier", "later")):
            raise MappingError('datetime_utc(): the third argument is "earlier" or "later"')
        return _datetime_utc(text, zone, fold[0] if fold else None)

    @signature({"types": ["string"]}, {"types": []})
    def _func_lookup(self, map_name: str, value: Any) -> str:
        try:
            entries = self._value_maps[map_name]
        except KeyError:
            raise MappingError(
                f"there is no value map {map_name!r}", code="unknown_value_map"
            ) from None
        text = _text(value, "lookup") if value is not None else ""
        try:
            return entries[text]
        except KeyError:
            if self._on_missing:
                return self._on_missing(map_name, text)
            raise MissingValue(map_name, text) from None

    @signature({"types": ["string", "null"]})
    def _func_upper(self, text: str | None) -> str | None:
        return text.upper() if text is not None else None

    @signature({"types": ["string", "null"]})
    def _func_lower(self, text: str | None) -> str | None:
        return text.lower() if text is not None else None

    @signature({"types": ["string", "null"]})
    def _func_trim(self, text: str | None) -> str | None:
        return text.strip() if text is not None else None

    @signature({"types": []}, {"types": []})
    def _func_default(self, value: Any, fallback: Any) -> Any:
        return fallback if value is None or value == "" else value

    @signature({"types": []}, {"types": ["string"]})
    def _func_required(self, value: Any, label: str) -> Any:
        if value is None or (isinstance(value, str) and not value.strip()):
            raise MappingError(f"{label} is required", code="missing_required")
        return value


def is_known(name: str) -> bool:
    """Whether expressions can call a function of this name."""
    return name in MappingFunctions.FUNCTION_TABLE


def extend(
    name: str, function: Callable[..., Any], *arguments: dict[str, Any], looks_up: str | None = None
) -> None:
    """Let expressions call a function that an addon brings.

    :param name: with the format in front, such as ``hl7_time``
    :param function: plain: its result follows from its arguments, which it does not change. It
        raises :class:`.MappingError` with a text that names no value.
    :param arguments: types, as :func:`signature` takes them
    :param looks_up: a value map by which it translates itself: it gets ``lookup(value)``, which
        does as the function of that name, as a keyword argument
    :raises ValueError: another module has a function of this name.
    """
    known = MappingFunctions.FUNCTION_TABLE.get(name)
    if known and getattr(known["function"], "origin", None) != function.__module__:
        raise ValueError(f"there is a mapping function {name}() already")

    parameters = inspect.signature(function).parameters.values()
    several = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    most = MAX_ARGUMENTS if several else len(parameters) - bool(looks_up)

    @signature(*arguments)
    def call(functions: MappingFunctions, *values: Any) -> Any:
        if len(values) > most:
            raise MappingError(f"{name}() takes at most {most} arguments")
        if looks_up is None:
            return function(*values)
        return function(*values, lookup=partial(functions._func_lookup, looks_up))

    call.origin = function.__module__  # type: ignore[attr-defined]
    if looks_up:
        LOOKS_UP[name] = looks_up
    MappingFunctions.FUNCTION_TABLE[name] = {"function": call, "signature": call.signature}  # type: ignore[attr-defined]


def _optional(arguments: tuple[Any, ...], name: str, required: int) -> list[Any]:
    """The arguments, padded with ``None`` for one that was left out."""
    if not required <= len(arguments) <= required + 1:
        raise MappingError(f"{name}() takes {required} or {required + 1} arguments")
    return [*arguments, None][: required + 1]


def _text(value: Any, name: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise MappingError(f"{name}() takes text and numbers only")
    try:
        return decimals.to_text(value)
    except ValueError as error:
        raise MappingError(f"{name}(): {error}", code="invalid_decimal") from None


def _join(separator: str, texts: list[str]) -> str:
    # Before joining: many references to one long text are small, the result is not.
    if sum(map(len, texts)) + len(separator) * len(texts) > MAX_TEXT:
        raise MappingError("the mapping makes too long a text", code="mapping_too_large")
    return separator.join(texts)


def _datetime_utc(text: str, zone: str, fold: str | None) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MappingError(
            "datetime_utc(): not an ISO 8601 date and time", code="invalid_datetime"
        ) from None
    try:
        if moment.tzinfo is None:
            moment = _localise(moment, zone, fold)
        utc = moment.astimezone(UTC)
    except OverflowError:
        raise MappingError("datetime_utc(): out of range", code="invalid_datetime") from None
    return utc.replace(tzinfo=None).isoformat() + "Z"


def _localise(moment: datetime, zone: str, fold: str | None) -> datetime:
    """Local time with its zone; an hour that is skipped or repeated is never guessed."""
    try:
        tz = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise MappingError("datetime_utc(): unknown time zone", code="unknown_zone") from None
    first, second = moment.replace(tzinfo=tz, fold=0), moment.replace(tzinfo=tz, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before == after:
        return first
    if before is not None and after is not None and before < after:
        raise MappingError(
            "datetime_utc(): this hour does not exist in the time zone", code="nonexistent_time"
        )
    if fold is None:
        raise MappingError(
            "datetime_utc(): this hour occurs twice in the time zone", code="ambiguous_time"
        )
    return first if fold == "earlier" else second
