"""Messages that are about several things: each of them keeps its order.

What unites two records waits for everything earlier about either of them, and everything later
about either waits for it, in whatever lane that is. Therefore it is not handled in one claim with
what stands before or behind it: its turn comes when it is the first of all its keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from odoo.sql_db import BaseCursor

from ..tools.states import ATTENTION, LIVE
from .cursors import insert_quietly

# The states of the index of keys of messages (``integration_message_key_idx``), as in claims.
_WITH_KEY = ", ".join(f"'{state}'" for state in sorted(LIVE | ATTENTION))
_ANY_OPEN = (
    "EXISTS (SELECT 1 FROM integration_message_key o"
    " WHERE o.interface_id = %(interface)s AND o.is_open)"
)
_ASK_OPEN = f"SELECT {_ANY_OPEN}"


def keep(cr: BaseCursor, interface_id: int, keys: Mapping[int, Sequence[str]]) -> None:
    """Remember all keys of messages, by the message's id, where there are several."""
    rows = [
        (message_id, interface_id, key)
        for message_id, found in keys.items()
        for key in dict.fromkeys(found)
    ]
    if rows:
        insert_quietly(
            cr,
            "INSERT INTO integration_message_key (message_id, interface_id, key, is_open) "
            "VALUES %s",
            rows,
            template="(%s, %s, %s, true)",
        )


def copy(cr: BaseCursor, replays: Mapping[int, int]) -> None:
    """Give replays the keys of their originals: ids of replays by those of the originals."""
    cr.execute(
        """
        INSERT INTO integration_message_key (message_id, interface_id, key, is_open)
        SELECT v.replay, k.interface_id, k.key, true
          FROM unnest(%s::int[], %s::int[]) AS v(original, replay)
          JOIN integration_message_key k ON k.message_id = v.original
        """,
        [list(replays), list(replays.values())],
    )


def close(cr: BaseCursor, interface_id: int) -> None:
    """Nothing waits any more for messages that are finished."""
    cr.execute(
        """
        UPDATE integration_message_key k SET is_open = false
         WHERE k.interface_id = %s AND k.is_open
           AND (SELECT m.state FROM integration_message m WHERE m.id = k.message_id)
               IN ('done', 'filtered', 'cancelled')
        """,
        [interface_id],
    )


def any_open(cr: BaseCursor, interface_id: int) -> bool:
    """Whether messages of an interface that have several keys are on the way."""
    cr.execute(_ASK_OPEN, {"interface": interface_id})
    return cr.fetchone()[0]


def conditions(blocking: str) -> str:
    """Further conditions for claiming ``m`` from ``%(interface)s``.

    Whether an interface has open keys at all, which most never have, is asked once by the claiming
    statement itself: what it sees of messages and what it sees of their keys is one state. Known
    from before, it would let the next message of a patient overtake the merge that arrived since.

    Both conditions are looks into indexes for each candidate, whatever statistics say: ``OFFSET 0``
    and the scalar query keep the planner from joining, see ``claims._earlier``.

    :param blocking: states in which an earlier message holds back later ones, as a list for SQL
    """
    # Built from this package's own words only, never from data: hence no S608.
    named = f"""
        EXISTS (SELECT 1 FROM integration_message_key k
                 WHERE k.interface_id = m.interface_id AND k.is_open AND k.key = {{key}}
                   AND k.message_id < m.id
                   AND (SELECT e.state FROM integration_message e WHERE e.id = k.message_id)
                       IN ({blocking}) OFFSET 0)"""  # noqa: S608
    return f"""
           AND (NOT {_ANY_OPEN} OR (
               NOT {named.format(key="m.partition_key")}
               AND NOT EXISTS (
                   SELECT 1 FROM integration_message_key own
                    WHERE own.message_id = m.id AND (
                          {named.format(key="own.key")}
                       OR EXISTS (SELECT 1 FROM integration_message e
                                   WHERE e.interface_id = m.interface_id
                                     AND e.partition_key = own.key AND e.id < m.id
                                     AND e.state IN ({_WITH_KEY})
                                     AND e.state || '' IN ({blocking}) OFFSET 0)) OFFSET 0)))"""  # noqa: S608
