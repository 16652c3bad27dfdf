"""Ranges of minutes that are still to be counted, in steps: old ones, gaps, and what came late.

A range is a row. A step counts its last hour, or less where much happened, and shortens the row in
the same transaction: whatever ends the process, the rest is done later. The newest ranges come
first, because they are looked at first.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.engine.drain import fault_point

from ..tools.histogram import Histogram
from ..tools.rollup import EMPTY, Rollup, Step
from . import coarse, keeping, ledger_counts, marks, rollup_rows
from .minutes import MINUTE, between, epoch, floor, lock
from .rollup_rows import Windows

#: A step is made shorter until it reads at most about so many messages.
MESSAGES = 50_000


def add(cr: BaseCursor, begin: datetime, end: datetime, why: str) -> None:
    """Put down a range of whole minutes, unless one contains it already.

    :param why: ``first``, ``gap`` or ``late``
    """
    if begin >= end:
        return
    cr.execute(
        """
        INSERT INTO integration_rollup_range (begin_at, end_at, first_end_at, why)
        SELECT %(begin)s, %(end)s, %(end)s, %(why)s
         WHERE NOT EXISTS (SELECT 1 FROM integration_rollup_range
                            WHERE begin_at <= %(begin)s AND end_at >= %(end)s)
        """,
        {"begin": begin, "end": end, "why": why},
    )


def add_first(cr: BaseCursor, end: datetime) -> None:
    """What the ledger holds from before the addon was installed, as far as minutes are kept."""
    cr.execute("SELECT created_at FROM integration_message ORDER BY id LIMIT 1")
    row = cr.fetchone()
    if row:
        oldest = max(row[0], end - keeping.kept(cr)[Step.MINUTE])
        add(cr, floor(oldest), end, "first")


def work(registry: Registry, seconds: float) -> int:
    """Count ranges for some seconds at most, and one step at least; how many steps it took."""
    until, steps = time.monotonic() + seconds, 0
    while True:
        with own_cursor(registry) as cr:
            if not lock(cr) or not _step(cr):
                return steps
            fault_point("rollup_step")
        steps += 1
        if time.monotonic() > until:
            return steps


def _step(cr: BaseCursor) -> bool:
    """Count the end of the newest range; whether there was one."""
    cr.execute(
        "SELECT id, begin_at, end_at, why FROM integration_rollup_range "
        "ORDER BY end_at DESC, id LIMIT 1 FOR UPDATE"
    )
    row = cr.fetchone()
    if row is None:
        return False
    range_id, first, end, why = row
    ledger_counts.plan_by_indexes(cr)
    begin, low, high = _part(cr, first, end)
    # What came late lies anywhere behind.
    _count(cr, begin, end, low, None if why == "late" else high)
    if begin > first:
        cr.execute(
            "UPDATE integration_rollup_range SET end_at = %s WHERE id = %s", [begin, range_id]
        )
    else:
        cr.execute("DELETE FROM integration_rollup_range WHERE id = %s", [range_id])
    return True


def _part(cr: BaseCursor, first: datetime, end: datetime) -> tuple[datetime, marks.Ids, marks.Ids]:
    """The end of a range that makes a step: its beginning, and its ids."""
    begin = max(first, (end - MINUTE).replace(minute=0))
    low, high = marks.low(cr, begin), marks.high(cr, end)
    while high.message - low.message > MESSAGES and end - begin > MINUTE:
        begin = end - max(1, int((end - begin) / MINUTE) // 2) * MINUTE
        low = marks.low(cr, begin)
    return begin, low, high


def _count(
    cr: BaseCursor, begin: datetime, end: datetime, low: marks.Ids, high: marks.Ids | None
) -> None:
    counted = ledger_counts.count(cr, begin, end, low, high)
    known = rollup_rows.read(cr, list(counted), Step.MINUTE, epoch(begin), epoch(end))
    changed: Windows = {}
    for interface, mine in counted.items():
        for minute, found in mine.items():
            old = known.get(interface, {}).get(minute, EMPTY)
            new = at_least(found, old)
            if new != old:
                changed.setdefault(interface, {})[minute] = new
    rollup_rows.store(cr, Step.MINUTE, changed)
    coarse.update(cr, between(begin, end))


def at_least(counted: Rollup, known: Rollup) -> Rollup:
    """A window counted long afterwards: what retention has removed since does not vanish here."""
    values = {}
    for name in ("received", "finished", "errors"):
        ours, theirs = getattr(counted, name), getattr(known, name)
        values[name] = {key: max(ours.get(key, 0), theirs.get(key, 0)) for key in ours | theirs}
    for name in ("attempts", "duplicates", "bytes"):
        values[name] = max(getattr(counted, name), getattr(known, name))
    pairs = zip(counted.latency.counts, known.latency.counts, strict=True)
    return replace(known, latency=Histogram(tuple(map(max, pairs))), **values)
