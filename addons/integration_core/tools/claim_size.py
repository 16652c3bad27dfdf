# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How many messages a drain claims at once.

What a claim costs besides its messages (leases, the interface read anew, results in one
transaction) is shared by all of them. What is claimed by a worker that dies is sent again, and a
partner that answers slowly must not hold many: so a claim is a short time's work, measured at the
partner.
"""

from __future__ import annotations

from typing import Final

#: Seconds of sending that a claim is meant to last.
SECONDS: Final = 0.5
#: Messages for each connection: enough to keep it busy between two claims, and no more than this.
LEAST: Final = 10
MOST: Final = 100


class ClaimSize:
    """The size of the next claim of one drain, per connection."""

    def __init__(self) -> None:
        self.per_connection = LEAST

    def shrink(self) -> None:
        """The partner has trouble: he gets no more than is needed to see when it is over, however
        quickly he refuses."""
        self.per_connection = LEAST

    def note(self, count: int, seconds: float, connections: int) -> None:
        """A claim of ``count`` messages took so many seconds over ``connections``.

        It grows to twice at most, because a few quick answers prove little, and shrinks at once.
        """
        if not count:
            return
        fitting = int(SECONDS * count / (max(seconds, 0.001) * connections))
        self.per_connection = max(LEAST, min(fitting, 2 * self.per_connection, MOST))
