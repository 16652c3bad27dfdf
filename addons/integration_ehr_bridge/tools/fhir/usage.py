# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The functions that mapping expressions have for what is used, ordered and charged over FHIR.

================================================ ===============================================
``fhir_quantity(quantity, place)``               the value of a Quantity as decimal text
``fhir_times(quantity, place, other…)``          how many times something is ordered
``fhir_item(concept, reference, contained)``     the code of an item, or of a contained Medication
``fhir_contained(reference, contained)``         the resource that a reference means, if it is
                                                 contained
``fhir_number(reference, contained)``            the number of what is meant, else its id
``fhir_last_day(text, place)``                   the last day of a day, a month or a year
================================================ ===============================================

Nothing is guessed: a quantity that is not said is none, and one that is not exact is refused.
"""

from __future__ import annotations

import re
from calendar import monthrange
from contextlib import suppress
from datetime import date
from typing import Any, Final

from odoo.addons.integration_core.tools import decimals
from odoo.addons.integration_core.tools.errors import MappingError
from odoo.addons.integration_core.tools.mapping_functions import extend

from . import references, values
from .values import Element

_TEXT: Final = {"types": ["string"]}
_MAYBE_TEXT: Final = {"types": ["string", "null"]}
_OBJECT: Final = {"types": ["object", "null"]}
_LIST: Final = {"types": ["array", "null"]}
_FURTHER: Final = {"types": ["object", "null"], "variadic": True}
_DAY: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T.*)?)?)?")
#: Longest code of an item.
CODE: Final = 64
#: How many times something may be ordered at once.
TIMES: Final = 50


def register() -> None:
    """Let mappings use these functions."""
    extend("fhir_quantity", quantity, _OBJECT, _TEXT)
    extend("fhir_times", times, _OBJECT, _TEXT, _FURTHER)
    extend("fhir_item", item, _OBJECT, _OBJECT, _LIST)
    extend("fhir_contained", inside, _OBJECT, _LIST)
    extend("fhir_number", number, _OBJECT, _LIST)
    extend("fhir_last_day", last_day, _MAYBE_TEXT, _TEXT)


# -- how much --------------------------------------------------------------------------------


def quantity(found: Element | None, place: str) -> str | None:
    """The value of a Quantity (datatypes.html#Quantity); ``None`` if there is none.

    :param place: what an error calls it, such as ``ChargeItem.quantity``
    :raises MappingError: ``quantity_not_exact``: it is less or more than the value;
        ``invalid_decimal``

    >>> quantity({"value": 2, "unit": "tablet"}, "x")
    '2'
    """
    if not found or found.get("value") is None:
        return None
    if found.get("comparator"):
        raise MappingError(
            f"{place}: it is less or more than its value, and nobody can say how much. Ask the "
            "partner for the exact quantity",
            code="quantity_not_exact",
        )
    try:
        return decimals.to_text(found["value"])
    except (TypeError, ValueError):
        raise MappingError(f"{place}: no decimal number", code="invalid_decimal") from None


def times(found: Element | None, place: str, *others: Element | None) -> int | None:
    """How many times something is ordered; ``None`` if it is not said.

    :param others: a Ratio and a Range that may stand in its place, of which nobody can tell
    :raises MappingError: ``quantity_not_exact``: it is no whole number from 1 to :data:`TIMES`
    """
    text = quantity(found, place)
    if text is None and not found and not any(others):
        return None
    if text is None or not text.isdecimal() or not 1 <= int(text) <= TIMES:
        raise MappingError(
            f"{place}: no whole number from 1 to {TIMES}. Ask the partner how many times it is "
            "ordered, or for an order of each",
            code="quantity_not_exact",
        )
    return int(text)


# -- what ------------------------------------------------------------------------------------


def item(concept: Any, reference: Any, contained: Any) -> str | None:
    """The code of an item: of the concept, else of the contained resource that is meant.

    What is meant and not contained is known by its identifier, else by the name of its record: a
    record link of a product may say what that is.

    :raises MappingError: ``unresolved_reference``: it has neither code nor name
    """
    if found := values.code(concept):
        return _short(found)
    meant = references.read(reference, contained, "the item")
    if meant is None:
        return None
    within = meant.contained or {}
    named = values.number(within.get("identifier")) or meant.identifier
    found = values.code(within.get("code")) or (named and named["value"].strip()) or meant.record
    if not found:
        raise MappingError(
            "the item: the contained resource has no code and no identifier. Ask the partner for "
            "the code of the item",
            code="unresolved_reference",
        )
    return _short(found)


def _short(code: str) -> str:
    if len(code) > CODE:
        raise MappingError(
            f"the item: its code has more than {CODE} characters. Ask the partner for a shorter "
            "one, or let the mapping take it from another element",
            code="code_too_long",
        )
    return code


def inside(reference: Any, contained: Any) -> Element | None:
    """The contained resource that is meant; ``None`` for one that is elsewhere.

    :raises MappingError: ``unresolved_reference``: it is not there
    """
    found = references.read(reference, contained, "a contained resource")
    return found.contained if found else None


def number(reference: Any, contained: Any) -> str | None:
    """The first identifier of what is meant that is no number of a person, else its id.

    :raises MappingError: ``unresolved_reference``
    """
    meant = references.read(reference, contained, "an order")
    if meant is None:
        return None
    within = (meant.contained or {}).get("identifier")
    named = values.number(within) or values.number(meant.identifier)
    return named["value"].strip() if named else meant.record.rpartition("/")[2] or None


def last_day(text: str | None, place: str) -> str | None:
    """The last day of a date or a dateTime, which may be a month or a year alone.

    :param place: what an error calls it
    :raises MappingError: ``invalid_datetime``

    >>> last_day("2027-02", "x"), last_day("2027", "x")
    ('2027-02-28', '2027-12-31')
    """
    if not text:
        return None
    with suppress(ValueError):  # no such day
        if found := _DAY.fullmatch(text):
            year, month = int(found[1]), int(found[2] or 12)
            return date(year, month, int(found[3] or monthrange(year, month)[1])).isoformat()
    raise MappingError(f"{place}: no day and no month", code="invalid_datetime")
