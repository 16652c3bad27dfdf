"""When messages arrived at first, whatever became of them since.

A retry, a replay and a part of a replayed list bring something that is as old as the message that
brought it first. Of two of the same time the one that arrived later is the newer one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from odoo.sql_db import BaseCursor

from ..tools.ticks import Place


@dataclass(frozen=True)
class Arrival:
    """When a message arrived at first.

    :ivar at: naive UTC
    """

    at: datetime
    place: Place


def of(cr: BaseCursor, message_ids: Iterable[int]) -> dict[int, Arrival]:
    """Arrivals of messages by their ids, without those that the ledger does not have.

    A part arrived with its list (:mod:`.parts`), and what is replayed when it came first. The parts
    of a replayed list have the place of the list, and one after those that it had at first.
    """
    cr.execute(
        """
        SELECT m.id, coalesce(f.created_at, m.created_at),
               coalesce(w.original_id, w.id, m.original_id, m.id),
               CASE WHEN w.id IS NULL THEN 0 ELSE coalesce(m.original_id, m.id) END
          FROM integration_message m
          LEFT JOIN integration_message w
            ON w.uuid = m.causation_id AND w.interface_id = m.interface_id
           AND w.direction = 'inbound' AND m.direction = 'inbound'
          LEFT JOIN integration_message f
            ON f.id = coalesce(w.original_id, w.id, m.original_id)
         WHERE m.id = ANY(%s)
        """,
        [list(message_ids)],
    )
    return {id_: Arrival(at, Place(*place)) for id_, at, *place in cr.fetchall()}
