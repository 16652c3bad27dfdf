# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When a version of a credential is used, and for what.

Versions overlap while a secret is rotated. Every version within its period *verifies* what the
partner sends, for the partner may change to the new secret before or after us. One version *signs*
what we send: the newest of those whose time to sign has come.

Moments are naive UTC, as Odoo stores them. Periods include their beginning and not their end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: Days before the end at which people are reminded; 0 is the end itself.
NOTICE_DAYS: Final = (30, 14, 7, 1, 0)


class VersionState(StrEnum):
    """What a version is good for at a moment. Values are what the screens store."""

    EMPTY = "empty"  #: no secret was entered yet
    COMING = "coming"  #: will be used; verifies already if its period has begun
    SIGNING = "signing"  #: signs what we send, and verifies
    VERIFYING = "verifying"  #: an older one that the partner may still use
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Span:
    """The times of one version.

    :param number: order of creation; of two that may sign, the higher one does.
    :param sign_from: when it begins to sign; ``None``: as soon as it is valid.
    :param ends: end of the period, the end of its certificate included.
    """

    number: int
    not_before: datetime | None = None
    sign_from: datetime | None = None
    ends: datetime | None = None
    revoked: bool = False
    empty: bool = False

    def valid_at(self, moment: datetime) -> bool:
        """Whether it verifies."""
        return (
            not self.revoked
            and not self.empty
            and (self.not_before is None or self.not_before <= moment)
            and (self.ends is None or moment < self.ends)
        )

    def may_sign_at(self, moment: datetime) -> bool:
        """Whether it verifies, and its time to sign has come."""
        return self.valid_at(moment) and (self.sign_from is None or self.sign_from <= moment)


def signers(spans: Iterable[Span], moment: datetime) -> list[Span]:
    """Those that may sign, the one that does first."""
    found = [span for span in spans if span.may_sign_at(moment)]
    return sorted(found, key=lambda span: span.number, reverse=True)


def state_of(span: Span, spans: Iterable[Span], moment: datetime) -> VersionState:
    """What ``span`` is good for, among all versions ``spans`` of its credential."""
    if span.revoked:
        return VersionState.REVOKED
    if span.empty:
        return VersionState.EMPTY
    if span.ends is not None and span.ends <= moment:
        return VersionState.EXPIRED
    if not span.may_sign_at(moment):
        return VersionState.COMING
    signing = signers(spans, moment)[:1] == [span]
    return VersionState.SIGNING if signing else VersionState.VERIFYING


def last_end(spans: Iterable[Span], moment: datetime) -> datetime | None:
    """When nothing will be valid any more: ``None`` for never, or when nothing is now.

    An old version that ends within a rotation is no reason to worry: another one outlasts it.
    """
    alive = [s for s in spans if not s.revoked and not s.empty and (not s.ends or s.ends > moment)]
    if any(span.ends is None for span in alive):
        return None
    return max((span.ends for span in alive if span.ends), default=None)


def notice_due(ends: datetime, moment: datetime, told: int | None) -> int | None:
    """The notice that is due: one of :data:`NOTICE_DAYS`, or ``None``.

    :param told: the last one that was given about this end. Those that were missed are left out:
        a server that was down for a week tells once.
    """
    left = ends - moment
    due = [days for days in NOTICE_DAYS if left <= timedelta(days=days)]
    if not due or (told is not None and told <= min(due)):
        return None
    return min(due)
