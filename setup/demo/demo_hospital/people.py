"""Who comes to the hospital, what is done, and what there is to tell."""

from dataclasses import dataclass, field
from typing import Any

from .places import Place


@dataclass
class Patient:
    """Somebody who was invented."""

    record: str
    family: str
    given: str
    sex: str
    born: str
    street: str


@dataclass
class Visit:
    """A stay or an attendance.

    :ivar bed: where the patient lies, as ward, room, bed; empty for a visit without a bed
    :ivar admitted: seconds since 1970; 0 while it is only planned
    :ivar moved: when the patient was put into the bed
    :ivar served: something was given or charged, so that the visit cannot have been a mistake
    """

    number: str
    patient: Patient
    kind: str
    bed: list[str]
    service: str
    doctor: str
    payer: list[str]
    admitted: int = 0
    former: list[str] = field(default_factory=list)
    moved: int = 0
    discharged: int = 0
    expected: int = 0
    served: bool = False

    @property
    def place(self) -> Place:
        return Place(*self.bed)


@dataclass
class Operation:
    """An operation on the schedule. Moments are seconds since 1970."""

    number: str
    visit: str
    patient: Patient
    start: int
    minutes: int
    code: str
    text: str
    equipment: str
    theatre: list[str]
    surgeon: str


@dataclass(frozen=True)
class Line:
    """Something that was given, or comes back.

    :ivar number: of its order at the pharmacy
    :ivar at: seconds since 1970
    :ivar place: where it was used, if that is not where the patient lies
    """

    number: str
    item: str
    quantity: str
    unit: str
    lot: str
    at: int
    back: bool = False
    place: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Implanted:
    """A device that stays in the patient."""

    number: str
    item: str
    name: str
    lot: str
    serial: str
    place: Place
    at: int


@dataclass(frozen=True)
class Charge:
    """A charge, or the credit of one.

    :ivar amount: of all of it
    :ivar place: ward, room, bed
    :ivar reverses: number of the charge that is credited
    :ivar order: number of what was given or implanted and is charged
    """

    number: str
    code: str
    text: str
    quantity: str
    amount: str
    place: list[str]
    at: int
    procedure: str = ""
    reverses: str = ""
    order: str = ""


@dataclass(frozen=True)
class Ordered:
    """What a ward orders: items with quantity and unit."""

    number: str
    ward: str
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Happening:
    """Something that a message tells: its trigger event, and what it is about.

    :ivar undone: when that had happened which is undone
    """

    trigger: str
    visit: Visit | None = None
    operation: Operation | None = None
    bed: Place | None = None
    status: str = ""
    retired: Patient | None = None
    patient: Patient | None = None
    undone: int = 0
    given: tuple[Line, ...] = ()
    implanted: Implanted | None = None
    charged: tuple[Charge, ...] = ()
    ordered: Ordered | None = None


def visit(values: dict[str, Any]) -> Visit:
    """A visit as :func:`dataclasses.asdict` wrote it."""
    return Visit(**{**values, "patient": Patient(**values["patient"])})


def operation(values: dict[str, Any]) -> Operation:
    """An operation as :func:`dataclasses.asdict` wrote it."""
    return Operation(**{**values, "patient": Patient(**values["patient"])})
