"""A day of traffic and three months of rollups, so that the screens show life from the start.

Messages of the last day are rows of the ledger, and their rollups are counted from them: a number
on a screen opens the list that it counts. Of what is older there are rollups only, as when
retention has removed the messages.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, timedelta

from odoo import api
from odoo.models import BaseModel

from odoo.addons.integration_core.demo.ledger import Ledger, Story

from ..engine import rollup_rows
from ..tools.histogram import Histogram
from ..tools.rollup import Rollup, Step, begin_of, roll_up

#: Messages a day, by external id of the interface in the demo data of the core.
A_DAY = {"interface_lab_consumption": 220, "interface_payroll_badges": 45}
TYPES = {
    "interface_lab_consumption": "procurement.material_consumption",
    "interface_payroll_badges": "demo.employee.joined",
}
HISTORY = 90
_SEED = 7


def tell(env: api.Environment) -> None:
    """Fill ledger and rollups once; a second call does nothing."""
    ledger = Ledger(env)
    for name, a_day in A_DAY.items():
        interface = env.ref(f"integration_core.{name}", raise_if_not_found=False)
        if interface and not ledger.is_told(f"{name}/day-0"):
            _Traffic(ledger, interface, name, a_day).tell()
    beats = env["integration.heartbeat"].sudo()  # sudo: parts of the suite beat, not people
    if not beats.search([("kind", "=", "rollup")], limit=1):
        beats.create(
            {
                "key": "rollup",  # as the collector calls itself, which takes it over
                "kind": "rollup",
                "name": "Rollups",
                "every": 180,
                "beat_at": ledger.now,
                "detail": "Demo data",
            }
        )


@dataclass
class _Traffic:
    """What one interface did."""

    ledger: Ledger
    interface: BaseModel
    name: str
    a_day: int
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        # Not a secret: the same story each time.
        self.chance = random.Random(f"{self.name}{_SEED}")  # noqa: S311

    def tell(self) -> None:
        now = int(self.ledger.now.replace(tzinfo=UTC).timestamp())
        minutes = self._day(now)
        begin = begin_of(now - Step.DAY, Step.HOUR)
        hours = {at: roll_up(minutes, at, Step.HOUR) for at in range(begin, now, Step.HOUR)}
        for at in range(begin_of(now - HISTORY * Step.DAY, Step.DAY), begin, Step.HOUR):
            hours[at] = self._invented(at)
        days = {
            at: roll_up(hours, at, Step.DAY)
            for at in range(begin_of(now - HISTORY * Step.DAY, Step.DAY), now, Step.DAY)
        }
        for step, rows in ((Step.MINUTE, minutes), (Step.HOUR, hours), (Step.DAY, days)):
            rows = {at: row for at, row in rows.items() if row != Rollup()}
            rollup_rows.store(self.ledger.env.cr, step, {self.interface.id: rows})

    def _day(self, now: int) -> dict[int, Rollup]:
        """Messages of the last day, and the minutes in which they came and were finished."""
        received: Counter[int] = Counter()
        done: dict[int, list[float]] = {}
        failed: Counter[int] = Counter()
        for number, at in enumerate(self._moments(now)):
            seconds = self.chance.lognormvariate(0, 0.8)
            again = self.chance.random() < 0.04
            if again:
                failed[begin_of(at + 1, Step.MINUTE)] += 1
                seconds += 16
            self._message(number, at, now, seconds, 2 if again else 1)
            received[begin_of(at, Step.MINUTE)] += 1
            done.setdefault(begin_of(at + seconds, Step.MINUTE), []).append(seconds)
        return {
            at: Rollup(
                received={self.interface.direction: received[at]} if received[at] else {},
                finished={"done": len(done[at])} if at in done else {},
                errors={"transient": failed[at]} if failed[at] else {},
                attempts=len(done.get(at, ())) + failed[at],
                bytes=900 * received[at],
                latency=Histogram.of(done.get(at, ())),
                depth_peak=received[at],
                oldest=max(done.get(at, [0.0])),
            )
            for at in {*received, *done, *failed}
        }

    def _moments(self, now: int) -> list[float]:
        """When messages came, more of them by day than by night; the oldest first."""
        found = []
        while len(found) < self.a_day * _weekday(now):
            at = now - self.chance.uniform(90, Step.DAY)
            if self.chance.random() < _busy(at):
                found.append(at)
        return sorted(found)

    def _message(self, number: int, at: float, now: int, seconds: float, attempts: int) -> None:
        created = self.ledger.now - timedelta(seconds=now - at)
        story = Story(
            f"{self.name}/day-{number}",
            "done",
            (now - at) / 60,
            TYPES[self.name],
            attempts=attempts,
            status=200 if self.interface.direction == "outbound" else None,
            values={"finished_at": created + timedelta(seconds=seconds)},
        )
        self.ledger.tell(self.interface, story)

    def _invented(self, at: int) -> Rollup:
        """An hour of which there are no messages any more."""
        expected = self.a_day / 24 * 2 * _busy(at)
        expected *= _weekday(at)
        count = max(0, round(self.chance.gauss(expected, math.sqrt(expected + 0.1))))
        if not count:
            return Rollup()
        failed = sum(self.chance.random() < 0.03 for _ in range(count))
        return Rollup(
            received={self.interface.direction: count},
            finished={"done": count},
            errors={"transient": failed} if failed else {},
            attempts=count + failed,
            bytes=900 * count,
            latency=Histogram.of(self.chance.lognormvariate(0, 0.8) for _ in range(count)),
            depth_peak=self.chance.randint(0, 4),
            oldest=self.chance.lognormvariate(1, 1),
        )


def _busy(at: float) -> float:
    """How busy a moment of the day is, between 0 and 1; most at two in the afternoon, UTC."""
    return 0.5 + 0.45 * math.cos(2 * math.pi * (at % Step.DAY / Step.DAY - 14 / 24))


def _weekday(at: float) -> float:
    """How busy a day is: 1, and less at the weekend."""
    # The first of January 1970 was a Thursday.
    return 0.45 if (at // Step.DAY + 4) % 7 in (0, 6) else 1.0
