"""The theatres' schedule: operations are booked, moved, called off and done."""

import random
from collections.abc import Callable
from typing import Final, Protocol

from . import places
from .care import Care
from .people import Happening, Operation, Patient, Visit
from .places import Place

HOUR: Final = 3600


class House(Protocol):
    """What the theatres know of their hospital."""

    rng: random.Random
    visits: dict[str, Visit]
    care: Care

    def visit(self, kind: str, bed: Place, now: int, patient: Patient | None = None) -> Visit: ...

    def free_beds(self, *wards: str) -> list[Place]: ...

    def admit_planned(self, visit: Visit, now: int) -> list[Happening]: ...

    def number(self) -> int: ...


class Theatre:
    """Operations that are booked and not over."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.operations: dict[str, Operation] = {}

    def acts(self, now: int) -> list[tuple[float, Callable[[int], list[Happening]], bool]]:
        """What may happen, how often, and whether it can."""
        soon = self._operations(now)
        past = self._operations(now, past=True)
        return [
            (8, self.book, len(soon) < 24),
            (4, self._reschedule, bool(soon)),
            (2, self._modify, bool(soon)),
            (2, self._cancel_operation, bool(soon)),
            (3, self._no_show, bool(past)),
            (7, self._done, bool(past)),
        ]

    def _operations(self, now: int, past: bool = False) -> list[Operation]:
        """Those to come, or those whose time has come."""
        return [one for one in self.operations.values() if (one.start <= now) == past]

    def book(self, now: int, start: int | None = None) -> list[Happening]:
        """An operation, for a patient who is expected for it."""
        visit = self._house.visit("P", Place("4W"), 0)
        booked = [one.code for one in self.operations.values()]
        code, text, minutes, equipment = self._house.rng.choice(self._house.care.procedures(booked))
        theatre = self._house.rng.choice(places.THEATRES)
        operation = Operation(
            number=f"S{self._house.number():05}",
            visit=visit.number,
            patient=visit.patient,
            start=start or self._slot(now),
            minutes=minutes,
            code=code,
            text=text,
            equipment=equipment,
            theatre=[theatre.ward, theatre.room],
            surgeon=self._house.rng.choice(places.doctors("SURG")),
        )
        visit.expected = operation.start - 2 * HOUR
        self.operations[operation.number] = operation
        return [Happening("A05", visit), Happening("S12", visit, operation, status="Booked")]

    def _slot(self, now: int) -> int:
        """On a quarter of an hour within the next hours, or the next three days; not at once."""
        latest = self._house.rng.choice((8, 3 * 96))
        return (now // 900 + self._house.rng.randrange(2, latest)) * 900

    def _told(self, trigger: str, operation: Operation, status: str) -> list[Happening]:
        visit = self._house.visits.get(operation.visit)
        return [Happening(trigger, visit, operation, status=status)]

    def _reschedule(self, now: int) -> list[Happening]:
        operation = self._house.rng.choice(self._operations(now))
        operation.start = self._slot(now)
        return self._told("S13", operation, "Booked")

    def _modify(self, now: int) -> list[Happening]:
        operation = self._house.rng.choice(self._operations(now))
        theatre = self._house.rng.choice(places.THEATRES)
        operation.theatre = [theatre.ward, theatre.room]
        operation.equipment = operation.equipment or "C-ARM"
        return self._told("S14", operation, "Booked")

    def _done(self, now: int) -> list[Happening]:
        """What it took is told first: with the appointment its kit is over."""
        operation = self._house.rng.choice(self._operations(now, past=True))
        visit = self._house.visits.get(operation.visit)
        told: list[Happening] = []
        if visit and not visit.admitted and self._house.free_beds("ICU", "3W", "4W", "5E"):
            told += self._house.admit_planned(visit, now)
        if visit:
            told += self._house.care.operate(visit, operation, now)
        del self.operations[operation.number]
        return [*told, Happening("S14", visit, operation, status="Complete")]

    def _cancel_operation(self, now: int) -> list[Happening]:
        return self._give_up("S15", self._house.rng.choice(self._operations(now)), "Cancelled")

    def _no_show(self, now: int) -> list[Happening]:
        past = self._operations(now, past=True)
        return self._give_up("S26", self._house.rng.choice(past), "Noshow")

    def _give_up(self, trigger: str, operation: Operation, status: str) -> list[Happening]:
        told = self._told(trigger, operation, status)
        del self.operations[operation.number]
        visit = self._house.visits.get(operation.visit)
        if visit and not visit.admitted:
            # Who does not come is no longer expected.
            del self._house.visits[visit.number]
            told.append(Happening("A11", visit))
        return told
