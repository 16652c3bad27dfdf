"""What the clinic is made of: units, rooms and bays, its staff, and how it calls them over FHIR."""

from dataclasses import dataclass
from typing import Any, Final

BASE: Final = "http://riverside.example"
MRN: Final = f"{BASE}/mrn"
VISITS: Final = f"{BASE}/visits"
BOOKINGS: Final = f"{BASE}/appointments"
PLACES: Final = f"{BASE}/places"
STAFF: Final = f"{BASE}/staff"
#: Systems of numbers that the clinic assigns; whoever reads them has to know that all are its own.
SYSTEMS: Final = (MRN, VISITS, BOOKINGS, PLACES, STAFF)
SITE: Final = "RIVERSIDE"
COST_CENTRE: Final = "5100"

BAYS: Final = tuple(f"B{number}" for number in range(1, 9))
THEATRES: Final = ("T1", "T2")
ROOMS: Final = ("C1", "C2", "C3")
_TYPES: Final = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_BED_STATES: Final = "http://terminology.hl7.org/CodeSystem/v2-0116"
_IDENTIFIERS: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
FAMILY: Final = ("Baert", "Collard", "Denis", "Engels", "Fontaine", "Geerts", "Hendrickx", "Noel")
GIVEN: Final = {
    "female": ("Alice", "Elise", "Mila", "Zoe"),
    "male": ("Basil", "Finn", "Hugo", "Max"),
}
STREETS: Final = ("Kaai", "Rue de la Rive", "Brugstraat", "Quai aux Fleurs")


@dataclass(frozen=True)
class Member:
    """One of the staff.

    :ivar room: where they see or operate patients
    """

    number: str
    family: str
    given: str
    role: str
    room: str

    @property
    def reference(self) -> str:
        return f"Practitioner/{self.number.lower()}"


STAFF_MEMBERS: Final = (
    Member("R3001", "Verhaegen", "Ines", "Surgeon", "T1"),
    Member("R3002", "Lacroix", "Paul", "Surgeon", "T2"),
    Member("R3003", "Moreau", "Lea", "Physician", "C1"),
    Member("R3004", "Smets", "Wim", "Physician", "C2"),
    Member("R3005", "Nys", "Greet", "Physician", "C3"),
)
SURGEONS: Final = STAFF_MEMBERS[:2]
PHYSICIANS: Final = STAFF_MEMBERS[2:]


def coded(code: str, display: str = "", system: str = "") -> dict[str, Any]:
    """A CodeableConcept."""
    coding = {"code": code, **({"system": system} if system else {})}
    if display:
        coding["display"] = display
    return {"coding": [coding]}


def numbered(system: str, value: str, kind: str = "") -> dict[str, Any]:
    """An Identifier.

    :param kind: of table 0203, such as MR
    """
    found: dict[str, Any] = {"system": system, "value": value}
    return {"type": coded(kind, system=_IDENTIFIERS), **found} if kind else found


def location(code: str) -> str:
    """The reference to a place by its code."""
    return f"Location/{code.lower()}"


def bed_state(code: str) -> dict[str, Any]:
    """The state of a bed, of table 0116: O occupied, U free, H to be cleaned."""
    return {"system": _BED_STATES, "code": code}


def _location(code: str, kind: str, name: str, parent: str = "", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resourceType": "Location", "id": code.lower(), "status": "active", "name": name,
        "identifier": [numbered(PLACES, code)], "physicalType": coded(kind, system=_TYPES), **more,
    }  # fmt: skip
    return {**found, "partOf": {"reference": location(parent)}} if parent else found


def locations() -> list[dict[str, Any]]:
    """The site, its units, their rooms and bays: what is part of something stands behind it."""
    managed = {"managingOrganization": {"reference": "Organization/day-surgery"}}
    found = [
        _location(SITE, "si", "Riverside Day Clinic"),
        _location("DAY", "wa", "Day surgery", SITE, **managed),
        _location("CONS", "wa", "Consultations", SITE, **managed),
    ]
    found += [
        _location(bay, "bd", f"Bay {bay[1:]}", "DAY", operationalStatus=bed_state("U"))
        for bay in BAYS
    ]
    found += [_location(one, "ro", f"Theatre {one[1:]}", "DAY") for one in THEATRES]
    return found + [_location(one, "ro", f"Consulting room {one[1:]}", "CONS") for one in ROOMS]


def organizations() -> list[dict[str, Any]]:
    """The clinic and its department, whose code is its cost centre."""
    kinds = "http://terminology.hl7.org/CodeSystem/organization-type"
    clinic = {
        "resourceType": "Organization", "id": "clinic", "active": True,
        "name": "Riverside Day Clinic",
        "identifier": [numbered(PLACES, SITE)], "type": [coded("prov", system=kinds)],
    }  # fmt: skip
    department = {
        "resourceType": "Organization", "id": "day-surgery", "active": True, "name": "Day surgery",
        "identifier": [numbered(PLACES, COST_CENTRE)], "type": [coded("dept", system=kinds)],
        "partOf": {"reference": "Organization/clinic"},
    }  # fmt: skip
    return [clinic, department]


def staff() -> list[dict[str, Any]]:
    """Its people, and what they do."""
    found: list[dict[str, Any]] = []
    for one in STAFF_MEMBERS:
        key = one.number.lower()
        found.append(
            {
                "resourceType": "Practitioner",
                "id": key,
                "active": True,
                "identifier": [numbered(STAFF, one.number, "EI")],
                "name": [{"family": one.family, "given": [one.given]}],
            }
        )
        found.append(
            {
                "resourceType": "PractitionerRole",
                "id": f"{key}-role",
                "active": True,
                "practitioner": {"reference": one.reference},
                "organization": {"reference": "Organization/day-surgery"},
                "code": [coded(one.role.upper(), one.role)],
            }
        )
    return found


def schedules() -> list[dict[str, Any]]:
    """Whose time can be booked, and where."""
    return [
        {
            "resourceType": "Schedule",
            "id": f"{one.number.lower()}-{one.room.lower()}",
            "active": True,
            "serviceType": [coded(_service(one))],
            "actor": [{"reference": one.reference}, {"reference": location(one.room)}],
        }
        for one in STAFF_MEMBERS
    ]


def _service(member: Member) -> str:
    return "SURGERY" if member in SURGEONS else "CONSULTATION"
