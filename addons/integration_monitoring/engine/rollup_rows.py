"""Rollups as rows: read and replaced in SQL, many at a time.

The pure side is :mod:`..tools.rollup`; here its values become rows and back. Nothing in this module
looks at the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from odoo.sql_db import BaseCursor

from ..tools.rollup import Rollup, Step

#: Windows of some interfaces: by interface, by the beginning of the window.
Windows = dict[int, dict[int, Rollup]]

_COLUMNS = (
    "received, finished, errors, attempts, duplicates, bytes, latency, depth, depth_peak, oldest, "
    "held"
)

#: What can be added up and drawn: sums of the columns above, in columns of their own.
_SUMS = "received_count, done_count, failed_count, error_count"


def moment(seconds: float) -> datetime:
    """A naive moment in UTC, as Odoo stores it, of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def seconds(at: datetime) -> int:
    """Seconds since 1970 of a moment as Odoo stores it."""
    return int(at.replace(tzinfo=UTC).timestamp())


def store(cr: BaseCursor, step: Step, windows: Mapping[int, Mapping[int, Rollup]]) -> None:
    """Replace windows by what is known of them now; computing one twice is harmless."""
    rows = [
        (interface, int(step), moment(begin), *_columns(rollup))
        for interface, mine in sorted(windows.items())
        for begin, rollup in sorted(mine.items())
    ]
    if not rows:
        return
    names = f"{_COLUMNS}, {_SUMS}".split(", ")
    one = f"({', '.join(['%s'] * (3 + len(names)))})"
    values = ", ".join([one] * len(rows))
    replaced = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
    cr.execute(
        f"""
        INSERT INTO integration_rollup (interface_id, step, begin_at, {", ".join(names)})
        VALUES {values}
        ON CONFLICT (interface_id, step, begin_at) DO UPDATE SET {replaced}
        """,  # noqa: S608 (names of columns of this module)
        [value for row in rows for value in row],
    )


def read(
    cr: BaseCursor, interface_ids: Sequence[int], step: Step, begin: float, end: float
) -> Windows:
    """Windows that begin in a range; those in which nothing happened have no row.

    :param begin, end: seconds since 1970; the end does not belong to it.
    """
    cr.execute(
        f"""
        SELECT interface_id, extract(epoch FROM begin_at)::bigint, {_COLUMNS}
          FROM integration_rollup
         WHERE interface_id = ANY(%s) AND step = %s AND begin_at >= %s AND begin_at < %s
         ORDER BY interface_id, begin_at
        """,  # noqa: S608 (names of columns of this module)
        [list(interface_ids), int(step), moment(begin), moment(end)],
    )
    found: Windows = {}
    names = _COLUMNS.split(", ")
    for interface, at, *values in cr.fetchall():
        row = dict(zip(names, values, strict=True))
        found.setdefault(interface, {})[at] = Rollup.from_dict({**row, "bytes": int(row["bytes"])})
    return found


def _columns(rollup: Rollup) -> list[object]:
    values = rollup.to_dict()
    return [
        json.dumps(value) if isinstance(value, dict | list) else value
        for value in (values[name] for name in _COLUMNS.split(", "))
    ] + _sums(rollup)


def _sums(rollup: Rollup) -> list[object]:
    """In the order of :data:`_SUMS`."""
    finished = rollup.finished
    return [
        sum(rollup.received.values()),
        finished.get("done", 0),
        finished.get("dead", 0) + finished.get("quarantined", 0),
        rollup.failed,
    ]
