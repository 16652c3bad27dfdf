# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which numbers are the patient's: that of the record, and those that no visit may have.

Numbers of visits and accounts stand in clear, those of patients must not. Some senders fill PV1-19
or PID-18 with a record number or with a national one, where they have no visits or no accounts.
Every number by which PID or MRG names the patient is looked at, not just the one that the mapping
takes for the record number.

Mappings choose the record number and doors order messages by it, so both ask here.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from odoo.addons.integration_core.tools.errors import MappingError

from ..numbers import bare

_OFFICIAL_TYPES: Final = (
    "BC BCFN CC CY CZ DC DL DN DOC GN HC MA MB MC MCD MCN MCR MI NH NI NII NIIP NIP PC PEN PPN PRC "
    "SB SN SR SS SSN TAX TN TRC WC"
)
#: Identifier types of table 0203 that number people for states, payers and banks: whoever takes
#: one for a record number keeps what must not be kept.
OFFICIAL: Final = frozenset(_OFFICIAL_TYPES.split())
#: Fields that name the patient, by segment.
_NAMING: Final = {"PID": ("f2", "f3", "f4", "f19", "f20"), "MRG": ("f1", "f2", "f4")}
#: Identifier types of table 0203 that number accounts and visits: PID-3 may list these as well.
_NO_PERSON: Final = frozenset({"AN", "ANC", "AND", "ANON", "ANT", "VN", "VS"})

#: The type of a record number (CX.5, table 0203).
_RECORD: Final = "MR"
_AUTHORITY: Final = ("c4", "c4s2")

_Named = dict[str, str] | str | None
#: A repetition of a field, as the JSON form has it (:mod:`.document`).
_Repetition = Mapping[str, str]


def is_official(kind: str | None, authority: str | None) -> bool:
    """Whether the type of a number, or that of the authority that assigned it, says so."""
    # NNxxx: the national number of the state xxx.
    national = (kind or "").startswith("NN") and len(kind or "") == 5
    return national or kind in OFFICIAL or authority in OFFICIAL


def numbered(field: Iterable[_Repetition]) -> list[Any]:
    """The repetitions of a field that have a number."""
    return [one for one in field if one.get("c1", "").strip()]


def candidates(found: Iterable[_Repetition], kind: str) -> list[Any]:
    """Those of numbered repetitions that may be meant, of which a mapping takes the first.

    :param kind: the identifier type that is wanted; without any of it, all that are no official
        numbers
    """
    found = list(found)
    wanted = [one for one in found if one.get("c5") == kind]
    return wanted or [one for one in found if not is_official(one.get("c5"), one.get("c4s3"))]


def authority(repetition: _Repetition, names: tuple[str, str] = _AUTHORITY) -> str:
    """Who assigned a number: the name of the authority, or else its universal id; empty if neither
    is said."""
    return next((repetition[name].strip() for name in names if repetition.get(name)), "")


def ordering(field: Iterable[_Repetition]) -> list[tuple[str, str]]:
    """The numbers, with who assigned them, that a mapping may take for that of the record.

    Of several hospitals' record numbers in one field it is the mapping's to choose, so all of them
    are given. Without a record number it is the first that is no official number; where there are
    only such, the first: no record is kept under it, but what is about it keeps its order.
    """
    found = numbered(field)
    chosen = [one for one in found if one.get("c5") == _RECORD]
    chosen = chosen or candidates(found, _RECORD)[:1] or found[:1]
    return [(one["c1"].strip(), authority(one)) for one in chosen]


def unlike(value: _Named, segment: Any, further: Any = None) -> _Named:
    """A number, unless it is one by which a segment names the patient: then nothing is said.

    :param value: what ``hl7_identifier`` found
    :param segment: PID or MRG, such as ``root.PID[0]``
    """
    return None if _names_patient(value, segment, further) else value


def visit(value: _Named, place: str, segment: Any, further: Any = None) -> _Named:
    """The number of a visit, as :func:`unlike`; but without one nothing can be done.

    :raises MappingError: ``visit_is_record_number``
    """
    if _names_patient(value, segment, further):
        raise MappingError(
            f"{place}: this is a number of the patient, not of the visit, and must not stand in "
            "clear. Ask the sender for the number of the visit, or let the mapping take it from "
            "another field",
            code="visit_is_record_number",
        )
    return value


def _names_patient(value: _Named, *segments: Any) -> bool:
    number = bare(value.get("number")) if isinstance(value, dict) else ""
    return bool(number) and number in {one for segment in segments for one in _numbers(segment)}


def _numbers(segment: Any) -> set[str]:
    """All numbers of the patient in a segment; that of SSN and licence has no identifier type."""
    if segment is None:
        return set()
    if not isinstance(segment, dict):
        raise MappingError("a segment is one of its kind, such as root.PID[0]")
    return {
        bare(one.get("c1"))
        for name in _NAMING.get(segment.get("id", ""), ())
        for one in segment.get(name) or ()
        if isinstance(one, dict) and one.get("c5") not in _NO_PERSON
    } - {""}
