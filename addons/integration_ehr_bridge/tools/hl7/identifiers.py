# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which of the numbers of a patient is the record number (CX, chapter 2A, section 2A.14).

Mappings choose it and doors order messages by it, so both ask here. Repetitions are those of the
JSON form (:mod:`.document`).
"""

from collections.abc import Iterable, Mapping
from typing import Final

Repetition = Mapping[str, str]

#: The identifier type of a record number (CX.5, table 0203).
RECORD: Final = "MR"
_OFFICIAL_TYPES: Final = (
    "BC BCFN CC CY CZ DC DL DN DOC GN HC MA MB MC MCD MCN MCR MI NH NI NII NIIP NIP PC PEN PPN PRC "
    "SB SN SR SS SSN TAX TN TRC WC"
)
#: Identifier types that number people for states, payers and banks: whoever takes one for a record
#: number keeps what must not be kept.
OFFICIAL: Final = frozenset(_OFFICIAL_TYPES.split())
_AUTHORITY: Final = ("c4", "c4s2")


def numbered(field: Iterable[Repetition]) -> list[Repetition]:
    """The repetitions that have a number."""
    return [one for one in field if one.get("c1", "").strip()]


def candidates(found: Iterable[Repetition], kind: str) -> list[Repetition]:
    """Those of some numbered repetitions that may be meant, of which a mapping takes the first.

    :param kind: the identifier type that is wanted; without any of it, all count that are no
        official numbers
    """
    found = list(found)
    wanted = [one for one in found if one.get("c5") == kind]
    return wanted or [one for one in found if not is_official(one)]


def is_official(repetition: Repetition) -> bool:
    """Whether its type, or that of the authority that assigned it, says so."""
    kind, authority = repetition.get("c5", ""), repetition.get("c4s3")
    # NNxxx: the national number of the state xxx.
    national = kind.startswith("NN") and len(kind) == 5
    return national or kind in OFFICIAL or authority in OFFICIAL


def authority(repetition: Repetition, names: tuple[str, str] = _AUTHORITY) -> str:
    """Who assigned a number: the name of the authority, or else its universal id; empty if neither
    is said."""
    return next((repetition[name].strip() for name in names if repetition.get(name)), "")


def record_numbers(field: Iterable[Repetition]) -> list[tuple[str, str]]:
    """The numbers, with who assigned them, that a mapping may take for the record number.

    Of several hospitals' record numbers in one field it is the mapping's to choose, so all of them
    are given. Without a record number it is the first that is no official number; where there are
    only such, the first: no record is kept under it, but what is about it keeps its order.
    """
    found = numbered(field)
    chosen = [one for one in found if one.get("c5") == RECORD]
    chosen = chosen or candidates(found, RECORD)[:1] or found[:1]
    return [(one["c1"].strip(), authority(one)) for one in chosen]
