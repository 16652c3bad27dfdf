"""HL7 v2.5.1 of what happens, as a hospital's system sends it: with names, addresses and reasons.

Odoo has to take what it needs and leave the rest; so the rest has to be there.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from . import care_messages, places
from .people import Happening, Operation, Visit
from .places import FACILITY, Place, Ward
from .segments import escaped, location, person, segment, visit_number

_STRUCTURES: Final = {
    "A02": "ADT_A02", "A03": "ADT_A03", "A05": "ADT_A05", "A06": "ADT_A06", "A11": "ADT_A09",
    "A12": "ADT_A12", "A20": "ADT_A20", "A28": "ADT_A05", "A31": "ADT_A05", "A40": "ADT_A39",
}  # fmt: skip


class Writer:
    """Writes messages of one system.

    :param processing: MSH-11: P, T or D
    :param currency: of what is charged
    """

    def __init__(self, zone: ZoneInfo, processing: str = "T", currency: str = "USD") -> None:
        self._zone = zone
        self._processing = processing
        self._currency = currency

    def time(self, moment: int) -> str:
        """A moment (seconds since 1970) in local time with its offset; nothing for 0."""
        if not moment:
            return ""
        return datetime.fromtimestamp(moment, self._zone).strftime("%Y%m%d%H%M%S%z")

    def header(self, kind: str, trigger: str, structure: str, control: str, now: int) -> str:
        # MSH-1 is the delimiter itself, so that all numbers are one lower here.
        return segment(
            "MSH",
            {
                1: "^~\\&", 2: "CARERECORD", 3: FACILITY, 4: "ODOO", 5: FACILITY,
                6: self.time(now), 8: f"{kind}^{trigger}^{structure}", 9: control,
                10: self._processing, 11: "2.5.1", 17: "UNICODE UTF-8",
            },
        )  # fmt: skip

    def write(self, told: Happening, control: str, now: int) -> str:
        """The message of something that happened."""
        if told.operation:
            return self._schedule(told, told.operation, control, now)
        trigger = told.trigger
        if kind := care_messages.TYPES.get(trigger):
            header = self.header(kind[0], trigger, kind[1], control, now)
            segments = care_messages.body(told, now, self.time, self._currency)
            return "\r".join([header, *segments]) + "\r"
        structure = _STRUCTURES.get(trigger, "ADT_A01")
        segments = [
            self.header("ADT", trigger, structure, control, now),
            segment("EVN", {1: trigger, 2: self.time(now), 6: self._occurred(told, now)}),
        ]
        if told.bed:
            segments.append(segment("NPU", {1: location(told.bed), 2: told.status}))
        elif told.visit:
            segments += [person(told.visit.patient, told.visit.number), *self._visit(told.visit)]
        elif told.patient:
            segments.append(person(told.patient))
            if told.retired:
                segments.append(segment("MRG", {1: f"{told.retired.record}^^^{FACILITY}^MR"}))
            else:
                segments.append("PV1|1|N")
        return "\r".join(segments) + "\r"

    def _occurred(self, told: Happening, now: int) -> str:
        visit = told.visit
        if visit and told.trigger == "A01":
            return self.time(visit.admitted)
        return self.time(told.undone or now)

    def _visit(self, visit: Visit) -> list[str]:
        former = visit.former
        payer, group, plan = visit.payer
        doctor = next(one for one in places.STAFF if one.number == visit.doctor)
        name = f"{doctor.number}^{escaped(doctor.family)}^{escaped(doctor.given)}^^^^^^{FACILITY}"
        found = [
            segment(
                "PV1",
                {
                    1: "1", 2: visit.kind, 3: location(visit.place),
                    6: location(Place(*former)) if former else "", 7: name, 10: visit.service,
                    19: visit_number(visit.number), 20: group,
                    36: "01" if visit.discharged else "",
                    44: self.time(visit.admitted), 45: self.time(visit.discharged),
                },
            )
        ]  # fmt: skip
        if visit.expected:
            found.append(segment("PV2", {3: "^Planned operation", 8: self.time(visit.expected)}))
        found.append("DG1|1||Z99.8^Invented diagnosis^I10|||A")
        found.append(segment("IN1", {1: "1", 2: plan, 3: payer, 4: group, 36: "M" + visit.number}))
        return found

    def _schedule(self, told: Happening, operation: Operation, control: str, now: int) -> str:
        start = self.time(operation.start)
        end = self.time(operation.start + 60 * operation.minutes)
        length = str(operation.minutes)
        surgeon = next(one for one in places.STAFF if one.number == operation.surgeon)
        theatre = Place(*operation.theatre)
        segments = [
            self.header("SIU", told.trigger, "SIU_S12", control, now),
            segment(
                "SCH",
                {
                    1: f"P{operation.number[1:]}^CARERECORD", 2: f"{operation.number}^THEATRE",
                    7: "ELECTIVE", 8: "SURGERY", 9: length, 10: "min",
                    11: f"^^{length}^{start}^{end}", 25: told.status,
                },
            ),
            person(operation.patient),
        ]  # fmt: skip
        if told.visit:
            number = visit_number(told.visit.number)
            segments.append(segment("PV1", {1: "1", 2: told.visit.kind, 19: number}))
        segments.append("RGS|1")
        code = f"{operation.code}^{escaped(operation.text)}"
        segments.append(segment("AIS", {1: "1", 3: code, 4: start, 7: length, 8: "min"}))
        segments.append(segment("NTE", {1: "1", 3: "Invented remark of the surgeon"}))
        if operation.equipment:
            segments.append(segment("AIG", {1: "1", 3: operation.equipment, 4: "EQUIPMENT"}))
        segments.append(segment("AIL", {1: "1", 3: location(theatre), 6: start}))
        name = f"{surgeon.number}^{escaped(surgeon.family)}^{escaped(surgeon.given)}"
        segments.append(segment("AIP", {1: "1", 3: f"{name}^^^^^^{FACILITY}", 4: "SURGEON"}))
        return "\r".join(segments) + "\r"

    # -- master files ------------------------------------------------------------------------

    def staff(self, control: str, now: int) -> str:
        """All members of staff (MFN M02)."""
        segments = [self.header("MFN", "M02", "MFN_M02", control, now), "MFI|PRA||UPD|||NE"]
        for one in places.STAFF:
            number = f"{one.number}^^^{FACILITY}"
            name = f"{escaped(one.family)}^{escaped(one.given)}"
            segments += [
                segment("MFE", {1: "MAD", 2: one.number, 4: one.number, 5: "CWE"}),
                segment(
                    "STF",
                    {1: one.number, 2: number, 3: name, 4: one.role, 7: "A", 8: one.service},
                ),
                segment("PRA", {1: one.number, 5: one.service}),
            ]
        return "\r".join(segments) + "\r"

    def locations(self, ward: Ward, control: str, now: int) -> str:
        """A ward with its rooms and beds (MFN M05)."""
        segments = [self.header("MFN", "M05", "MFN_M05", control, now), "MFI|LOC||UPD|||NE"]
        for place in ward.places:
            named, title = location(place), _title(ward, place)
            segments.append(segment("MFE", {1: "MAD", 2: str(place), 4: named, 5: "PL"}))
            segments.append(segment("LOC", {1: named, 2: title, 3: _type(ward, place)}))
            if place.parent:
                above = location(place.parent)
                segments.append(segment("LRL", {1: named, 3: "PAR", 6: above}))
            else:
                segments.append(segment("LDP", {1: named, 2: ward.cost_centre}))
        return "\r".join(segments) + "\r"


def _type(ward: Ward, place: Place) -> str:
    if place.bed:
        return "B"
    if place.room:
        return "O" if ward.kind == "O" else "R"
    return ward.kind


def _title(ward: Ward, place: Place) -> str:
    return escaped(ward.name if not place.room else str(place))
