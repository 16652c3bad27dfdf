# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Segments that belong together: an order with its items, a charge with its diagnoses.

A group begins with a segment and goes on with those that may belong to it (the message structures
of chapters 3, 4, 6, 7, 8 and 10); the first that may not ends it. Z segments belong to what they
follow.
"""

from collections.abc import Sequence
from typing import Final

from .segment import Segment

_MEMBERS: Final = {
    # Orders, requisitions, dispenses (chapter 4) and observations (chapter 7).
    "ORC": "TQ1 TQ2 OBR RQD RQ1 ODS ODT RXO RXE RXD RXG RXA RXR RXC NTE CTD OBX DG1 SPM SAC FT1 "
    "CTI BLG PRT",
    "OBR": "TQ1 TQ2 NTE CTD OBX DG1 SPM SAC FT1 CTI PRT",
    # Charges (chapter 6): what follows the first charge belongs to it, the visit's insurance not.
    "FT1": "NTE PR1 DG1 ROL CTI",
    "PR1": "ROL",
    "IN1": "IN2 IN3 ROL AUT",
    # Master files (chapter 8): everything up to the next entry.
    "MFE": "STF PRA ORG AFF LAN EDU CER NTE LOC LCH LRL LDP LCC CDM PRC IIM ITM STZ VND PKG PCE "
    "IVT IVC ILT",
    # Schedules (chapter 10): resources, and the services in them.
    "RGS": "AIS AIG AIL AIP NTE",
    "AIS": "NTE",
    "AIG": "NTE",
    "AIL": "NTE",
    "AIP": "NTE",
    # Merges (chapter 3): one message may merge several patients.
    "PID": "PD1 NK1 MRG PV1 PV2 ROL",
}
ANCHORS: Final = {anchor: frozenset(names.split()) for anchor, names in _MEMBERS.items()}


def groups(segments: Sequence[Segment]) -> dict[str, list[list[int]]]:
    """The groups of a message.

    :return: name of the segment that begins it, to one list of positions for each group
    """
    found: dict[str, list[list[int]]] = {}
    open_: dict[str, list[int]] = {}
    for number, segment in enumerate(segments):
        name = segment.name
        for anchor in list(open_):
            if name in ANCHORS[anchor] or name.startswith("Z"):
                open_[anchor].append(number)
            else:
                del open_[anchor]
        if name in ANCHORS:
            open_[name] = [number]
            found.setdefault(name, []).append(open_[name])
    return found
