"""The clinic's day: something happens, Odoo is told, and now and then something is read there."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from . import notices
from .diary import Diary
from .door import Door, Stopped
from .reader import Reader
from .records import Resource

#: Patients who are there when the clinic opens, and seconds between what it tells of them.
PATIENTS: Final = 8
OPENING_PAUSE: Final = 0.5
#: Every so many events one is lost on the way: its number is missed, and Odoo asks.
LOST_EVERY: Final = 12
#: Seconds without an event after which there is a sign of life, and between two looks into Odoo.
HEARTBEAT: Final = 60
LOOK: Final = 20
#: Nobody is told of times that can be booked: Odoo asks for them.
UNTOLD: Final = ("Slot",)
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """Something that was told, for the clinic's page."""

    at: float
    what: str
    status: int
    reason: str = ""


class Day:
    """Lets things happen and tells them.

    :param lock: held while the records change
    :param base: address of the clinic's own server
    :param pace: events a minute
    :param limit: Bundles after which it ends; 0: never
    """

    def __init__(
        self,
        diary: Diary,
        door: Door,
        reader: Reader,
        lock: threading.Lock,
        stopping: threading.Event,
        *,
        base: str,
        pace: float,
        limit: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.answers: Counter[int] = Counter()
        self.last: deque[Told] = deque(maxlen=20)
        self.lost = 0
        self.diary, self.reader = diary, reader
        self._door, self._lock, self._stopping = door, lock, stopping
        self._base, self._pause, self._limit = base, 60 / pace, limit
        self._clock = clock
        self._looked = self._spoke = 0.0

    def run(self) -> None:
        """Go on until it is time to stop."""
        try:
            self._post_all(0)
            if self.diary.is_new:
                self._open()
            while not self._is_over():
                self._look()
                with self._lock:
                    changed = self.diary.clinic.step(int(self._clock()))
                self._tell(changed, self._pause)
        except Stopped:
            pass
        finally:
            self._door.close()
            self.reader.close()

    def _is_over(self) -> bool:
        return self._stopping.is_set() or bool(self._limit and self.diary.told >= self._limit)

    def _open(self) -> None:
        """What everything refers to comes first, then the patients who are there."""
        clinic, now = self.diary.clinic, int(self._clock())
        with self._lock:
            lists = [one for one in clinic.open(now) if one["resourceType"] not in UNTOLD]
        self.diary.note(notices.lists(self._base, lists), notices.handshake(self._base, now))
        pause = min(OPENING_PAUSE, self._pause)
        self._post_all(pause)
        with self._lock:
            filled = list(clinic.fill(now, PATIENTS))
        for changed in filled:
            self._tell(changed, pause, certain=True)

    def _tell(self, changed: Sequence[Resource], pause: float, certain: bool = False) -> None:
        now = int(self._clock())
        told = _newest(changed)
        if told:
            self.diary.events += 1
            number = self.diary.events
            if number % LOST_EVERY or certain:
                self.diary.note(notices.event(self._base, number, told, now))
            else:
                self.lost += 1
                self.diary.save()
                _LOGGER.info("event %s: lost on the way", number)
        elif self._clock() - self._spoke > HEARTBEAT:
            self.diary.note(notices.heartbeat(self._base, self.diary.events, now))
        self._post_all(0)
        self._stopping.wait(pause)

    def _post_all(self, pause: float) -> None:
        while self.diary.waiting and not self._is_over():
            bundle = self.diary.waiting[0]
            answer = self._door.post(bundle)
            self._spoke = self._clock()
            self.answers[answer.status] += 1
            what = described(bundle)
            self.last.appendleft(Told(self._spoke, what, answer.status, answer.reason))
            self.diary.cross_out()
            level = logging.INFO if answer.is_accepted else logging.WARNING
            _LOGGER.log(level, "%s: %s %s", what, answer.status, answer.reason)
            self._stopping.wait(pause)

    def _look(self) -> None:
        if self._clock() - self._looked >= LOOK:
            self._looked = self._clock()
            self.reader.look()
            self.diary.reader = self.reader.state()


def _newest(changed: Sequence[Resource]) -> list[Resource]:
    """What is told of a change: of each resource the version that it has now."""
    found = {notices.name(one): one for one in changed if one["resourceType"] not in UNTOLD}
    return list(found.values())


def described(bundle: Resource) -> str:
    """A Bundle in a few words, without anything of a patient."""
    entries = [one["resource"] for one in bundle["entry"]]
    kinds = Counter(one["resourceType"] for one in entries if one["resourceType"] != "Parameters")
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    if bundle["type"] == "transaction":
        return f"lists: {counted}"
    said = {one["name"]: one for one in entries[0]["parameter"]}
    kind = str(said["type"]["valueCode"])
    if kind != "event-notification":
        return kind
    return f"event {said['events-since-subscription-start']['valueString']}: {counted}"
