"""What is given to patients, ordered by wards and charged, and what of it is taken back.

A :class:`Care` belongs to a hospital and uses its chance.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Final, Protocol

from . import goods, people, places
from .people import Charge, Happening, Implanted, Line, Operation, Ordered, Visit
from .places import Place

#: The first dispense in a unit that nobody knows comes early, so that whoever looks on meets it.
FIRST_NEW_UNIT: Final = 5
#: Of so many dispenses and charges it is remembered what they said.
REMEMBERED: Final = 12
ORDERING: Final = ("3W", "4W", "5E", "ICU", "ED", "OR")


class House(Protocol):
    """What care knows of its hospital."""

    rng: random.Random
    steps: int

    def staying(self, *kinds: str) -> list[Visit]: ...

    def number(self) -> int: ...


@dataclass
class Kept:
    """Something that may be taken back: what it said, and the visit as it was then."""

    visit: Visit
    told: Line | Charge


class Care:
    """What was given and charged last, and what lies on the shelf of implants."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.knows_new_unit = False
        self.used: dict[str, int] = {}
        self.given: list[Kept] = []
        self.charged: list[Kept] = []

    def acts(self, now: int) -> list[tuple[float, Callable[[int], list[Happening]], bool]]:
        """What may happen, how often, and whether it can."""
        house = self._house
        return [
            (16, self.give, bool(house.staying("I"))),
            (1.5, self.give_back, bool(self.given)),
            (9, self.charge, bool(house.staying("I", "O"))),
            (1.5, self.credit, bool(self.charged)),
            (3, self.order, True),
        ]

    def first_new_unit(self, now: int) -> list[Happening]:
        """A dispense in a unit that nobody knows: once, when it is time, else nothing."""
        lying = self._house.staying("I")
        if self.knows_new_unit or self._house.steps < FIRST_NEW_UNIT or not lying:
            return []
        self.knows_new_unit = True
        lot = goods.TABLETS.lots[0]
        line = Line(self._number("D"), goods.TABLETS.code, "2", goods.NEW_UNIT, lot, now)
        return [self._tell_given(self._house.rng.choice(lying), [line])]

    # -- wards -----------------------------------------------------------------------------

    def give(self, now: int) -> list[Happening]:
        """Something from the ward's stock, for one of its patients."""
        rng = self._house.rng
        visit = rng.choice(self._house.staying("I"))
        items = rng.sample(goods.GIVEN, rng.choice((1, 1, 2)))
        lines = [self._line(one, rng.randint(1, one.most), now) for one in items]
        self.given = [*self.given, *(Kept(_copy(visit), line) for line in lines)][-REMEMBERED:]
        return [self._tell_given(visit, lines)]

    def give_back(self, now: int) -> list[Happening]:
        """What was dispensed and not taken comes back."""
        kept = self.given.pop(self._house.rng.randrange(len(self.given)))
        assert isinstance(kept.told, Line)
        line = Line(**{**asdict(kept.told), "back": True, "at": now})
        return [Happening("O13", kept.visit, given=(line,))]

    def _tell_given(self, visit: Visit, lines: Sequence[Line]) -> Happening:
        visit.served = True
        return Happening("O13", visit, given=tuple(lines))

    def _line(self, item: goods.Item, quantity: int, now: int) -> Line:
        lot = self._house.rng.choice(item.lots) if item.lots else ""
        return Line(self._number("D"), item.code, str(quantity), goods.EACH, lot, now)

    def order(self, now: int) -> list[Happening]:
        """A ward orders supplies from the store."""
        rng = self._house.rng
        wanted = rng.sample(goods.ORDERED, rng.choice((1, 2)))
        lines = tuple(
            (item, str(rng.randint(1, 3) if unit == goods.BOX else rng.randrange(5, 25)), unit)
            for item, unit in wanted
        )
        return [Happening("O05", ordered=Ordered(self._number("Q"), rng.choice(ORDERING), lines))]

    # -- theatre ---------------------------------------------------------------------------

    def procedures(self, booked: Sequence[str]) -> list[tuple[str, str, int, str]]:
        """Those for which there is an implant, if they need one.

        :param booked: codes of procedures that are booked, each of which needs one as well
        """
        return [
            one
            for one in places.PROCEDURES
            if not (implant := goods.IMPLANTS.get(one[0]))
            or not implant.serials
            or self.used.get(implant.code, 0) + booked.count(one[0]) < implant.serials
        ]

    def operate(self, visit: Visit, operation: Operation, now: int) -> list[Happening]:
        """What an operation took, and what it costs."""
        visit.served = True
        rng = self._house.rng
        theatre = Place(*operation.theatre)
        implant = goods.IMPLANTS.get(operation.code)
        told = []
        device = self._implant(implant, theatre, now) if implant else None
        if device:
            told.append(Happening("R01", visit, implanted=device))
        lines = [
            Line(
                self._number("D"), item, str(max(1, quantity - rng.randint(0, 1))), goods.EACH, "",
                now, place=[theatre.ward, theatre.room],
            )
            for item, quantity in goods.CASE_ITEMS[operation.code]
        ]  # fmt: skip
        told.append(Happening("O13", visit, given=tuple(lines)))
        hours = Decimal(operation.minutes) / 60
        charges = [self._charge(goods.THEATRE_HOUR, hours, theatre, now, operation.code)]
        if implant and device:
            price = goods.PRICES[implant.charge]
            charge = self._charge(price, Decimal(1), theatre, now, operation.code)
            charges.append(replace(charge, order=device.number))
        return [*told, Happening("P03", visit, charged=tuple(charges))]

    def _implant(self, implant: goods.Implant, theatre: Place, now: int) -> Implanted:
        serial = ""
        if implant.serials:
            self.used[implant.code] = self.used.get(implant.code, 0) + 1
            serial = implant.serial(self.used[implant.code])
        return Implanted(
            self._number("I"), implant.code, implant.name, implant.lot, serial, theatre, now
        )

    # -- charges ---------------------------------------------------------------------------

    def charge(self, now: int) -> list[Happening]:
        """A day in bed, a dressing, a consultation."""
        rng = self._house.rng
        visit = rng.choice(self._house.staying("I", "O"))
        if visit.kind == "O":
            price, quantity = goods.CONSULTATION, 1
        elif rng.random() < 0.6:
            price, quantity = goods.BED_DAY, 1
        else:
            price, quantity = goods.PRICES["DRESSING"], rng.randint(1, 4)
        charge = self._charge(price, Decimal(quantity), visit.place, now)
        visit.served = True
        self.charged = [*self.charged, Kept(_copy(visit), charge)][-REMEMBERED:]
        return [Happening("P03", visit, charged=(charge,))]

    def credit(self, now: int) -> list[Happening]:
        """A charge that was wrong."""
        kept = self.charged.pop(self._house.rng.randrange(len(self.charged)))
        assert isinstance(kept.told, Charge)
        back = {"number": self._number("T"), "reverses": kept.told.number, "at": now}
        return [Happening("P03", kept.visit, charged=(Charge(**{**asdict(kept.told), **back}),))]

    def _charge(
        self, price: goods.Price, quantity: Decimal, place: Place, now: int, procedure: str = ""
    ) -> Charge:
        return Charge(
            number=self._number("T"),
            code=price.code,
            text=price.text,
            quantity=f"{quantity:f}",
            amount=f"{quantity * price.cents / 100:.2f}",
            place=[place.ward, place.room, place.bed],
            at=now,
            procedure=procedure,
        )

    def _number(self, letter: str) -> str:
        return f"{letter}{self._house.number():06}"

    # -- to keep and to take up again --------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        return {
            "knows_new_unit": self.knows_new_unit,
            "used": self.used,
            "given": [asdict(one) for one in self.given],
            "charged": [asdict(one) for one in self.charged],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a :meth:`state`."""
        self.knows_new_unit, self.used = state["knows_new_unit"], state["used"]
        self.given = [_kept(one, Line) for one in state["given"]]
        self.charged = [_kept(one, Charge) for one in state["charged"]]


def _kept(values: dict[str, Any], kind: type[Line] | type[Charge]) -> Kept:
    return Kept(people.visit(values["visit"]), kind(**values["told"]))


def _copy(visit: Visit) -> Visit:
    return people.visit(asdict(visit))
