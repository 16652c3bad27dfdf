"""Pieces of HL7 v2.5.1 that messages of all kinds are made of."""

import re
from collections.abc import Mapping
from typing import Final

from .people import Patient
from .places import FACILITY, Place

_ESCAPES: Final = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\"}
_MARKS: Final = re.compile(r"[\\|^~&]")


def escaped(text: str) -> str:
    """Text that is no delimiter to anybody."""
    return _MARKS.sub(lambda found: _ESCAPES[found[0]], text)


def segment(name: str, fields: Mapping[int, str]) -> str:
    """A segment of raw fields by their numbers."""
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields) + 1))])


def location(place: Place) -> str:
    """A place (PL)."""
    return f"{place.ward}^{place.room}^{place.bed}^{FACILITY}"


def visit_number(number: str) -> str:
    """The number of a visit (PV1-19)."""
    return f"{number}^^^{FACILITY}^VN"


def person(patient: Patient, account: str = "") -> str:
    """A patient (PID), with all that Odoo must not keep."""
    return segment(
        "PID",
        {
            1: "1", 3: f"{patient.record}^^^{FACILITY}^MR~{patient.record}99^^^STATE^NI",
            5: f"{escaped(patient.family)}^{escaped(patient.given)}", 7: patient.born,
            8: patient.sex, 11: f"{escaped(patient.street)}^^Brussels^^1000^BE",
            18: f"{account}^^^{FACILITY}^AN" if account else "",
        },
    )  # fmt: skip
