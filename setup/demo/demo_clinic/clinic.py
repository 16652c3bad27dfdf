"""What happens in the clinic: chance within the rules of a day, without any clock or wire.

A :class:`Clinic` is asked for the :meth:`~Clinic.step` after the last one, and says which resources
that has changed. The same seed and the same moments make the same days.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, Final

from . import cases, places
from .cases import CONSULTATION, MINUTES, SURGERY, Case
from .records import Records, Resource

HOUR: Final = 3600
#: How far ahead times can be booked.
AHEAD: Final = 4 * HOUR
#: How early people come.
EARLY: Final = 2 * HOUR
#: Visits that are over and still remembered.
REMEMBERED: Final = 60


class Clinic:
    """Its visits, its records and its chance."""

    def __init__(self, seed: int = 1) -> None:
        self.rng = random.Random(seed)
        self.records = Records()
        self.cases: dict[str, Case] = {}
        self.dirty: list[str] = []
        self._last = 0

    # -- what there is ---------------------------------------------------------------------

    def open(self, now: int) -> list[Resource]:
        """What everything else refers to: places, staff, schedules with their slots."""
        found = [
            *places.organizations(), *places.locations(), *places.staff(), *places.schedules(),
        ]  # fmt: skip
        return [*self._put(now, *found), *self.open_slots(now)]

    def fill(self, now: int, count: int) -> Iterator[list[Resource]]:
        """The patients who are there when one begins to look, and some who are expected."""
        for number in range(count):
            kind = SURGERY if number % 2 and self._free_bays() else CONSULTATION
            yield self._come(self._new(kind), now - self.rng.randrange(10, 120) * 60, now)
        for _number in range(count // 2):
            yield self._book(now)

    def open_slots(self, now: int) -> list[Resource]:
        """Times that can be booked from now on and are not on the schedules yet."""
        first, length = now // (60 * MINUTES) + 1, 60 * MINUTES
        slots = []
        for schedule in places.schedules():
            for number in range(first, first + AHEAD // length):
                key = f"{schedule['id']}-{number}"
                if self.records.get(f"Slot/{key}") is None:
                    slots.append(cases.slot(schedule["id"], key, number * length, "free"))
        return self._put(now, *slots)

    def here(self, *kinds: str) -> list[Case]:
        """Those who are there, of some kinds or of all."""
        found = [one for one in self.cases.values() if one.is_here]
        return [one for one in found if not kinds or one.kind in kinds]

    def expected(self) -> list[Case]:
        return [one for one in self.cases.values() if one.is_expected]

    def _free_bays(self) -> list[str]:
        taken = {one.place for one in self.here()}
        return [bay for bay in places.BAYS if bay not in taken and bay not in self.dirty]

    def _in_bays(self) -> list[Case]:
        return [one for one in self.here(SURGERY) if one.place in places.BAYS]

    def _in_theatre(self) -> list[Case]:
        return [one for one in self.here(SURGERY) if one.place in places.THEATRES]

    # -- the next thing --------------------------------------------------------------------

    def step(self, now: int) -> list[Resource]:
        """What happens next: the new versions of the resources that it changes."""
        self._forget(now)
        told = self.open_slots(now)
        possible = [(weight, act) for weight, act, is_so in self._acts(now) if is_so]
        act = self.rng.choices([one[1] for one in possible], [one[0] for one in possible])[0]
        return told + act(now)

    def _acts(self, now: int) -> list[tuple[float, Callable[[int], list[Resource]], bool]]:
        """What may happen, how often, and whether it can."""
        expected, bays = self.expected(), self._free_bays()
        return [
            (7, self._book, len(expected) < 10),
            (2, self._book_otherwise, bool(expected)),
            (1, self._cancel, bool(expected)),
            (2, self._stay_away, bool(self._late(now))),
            (9, self._arrive, bool(self._due(now))),
            (3, self._walk_in, len(self.here(CONSULTATION)) < 6),
            (5, self._to_theatre, len(self._in_bays()) > 1 and len(self._in_theatre()) < 2),
            (6, self._to_bay, bool(self._in_theatre() and bays)),
            (1, self._mistaken, bool(self._moved())),
            (2, self._other_doctor, bool(self.here(CONSULTATION))),
            (5, self._leave, len(self.here()) > 3),
            (4, self._clean, bool(self.dirty)),
        ]

    # -- appointments ----------------------------------------------------------------------

    def _book(self, now: int) -> list[Resource]:
        case = self._new(self.rng.choice((SURGERY, CONSULTATION)))
        return self._take_slot(case, now)

    def _take_slot(self, case: Case, now: int) -> list[Resource]:
        member = case.member
        schedule = f"{member.number.lower()}-{member.room.lower()}"
        free = [
            one for one in self.records.of_type("Slot")
            if one["status"] == "free" and one["schedule"]["reference"] == f"Schedule/{schedule}"
        ]  # fmt: skip
        soon = [one for one in free if _start(one) > now]
        if not soon:
            return []
        chosen = self.rng.choice(sorted(soon, key=lambda one: str(one["id"])))
        case.slot, case.booked, case.start = chosen["id"], "booked", _start(chosen)
        self.cases[case.number] = case
        return [*self._put(now, {**chosen, "status": "busy"}), *self._put(now, *case.resources())]

    def _free_slot(self, case: Case, now: int) -> list[Resource]:
        slot = self.records.get(f"Slot/{case.slot}")
        return self._put(now, {**slot, "status": "free"}) if slot and case.start > now else []

    def _book_otherwise(self, now: int) -> list[Resource]:
        case = self.rng.choice(self.expected())
        told = self._free_slot(case, now)
        return told + self._take_slot(case, now)

    def _cancel(self, now: int) -> list[Resource]:
        case = self.rng.choice(self.expected())
        case.booked, case.cancelled = "cancelled", True
        return [*self._free_slot(case, now), *self._put(now, *case.resources()[1:])]

    def _late(self, now: int) -> list[Case]:
        return [one for one in self.expected() if one.start < now]

    def _stay_away(self, now: int) -> list[Resource]:
        case = self.rng.choice(self._late(now))
        case.booked, case.cancelled = "noshow", True
        return self._put(now, *case.resources()[1:])

    def _due(self, now: int) -> list[Case]:
        soon = [one for one in self.expected() if one.start < now + EARLY]
        return [one for one in soon if one.kind == CONSULTATION or self._free_bays()]

    def _arrive(self, now: int) -> list[Resource]:
        case = self.rng.choice(self._due(now))
        case.booked = "checked-in"
        return self._come(case, now, now)

    # -- visits ----------------------------------------------------------------------------

    def _new(self, kind: str) -> Case:
        self._last += 1
        gender = self.rng.choice(("female", "male"))
        born = f"{self.rng.randrange(1940, 2010)}-{self.rng.randrange(1, 13):02}"
        return Case(
            number=f"E{80_000 + self._last}",
            key=f"{self.rng.getrandbits(48):012x}",
            kind=kind,
            person={
                "record": f"{6_100_000 + self._last}", "gender": gender,
                "family": self.rng.choice(places.FAMILY),
                "given": self.rng.choice(places.GIVEN[gender]),
                "born": f"{born}-{self.rng.randrange(1, 29):02}",
                "street": f"{self.rng.choice(places.STREETS)} {self.rng.randrange(1, 99)}",
            },
            staff=self.rng.choice(
                places.SURGEONS if kind == SURGERY else places.PHYSICIANS
            ).number,
        )  # fmt: skip

    def _walk_in(self, now: int) -> list[Resource]:
        return self._come(self._new(CONSULTATION), now, now)

    def _come(self, case: Case, arrived: int, now: int) -> list[Resource]:
        place = case.member.room
        if case.kind == SURGERY:
            place = self.rng.choice(self._free_bays())
        case.arrived, case.stays = arrived, [[place, arrived]]
        self.cases[case.number] = case
        return [*self._put(now, *case.resources()), *self._bed(place, "O", now)]

    def _to_theatre(self, now: int) -> list[Resource]:
        case = self.rng.choice(self._in_bays())
        return self._move(case, case.member.room, now)

    def _to_bay(self, now: int) -> list[Resource]:
        case = self.rng.choice(self._in_theatre())
        return self._move(case, self.rng.choice(self._free_bays()), now)

    def _move(self, case: Case, place: str, now: int) -> list[Resource]:
        told = self._bed(case.place, "H", now)
        case.stays.append([place, now])
        return [*self._put(now, cases.encounter(case)), *told, *self._bed(place, "O", now)]

    def _moved(self) -> list[Case]:
        """Those who went to a bay whose former place is free."""
        found = [one for one in self._in_bays() if len(one.stays) > 1]
        return [one for one in found if one.stays[-2][0] in places.THEATRES]

    def _mistaken(self, now: int) -> list[Resource]:
        """The last move was entered by mistake: the record does not have it any more."""
        case = self.rng.choice(self._moved())
        place, _since = case.stays.pop()
        return [*self._put(now, cases.encounter(case)), *self._bed(str(place), "U", now)]

    def _other_doctor(self, now: int) -> list[Resource]:
        case = self.rng.choice(self.here(CONSULTATION))
        case.staff = self.rng.choice(places.PHYSICIANS).number
        return self._put(now, cases.encounter(case))

    def _leave(self, now: int) -> list[Resource]:
        case = self.rng.choice(self.here())
        case.left = now
        if case.booked:
            case.booked = "fulfilled"
        told = self._put(now, *case.resources()[1:])
        return told + self._bed(case.place, "H", now)

    # -- bays ------------------------------------------------------------------------------

    def _bed(self, code: str, state: str, now: int) -> list[Resource]:
        """What becomes of a bay; other places have no such state."""
        if code not in places.BAYS:
            return []
        if state == "H" and code not in self.dirty:
            self.dirty.append(code)
        place = self.records.get(places.location(code))
        if place is None:
            return []
        return self._put(now, {**place, "operationalStatus": places.bed_state(state)})

    def _clean(self, now: int) -> list[Resource]:
        return self._bed(self.dirty.pop(0), "U", now)

    # -- to keep and to take up again ------------------------------------------------------

    def _put(self, now: int, *resources: Resource) -> list[Resource]:
        return [self.records.put(one, now) for one in resources]

    def _forget(self, now: int) -> None:
        past = [one for one in self.records.of_type("Slot") if one["status"] == "free"]
        self.records.drop(f"Slot/{one['id']}" for one in past if _start(one) < now - HOUR)
        over = [one for one in self.cases.values() if one.is_over]
        for case in over[:-REMEMBERED]:
            del self.cases[case.number]
            self.records.drop((*case.names, f"Slot/{case.slot}"))

    def state(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        version, internal, gauss = self.rng.getstate()
        return {
            "rng": [version, list(internal), gauss],
            "records": self.records.state(),
            "cases": [asdict(one) for one in self.cases.values()],
            "dirty": self.dirty,
            "last": self._last,
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> "Clinic":
        """The clinic of a :meth:`state`."""
        found = cls()
        version, internal, gauss = state["rng"]
        found.rng.setstate((version, tuple(internal), gauss))
        found.records = Records.restored(state["records"])
        found.cases = {one["number"]: Case(**one) for one in state["cases"]}
        found.dirty, found._last = list(state["dirty"]), state["last"]
        return found


def _start(slot: Resource) -> int:
    """When a slot of ours begins: its id says so."""
    return int(str(slot["id"]).rpartition("-")[2]) * 60 * MINUTES
