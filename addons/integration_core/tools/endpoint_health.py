# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When an endpoint that fails without a break is disabled, and when that is announced.

An endpoint is failing from the first failed attempt after its last success. When that has lasted
for half, 70 % and 90 % of a limit, its owner is told; at the limit it is disabled. Nobody is
disabled unannounced: if the last announcement came late (the server was down, or the limit was
lowered), the rest of the time begins with it. 410 disables at once, for the partner has said so
itself. Only a person enables again, and then everything counts from the beginning.

Everything here is a value: each operation returns the next :class:`Health`, to be stored. Moments
are naive UTC, as Odoo stores them. Judge when an attempt has *failed*: without attempts nothing is
known, and time alone disables nobody. Which failures count is told by
the engine that records them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

#: Shares of the limit, in percent, at which people are told.
SHARES: Final = (50, 70, 90)
DEFAULT_LIMIT: Final = timedelta(hours=120)
MIN_LIMIT: Final = timedelta(hours=1)
_HOUR: Final = timedelta(hours=1)


class Reason(StrEnum):
    """Why an endpoint is disabled. Values are what the database stores."""

    FAILING = "failing"  #: failed without a break for the limit
    GONE = "gone"  #: said that it is gone (410)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint is; a new one, or one that was enabled again, is ``Health()``.

    :param failing_since: the first failure after the last success.
    :param announced: the highest of :data:`SHARES` that was announced in this failure, or 0.
    :param disable_at: the end that was announced then; never disabled before it.
    :param disabled_at: when it was disabled; ``None`` while it is not.
    :param disabled_because: why.
    """

    failing_since: datetime | None = None
    announced: int = 0
    disable_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_because: Reason | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """People are to be told now that the endpoint will be disabled.

    :param percent: share of the limit that has passed, out of :data:`SHARES`.
    :param failing_since: since when every attempt has failed.
    :param disable_at: when it will be disabled at the earliest, unless an attempt succeeds.
    :param now: the moment of the announcement.
    """

    percent: int
    failing_since: datetime
    disable_at: datetime
    now: datetime

    def parameters(self) -> dict[str, Any]:
        """What a text about it needs; whole hours are rounded down, so that nobody comes late."""
        return {
            "percent": self.percent,
            "failing_since": self.failing_since,
            "failing_hours": (self.now - self.failing_since) // _HOUR,
            "disable_at": self.disable_at,
            "hours_left": (self.disable_at - self.now) // _HOUR,
        }


@dataclass(frozen=True, slots=True)
class Disabling:
    """The endpoint is to be disabled now, and people are to be told.

    :param failing_since: the first failure; of a 410 without one before, the 410 itself.
    """

    reason: Reason
    failing_since: datetime
    now: datetime

    def parameters(self) -> dict[str, Any]:
        """What a text about it needs."""
        return {
            "reason": self.reason.value,
            "failing_since": self.failing_since,
            "failing_hours": (self.now - self.failing_since) // _HOUR,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a failed attempt. At most one of ``announcement`` and ``disabling`` is
    there."""

    health: Health
    announcement: Announcement | None = None
    disabling: Disabling | None = None


def after_success(health: Health) -> Health:
    """An attempt succeeded: nothing of an earlier failure counts any more.

    One that was under way when the endpoint was disabled does not enable it: a person has been
    told, and decides.
    """
    return health if health.disabled_at else Health()


def after_failure(health: Health, now: datetime, limit: timedelta = DEFAULT_LIMIT) -> Verdict:
    """An attempt failed.

    :param now: when it did.
    :param limit: continuous failure after which the endpoint is disabled, at least an hour.
    """
    if limit < MIN_LIMIT:
        raise ValueError("an endpoint is not disabled within its first hour of failure")
    if health.disabled_at:
        return Verdict(health)
    # A clock that was ahead for a moment must not make the failure begin in the future.
    since = min(health.failing_since or now, now)
    due = max((share for share in SHARES if now - since >= limit * share / 100), default=0)
    health = _unannounced(replace(health, failing_since=since), now, limit)
    if due > health.announced:
        at = since + limit
        if due == SHARES[-1]:
            # What is left after the last announcement, however late it comes.
            at = max(at, now + limit * (100 - due) / 100)
        health = replace(health, announced=due, disable_at=at)
        return Verdict(health, announcement=Announcement(due, since, at, now))
    announced = health.announced == SHARES[-1] and health.disable_at
    if announced and now >= max(since + limit, announced):
        return _disable(health, Reason.FAILING, since, now)
    return Verdict(health)


def after_gone(health: Health, now: datetime) -> Verdict:
    """The endpoint answered 410: it is disabled at once."""
    if health.disabled_at:
        return Verdict(health)
    return _disable(health, Reason.GONE, min(health.failing_since or now, now), now)


def _unannounced(health: Health, now: datetime, limit: timedelta) -> Health:
    """Forget announcements for shares that are not reached any more, because the limit was raised.

    A hundredth is tolerated: the clocks of two machines are never quite the same.
    """
    failing_for = now - (health.failing_since or now)
    if failing_for >= limit * (health.announced - 1) / 100:
        return health
    return replace(health, announced=0, disable_at=None)


def _disable(health: Health, reason: Reason, since: datetime, now: datetime) -> Verdict:
    disabled = replace(health, failing_since=since, disabled_at=now, disabled_because=reason)
    return Verdict(disabled, disabling=Disabling(reason, since, now))
