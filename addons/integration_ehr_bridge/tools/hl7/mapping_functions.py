# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The functions that mapping expressions have for the JSON form of HL7 v2 (:mod:`.document`).

================================================= ==============================================
``hl7_said(object)``                              the object without what the message does not
                                                  say; HL7 null becomes null; texts are trimmed
``hl7_time(text, zone, place[, f])``              RFC 3339 in UTC; without an offset local time of
                                                  ``zone``; an hour that comes twice is an error
                                                  unless ``f`` is ``earlier`` or ``later``
``hl7_day(text, place)``                          ISO day of a date or time, as it is written
``hl7_written(text, zone)``                       an ISO day, or a moment in UTC, as HL7 writes it:
                                                  in local time of ``zone``, with its offset
``hl7_identifier(field, assigner[, type])``       number and assigner of a CX
``hl7_entity(field, assigner)``                   the same of an EI, such as an appointment's number
``hl7_person(field, assigner)``                   the same of an XCN, such as a doctor
``hl7_unlike(identifier, segment…)``              the same, or null if it is a number by which
                                                  the segment (PID, MRG) names the patient
``hl7_visit(identifier, place, segment…)``        the same, or an error instead of null
``hl7_location(field, place)``                    facility, point of care, room and bed of a PL
``hl7_minutes(amount, unit, place)``              whole minutes of an amount in ``s``, ``min``,
                                                  ``h`` or ``d``
``hl7_each(groups, name[, n…])``                  the groups, once for each segment of a name in
                                                  them, with the segments of the names that follow
                                                  which belong to it
``hl7_in_use(action, status)``                    whether a master file says that something is in
                                                  use; null if it does not
================================================= ==============================================

A field is the list of its repetitions, such as ``root.PID[0].f3``. All keep apart what is absent
(null) and what is HL7 null (empty text), so that ``hl7_said`` can. ``assigner`` stands in where the
message names none; ``place`` is what an error calls the field, such as ``PV1-44``.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo.addons.integration_core.tools import decimals
from odoo.addons.integration_core.tools.errors import MappingError
from odoo.addons.integration_core.tools.mapping_functions import extend

from . import record_numbers, timestamps
from .errors import TimestampFault
from .timestamps import Precision

_PER_UNIT: Final = {"s": (1, 60), "min": (1, 1), "h": (60, 1), "d": (1440, 1)}

# Types of arguments, as JMESPath names them.
_TEXT: Final = {"types": ["string"]}
_MAYBE_TEXT: Final = {"types": ["string", "null"]}
_FIELD: Final = {"types": ["array", "null"]}
_OBJECT: Final = {"types": ["object", "null"]}
_FOUND: Final = {"types": ["object", "string", "null"]}
_SEGMENTS: Final = {"types": ["object", "null"], "variadic": True}
_FURTHER_TEXT: Final = {"types": ["string"], "variadic": True}


def register() -> None:
    """Let mappings use these functions."""
    extend("hl7_said", said, _OBJECT)
    extend("hl7_time", moment, _MAYBE_TEXT, _TEXT, _FURTHER_TEXT)
    extend("hl7_day", day, _MAYBE_TEXT, _TEXT)
    extend("hl7_written", written, _MAYBE_TEXT, _TEXT)
    extend("hl7_in_use", in_use, _TEXT, _MAYBE_TEXT)
    extend("hl7_identifier", identifier, _FIELD, {**_MAYBE_TEXT, "variadic": True})
    extend("hl7_entity", entity, _FIELD, _MAYBE_TEXT)
    extend("hl7_person", person, _FIELD, _MAYBE_TEXT)
    extend("hl7_unlike", record_numbers.unlike, _FOUND, _SEGMENTS)
    extend("hl7_visit", record_numbers.visit, _FOUND, _TEXT, _SEGMENTS)
    extend("hl7_location", location, _FIELD, _TEXT)
    extend("hl7_each", each, _FIELD, _FURTHER_TEXT)
    extend("hl7_minutes", minutes, {"types": ["string", "null"]}, _MAYBE_TEXT, _TEXT)


def said(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the message says: no member for what it does not, null for what it says to be empty."""
    if value is None:
        return None
    found = {}
    for name, member in value.items():
        if isinstance(member, str):
            if member == "":
                found[name] = None
            elif text := member.strip():
                found[name] = text
        elif member is not None:
            found[name] = member
    return found


def moment(text: str | None, zone: str, place: str, fold: str | None = None) -> str | None:
    """A date and time (:mod:`.timestamps`) in UTC. A day is its first moment in the zone.

    :param fold: which one is meant in the hour that comes twice in autumn
    :raises MappingError: ``invalid_datetime``, ``ambiguous_time``, ``nonexistent_time``
    """
    if not text or not text.strip():
        return "" if text == "" else None
    if fold not in (None, "earlier", "later"):
        raise MappingError('hl7_time(): the fourth argument is "earlier" or "later"')
    try:
        found = timestamps.parse(text.strip(), _zone(zone))
    except TimestampFault as fault:
        raise MappingError(f"{place}: {fault.message}", code="invalid_datetime") from None
    if found.precision in (Precision.YEAR, Precision.MONTH):
        raise MappingError(f"{place}: the date has no day", code="invalid_datetime")
    if found.imaginary:
        raise MappingError(
            f"{place}: this hour does not exist in the time zone of the system. Ask the partner to "
            "send the offset from UTC",
            code="nonexistent_time",
        )
    if found.ambiguous and fold is None:
        raise MappingError(
            f"{place}: this hour occurs twice in the time zone of the system. Ask the partner to "
            "send the offset from UTC, or say “earlier” or “later” in the mapping",
            code="ambiguous_time",
        )
    value = found.value.replace(fold=1) if fold == "later" and found.ambiguous else found.value
    try:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except OverflowError:
        raise MappingError(
            f"{place}: the time is outside of the calendar", code="invalid_datetime"
        ) from None


def day(text: str | None, place: str) -> str | None:
    """The day of a date or a time, as it is written: an expiry date has no time zone.

    :raises MappingError: ``invalid_datetime``: it is none, or has no day
    """
    if not text or not text.strip():
        return "" if text == "" else None
    try:
        found = timestamps.parse(text.strip(), ZoneInfo("UTC"))
    except TimestampFault as fault:
        raise MappingError(f"{place}: {fault.message}", code="invalid_datetime") from None
    if found.precision in (Precision.YEAR, Precision.MONTH):
        raise MappingError(f"{place}: the date has no day", code="invalid_datetime")
    return found.value.date().isoformat()


def written(text: str | None, zone: str) -> str | None:
    """A day or a moment of canonical JSON as HL7 writes it (DT, DTM), with its fraction if any.

    >>> written("2027-12-31", "UTC"), written("2026-07-01T10:00:00Z", "Europe/Brussels")
    ('20271231', '20260701120000+0200')

    :param text: ``YYYY-MM-DD``, or RFC 3339
    :raises MappingError: ``invalid_datetime``: it is neither
    """
    if not text:
        return None
    try:
        if len(text) == len("YYYY-MM-DD"):
            return date.fromisoformat(text).strftime("%Y%m%d")
        moment = datetime.fromisoformat(text).astimezone(_zone(zone))
        precision = Precision.FRACTION if moment.microsecond else Precision.SECOND
        return timestamps.build(moment, precision)
    except ValueError:
        raise MappingError("hl7_written(): no day and no moment", code="invalid_datetime") from None


def in_use(action: str, status: str | None) -> bool | None:
    """Whether an entry of a master file says that its record is in use.

    :param action: ``add``, ``update``, ``deactivate``, ``delete`` or ``reactivate``
    :param status: ``active`` or ``inactive``, where the record says so itself
    :return: None if it stays as it is
    """
    if action in ("deactivate", "delete"):
        return False
    if action == "reactivate":
        return True
    return None if status is None else status == "active"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise MappingError("hl7_time(): unknown time zone", code="unknown_zone") from None


# -- identifiers -----------------------------------------------------------------------------


def identifier(
    field: list[Any] | None, assigner: str | None = None, kind: str | None = None
) -> dict[str, str] | str | None:
    """The number of a CX, and who assigned it.

    :param kind: the identifier type (CX.5) that is wanted, such as MR. The first repetition of it
        is taken, else the first that is no official number (:mod:`.record_numbers`). Without it the
        first repetition is taken.
    :return: empty text for HL7 null, None if there is none
    """
    numbered = _numbered(field)
    if kind is not None:
        numbered = record_numbers.candidates(numbered, kind)
    return _named(field, numbered, ("c4", "c4s2"), assigner)


def entity(field: list[Any] | None, assigner: str | None) -> dict[str, str] | str | None:
    """The number of an EI, and who assigned it, as :func:`identifier`."""
    return _named(field, _numbered(field), ("c2", "c3"), assigner)


def person(field: list[Any] | None, assigner: str | None) -> dict[str, str] | str | None:
    """The number of a person (XCN), and who assigned it, as :func:`identifier`.

    The name is not read. Who has no number is nobody to Odoo.
    """
    return _named(field, _numbered(field), ("c9", "c9s2"), assigner)


def _numbered(field: list[Any] | None) -> list[Any]:
    return record_numbers.numbered(_repetitions(field))


def _repetitions(field: list[Any] | None) -> list[dict[str, str]]:
    """The repetitions of a field, if it is one: an expression may hand over anything."""
    found = field or []
    for one in found:
        if not isinstance(one, dict) or not all(isinstance(text, str) for text in one.values()):
            raise MappingError("a field is the list of its repetitions, such as root.PID[0].f3")
    return found


def _named(
    field: list[Any] | None,
    candidates: Sequence[Any],
    authority: tuple[str, str],
    assigner: str | None,
) -> dict[str, str] | str | None:
    if not candidates:
        return "" if _is_null(field) else None
    chosen = candidates[0]
    found = {"number": chosen["c1"].strip()}
    by = record_numbers.authority(chosen, authority) or assigner
    return found | ({"assigner": by} if by else {})


def _is_null(field: list[Any] | None) -> bool:
    """Whether the field says that there is no value."""
    return any(one.get("c1") == "" for one in (field or [])[:1])


# -- places and durations --------------------------------------------------------------------


def location(field: list[Any] | None, place: str) -> dict[str, str] | str | None:
    """Facility, point of care, room and bed of a place (PL).

    :return: empty text for HL7 null, None if the field names no place, such as a facility alone
    :raises MappingError: a room or a bed without its point of care
    """
    first = (_repetitions(field) or [{}])[0]
    parts = {
        "facility": first.get("c4") or first.get("c4s2"),
        "point_of_care": first.get("c1"),
        "room": first.get("c2"),
        "bed": first.get("c3"),
    }
    found = {name: text.strip() for name, text in parts.items() if text and text.strip()}
    if "point_of_care" in found:
        return found
    if found.keys() & {"room", "bed"}:
        raise MappingError(
            f"{place}.1: the point of care is required where there is a room or a bed",
            code="missing_required",
        )
    return "" if _is_null(field) else None


def minutes(amount: str | None, unit: str | None, place: str) -> int | str | None:
    """Whole minutes.

    :param unit: ``s``, ``min``, ``h`` or ``d``
    :raises MappingError: no number, an unknown unit, or no whole minutes
    """
    if not amount or not amount.strip():
        return "" if amount == "" else None
    if unit not in _PER_UNIT:
        raise MappingError('hl7_minutes(): the unit is "s", "min", "h" or "d"')
    try:
        number: Decimal = decimals.parse(amount.strip())
    except ValueError:
        raise MappingError(f"{place}: not a number", code="invalid_decimal") from None
    times, divided = _PER_UNIT[unit]
    whole, rest = divmod(number * times, divided)
    if rest or number < 0:
        raise MappingError(f"{place}: not a whole number of minutes", code="invalid_decimal")
    return int(whole)


# -- orders with several items ---------------------------------------------------------------


def each(groups: list[Any] | None, name: str, *further: str) -> list[dict[str, Any]]:
    """Groups of segments, once for each segment of a name that is in them.

    A group without one stays as it is. Of ``further`` names, those at the same place belong to the
    segment where there are as many of them; a single one belongs to all.

    :param groups: such as ``root.groups.ORC``
    :raises MappingError: ``ambiguous_segments``: nobody can say what belongs to what
    """
    found: list[dict[str, Any]] = []
    for group in groups or []:
        if not isinstance(group, dict) or not all(isinstance(one, list) for one in group.values()):
            raise MappingError("hl7_each(): the first argument is a list such as root.groups.ORC")
        several = group.get(name) or []
        if len(several) < 2:
            found.append(group)
            continue
        for place, segment in enumerate(several):
            own = {other: _belonging(group, other, place, name) for other in further}
            found.append({**group, **own, name: [segment]})
    return found


def _belonging(group: dict[str, Any], name: str, place: int, to: str) -> list[Any]:
    segments: list[Any] = group.get(name) or []
    if len(segments) < 2:
        return segments
    if len(segments) != len(group[to]):
        raise MappingError(
            f"{name}: there are {len(segments)} of them for {len(group[to])} {to}. Ask the partner "
            "to send one for each, or one order for each item",
            code="ambiguous_segments",
        )
    return [segments[place]]
