"""What waits in the ledger now, from its partial indexes: the cost is that of what is open.

What is finished, however much that is, lies in none of these indexes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from odoo import api
from odoo.sql_db import BaseCursor

#: States in which a message goes on by itself sooner or later.
ON_THE_WAY: Final = ("received", "queued", "processing", "waiting", "retry")
#: All that is not finished: the condition of the ledger's index of ordering keys.
OPEN: Final = (*ON_THE_WAY, "held", "quarantined", "dead")


@dataclass(slots=True)
class Waiting:
    """What waits on one interface.

    :ivar counts: by state
    :ivar oldest: when the oldest message that is on the way came into being
    """

    counts: dict[str, int] = field(default_factory=dict)
    oldest: datetime | None = None

    @property
    def on_the_way(self) -> int:
        """How many go on by themselves."""
        return sum(self.counts.get(state, 0) for state in ON_THE_WAY)


def waiting(env: api.Environment) -> dict[int, Waiting]:
    """By id of the interface: what the reader may see of what is not finished.

    Counted by the ORM with the rights of the reader, as the lists behind the numbers are.
    """
    found: dict[int, Waiting] = {}
    groups = env["integration.message"]._read_group(
        [("state", "in", OPEN)], ["interface_id", "state"], ["__count", "created_at:min"]
    )
    for interface, state, count, since in groups:
        mine = found.setdefault(interface.id, Waiting())
        mine.counts[state] = count
        if state in ON_THE_WAY:
            mine.oldest = min(mine.oldest or since, since)
    return found


def total(found: Mapping[int, Waiting], *states: str) -> int:
    """How many there are in some states, on all interfaces."""
    return sum(one.counts.get(state, 0) for one in found.values() for state in states)


def last_successes(cr: BaseCursor, interface_ids: Sequence[int]) -> dict[int, datetime | None]:
    """When each interface delivered or handled a message last."""
    cr.execute(
        """
        SELECT i.id,
               (SELECT m.finished_at FROM integration_message m WHERE m.interface_id = i.id
                   AND m.state = 'done' ORDER BY m.finished_at DESC LIMIT 1)
          FROM integration_interface i WHERE i.id = ANY(%s)
        """,
        [list(interface_ids)],
    )
    return dict(cr.fetchall())
