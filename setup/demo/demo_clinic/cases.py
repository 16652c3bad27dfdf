"""Patients and their visits, and the FHIR R4 resources that tell of them.

They hold names, addresses and reasons, as the records of a clinic do: Odoo has to take what it
needs and to leave the rest, so the rest has to be there.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from . import places
from .places import coded, location, numbered
from .records import Resource, instant

SURGERY, CONSULTATION = "surgery", "consultation"
#: What each kind is as a class of visits (v3 ActCode), as a service, and how many minutes it takes.
_CLASSES: Final = {SURGERY: "SS", CONSULTATION: "AMB"}
_SERVICES: Final = {SURGERY: "SURGERY", CONSULTATION: "CONSULTATION"}
MINUTES: Final = 30
_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_PART: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"


@dataclass
class Case:
    """A visit with its appointment. Moments are seconds since 1970; 0: not yet, or never.

    :ivar key: id of its resources, which tells nobody anything
    :ivar person: what the record of the patient says
    :ivar staff: number of whom the patient sees
    :ivar slot: id of the slot that is booked
    :ivar booked: status of the appointment; empty for somebody who came without one
    :ivar stays: places with the moment since when
    """

    number: str
    key: str
    kind: str
    person: dict[str, str]
    staff: str
    slot: str = ""
    start: int = 0
    booked: str = ""
    arrived: int = 0
    left: int = 0
    cancelled: bool = False
    stays: list[list[Any]] = field(default_factory=list)

    @property
    def member(self) -> places.Member:
        return next(one for one in places.STAFF_MEMBERS if one.number == self.staff)

    @property
    def is_expected(self) -> bool:
        return self.booked == "booked"

    @property
    def is_here(self) -> bool:
        return bool(self.arrived) and not self.left

    @property
    def is_over(self) -> bool:
        return bool(self.left) or self.cancelled or self.booked in ("cancelled", "noshow")

    @property
    def place(self) -> str:
        """Code of where the patient is."""
        return str(self.stays[-1][0]) if self.stays else ""

    @property
    def is_told(self) -> bool:
        """Whether there is a visit already: those for an operation are announced."""
        return bool(self.arrived) or self.kind == SURGERY

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its resources."""
        kinds = ("Patient", "Appointment", "Encounter")
        return tuple(f"{kind}/{self.key}" for kind in kinds)

    def resources(self) -> list[Resource]:
        """All that there is of it, as it stands."""
        found = [patient(self)]
        if self.booked:
            found.append(appointment(self))
        if self.is_told:
            found.append(encounter(self))
        return found


def _subject(case: Case) -> dict[str, Any]:
    return {
        "reference": f"Patient/{case.key}",
        "identifier": numbered(places.MRN, case.person["record"], "MR"),
    }


def patient(case: Case) -> Resource:
    """The patient, with all that Odoo must not keep."""
    person = case.person
    return {
        "resourceType": "Patient", "id": case.key, "active": True,
        "identifier": [numbered(places.MRN, person["record"], "MR")],
        "name": [{"family": person["family"], "given": [person["given"]]}],
        "gender": person["gender"], "birthDate": person["born"],
        "address": [{"line": [person["street"]], "city": "Ghent", "country": "BE"}],
    }  # fmt: skip


def appointment(case: Case) -> Resource:
    """The appointment as it stands."""
    member = case.member
    actors = [f"Patient/{case.key}", member.reference, location(member.room)]
    return {
        "resourceType": "Appointment", "id": case.key, "status": case.booked,
        "identifier": [numbered(places.BOOKINGS, f"A{case.number[1:]}")],
        "serviceType": [coded(_SERVICES[case.kind])],
        "start": instant(case.start * 1000),
        "end": instant((case.start + 60 * MINUTES) * 1000),
        "minutesDuration": MINUTES,
        "slot": [{"reference": f"Slot/{case.slot}"}],
        "comment": "Invented remark of the desk",
        "participant": [
            {"actor": {"reference": actor}, "status": "accepted"} for actor in actors
        ],
    }  # fmt: skip


def encounter(case: Case) -> Resource:
    """The visit as it stands: announced, under way, over or cancelled."""
    began, ended = case.arrived or case.start, case.left
    status = "finished" if ended else "in-progress" if case.arrived else "planned"
    found: Resource = {
        "resourceType": "Encounter", "id": case.key,
        "status": "cancelled" if case.cancelled else status,
        "class": {"system": _ACT, "code": _CLASSES[case.kind]},
        "identifier": [numbered(places.VISITS, case.number, "VN")],
        "subject": _subject(case),
        "serviceType": coded(_SERVICES[case.kind]),
        "participant": [
            {
                "type": [coded("ATND", system=_PART)],
                "individual": {"reference": case.member.reference},
            }
        ],
        "period": {"start": instant(began * 1000)},
        "reasonCode": [{"text": "Invented reason"}],
        "serviceProvider": {"reference": "Organization/clinic"},
    }  # fmt: skip
    if ended:
        found["period"]["end"] = instant(ended * 1000)
    if case.booked:
        found["appointment"] = [{"reference": f"Appointment/{case.key}"}]
    if case.stays:
        found["location"] = [_stay(case, number) for number in range(len(case.stays))]
    return found


def _stay(case: Case, number: int) -> dict[str, Any]:
    place, since = case.stays[number]
    until = case.stays[number + 1][1] if number + 1 < len(case.stays) else case.left
    period = {"start": instant(since * 1000)}
    if until:
        period["end"] = instant(until * 1000)
    return {
        "location": {"reference": location(place)},
        "status": "completed" if until else "active",
        "period": period,
    }


def slot(schedule: str, key: str, start: int, status: str) -> Resource:
    """A time of a schedule.

    :param schedule: id of the schedule
    """
    return {
        "resourceType": "Slot", "id": key, "status": status,
        "schedule": {"reference": f"Schedule/{schedule}"},
        "start": instant(start * 1000), "end": instant((start + 60 * MINUTES) * 1000),
    }  # fmt: skip
