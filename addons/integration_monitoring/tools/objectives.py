# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an interface promises as long as nobody has agreed on something else.
Made of its classification: how bad a failure is, how fast it has to be, how soon it must be back
and how much may be lost. Thresholds of latency are bounds of :data:`.histogram.BOUNDS`, so that
what is above them is counted and not estimated.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from .slo import Kind, Objective


class Promise(NamedTuple):
    """What a criticality asks for.

    :param good: share of attempts that do not fail, and of messages in time.
    :param healed: share of incidents that are healed in time.
    :param kept: share of acknowledged messages that are kept.
    :param heal_minutes: time to heal, where the interface names none.
    """

    good: float
    healed: float
    kept: float
    heal_minutes: int


PROMISES: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        "vital": Promise(0.999, 0.95, 0.9999, 15),
        "high": Promise(0.995, 0.9, 0.9999, 60),
        "medium": Promise(0.99, 0.9, 0.999, 240),
        "low": Promise(0.95, 0.8, 0.99, 1440),
    }
)
#: Seconds in which a message is finished, by latency class.
LATENCY_SECONDS: Final[Mapping[str, float]] = MappingProxyType(
    {"realtime": 5.0, "near_realtime": 60.0, "batch": 3600.0}
)
#: Share of acknowledged messages that are kept where nothing may be lost.
NOTHING_LOST: Final = 0.9999


def defaults(
    criticality: str, latency_class: str, rto_minutes: int = 0, rpo_minutes: int = 0
) -> tuple[Objective, ...]:
    """An objective of each kind.

    :param rto_minutes: minutes that the interface may be down; 0: by its criticality.
    :param rpo_minutes: minutes of the latest data that may be lost. With 0 nothing may be, except
        on an interface of low criticality, where 0 rather means that nobody has thought of it.
    :raises KeyError: there is no such criticality or latency class.
    """
    promise = PROMISES[criticality]
    kept = promise.kept
    if not rpo_minutes and criticality != "low":
        kept = max(kept, NOTHING_LOST)
    return (
        Objective(Kind.LATENCY, promise.good, LATENCY_SECONDS[latency_class]),
        Objective(Kind.AVAILABILITY, promise.good),
        Objective(Kind.RECOVERY, promise.healed, 60.0 * (rto_minutes or promise.heal_minutes)),
        Objective(Kind.DURABILITY, kept),
    )
