"""The hospital's day: something happens, Odoo is told and answers, and after a while it goes on."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from . import places
from .diary import Diary
from .messages import Writer
from .people import Happening
from .wire import Stopped, Wire

#: Messages a second while the hospital introduces itself.
OPENING_PACE: Final = 8
#: Patients who are there already when it does.
PATIENTS: Final = 18
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """How the days go.

    :ivar pace: messages a minute
    :ivar limit: messages after which it ends; 0: never
    :ivar currency: of what it charges
    """

    zone: ZoneInfo
    pace: float = 20.0
    processing: str = "T"
    limit: int = 0
    currency: str = "USD"


class Day:
    """Lets things happen and tells them."""

    def __init__(
        self,
        diary: Diary,
        wire: Wire,
        settings: Settings,
        stopping: threading.Event,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.answers: Counter[str] = Counter()
        self._diary = diary
        self._wire = wire
        self._settings = settings
        self._stopping = stopping
        self._clock = clock
        self._writer = Writer(settings.zone, settings.processing, settings.currency)
        self._written = diary.sent + len(diary.waiting)

    def run(self) -> None:
        """Go on until it is time to stop."""
        try:
            self._send_all(0)
            if self._diary.is_new:
                self._open()
            pause = 60 / self._settings.pace
            while not self._is_over():
                self._tell(self._diary.hospital.step(int(self._clock())), pause)
        except Stopped:
            pass
        finally:
            self._wire.close()

    def _is_over(self) -> bool:
        limit = self._settings.limit
        return self._stopping.is_set() or bool(limit and self._diary.sent >= limit)

    def _open(self) -> None:
        """The staff and the places first, then the patients who lie there."""
        now = int(self._clock())
        texts = [self._writer.staff(self._control(), now)]
        texts += [self._writer.locations(ward, self._control(), now) for ward in places.WARDS]
        self._diary.note(texts)
        self._send_all(1 / OPENING_PACE)
        for told in self._diary.hospital.fill(now, PATIENTS):
            self._tell(told, 1 / OPENING_PACE)

    def _tell(self, happened: list[Happening], pause: float) -> None:
        now = int(self._clock())
        self._diary.note([self._writer.write(one, self._control(), now) for one in happened])
        self._send_all(pause)

    def _control(self) -> str:
        self._written += 1
        return f"H{self._written:08}"

    def _send_all(self, pause: float) -> None:
        for text in self._pending():
            answer = self._wire.send(text)
            self.answers[answer.code] += 1
            self._diary.cross_out()
            header = text.split("|", 10)
            if answer.is_accepted:
                _LOGGER.info("%s %s %s", header[9], header[8], answer.code)
            else:
                # A real interface engine would hold the feed here and call somebody.
                _LOGGER.warning("%s %s %s: %s", header[9], header[8], answer.code, answer.reason)
            self._stopping.wait(pause)

    def _pending(self) -> Iterator[str]:
        while self._diary.waiting and not self._is_over():
            yield self._diary.waiting[0]
