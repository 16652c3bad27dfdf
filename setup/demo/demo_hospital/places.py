"""What the hospital is made of: wards with rooms and beds, clinics, theatres, and its staff."""

from dataclasses import dataclass
from typing import Final

FACILITY: Final = "MAIN"


@dataclass(frozen=True, order=True)
class Place:
    """A ward, a room or a bed, as HL7 names it (PL.1 to PL.3)."""

    ward: str
    room: str = ""
    bed: str = ""

    @property
    def parent(self) -> "Place | None":
        if self.bed:
            return Place(self.ward, self.room)
        return Place(self.ward) if self.room else None

    def __str__(self) -> str:
        return "-".join(part for part in (self.ward, self.room, self.bed) if part)


@dataclass(frozen=True)
class Ward:
    """A part of the hospital.

    :ivar kind: location type of table 0260: N nursing unit, C clinic, O theatre
    :ivar rooms: how many rooms there are, each with ``beds`` beds
    """

    code: str
    name: str
    kind: str
    cost_centre: str
    service: str
    rooms: int = 0
    beds: int = 0

    @property
    def places(self) -> list[Place]:
        """The ward, its rooms, their beds: what is part of something stands behind it."""
        found = [Place(self.code)]
        for number in range(1, self.rooms + 1):
            room = Place(self.code, f"{self.code}{number:02}")
            found.append(room)
            found += [Place(room.ward, room.room, letter) for letter in "ABCD"[: self.beds]]
        return found


WARDS: Final = (
    Ward("ED", "Emergency department", "N", "4010", "EMER", 6, 1),
    Ward("ICU", "Intensive care", "N", "4020", "ICU", 4, 1),
    Ward("3W", "Medicine, third floor west", "N", "4110", "MED", 6, 2),
    Ward("4W", "Surgery, fourth floor west", "N", "4120", "SURG", 6, 2),
    Ward("5E", "Maternity, fifth floor east", "N", "4130", "OBS", 3, 2),
    Ward("CLIN", "Outpatient clinic", "C", "4200", "MED"),
    Ward("OR", "Operating theatres", "O", "4300", "SURG", 3, 0),
)
BY_CODE: Final = {ward.code: ward for ward in WARDS}
BEDS: Final = tuple(place for ward in WARDS for place in ward.places if place.bed)
THEATRES: Final = tuple(place for place in BY_CODE["OR"].places if place.room)


@dataclass(frozen=True)
class Member:
    """One of the staff."""

    number: str
    family: str
    given: str
    role: str
    service: str


STAFF: Final = (
    Member("D1001", "Janssens", "Els", "MD", "MED"),
    Member("D1002", "Maes", "Pieter", "MD", "SURG"),
    Member("D1003", "Willems", "Karel", "MD", "SURG"),
    Member("D1004", "Claes", "Nathalie", "MD", "OBS"),
    Member("D1005", "Goossens", "Tom", "MD", "ICU"),
    Member("D1006", "Wouters", "Lien", "MD", "EMER"),
    Member("N2001", "De Smet", "An", "RN", "SURG"),
    Member("N2002", "Jacobs", "Bram", "RN", "MED"),
)


def doctors(service: str = "") -> list[str]:
    """Numbers of the doctors of a service, or of all."""
    found = [one for one in STAFF if one.role == "MD"]
    return [one.number for one in found if not service or one.service == service]


# Invented, as everybody in this hospital.
FAMILY: Final = (
    "Peeters", "Dubois", "Lambert", "Martens", "Leroy", "Simon", "Laurent", "Mertens", "Dupont",
    "Hermans", "Aerts", "Michel", "Pauwels", "Wauters", "Segers", "Coppens", "Lemmens", "Thijs",
)  # fmt: skip
GIVEN: Final = {
    "F": ("Marie", "Louise", "Emma", "Nora", "Julie", "Sofie", "Anna", "Clara", "Lotte"),
    "M": ("Jan", "Luc", "Noah", "Arthur", "Louis", "Marc", "Adam", "Victor", "Jules"),
}
STREETS: Final = ("Lindenlaan", "Rue du Parc", "Kerkstraat", "Avenue des Tilleuls", "Molenweg")
#: Procedures with their usual minutes and what they need.
PROCEDURES: Final = (
    ("27130", "Total hip replacement", 120, "C-ARM"),
    ("27447", "Total knee replacement", 105, "C-ARM"),
    ("47562", "Laparoscopic cholecystectomy", 60, "LAP-TOWER"),
    ("49505", "Hernia repair", 45, ""),
)
PAYERS: Final = (
    ("1001", "LINDENHOF", "BASIC"),
    ("1002", "MUTUAL", "PLUS"),
    ("1003", "STATE", "BASE"),
)
