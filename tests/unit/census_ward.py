"""A ward with a chart: what is true by now of one patient, and the messages that tell of it.

It is charted late, corrected, taken back and redone, and each message repeats what the chart held
when it was written. The clock of the system may be coarse, so that messages have times in common.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.unit.load_ehr import load

history = load("census_history")
START = datetime(2026, 3, 2, 8)
ARRIVALS = ("register", "admit", "to_inpatient")


@dataclass
class Act:
    """Something that is true as far as the chart knows."""

    kind: str
    at: datetime
    place: int | None
    klass: str | None = None


@dataclass
class Ward:
    """What was done with one patient, and the messages that told of it.

    :ivar grain: minutes that the clock of the system tells apart; 0: it tells seconds
    :ivar tells_origin: transfers say where they come from
    """

    now: datetime = START
    chart: list[Act] = field(default_factory=list)
    told: list = field(default_factory=list)
    grain: int = 0
    tells_origin: bool = False

    @property
    def state(self):
        if not self.chart:
            return "cancelled"
        return "discharged" if self.chart[-1].kind == "discharge" else "present"

    @property
    def place(self):
        return next((one.place for one in reversed(self.chart) if one.place), None)

    @property
    def klass(self):
        return next((one.klass for one in reversed(self.chart) if one.klass), None)

    @property
    def left(self):
        """The places that the patient has been in, but for the one where he is."""
        found, here = [], None
        for act in self.chart:
            if here and act.place != here:
                found.append(here)
            here = act.place
        return found

    def tell(self, kind, at, **facts):
        # What the message repeats, and something that tells it from all others.
        said = {"location": self.place, "class": self.klass, "attending": len(self.told), **facts}
        if self.tells_origin and kind == "transfer":
            before = [one.place for one in self.chart if one.at < at and one.place]
            said["prior_location"] = before[-1] if before else None
        said = {name: value for name, value in said.items() if value is not None}
        arrived = len(self.told) + 1
        self.told.append(
            history.Event(kind, self.clock(at), self.clock(self.now), said, arrived=arrived)
        )

    def clock(self, moment):
        """A moment as the system tells it."""
        if not self.grain:
            return moment
        return moment - timedelta(minutes=moment.minute % self.grain, seconds=moment.second)

    def act(self, kind, late, place, klass=None):
        """Chart what happened by now, some minutes ago."""
        at = self.now - timedelta(minutes=late)
        after = [one for one in self.chart if kind != "transfer" or one.kind in ARRIVALS]
        at = max([at, *(one.at + timedelta(seconds=7) for one in after)])
        if any(one.at == at for one in self.chart):
            return
        gone = self.state == "discharged" and kind == "transfer"
        if gone and at > self.chart[-1].at:
            return
        said = self.place if kind == "discharge" else place
        self.chart.append(Act(kind, at, None if kind == "discharge" else place, klass))
        self.chart.sort(key=lambda one: one.at)
        self.tell(kind, at, location=said)

    def take_back(self, exact, redo, late, place):
        """What was charted last by its time was wrong: take it back, and often chart it anew."""
        act, klass = self.chart[-1], self.klass
        if act.kind == "register":
            return
        self.chart.pop()
        if act.kind in ARRIVALS:  # the message repeats the admission that it cancels
            facts = {"location": act.place, "class": klass}
        else:
            facts = {"location": self.place}
        kind = "admit" if act.kind in ARRIVALS else act.kind
        self.tell(f"cancel_{kind}", act.at if exact else self.now, **facts)
        if redo and (self.chart or act.kind == "admit"):
            self.now += timedelta(minutes=3)
            self.act(act.kind, late, place, act.klass)

    def admission_was_none(self, exact):
        """Take back the admission of an emergency patient, with all that followed."""
        number = next(n for n, one in enumerate(self.chart) if one.kind in ARRIVALS[1:])
        admission = self.chart[number]
        facts = {"location": self.place, "class": self.klass}
        del self.chart[number:]
        self.tell("cancel_admit", admission.at if exact else self.now, **facts)


@st.composite
def wards(draw, coarse=False):
    """Wards; those whose clock is coarse chart at once what happens."""
    ward = Ward(grain=draw(st.sampled_from([5, 20, 60])), tells_origin=draw(st.booleans()))
    if not coarse:
        ward.grain = 0
    lateness = st.just(0) if coarse else st.integers(0, 30)
    emergency = draw(st.booleans())
    first = ("register", 9, "emergency") if emergency else ("admit", 9, "inpatient")
    ward.act(first[0], min(draw(lateness), 5), *first[1:])
    for _number in range(draw(st.integers(1, 9))):
        ward.now += timedelta(minutes=draw(st.integers(2, 15)))
        late, place = draw(lateness), draw(st.integers(1, 4))
        inside = ward.state == "present"
        kinds = [one.kind for one in ward.chart]
        doing = draw(
            st.sampled_from(
                ["move", "move", "admit", "leave", "update", "back", "again", "none", "late"]
            )
        )
        if inside if doing == "move" else doing == "late" and ward.state == "discharged":
            ward.act("transfer", late, place)
        elif doing == "admit" and set(kinds) in ({"register"}, {"register", "transfer"}):
            ward.act(draw(st.sampled_from(ARRIVALS[1:])), late, place, "inpatient")
        elif doing == "admit" and ward.state == "discharged" and not emergency:
            ward.act("admit", late, place, "inpatient")
        elif doing == "leave" and inside:
            ward.act("discharge", late, None)
        elif doing == "update" and ward.chart:
            ward.tell("update", ward.now)
        elif doing == "back" and len(ward.chart) > 1:
            ward.take_back(draw(st.booleans()), draw(st.booleans()), late, place)
        elif doing == "none" and emergency and inside and set(kinds) & set(ARRIVALS[1:]):
            ward.admission_was_none(draw(st.booleans()))
        elif doing == "again" and inside:
            act = ward.chart[-1]
            ward.tell(act.kind, act.at, location=act.place)
    return ward
