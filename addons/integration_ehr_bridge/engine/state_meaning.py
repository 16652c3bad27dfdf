"""What references of records mean to handlers that know no records: numbers and names of places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odoo.models import BaseModel

from odoo.addons.integration_core.tools import errors

from ..tools import clinical
from ..tools.state_versions import UnknownReferenceError
from .state_book import StateBook

Reference = Mapping[str, Any]


def visit(book: StateBook, reference: Reference | None) -> BaseModel | None:
    """The visit that a reference means; ``None`` if there is no reference.

    :return: empty for a number alone that is not known: whoever handles it says so
    :raises UnknownReferenceError: its system has not told of it yet
    """
    if not reference:
        return None
    visits = book.env["ehr.encounter"]
    known = book.find(reference, "visit")
    if known and known.record and known.record._name == visits._name and known.record.exists():
        return known.record
    if number := clinical.pair(reference):
        found = visits._resolve([number]).get(number, visits)
        if found or not reference.get("record"):
            return found
    raise UnknownReferenceError("visit")


def named_visit(found: BaseModel | None, reference: Reference | None) -> dict[str, str] | None:
    """The number of a visit, as contracts of events have it."""
    if found:
        key = found._visit_key()
        return clinical.identifier(key.number, key.assigner)
    if reference and reference.get("number"):
        return clinical.identifier(reference["number"], reference.get("assigner"))
    return None


def place(book: StateBook, reference: Reference | None) -> dict[str, str] | None:
    """The names of a place, as contracts of events have them; ``None`` for a hospital as a whole,
    or a part of it that is no place of patients.

    :raises UnknownReferenceError: its system has not told of it yet
    """
    known = book.find(reference, "place") if reference else None
    if known and known.record is None and known.version:
        return None
    found = book.meant(reference, "place")
    return found._integration_place() if found else None


def department(book: StateBook, reference: Reference | None) -> str | None:
    """The code of a department.

    :raises UnknownReferenceError: its system has not told of it yet
    """
    if not reference:
        return None
    known = book.find(reference, "organization")
    found = (known and known.code) or reference.get("number")
    if not found:
        raise UnknownReferenceError("organization")
    return found


def require_patient(book: StateBook, visit_of: BaseModel | None, reference: Reference) -> None:
    """What is about a patient must be about the visit of that patient.

    Who is not known says nothing: the visit alone counts.

    :raises errors.ConflictError: ``visit_of_other_patient``
    """
    patient = visit_of.patient_id._kept() if visit_of else None
    if not patient or not reference:
        return
    known = book.find(reference, "patient")
    if known and known.record:
        same = known.record._kept() == patient
    elif number := clinical.pair(reference):
        # A patient who was joined with another is still known by the number of before.
        every = (patient | patient.merged_ids).filtered(
            lambda one: (one.assigner or "") == number.assigner
        )
        same = not every or every._has_number(number.number)
    else:
        return
    if not same:
        raise errors.ConflictError(
            "The message names a visit, and another patient than the visit has. Ask the sender "
            "which is right; if their records were merged, handle that message first, then retry.",
            code="visit_of_other_patient",
        )


def is_record_number(visit_of: BaseModel | None, reference: Reference | None, number: str) -> bool:
    """Whether a number is that of the patient, by what is said of him or known of the visit."""
    patient = visit_of.patient_id if visit_of else None
    if number == (reference or {}).get("number"):
        return True
    return bool(patient) and (patient | patient._kept())._has_number(number)


def require_no_record_number(
    visit_of: BaseModel | None, reference: Reference | None, *numbers: str | None
) -> None:
    """A number that stands in clear must be none of the patient.

    :raises errors.ContractError: ``number_is_record_number``
    """
    if any(is_record_number(visit_of, reference, one) for one in numbers if one):
        raise errors.ContractError(
            "The message gives the record number of the patient as a number of something else, "
            "which would stand in clear. Ask the sender for the right number, or let the mapping "
            "take it from another element, then retry.",
            code="number_is_record_number",
        )
