"""Numbers by which a partner sees that a message is missing: dense for each interface.

A message gets its number when it is made to be sent, and keeps it: retries carry the same one, and
so do replays. What is filtered gets none, so it leaves no gap. A number is taken in the transaction
that gives it to its message, hence a process that dies takes none along.

Called on the engine's READ COMMITTED cursors only: the rows are shared by the dispatcher and the
drains.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from odoo.sql_db import BaseCursor


def take(cr: BaseCursor, interface_ids: Sequence[int]) -> list[int]:
    """The next number for each entry of ``interface_ids``, in their order.

    One statement, whatever their number; it takes the rows in the order of their ids, so that two
    transactions wait for each other instead of getting into a deadlock.
    """
    counts = Counter(interface_ids)
    if not counts:
        return []
    rows = cr.execute_values(
        """
        INSERT INTO integration_sequence AS s (interface_id, last) VALUES %s
        ON CONFLICT (interface_id) DO UPDATE SET last = s.last + EXCLUDED.last
        RETURNING interface_id, last
        """,
        sorted(counts.items()),
        page_size=len(counts),
        fetch=True,
    )
    following: dict[int, Iterator[int]] = {
        interface_id: iter(range(last - counts[interface_id] + 1, last + 1))
        for interface_id, last in rows
    }
    return [next(following[interface_id]) for interface_id in interface_ids]


def give(cr: BaseCursor, interface_id: int, message_ids: Sequence[int]) -> dict[int, int]:
    """Give numbers to those messages that have none, in the order of their ids.

    These were made before there were numbers, or were quarantined when they were made.

    :return: the numbers of all ``message_ids``
    """
    # Locked: a worker that was taken for dead may be at the same messages.
    cr.execute(
        "SELECT id, sequence_number FROM integration_message WHERE id = ANY(%s) "
        "ORDER BY id FOR NO KEY UPDATE",
        [list(message_ids)],
    )
    numbers = dict(cr.fetchall())
    without = [message_id for message_id, number in numbers.items() if number is None]
    given = dict(zip(without, take(cr, [interface_id] * len(without)), strict=True))
    if given:
        cr.execute_values(
            """
            UPDATE integration_message m SET sequence_number = v.number
              FROM (VALUES %s) AS v(id, number) WHERE m.id = v.id
            """,
            list(given.items()),
            page_size=len(given),
        )
    return numbers | given
