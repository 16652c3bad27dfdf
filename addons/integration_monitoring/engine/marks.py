"""Marks: how far the ledger reached at some moment, so that what came later is found by its ids.

The ledger grows at its end. A mark remembers the highest ids that were visible at a moment; every
row that came into being after that moment has a higher one. So the rows of the last minutes are a
range of the primary key, whatever the size of the table, and the ledger needs no index for it.

Ids are given before a transaction commits. A row with a low id may become visible after rows with
higher ones; a mark therefore also remembers which transactions had not ended (``xid``: none had
begun to write that has this number or a higher one). What was recorded up to a mark is final once
all transactions below its ``xid`` have ended: see :func:`horizon`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from odoo.sql_db import BaseCursor
from odoo.tools import SQL

#: Marks are kept so long: longer than any transaction that is waited for.
KEPT = timedelta(hours=25)
#: By how much the clocks of servers may differ from that of the database.
SKEW = timedelta(seconds=5)
#: What is older than the first mark is looked for in the ledger; so far around it, because its ids
#: are in the order of time more or less only.
AROUND = (timedelta(minutes=15), timedelta(hours=1))
#: Rows of which one probe takes the middle, so that one that is out of order does not mislead.
_PROBE = 25


class Ids(NamedTuple):
    """Ids of the three tables that tell what happened."""

    message: int
    attempt: int
    payload: int


class Mark(NamedTuple):
    """Where the ledger ended at a moment.

    :param taken_at: naive UTC, of the database's clock, not before the ids were read
    :param xid: the transaction that was to begin next
    :param oldest: the oldest transaction that had not ended; ``xid`` if all had
    """

    taken_at: datetime
    xid: int
    oldest: int
    ids: Ids


#: The column by which a table's rows are told apart in time.
MOMENTS = {"message": "created_at", "attempt": "started_at", "payload": "created_at"}


def take(cr: BaseCursor) -> Mark:
    """Take a mark and keep it. The first statement of a transaction that writes."""
    cr.execute(
        """
        INSERT INTO integration_rollup_mark (taken_at, xid, oldest, message, attempt, payload)
        SELECT clock_timestamp() AT TIME ZONE 'UTC',
               pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
               pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
               coalesce((SELECT max(id) FROM integration_message), 0),
               coalesce((SELECT max(id) FROM integration_attempt), 0),
               coalesce((SELECT max(id) FROM integration_payload), 0)
        RETURNING taken_at, xid, oldest, message, attempt, payload
        """
    )
    taken_at, xid, oldest, *ids = cr.fetchone()
    return Mark(taken_at, xid, oldest, Ids(*ids))


def horizon(cr: BaseCursor, mark: Mark) -> datetime | None:
    """Up to when everything is final that was being recorded, as seen by ``mark``.

    What begins to be recorded after that moment, or has not been committed, may still come.
    ``None`` while a transaction is open that began before the first mark.
    """
    cr.execute("SELECT max(taken_at) FROM integration_rollup_mark WHERE xid <= %s", [mark.oldest])
    found = cr.fetchone()[0]
    return min(found, mark.taken_at) if found else None


def before(cr: BaseCursor, moment: datetime) -> Mark | None:
    """The last mark that was taken at a moment or before, by any server's clock."""
    cr.execute(
        "SELECT taken_at, xid, oldest, message, attempt, payload FROM integration_rollup_mark "
        "WHERE taken_at <= %s ORDER BY taken_at DESC LIMIT 1",
        [moment - SKEW],
    )
    row = cr.fetchone()
    return Mark(*row[:3], Ids(*row[3:])) if row else None


def forget(cr: BaseCursor, now: datetime) -> None:
    """Remove marks that are too old to be asked for; the last of them stays.

    One of a later time is from a clock that was set back: its ids are right, its time is not.
    """
    cr.execute(
        """
        DELETE FROM integration_rollup_mark
         WHERE taken_at > %(now)s + interval '1 minute'
            OR taken_at < (SELECT max(taken_at) FROM integration_rollup_mark
                            WHERE taken_at <= %(old)s)
        """,
        {"now": now, "old": now - KEPT},
    )


def low(cr: BaseCursor, begin: datetime) -> Ids:
    """Ids behind which everything lies that happened from ``begin`` on."""
    mark = before(cr, begin)
    # A mark from long before, as after a downtime, is right as well, and would cost more.
    if mark and begin - mark.taken_at < AROUND[0]:
        return mark.ids
    found = Ids(*(first for first, _last in _search(cr, begin - AROUND[0])))
    return Ids(*map(max, found, mark.ids)) if mark else found


def high(cr: BaseCursor, end: datetime) -> Ids:
    """Ids up to which nearly everything lies that happened before ``end``.

    What was recorded more than an hour late lies behind: it is looked for when it comes.
    """
    return Ids(*(last for _first, last in _search(cr, end + AROUND[1])))


def _search(cr: BaseCursor, moment: datetime) -> list[tuple[int, int]]:
    return [
        _around(cr, f"integration_{table}", column, moment) for table, column in MOMENTS.items()
    ]


def _around(cr: BaseCursor, table: str, column: str, moment: datetime) -> tuple[int, int]:
    """Ids that a moment lies between, by halving; what lies around them is taken along."""
    # a table of this module
    cr.execute(SQL("SELECT min(id) - 1, max(id) FROM %s", SQL.identifier(table)))
    first, last = cr.fetchone()
    if last is None:
        return 0, 0
    while last - first > _PROBE:
        middle = (first + last) // 2
        cr.execute(
            f"""
            SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x.moment)
              FROM (SELECT {column} AS moment FROM {table}
                     WHERE id > %s AND id <= %s ORDER BY id LIMIT {_PROBE}) x
            """,  # noqa: S608 (as above)
            [middle, last],
        )
        found = cr.fetchone()[0]
        if found is not None and found < moment:
            first = middle
        else:
            last = middle
    return first - _PROBE, last + _PROBE
