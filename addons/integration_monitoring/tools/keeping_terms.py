# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""For how many days what monitoring found out is kept, once it is over."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Kept(StrEnum):
    """What is kept for a time. Values are what the database stores."""

    INCIDENT = "incident"  #: healed incidents with all that was told, and maintenance that is over
    GROUP = "error_group"  #: kinds of failure that came no more, with how they were resolved
    HOUR = "error_hour"  #: failures of each kind by the hour
    BREACH = "breach"  #: documents that were late, and are not any more
    DAY = "slo_day"  #: days of service levels


#: Unless an administrator decides otherwise (``integration.monitoring.term``).
DEFAULT_DAYS: Final = {
    Kept.INCIDENT: 730,
    Kept.GROUP: 365,
    Kept.HOUR: 90,
    Kept.BREACH: 90,
    Kept.DAY: 5 * 366,
}
#: As long as something is computed from them. A period of a service level has 366 days at most, and
#: its days are counted anew from the incidents; triage compares with the failures of a month.
LEAST_DAYS: Final = {
    Kept.INCIDENT: 400,
    Kept.GROUP: 31,
    Kept.HOUR: 31,
    Kept.BREACH: 1,
    Kept.DAY: 400,
}
