"""What happens in the hospital: pure chance within the rules of a ward, without any clock or wire.

A :class:`Hospital` is asked for the :meth:`~Hospital.step` after the last one; it says what
happened and is changed by it. The same seed and the same moments make the same days.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, Final

from . import people, places
from .care import Care
from .people import Happening, Patient, Visit
from .places import BEDS, BY_CODE, Place
from .theatre import HOUR, Theatre

#: Share of beds that are taken when admissions and discharges are in balance.
FULL: Final = 0.7
#: Steps that cleaning a bed takes.
CLEANING: Final = 15
#: A class that the hospital has made up, and of which nobody has told Odoo.
NEW_CLASS: Final = "DS"
#: The first visit of that class comes early, so that whoever looks on meets it.
FIRST_NEW_CLASS: Final = 12


class Hospital:
    """The state of the hospital and its chance."""

    def __init__(self, seed: int = 1) -> None:
        self.rng = random.Random(seed)
        self.steps = 0
        self.last = 0
        self.visits: dict[str, Visit] = {}
        self.gone: list[Visit] = []
        self.dirty: dict[str, int] = {}
        self.knows_new_class = False
        self.care = Care(self)
        self.theatre = Theatre(self)

    # -- what is free ------------------------------------------------------------------------

    def free_beds(self, *wards: str) -> list[Place]:
        """Beds that a patient can be put into."""
        taken = {visit.place for visit in self.visits.values() if visit.admitted}
        return [
            bed
            for bed in BEDS
            if bed not in taken and str(bed) not in self.dirty and (not wards or bed.ward in wards)
        ]

    def staying(self, *kinds: str) -> list[Visit]:
        found = (visit for visit in self.visits.values() if visit.admitted)
        return [visit for visit in found if not kinds or visit.kind in kinds]

    # -- the next thing ------------------------------------------------------------------------

    def step(self, now: int) -> list[Happening]:
        """What happens next, at the moment ``now``."""
        self.steps += 1
        if clean := self._cleaned():
            return clean
        if strange := self.care.first_new_unit(now):
            return strange
        if self.steps >= FIRST_NEW_CLASS and not self.knows_new_class:
            return self._outpatient(now)
        choices = [
            (weight, act) for weight, act, possible in self._acts(now) if weight > 0 and possible
        ]
        act = self.rng.choices([one[1] for one in choices], [one[0] for one in choices])[0]
        return act(now)

    def fill(self, now: int, count: int) -> Iterator[list[Happening]]:
        """The patients who are there when one begins to look, and this morning's operations."""
        for number in range(count):
            yield self._admit(now - self.rng.randrange(HOUR, 96 * HOUR), near=number)
        for number in range(count // 3):
            yield self.theatre.book(now, (now // 900 - number) * 900)

    def _acts(self, now: int) -> list[tuple[float, Callable[[int], list[Happening]], bool]]:
        """What may happen, how often, and whether it can."""
        inpatients = self.staying("I")
        wards = self.free_beds("ICU", "3W", "4W", "5E")
        full = len(inpatients) / (len(BEDS) - BY_CODE["ED"].rooms) / FULL
        # The fuller the wards, the fewer come and the more go: both are even when they are FULL.
        coming, going = max(0.0, 1.6 - full), full * full
        emergencies = self.staying("E")
        planned = [visit for visit in self.visits.values() if not visit.admitted]
        return [
            (12 * coming, self._admit, bool(wards)),
            (9, self._emergency, bool(self.free_beds("ED"))),
            (5, self._outpatient, True),
            (
                7 * coming,
                self._emergency_stays,
                bool(emergencies and self.free_beds("ICU", "3W", "4W")),
            ),
            (4, self._leave_emergency, bool(emergencies)),
            (10, self._transfer, bool(inpatients and wards)),
            (14 * going, self._discharge, len(inpatients) > 4),
            (4, self._end_outpatient, bool(self.staying("O", NEW_CLASS))),
            (7, self._update, bool(inpatients)),
            (1, self._cancel_admit, bool(self._just(inpatients))),
            (1, self._cancel_transfer, bool(self._returnable())),
            (1, self._cancel_discharge, bool(self._readmittable())),
            (1, self._merge, bool(inpatients)),
            (1, self._changed_patient, bool(inpatients)),
            (4 * coming, self._arrive, bool(planned and wards)),
            *self.theatre.acts(now),
            *self.care.acts(now),
        ]

    # -- making people and visits ----------------------------------------------------------------

    def number(self) -> int:
        """The next number, of whatever."""
        self.last += 1
        return self.last

    def _patient(self) -> Patient:
        sex = self.rng.choice("FM")
        return Patient(
            record=f"{4_700_000 + self.number()}",
            family=self.rng.choice(places.FAMILY),
            given=self.rng.choice(places.GIVEN[sex]),
            sex=sex,
            born=f"{self.rng.randrange(1930, 2024)}{self.rng.randrange(1, 13):02}"
            f"{self.rng.randrange(1, 29):02}",
            street=f"{self.rng.choice(places.STREETS)} {self.rng.randrange(1, 200)}",
        )

    def visit(self, kind: str, bed: Place, now: int, patient: Patient | None = None) -> Visit:
        service = BY_CODE[bed.ward].service
        visit = Visit(
            number=f"V{700_000 + self.number()}",
            patient=patient or self._patient(),
            kind=kind,
            bed=[bed.ward, bed.room, bed.bed],
            service=service,
            doctor=self.rng.choice(places.doctors(service)),
            payer=list(self.rng.choice(places.PAYERS)),
            admitted=now,
        )
        self.visits[visit.number] = visit
        return visit

    def _soil(self, bed: Place) -> None:
        if bed.bed:
            self.dirty[str(bed)] = CLEANING

    def _cleaned(self) -> list[Happening]:
        """A bed that is ready again; others come a step nearer to it."""
        for name in self.dirty:
            self.dirty[name] -= 1
        ready = next((name for name, left in self.dirty.items() if left <= 0), None)
        if ready is None:
            return []
        del self.dirty[ready]
        return [Happening("A20", bed=Place(*ready.split("-")), status="U")]

    # -- visits ------------------------------------------------------------------------------

    def _admit(self, now: int, near: int | None = None) -> list[Happening]:
        beds = self.free_beds("3W", "4W", "5E") or self.free_beds("ICU")
        bed = beds[near * 7 % len(beds)] if near is not None else self.rng.choice(beds)
        return [Happening("A01", self.visit("I", bed, now))]

    def _emergency(self, now: int) -> list[Happening]:
        return [Happening("A04", self.visit("E", self.rng.choice(self.free_beds("ED")), now))]

    def _outpatient(self, now: int) -> list[Happening]:
        new = self.steps >= FIRST_NEW_CLASS and (
            not self.knows_new_class or self.rng.random() < 0.2
        )
        self.knows_new_class |= new
        return [Happening("A04", self.visit(NEW_CLASS if new else "O", Place("CLIN"), now))]

    def _emergency_stays(self, now: int) -> list[Happening]:
        visit = self.rng.choice(self.staying("E"))
        self._soil(visit.place)
        self._put(visit, self.rng.choice(self.free_beds("ICU", "3W", "4W")), now)
        visit.kind = "I"
        return [Happening("A06", visit)]

    def _leave_emergency(self, now: int) -> list[Happening]:
        return self._leave(self.rng.choice(self.staying("E")), now)

    def _discharge(self, now: int) -> list[Happening]:
        return self._leave(self.rng.choice(self.staying("I")), now)

    def _end_outpatient(self, now: int) -> list[Happening]:
        return self._leave(self.rng.choice(self.staying("O", NEW_CLASS)), now)

    def _leave(self, visit: Visit, now: int) -> list[Happening]:
        visit.discharged = now
        del self.visits[visit.number]
        self.gone = [*self.gone, visit][-20:]
        self._soil(visit.place)
        return [Happening("A03", visit)]

    def _put(self, visit: Visit, bed: Place, now: int) -> None:
        visit.former = visit.bed
        visit.bed = [bed.ward, bed.room, bed.bed]
        visit.moved = now

    def _transfer(self, now: int) -> list[Happening]:
        visit = self.rng.choice(self.staying("I"))
        bed = self.rng.choice(self.free_beds("ICU", "3W", "4W", "5E"))
        self._soil(visit.place)
        self._put(visit, bed, now)
        return [Happening("A02", visit)]

    def _update(self, now: int) -> list[Happening]:
        visit = self.rng.choice(self.staying("I"))
        visit.doctor = self.rng.choice(places.doctors())
        return [Happening("A08", visit)]

    # -- what is taken back --------------------------------------------------------------------

    def _just(self, visits: list[Visit]) -> list[Visit]:
        """Those who came last, have not moved, and got nothing."""
        return [visit for visit in visits[-3:] if not visit.former and not visit.served]

    def _cancel_admit(self, now: int) -> list[Happening]:
        visit = self.rng.choice(self._just(self.staying("I")))
        del self.visits[visit.number]
        return [Happening("A11", visit, undone=visit.admitted)]

    def _returnable(self) -> list[Visit]:
        """Those whose former bed nobody else has."""
        free = set(self.free_beds())
        return [
            visit
            for visit in self.staying("I")
            if visit.former
            and visit.former[0] != "ED"
            and (Place(*visit.former) in free or str(Place(*visit.former)) in self.dirty)
        ]

    def _cancel_transfer(self, now: int) -> list[Happening]:
        visit = self.rng.choice(self._returnable())
        back = Place(*visit.former)
        self.dirty.pop(str(back), None)
        undone = visit.moved
        self._put(visit, back, now)
        copy = Visit(**{**asdict(visit), "patient": visit.patient})
        told = Happening("A12", copy, undone=undone)
        visit.former = []
        return [told]

    def _readmittable(self) -> list[Visit]:
        last = [visit for visit in self.gone[-3:] if visit.kind == "I"]
        return [visit for visit in last if str(visit.place) in self.dirty]

    def _cancel_discharge(self, now: int) -> list[Happening]:
        visit = self.rng.choice(self._readmittable())
        self.gone.remove(visit)
        self.dirty.pop(str(visit.place), None)
        undone, visit.discharged = visit.discharged, 0
        self.visits[visit.number] = visit
        return [Happening("A13", visit, undone=undone)]

    # -- patients ------------------------------------------------------------------------------

    def _merge(self, now: int) -> list[Happening]:
        """Somebody was registered twice; one of the two records stays."""
        visit = self.rng.choice(self.staying("I"))
        double = Patient(**{**asdict(visit.patient), "record": f"{4_700_000 + self.number()}"})
        return [
            Happening("A28", patient=double),
            Happening("A40", patient=visit.patient, retired=double),
        ]

    def _changed_patient(self, now: int) -> list[Happening]:
        visit = self.rng.choice(self.staying("I"))
        visit.patient.street = f"{self.rng.choice(places.STREETS)} {self.rng.randrange(1, 200)}"
        return [Happening("A31", patient=visit.patient)]

    # -- who was expected ------------------------------------------------------------------

    def _arrive(self, now: int) -> list[Happening]:
        """Somebody who was expected is admitted."""
        planned = [visit for visit in self.visits.values() if not visit.admitted]
        return self.admit_planned(self.rng.choice(planned), now)

    def admit_planned(self, visit: Visit, now: int) -> list[Happening]:
        beds = self.free_beds("4W") or self.free_beds("ICU", "3W", "5E")
        bed = self.rng.choice(beds)
        visit.kind, visit.admitted, visit.bed = "I", now, [bed.ward, bed.room, bed.bed]
        return [Happening("A01", visit)]

    # -- to keep and to take up again --------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        version, internal, gauss = self.rng.getstate()
        return {
            "rng": [version, list(internal), gauss],
            "steps": self.steps,
            "last": self.last,
            "visits": [asdict(visit) for visit in self.visits.values()],
            "gone": [asdict(visit) for visit in self.gone],
            "operations": [asdict(one) for one in self.theatre.operations.values()],
            "dirty": self.dirty,
            "knows_new_class": self.knows_new_class,
            "care": self.care.state(),
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> "Hospital":
        """The hospital of a :meth:`state`."""
        found = cls()
        version, internal, gauss = state["rng"]
        found.rng.setstate((version, tuple(internal), gauss))
        found.steps, found.last, found.dirty = state["steps"], state["last"], state["dirty"]
        found.knows_new_class = state["knows_new_class"]
        found.visits = {one["number"]: people.visit(one) for one in state["visits"]}
        found.gone = [people.visit(one) for one in state["gone"]]
        operations = {one["number"]: people.operation(one) for one in state["operations"]}
        found.theatre.operations = operations
        # What was kept before there was anything to give has nothing of it.
        if "care" in state:
            found.care.restore(state["care"])
        return found
