# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When to try again.

Two shapes: exponential with *full jitter* (``random(0, min(cap, base * 2**n))``, see "Exponential
Backoff And Jitter", AWS Architecture Blog, 2015), which spreads a crowd of callers best, and an
explicit schedule with a little jitter, which is what webhook senders promise to their partners.
"""

import math
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

#: Returns a number from 0 to 1, as :func:`random.random` does.
Rng = Callable[[], float]

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ENTRY: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([smhd])")
_MAX_ENTRIES: Final = 50
_MAX_DELAY: Final = 30 * 86400.0


def full_jitter(attempt: int, base: float, cap: float, rng: Rng = random.random) -> float:
    """Seconds to wait after the given failed attempt (1 is the first).

    Anything from 0 to ``min(cap, base * 2**(attempt - 1))``, evenly distributed.
    """
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    # ldexp instead of **: a thousandth attempt must not overflow.
    exponent = min(attempt - 1, 64)
    return rng() * min(cap, math.ldexp(base, exponent))


def parse_schedule(text: str) -> tuple[float, ...]:
    """Read ``"0s, 5s, 5m, 2h"`` into seconds. Units are s, m, h and d.

    :raises ValueError: with a text that tells an administrator what to write instead.
    """
    entries = [entry.strip() for entry in text.split(",")]
    if not text.strip():
        raise ValueError("the schedule is empty; write for example: 0s, 5s, 5m, 2h")
    if len(entries) > _MAX_ENTRIES:
        raise ValueError(f"the schedule has more than {_MAX_ENTRIES} entries")
    return tuple(_parse_delay(entry, number) for number, entry in enumerate(entries, start=1))


def _parse_delay(entry: str, number: int) -> float:
    match = _ENTRY.fullmatch(entry)
    if not match:
        raise ValueError(
            f"entry {number} of the schedule ({entry[:20]!r}) is not a delay; "
            "write a number and a unit, for example 5s, 5m, 2h or 1d"
        )
    seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > _MAX_DELAY:
        raise ValueError(f"entry {number} of the schedule is longer than 30 days")
    return seconds


def format_schedule(delays: Sequence[float]) -> str:
    """The text from which :func:`parse_schedule` reads the same delays (to the millisecond)."""
    return ", ".join(_format_delay(delay) for delay in delays)


def _format_delay(seconds: float) -> str:
    for unit in ("d", "h", "m"):
        count, rest = divmod(seconds, _UNITS[unit])
        if count and not rest:
            return f"{int(count)}{unit}"
    text = f"{seconds:.3f}".rstrip("0").rstrip(".")
    return f"{text}s"


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """How often and when a failed message is tried again.

    :param mode: ``exponential`` uses ``base`` and ``cap``; ``schedule`` uses ``schedule``.
    :param base: upper bound of the first delay, in seconds.
    :param cap: upper bound of any exponential delay, in seconds.
    :param schedule: delay before each attempt, in seconds. The first entry belongs to the first
        attempt (normally 0), so a schedule of ten entries means ten attempts.
    :param max_attempts: attempts in all; ``None`` means no limit (exponential) or the length
        of the schedule.
    :param jitter: share by which a scheduled delay varies in both directions.
    """

    mode: Literal["exponential", "schedule"] = "exponential"
    base: float = 5.0
    cap: float = 3600.0
    schedule: tuple[float, ...] = ()
    max_attempts: int | None = 10
    jitter: float = 0.2

    def __post_init__(self) -> None:
        if self.mode not in ("exponential", "schedule"):
            raise ValueError(f"unknown retry mode {self.mode!r}")
        if self.mode == "schedule" and not self.schedule:
            raise ValueError("a retry plan by schedule needs a schedule")
        if self.base < 0 or self.cap < 0 or any(delay < 0 for delay in self.schedule):
            raise ValueError("delays are not negative")
        if not 0 <= self.jitter <= 1:
            raise ValueError("jitter is a share from 0 to 1")
        if self.max_attempts is not None and self.max_attempts < 1:
            raise ValueError("at least one attempt is needed")

    @property
    def total_attempts(self) -> int | None:
        """Attempts in all, ``None`` when unlimited: what decides about the dead letter."""
        if self.mode == "exponential":
            return self.max_attempts
        length = len(self.schedule)
        return length if self.max_attempts is None else min(length, self.max_attempts)

    def next_delay(
        self, attempt: int, retry_after: float | None = None, rng: Rng = random.random
    ) -> float | None:
        """Seconds until the next attempt, or ``None`` when this was the last one.

        :param attempt: number of the attempt that just failed, counted from 1.
        :param retry_after: what the partner asked for, in seconds. It is a lower bound: jitter
            is only added to it, so that all waiting messages do not return at one moment.
        """
        total = self.total_attempts
        if total is not None and attempt >= total:
            return None
        if self.mode == "exponential":
            delay = full_jitter(attempt, self.base, self.cap, rng)
        else:
            delay = self.schedule[attempt] * (1 + self.jitter * (2 * rng() - 1))
        if retry_after is not None:
            delay = max(delay, retry_after * (1 + self.jitter * rng()))
        return delay
