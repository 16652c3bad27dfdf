# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is usual for an interface of which only an estimate for a day is known.
Nothing is known of its rhythm, so all hours are alike and the estimate is the weakest basis that
there is: too little is not judged, too much only far beyond, and a silence lasts about a day.
"""

from __future__ import annotations

from .hours_of_week import HALVES, HOURS, SLOTS
from .traffic_profile import BLANK, CAUTION, Basis, Expectation, Profile

_DAY_MINUTES = 24 * 60


def expected(per_day: int) -> Profile:
    """The profile of an interface by the messages that are expected on an ordinary day.

    :param per_day: without any nothing is judged.
    """
    if per_day <= 0:
        return BLANK
    hourly = per_day / HOURS
    usual = Expectation(hourly, hourly**0.5, hourly, 1, Basis.OVERALL)
    rate = per_day / _DAY_MINUTES / CAUTION[Basis.OVERALL] ** 2
    # Busy feeds rest at night and on days off: as many arrivals as a whole night has say nothing.
    return Profile(60, (usual,) * SLOTS, (min(rate, _WHOLE_DAY),) * HALVES)


#: Arrivals a minute with which a silence is significant after about a day, whatever comes.
_WHOLE_DAY = 10.0 / _DAY_MINUTES
