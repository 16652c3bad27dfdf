# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The functions that mapping expressions have for orders of supplies over FHIR.

=============================================== ================================================
``fhir_order(identifiers, assigner)``           number of the order: the identifier of type PLAC,
                                                else the first that names no group, no filler and
                                                no person
``fhir_order_group(identifiers, group)``        number of the orders that belong together: the
                                                groupIdentifier, else the identifier of type PGN
``fhir_order_visit(reference, contained, by)``   number of the visit, or name of the resource
``fhir_items(concept, reference, contained)``   codes of the item
``fhir_amount(quantity, place)``                the value of an exact quantity, as decimal text
``fhir_due(day, period, timing, zone, place)``  when it has to be there
``fhir_plain(parameters, place)``               nothing; refuses an item that is told by parameters
``fhir_matching(type, system, value)``          address of a conditional update by an identifier
=============================================== ================================================

Which code systems name items of the store says the value map ``fhir_item_system``. A coding of
another system means something else (a SNOMED CT concept is no article), and is passed over.

Pages cited: supplyrequest.html, devicerequest.html, device.html of HL7 FHIR 4.0.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from odoo.addons.integration_core.tools import decimals
from odoo.addons.integration_core.tools.errors import MappingError
from odoo.addons.integration_core.tools.mapping_functions import MissingValue, extend
from odoo.addons.integration_ehr_bridge.tools.fhir import (
    address,
    mapping_functions,
    references,
    values,
)
from odoo.addons.integration_ehr_bridge.tools.fhir.values import Element, elements

Lookup = Callable[[str], str]

#: The value map of code systems whose codes name items.
ITEM_SYSTEMS: Final = "fhir_item_system"
#: Identifier types of table 0203.
PLACER, FILLER, GROUP = "PLAC", "FILL", "PGN"

_TEXT: Final = {"types": ["string"]}
_MAYBE_TEXT: Final = {"types": ["string", "null"]}
_OBJECT: Final = {"types": ["object", "null"]}
_LIST: Final = {"types": ["array", "null"]}


def register() -> None:
    """Let mappings use these functions."""
    extend("fhir_order", order, _LIST, _MAYBE_TEXT, looks_up=mapping_functions.ASSIGNERS)
    extend("fhir_order_group", group, _LIST, _OBJECT)
    extend(
        "fhir_order_visit",
        visit,
        _OBJECT,
        _LIST,
        _MAYBE_TEXT,
        looks_up=mapping_functions.ASSIGNERS,
    )
    extend("fhir_items", items, _OBJECT, _OBJECT, _LIST, looks_up=ITEM_SYSTEMS)
    extend("fhir_amount", amount, _OBJECT, _TEXT)
    extend("fhir_due", due, _MAYBE_TEXT, _OBJECT, _OBJECT, _TEXT, _TEXT)
    extend("fhir_plain", plain, _LIST, _TEXT)
    extend("fhir_matching", matching, _TEXT, _TEXT, _TEXT)


# -- which order it is -----------------------------------------------------------------------


def order(found: Any, assigner: str | None, *, lookup: Lookup) -> dict[str, str] | None:
    """Number and assigner of an order at whoever placed it."""
    others = {FILLER, GROUP}
    named = [one for one in elements(found) if not values.types(one) & others]
    return mapping_functions.identifier(named, assigner, PLACER, lookup=lookup)


def group(found: Any, named: Any) -> str | None:
    """The number that orders have which were placed together."""
    wanted = values.numbered([named]) or [
        one for one in values.numbered(found) if GROUP in values.types(one)
    ]
    return wanted[0]["value"].strip() if wanted else None


def visit(
    reference: Any, contained: Any, assigner: str | None, *, lookup: Lookup
) -> dict[str, str] | None:
    """The visit that an order is for: by its number, and by the name of the resource.

    :raises MappingError: ``unresolved_reference``
    """
    meant = references.read(reference, contained, "the encounter")
    if meant is None:
        return None
    within = elements(meant.contained.get("identifier")) if meant.contained else []
    named = mapping_functions.identifier(
        [*within, *elements(meant.identifier)], assigner, "VN", lookup=lookup
    )
    return {**(named or {}), **({"record": meant.record} if meant.record else {})} or None


# -- of what, how much, and when ---------------------------------------------------------------


def items(concept: Any, reference: Any, contained: Any, *, lookup: Lookup) -> list[str] | None:
    """Codes of an item, the best first; nothing if none is named.

    Of a reference these are its identifier and the name of the resource, by which a record link
    may say which product it is; of a contained Device, Medication or Substance what it is coded
    and numbered with.

    :raises MissingValue: of what is named nothing is of a code system that names items
    :raises MappingError: ``unresolved_reference``
    """
    named = [*_codings(concept), *_referred(reference, contained)]
    found, unknown = [], None
    for system, code in named:
        try:
            if system:
                lookup(system)
        except MissingValue as missing:
            unknown = unknown or missing
            continue
        if code not in found:
            found.append(code)
    if not found and unknown:
        raise unknown
    return found or None


def _codings(concept: Any) -> Iterator[tuple[str, str]]:
    """System and code of the codings of a concept, one that a user chose before others."""
    found = [coding for one in elements(concept) for coding in elements(one.get("coding"))]
    found.sort(key=lambda one: one.get("userSelected") is not True)
    for one in found:
        code = one.get("code")
        if isinstance(code, str) and code.strip():
            yield str(one.get("system") or ""), code.strip()


def _referred(reference: Any, contained: Any) -> Iterator[tuple[str, str]]:
    meant = references.read(reference, contained, "the item")
    if meant is None:
        return
    yield from _identifiers([meant.identifier])
    if meant.contained:
        yield from _described(meant.contained)
    if meant.record:
        yield "", meant.record


def _identifiers(found: Any) -> Iterator[tuple[str, str]]:
    for one in values.numbered(found):
        yield str(one.get("system") or ""), one["value"].strip()


def _described(resource: Element) -> Iterator[tuple[str, str]]:
    for name in ("code", "type"):
        yield from _codings(resource.get(name))
    yield from _identifiers(resource.get("identifier"))
    for one in elements(resource.get("udiCarrier")):
        code = one.get("deviceIdentifier")
        if isinstance(code, str) and code.strip():
            yield str(one.get("issuer") or ""), code.strip()


def amount(quantity: Any, place: str) -> str | None:
    """How much, if it is said exactly.

    :param place: what an error calls it
    :raises MappingError: ``invalid_decimal``: it is only told that it is more or less than that

    >>> amount({"value": 2}, "x")
    '2'
    """
    if not isinstance(quantity, Mapping) or quantity.get("value") is None:
        return None
    if quantity.get("comparator"):
        raise MappingError(
            f"{place}: it has a comparator, so nobody knows how much is meant. Ask the partner for "
            "the exact quantity",
            code="invalid_decimal",
        )
    try:
        return decimals.to_text(quantity["value"])
    except (TypeError, ValueError) as error:
        raise MappingError(f"{place}: {error}", code="invalid_decimal") from None


def due(moment: str | None, period: Any, timing: Any, zone: str, place: str) -> str | None:
    """By when something is needed: a moment, the end of a period (its start, if it has no end), or
    the only moment of a timing.

    :raises MappingError: ``invalid_datetime``; ``repeated_order``: it is wanted again and again
    """
    if moment:
        return values.moment(moment, zone, place)
    if period:
        return values.moment(period.get("end") or period.get("start"), zone, place)
    if not timing:
        return None
    events = timing.get("event") or []
    if timing.get("repeat") or timing.get("code") or len(events) != 1:
        raise MappingError(
            f"{place}: it is wanted repeatedly, which one order of supplies cannot say. Ask the "
            "partner for an order for each time",
            code="repeated_order",
        )
    return values.moment(events[0], zone, place)


def plain(parameters: Any, place: str) -> None:
    """Refuse an item of which parameters (size, power) say which one it is.

    :raises MappingError: ``item_parameters``
    """
    if elements(parameters):
        raise MappingError(
            f"{place}: parameters say which item is meant, and the store knows items by their "
            "codes alone. Ask the partner for the code of that very item, or let the mapping pass "
            "the parameters over",
            code="item_parameters",
        )


def matching(kind: str, system: str, value: str) -> str:
    """The address of a conditional update of the resource with an identifier.

    >>> matching("SupplyDelivery", "urn:odoo:line", "REQ1-1")
    'SupplyDelivery?identifier=urn%3Aodoo%3Aline%7CREQ1-1'
    """
    return f"{kind}?{address.criteria([('identifier', address.token(system, value))])}"
