# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When something was said, as a text that sorts: by the moment, then by the order of arrival."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Place(NamedTuple):
    """The place of a message among all that arrived.

    :ivar arrived: its id in the ledger; for a part of a list, that of the list
    :ivar part: the id of the part, which grow in the order of the list; 0 for what is none
    """

    arrived: int
    part: int = 0


def tick(at: datetime, place: Place) -> str:
    """What was said at ``at``, by a message that arrived at ``place``.

    :param at: naive UTC; counts to the millisecond

    >>> tick(datetime(2026, 3, 1, 8), Place(71, 80))
    '2026-03-01T08:00:00.000#00000000000000000071.00000000000000000080'
    """
    return f"{at.isoformat(timespec='milliseconds')}#{place.arrived:020d}.{place.part:020d}"
