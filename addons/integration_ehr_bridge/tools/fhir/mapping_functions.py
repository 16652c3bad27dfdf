# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The functions that mapping expressions have for FHIR resources.

=================================================== ============================================
``fhir_said(object)``                               the object without what is not said
``fhir_record(resource)``                           its name, such as ``Encounter/7``
``fhir_time(text, zone, place)``                    a moment in UTC; a day is its first moment
``fhir_code(concept[, system])``                    the code of a CodeableConcept or Coding
``fhir_identifier(identifiers, assigner[, type…])`` number and assigner; of a type, else the first
                                                    that is no number of a person
``fhir_record_number(identifiers, assigner)``       the record number of a Patient
``fhir_patient(reference, contained, assigner)``    record number, or name of the resource
``fhir_person(reference, contained, assigner)``     staff number, or name of the resource
``fhir_place(reference, contained, assigner)``      code of a place, or name of the resource
``fhir_visit(reference, contained, assigner)``      number of a visit, or name of the resource
``fhir_account(reference, contained, assigner)``    number of an account, else its id
``fhir_participant(participants, type…)``           the reference to the first of these types, else
                                                    to the first without a type
``fhir_actors(participants, contained, type…)``     the references to resources of these types
``fhir_single(list, place)``                        the only one of a list; nothing of an empty one
``fhir_minutes(number, place)``                     whole minutes
=================================================== ============================================

Who assigned a number is its ``system``, a URI; the value map ``fhir_assigner`` says what other
systems call him. A URI that is not there quarantines the message: the same patient would be two
otherwise. ``assigner`` stands in where no system is named.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from odoo.addons.integration_core.tools.errors import MappingError
from odoo.addons.integration_core.tools.mapping_functions import extend

from . import references, values
from .resource import identity
from .values import Element

Lookup = Callable[[str], str]

#: The value map of naming systems.
ASSIGNERS: Final = "fhir_assigner"
_TEXT: Final = {"types": ["string"]}
_MAYBE_TEXT: Final = {"types": ["string", "null"]}
_OBJECT: Final = {"types": ["object", "null"]}
_LIST: Final = {"types": ["array", "null"]}
_ANY: Final = {"types": ["object", "array", "null"]}
_NUMBER: Final = {"types": ["number", "null"]}
#: A concept, and perhaps the code system that is wanted.
_CONCEPT: Final = {"types": ["object", "array", "null", "string"], "variadic": True}
_MAYBE_FURTHER: Final = {**_MAYBE_TEXT, "variadic": True}
_FURTHER: Final = {"types": ["string"], "variadic": True}


def register() -> None:
    """Let mappings use these functions."""
    extend("fhir_said", said, _OBJECT)
    extend("fhir_record", record, _OBJECT)
    extend("fhir_time", values.moment, _MAYBE_TEXT, _TEXT, _TEXT)
    extend("fhir_code", values.code, _CONCEPT)
    extend("fhir_identifier", identifier, _ANY, _MAYBE_FURTHER, looks_up=ASSIGNERS)
    extend("fhir_record_number", record_number, _ANY, _MAYBE_TEXT, looks_up=ASSIGNERS)
    extend("fhir_patient", patient, _OBJECT, _LIST, _MAYBE_TEXT, looks_up=ASSIGNERS)
    extend("fhir_person", person, _OBJECT, _LIST, _MAYBE_TEXT, looks_up=ASSIGNERS)
    extend("fhir_place", place, _OBJECT, _LIST, _MAYBE_TEXT, looks_up=ASSIGNERS)
    extend("fhir_visit", visit, _OBJECT, _LIST, _MAYBE_TEXT, looks_up=ASSIGNERS)
    extend("fhir_account", account, _OBJECT, _LIST, _MAYBE_TEXT, looks_up=ASSIGNERS)
    extend("fhir_participant", participant, _LIST, _FURTHER)
    extend("fhir_actors", actors, _LIST, _LIST, _FURTHER)
    extend("fhir_single", single, _LIST, _TEXT)
    extend("fhir_minutes", minutes, _NUMBER, _TEXT)


def said(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the resource says: texts are trimmed, and nothing is there that says nothing.

    A version of a resource is all that holds: what it leaves out is not so.
    """
    if value is None:
        return None
    trimmed = {n: one.strip() if isinstance(one, str) else one for n, one in value.items()}
    return {name: one for name, one in trimmed.items() if one not in (None, "", {}, [])}


def record(resource: dict[str, Any] | None) -> str | None:
    """The name of a resource at its server.

    :raises ContractError: see :func:`.resource.identity`
    """
    return identity(resource).partition if resource else None


# -- identifiers -----------------------------------------------------------------------------


def identifier(
    found: Any, assigner: str | None, *kinds: str, lookup: Lookup
) -> dict[str, str] | None:
    """Number and assigner of one of several identifiers, see :func:`.values.number`."""
    return _named(values.number(found, kinds), assigner, lookup)


def record_number(found: Any, assigner: str | None, *, lookup: Lookup) -> dict[str, str] | None:
    """The record number of a patient, and who assigned it."""
    return _named(values.record_number(found), assigner, lookup)


def _named(found: Element | None, assigner: str | None, lookup: Lookup) -> dict[str, str] | None:
    if found is None:
        return None
    system = found.get("system")
    by = lookup(system) if system else assigner
    return {"number": found["value"].strip(), **({"assigner": by} if by else {})}


# -- references ------------------------------------------------------------------------------


def patient(
    reference: Any, contained: Any, assigner: str | None, *, lookup: Lookup
) -> dict[str, str] | None:
    """Who is meant: by the record number that the reference says, and by the name of the resource.

    Of a contained Patient nothing but its identifiers is looked at.
    """
    return _meant(reference, contained, assigner, lookup, values.record_number, "the patient")


def person(
    reference: Any, contained: Any, assigner: str | None, *, lookup: Lookup
) -> dict[str, str] | None:
    """Which member of staff is meant, as :func:`patient`."""
    return _meant(reference, contained, assigner, lookup, _of_staff, "a practitioner")


def place(
    reference: Any, contained: Any, assigner: str | None, *, lookup: Lookup
) -> dict[str, str] | None:
    """Which place is meant, as :func:`patient`."""
    return _meant(reference, contained, assigner, lookup, _of_place, "a location")


def visit(
    reference: Any, contained: Any, assigner: str | None, *, lookup: Lookup
) -> dict[str, str] | None:
    """Which visit is meant, as :func:`patient`.

    :raises MappingError: ``unresolved_reference``: something else than a visit is meant
    """
    what = "the visit"
    found = references.read(reference, contained, what)
    if found and found.type not in ("", "Encounter"):
        raise MappingError(
            f"{what}: it refers to something else than an Encounter. Ask the partner to name the "
            "visit, or let the mapping take it from another element",
            code="unresolved_reference",
        )
    return _meant(reference, contained, assigner, lookup, _of_visit, what)


def account(
    reference: Any, contained: Any, assigner: str | None, *, lookup: Lookup
) -> dict[str, str] | None:
    """The number of an account and who assigned it: its identifier, else the id of the resource."""
    found = _meant(reference, contained, assigner, lookup, _of_account, "the account")
    if found is None or "number" in found:
        return found and {name: one for name, one in found.items() if name != "record"}
    number = found["record"].rpartition("/")[2]
    return {"number": number, **({"assigner": assigner} if assigner else {})}


def _of_visit(found: Any) -> Element | None:
    return values.number(found, ("VN",))


def _of_account(found: Any) -> Element | None:
    return values.number(found, ("AN",))


def _of_staff(found: Any) -> Element | None:
    return values.number(found, ("EI", "EN", "PRN"))


def _of_place(found: Any) -> Element | None:
    return values.number(found)


def _meant(
    reference: Any,
    contained: Any,
    assigner: str | None,
    lookup: Lookup,
    choose: Callable[[Any], Element | None],
    what: str,
) -> dict[str, str] | None:
    found = references.read(reference, contained, what)
    if found is None:
        return None
    within = found.contained.get("identifier") if found.contained else None
    named = _named(choose(within) or choose(found.identifier), assigner, lookup) or {}
    known = {**named, **({"record": found.record} if found.record else {})}
    if not known:
        raise MappingError(
            f"{what}: the contained resource has no identifier by which it is known. Ask the "
            "partner to send one",
            code="unresolved_reference",
        )
    return known


def participant(found: Any, *kinds: str) -> Any:
    """The reference to who takes part in one of these roles; codes of the role, the best first."""
    people = [one for one in values.elements(found) if one.get("individual") or one.get("actor")]
    for kind in kinds:
        for one in people:
            codes = {c.get("code") for t in values.elements(one.get("type"))
                     for c in values.elements(t.get("coding"))}  # fmt: skip
            if kind in codes:
                return one.get("individual") or one.get("actor")
    nameless = [one for one in people if not one.get("type")]
    return nameless[0].get("individual") or nameless[0].get("actor") if nameless else None


def actors(found: Any, contained: Any, *kinds: str) -> list[Any]:
    """The references of participants, or of a list of references, to resources of some types.

    Who has declined, or is not wanted any more, takes no part.
    """
    wanted = []
    for one in values.elements(found):
        reference = one.get("actor", one)
        if one.get("status") == "declined":
            continue
        meant = references.read(reference, contained, "a participant")
        kind = meant and (meant.type or reference.get("type"))
        if kind in kinds:
            wanted.append(reference)
    return wanted


def single(found: list[Any] | None, where: str) -> Any:
    """What stands alone where one record can be told of one thing only.

    :raises MappingError: ``several_values``: of several nobody can say which one counts
    """
    if found and len(found) > 1:
        raise MappingError(
            f"{where}: there are several, and only one can be meant here. Ask the partner for a "
            "resource of each",
            code="several_values",
        )
    return found[0] if found else None


def minutes(value: Any, where: str) -> int | None:
    """A duration in whole minutes.

    :raises MappingError: ``invalid_decimal``
    """
    if value is None:
        return None
    if isinstance(value, bool) or value != int(value) or value <= 0:
        raise MappingError(f"{where}: no whole number of minutes", code="invalid_decimal")
    return int(Decimal(value))
