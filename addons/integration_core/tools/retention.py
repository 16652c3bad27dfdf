# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rules of retention: which clock outlasts which, how fast to delete, whether a clock is right.

No database, no clock of its own: moments and durations come as arguments.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

#: Seconds of work in one go. Short: nobody waits behind it, and it may be stopped at any time.
WORK_SECONDS: Final = 1.0
#: Rest after a second of work, in seconds, while messages come and go: a twentieth of one
#: processor, which still removes more in a day than comes in.
BUSY_REST: Final = 19.0
#: The same while nothing else is going on.
IDLE_REST: Final = 1.0

#: Messages of one transaction: so many that it takes about :data:`BATCH_SECONDS`.
FIRST_BATCH: Final = 100
SMALLEST_BATCH: Final = 25
LARGEST_BATCH: Final = 1000
BATCH_SECONDS: Final = 0.1

#: A stretch of time without any message and without retention that nobody is asked about.
PLAUSIBLE_SILENCE: Final = timedelta(days=2)


def order_problem(clinical: int, payload: int, metadata: int, key: int) -> str | None:
    """Which of two clocks (days) ends too early: ``clinical``, ``payload``, ``key``, or ``None``.

    Clinical content goes first, content goes before the message that it belongs to, and the key by
    which a repetition is recognised goes last.
    """
    if clinical > payload:
        return "clinical"
    if payload > metadata:
        return "payload"
    if key < metadata:
        return "key"
    return None


def longest_silence(start: datetime, moments: Iterable[datetime], end: datetime) -> timedelta:
    """The longest stretch between ``start`` and ``end`` in which nothing happened.

    :param moments: when something happened; what lies outside is ignored, the order is free
    """
    known = sorted(moment for moment in moments if start < moment < end)
    points = [start, *known, end]
    return max(
        (later - earlier for earlier, later in pairwise(points)),
        default=timedelta(0),
    )


def clock_is_plausible(
    last_run: datetime | None, moments: Sequence[datetime], now: datetime
) -> bool:
    """Whether time can have passed as the clock says since the last run.

    A clock that was set ahead shows a long time in which nothing happened at all; then everything
    would look old enough to be deleted. A server that was switched off so long looks the same: a
    person has to tell.

    :param moments: when messages were created since the last run
    """
    if last_run is None or now - last_run <= PLAUSIBLE_SILENCE:
        return True
    return longest_silence(last_run, moments, now) <= PLAUSIBLE_SILENCE


def rest(worked: float, busy: bool) -> float:
    """Seconds to rest after ``worked`` seconds of deleting; at least one second."""
    share = BUSY_REST if busy else IDLE_REST
    return max(1.0, worked / WORK_SECONDS * share)


def next_size(size: int, seconds: float) -> int:
    """The size of the next batch after one of ``size`` took ``seconds``."""
    if seconds > 2 * BATCH_SECONDS:
        size //= 2
    elif seconds < BATCH_SECONDS / 2:
        size *= 2
    return min(max(size, SMALLEST_BATCH), LARGEST_BATCH)
