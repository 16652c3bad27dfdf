# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the datatypes of FHIR say: moments, codes, identifiers (datatypes.html).

Nothing but numbers and codes is read: no text, no display, no name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo.addons.integration_core.tools.errors import MappingError

from ..hl7.record_numbers import is_official

Element = Mapping[str, Any]

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
#: Identifier types of table 0203 that a visit, an account or a member of staff may have.
RECORD: Final = "MR"
#: A code without blanks, as contracts take it.
_CODE: Final = re.compile(r"\S+")


def elements(value: Any) -> list[Element]:
    """The elements of a list, or the only one; what is none is left out."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, Mapping)]


def moment(text: str | None, zone: str, place: str) -> str | None:
    """A dateTime or an instant in UTC (RFC 3339). A day is its first moment in the zone.

    :param place: what an error calls it, such as ``Encounter.period.start``
    :raises MappingError: ``invalid_datetime``: none, or without its day or its offset
    """
    if not text:
        return None
    if not isinstance(text, str) or not (_DAY.fullmatch(text) or _MOMENT.fullmatch(text)):
        raise MappingError(
            f"{place}: no day, and no time with its offset. Ask the partner to send one",
            code="invalid_datetime",
        )
    try:
        # A leap second is taken for the second before it, as elsewhere.
        found = datetime.fromisoformat(text.replace(":60", ":59"))
        if found.tzinfo is None:
            found = found.replace(tzinfo=ZoneInfo(zone))
        return found.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except (ValueError, OverflowError, KeyError, OSError):
        raise MappingError(f"{place}: no such moment", code="invalid_datetime") from None


def code(concept: Any, system: str | None = None) -> str | None:
    """The code of a CodeableConcept or a Coding, or of the first of a list that has one.

    One that the user chose counts before others. Codes with blanks are texts, and not read.

    :param system: of this code system alone
    """
    found = [coding for one in elements(concept) for coding in elements(one.get("coding", one))]
    found.sort(key=lambda one: one.get("userSelected") is not True)
    for coding in found:
        name = coding.get("code")
        if (
            isinstance(name, str)
            and _CODE.fullmatch(name)
            and system in (None, coding.get("system"))
        ):
            return name
    return None


def types(identifier: Element) -> set[str]:
    """Codes of the type of an identifier."""
    kind = identifier.get("type")
    codings = elements(kind.get("coding")) if isinstance(kind, Mapping) else []
    return {one["code"] for one in codings if isinstance(one.get("code"), str)}


def numbered(value: Any) -> list[Element]:
    """Identifiers that have a value, in their order; those that are out of use come last."""
    found = [
        one for one in elements(value) if isinstance(one.get("value"), str) and one["value"].strip()
    ]
    return sorted(found, key=lambda one: one.get("use") == "old")


def record_number(value: Any) -> Element | None:
    """The identifier that is the patient's record number: of type MR, else the first that is no
    official number, as of :mod:`..hl7.record_numbers`."""
    found = numbered(value)
    wanted = [one for one in found if RECORD in types(one)]
    wanted = wanted or [
        one for one in found if not any(is_official(kind, None) for kind in types(one))
    ]
    return wanted[0] if wanted else None


def number(value: Any, kinds: Iterable[str] = ()) -> Element | None:
    """An identifier of one of these types, else the first that is no record number and no official
    one."""
    found = numbered(value)
    for kind in kinds:
        if wanted := [one for one in found if kind in types(one)]:
            return wanted[0]
    plain = [
        one
        for one in found
        if RECORD not in types(one) and not any(is_official(kind, None) for kind in types(one))
    ]
    return plain[0] if plain else None
