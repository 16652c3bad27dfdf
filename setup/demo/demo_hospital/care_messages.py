"""HL7 v2.5.1 of what is given, implanted, ordered and charged."""

from collections.abc import Callable, Sequence
from typing import Final

from . import goods
from .people import Charge, Happening, Implanted, Line, Ordered, Visit
from .places import BY_CODE, FACILITY, Place
from .segments import escaped, location, person, segment, visit_number

Time = Callable[[int], str]
#: What follows MSH-9, by trigger event.
TYPES: Final = {
    "O13": ("RDS", "RDS_O13"), "R01": ("ORU", "ORU_R01"),
    "P03": ("DFT", "DFT_P03"), "O05": ("OMS", "OMS_O05"),
}  # fmt: skip


def body(told: Happening, now: int, time: Time, currency: str) -> list[str]:
    """The segments behind MSH.

    :param time: writes a moment
    """
    if told.ordered:
        return _order(told.ordered, now, time)
    assert told.visit
    if told.given:
        return [*_patient(told.visit), *_given(told.given, time)]
    if told.implanted:
        device = told.implanted
        return [*_patient(told.visit, device.place), *_implanted(device, time)]
    return _charged(told.visit, told.charged, now, time, currency)


def _patient(visit: Visit, place: Place | None = None) -> list[str]:
    """PID and PV1; with the place where the patient is now, if that is no bed of his own."""
    here = place or visit.place
    pv1 = {1: "1", 2: visit.kind, 3: location(here), 19: visit_number(visit.number)}
    return [person(visit.patient, visit.number), segment("PV1", pv1)]


def _given(lines: Sequence[Line], time: Time) -> list[str]:
    """RDS: an order and its dispense for each line."""
    found = []
    for line in lines:
        control = "CR" if line.back else "RE"
        found.append(segment("ORC", {1: control, 2: f"O{line.number[1:]}", 3: line.number}))
        place = location(Place(*line.place)) if line.place else ""
        found.append(
            segment(
                "RXD",
                {
                    1: "1", 2: line.item, 3: time(line.at), 4: line.quantity, 5: line.unit,
                    7: line.number, 9: "Invented instruction", 13: place, 18: line.lot,
                    19: goods.EXPIRY if line.lot else "",
                },
            )
        )  # fmt: skip
    return found


def _implanted(device: Implanted, time: Time) -> list[str]:
    """ORU: an observation for each thing that is known of the device."""
    known = [
        ("ST", "ITEM", device.item, ""),
        ("ST", "SERIAL", device.serial, ""),
        ("ST", "LOT", device.lot, ""),
        ("DT", "EXPIRY", goods.EXPIRY, ""),
        ("NM", "QUANTITY", "1", goods.EACH),
    ]
    used = time(device.at)
    obr = {1: "1", 2: f"O{device.number[1:]}", 3: device.number, 4: "IMPLANT", 7: used}
    found = [segment("OBR", obr)]
    for place, (kind, code, value, unit) in enumerate([one for one in known if one[2]], 1):
        found.append(
            segment(
                "OBX",
                {1: str(place), 2: kind, 3: code, 4: "1", 5: value, 6: unit, 11: "F", 14: used},
            )
        )
    return found


def _charged(
    visit: Visit, charges: Sequence[Charge], now: int, time: Time, currency: str
) -> list[str]:
    """DFT: a transaction for each charge or credit, and who pays."""
    found = [segment("EVN", {1: "P03", 2: time(now)}), *_patient(visit)]
    for place, one in enumerate(charges, 1):
        where, kind = Place(*one.place), "CD" if one.reverses else "CG"
        found.append(
            segment(
                "FT1",
                {
                    1: str(place), 2: one.number, 4: time(one.at), 6: kind,
                    7: f"{one.code}^{escaped(one.text)}", 10: one.quantity,
                    11: f"{one.amount}&{currency}", 13: BY_CODE[where.ward].cost_centre,
                    16: location(where), 19: "Z99.8^Invented diagnosis^I10", 23: one.order,
                    25: one.procedure, 31: one.reverses,
                },
            )
        )  # fmt: skip
    payer, group, plan = visit.payer
    found.append(segment("IN1", {1: "1", 2: plan, 3: payer, 4: group, 36: "M" + visit.number}))
    return found


def _order(order: Ordered, now: int, time: Time) -> list[str]:
    """OMS: an order and its requisition for each line."""
    found = []
    for place, (item, quantity, unit) in enumerate(order.lines, 1):
        found.append(segment("ORC", {1: "NW", 2: f"{order.number}^{FACILITY}", 9: time(now)}))
        found.append(
            segment(
                "RQD",
                {
                    1: str(place), 2: item, 5: quantity, 6: unit, 9: order.ward,
                    10: time(now + 4 * 3600)[:8],
                },
            )
        )  # fmt: skip
    return found
