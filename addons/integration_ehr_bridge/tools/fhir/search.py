# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a search asks for: names and values of a request, read against what is offered.

FHIR 4.0.1, search.html. Nothing is ignored in silence: a filter that is not applied would give away
more than was asked for. Only who says so (``Prefer: handling=lenient``) has unknown parameters
ignored, and is told which. What is no filter at all but wrong (a bad value, a modifier that is not
served) is refused in any case, as the standard demands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from . import search_values
from .operation_outcome import Refusal
from .search_values import Value, ValueRefused

#: Parameters of one request, alternatives of one value, characters of one value.
MAX_PARAMETERS: Final = 30
MAX_ALTERNATIVES: Final = 100
MAX_LENGTH: Final = 4000
SORTS: Final = ("_id", "-_id", "_lastUpdated", "-_lastUpdated")
SUMMARIES: Final = ("false", "true", "data", "count")
TOTALS: Final = ("none", "estimate", "accurate")
#: What says how to answer, and is no filter.
CONTROLS: Final = frozenset(
    {"_count", "_sort", "_summary", "_elements", "_total", "_include", "_format", "_pretty"}
)
#: Controls that are no part of the search: they say how an answer is written.
WRITTEN: Final = frozenset({"_format", "_pretty"})
_NAME: Final = re.compile(r"[^\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Param:
    """A search parameter that a view offers.

    :ivar kind: token, string, date or reference
    :ivar doc: what it compares, for the statement of what is served
    :ivar codes: the codes that a token may have; empty: any
    :ivar system: of these codes; it may be named, and no other. What begins with ``ns/`` is one of
        ours, below the address of the server
    :ivar targets: types of resources that a reference may lead to
    :ivar own: whether the standard does not know it of this type of resource
    """

    name: str
    kind: str
    doc: str
    codes: tuple[str, ...] = ()
    system: str = ""
    targets: tuple[str, ...] = ()
    own: bool = False


#: Offered of all resources.
COMMON: Final = (
    Param("_id", "token", "The id of the resource."),
    Param("_lastUpdated", "date", "When it changed last, by meta.lastUpdated."),
)
MODIFIERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"string": ("exact", "contains"), "token": ("not",), "date": (), "reference": ()}
)


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be asked for of one type of resource.

    :ivar elements: names of its elements, for ``_elements``
    :ivar includes: values of ``_include``
    :ivar page: resources of a page, where nothing is said, and ``most`` at most
    :ivar base: our own address, which references may begin with
    """

    resource: str
    params: Mapping[str, Param]
    elements: frozenset[str]
    includes: frozenset[str] = frozenset()
    page: int = 50
    most: int = 100
    base: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition: one of its values has to match. Several of one name must all match."""

    name: str
    modifier: str
    values: tuple[Value, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Query:
    """A search that was understood.

    :ivar ignored: names of parameters that were not, because the client allowed that
    :ivar applied: what it was understood of, for the link to itself
    """

    filters: tuple[Filter, ...] = ()
    count: int = 50
    sort: str = "_id"
    summary: str = "false"
    elements: tuple[str, ...] = ()
    total: str = "none"
    include: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    applied: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def polls(self) -> bool:
        """Whether it asks for what has changed, so that nothing must be missed between two."""
        return "_lastUpdated" in self.sort or any(
            one.name == "_lastUpdated" for one in self.filters
        )

    @property
    def counts_only(self) -> bool:
        return self.summary == "count" or self.count == 0


def parse(pairs: Iterable[tuple[str, str]], offered: Offered, *, lenient: bool = False) -> Query:
    """The search that names and values of a request mean.

    :param pairs: in their order, decoded
    :raises Refusal: 400, with a code for each reason
    """
    given = list(pairs)
    _check_size(given)
    controls: dict[str, str] = {}
    includes: list[str] = []
    filters: list[Filter] = []
    unknown: list[str] = []
    applied: list[tuple[str, str]] = []
    for name, value in given:
        plain, _mark, modifier = name.partition(":")
        if name in CONTROLS:
            _take_control(name, value, controls, includes)
        elif plain in offered.params:
            filters.append(_filter(offered.params[plain], modifier, value, offered.base))
        else:
            unknown.append(shown(name))
            continue
        if name not in WRITTEN:
            applied.append((name, value))
    if unknown and not lenient:
        raise _unknown(unknown, offered)
    return Query(
        filters=tuple(filters),
        ignored=tuple(dict.fromkeys(unknown)),
        applied=tuple(applied),
        **_controls(controls, includes, offered),
    )


def shown(name: str) -> str:
    """A name of a parameter as it may be repeated: short, and plain letters only."""
    return _NAME.sub("?", name)[:60] or "?"


def _check_size(given: Sequence[tuple[str, str]]) -> None:
    if len(given) > MAX_PARAMETERS:
        raise Refusal(
            400, "too-costly", "too_many_parameters",
            f"A search has at most {MAX_PARAMETERS} parameters.",
        )  # fmt: skip
    for name, value in given:
        if len(value) > MAX_LENGTH or "\0" in value:
            raise Refusal(
                400, "too-long", "value_too_long",
                f"A value has at most {MAX_LENGTH} characters, none of them NUL.", [shown(name)],
            )  # fmt: skip


def _unknown(names: Sequence[str], offered: Offered) -> Refusal:
    served = ", ".join(sorted(offered.params))
    return Refusal(
        400, "not-supported", "unknown_parameter",
        f"These parameters are not served, and nothing was searched: {', '.join(names[:10])}. "
        f"{offered.resource} is searched by {served}. To have others ignored, send "
        "“Prefer: handling=lenient”.",
        names[:10],
    )  # fmt: skip


def _take_control(name: str, value: str, controls: dict[str, str], includes: list[str]) -> None:
    if name == "_include":
        includes.append(value)
    elif controls.setdefault(name, value) != value:
        raise Refusal(400, "invalid", "repeated_parameter", f"{name} is said once.", [name])


def _filter(param: Param, modifier: str, text: str, base: str) -> Filter:
    if modifier and modifier not in MODIFIERS[param.kind]:
        served = ", ".join(MODIFIERS[param.kind]) or "none"
        raise Refusal(
            400, "not-supported", "unknown_modifier",
            f"{param.name} is not searched with this modifier; it has these: {served}.",
            [param.name],
        )  # fmt: skip
    parts = search_values.parts(text, ",")
    if len(parts) > MAX_ALTERNATIVES:
        raise Refusal(
            400, "too-costly", "too_many_values",
            f"A parameter has at most {MAX_ALTERNATIVES} values.", [param.name],
        )  # fmt: skip
    try:
        values = tuple(value for part in parts for value in _READERS[param.kind](part, base))
        _check_values(param, values)
    except ValueRefused as exc:
        raise Refusal(
            400, "value", "bad_value", f"{param.name} cannot be read: {exc}.", [param.name]
        ) from None
    return Filter(param.name, modifier, values)


_READERS: Final[Mapping[str, Callable[[str, str], tuple[Value, ...]]]] = MappingProxyType(
    {
        "token": lambda text, _base: (search_values.token(text),),
        "date": lambda text, _base: search_values.moments(text),
        "string": lambda text, _base: (search_values.words(search_values.unescaped(text)),),
        "reference": lambda text, base: (
            search_values.target(search_values.unescaped(text), base),
        ),
    }
)


def _check_values(param: Param, values: Iterable[Value]) -> None:
    """Codes and types that cannot be are mistakes, not searches that find nothing."""
    for value in values:
        if isinstance(value, search_values.Token):
            if param.codes and value.code is not None and value.code not in param.codes:
                raise ValueRefused(f"the codes are {', '.join(param.codes)}")
            if param.codes and value.system and value.system != param.system:
                raise ValueRefused("its codes are of another system; write the code alone")
        elif isinstance(value, search_values.Target) and value.type not in ("", *param.targets):
            raise ValueRefused(f"it leads to {', '.join(param.targets)}")


def _controls(
    given: Mapping[str, str], includes: Sequence[str], offered: Offered
) -> dict[str, object]:
    elements = _elements(given.get("_elements", ""), offered)
    summary = _choice(given, "_summary", SUMMARIES)
    if elements and summary in ("true", "data", "count"):
        raise Refusal(
            400, "invalid", "elements_and_summary",
            "Say _elements or _summary, not both.", ["_elements", "_summary"],
        )  # fmt: skip
    total = _choice(given, "_total", TOTALS)
    return {
        "count": _count(given.get("_count"), offered),
        "sort": _sort(given.get("_sort")),
        "summary": summary,
        "elements": elements,
        # An estimate is not cheaper here.
        "total": "accurate" if total == "estimate" else total,
        "include": _includes(includes, offered),
    }


def _choice(given: Mapping[str, str], name: str, served: Sequence[str]) -> str:
    """One of a few words; the first is what nothing means."""
    value = given.get(name, served[0])
    if value not in served:
        raise Refusal(
            400, "not-supported", f"bad{name}", f"{name} is one of {', '.join(served)}.", [name]
        )
    return value


def _count(text: str | None, offered: Offered) -> int:
    if text is None:
        return min(offered.page, offered.most)
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise Refusal(400, "value", "bad_count", "_count is a number, 0 or more.", ["_count"])
    return min(int(text), offered.most)


def _sort(text: str | None) -> str:
    if text is None:
        return SORTS[0]
    if text not in SORTS:
        raise Refusal(
            400, "not-supported", "bad_sort", f"_sort is one of {', '.join(SORTS)}.", ["_sort"]
        )
    return text


def _elements(text: str, offered: Offered) -> tuple[str, ...]:
    names = [part.strip() for part in text.split(",")] if text else []
    wanted = [name.removeprefix(f"{offered.resource}.") for name in names]
    if any(name not in offered.elements for name in wanted):
        known = ", ".join(sorted(offered.elements))
        raise Refusal(
            400, "value", "unknown_element",
            f"_elements names elements that are not served; these are: {known}.", ["_elements"],
        )  # fmt: skip
    return tuple(dict.fromkeys(wanted))


def _includes(given: Sequence[str], offered: Offered) -> tuple[str, ...]:
    if any(one not in offered.includes for one in given):
        served = ", ".join(sorted(offered.includes)) or "none"
        raise Refusal(
            400, "not-supported", "unknown_include",
            f"These values of _include are served: {served}.", ["_include"],
        )  # fmt: skip
    return tuple(dict.fromkeys(given))
