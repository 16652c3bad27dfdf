"""The collector: from the ledger to a row for each minute of each interface.

It reads after the fact and writes tables of its own: no business transaction waits for it, and
there is no row that two of them write. One run is one transaction in READ COMMITTED under an
advisory lock, so a run that dies at any line leaves nothing behind, the next one does its work, and
two at once are harmless: the second finds the lock taken and does nothing.

A run counts the minutes that are not final, mostly the present one and the one before, and replaces
their rows; the size of content is added when a minute becomes final. A minute is final once every
transaction that was under way at its end has ended (:func:`.marks.horizon`); for that, minutes are
counted again and again for :data:`OPEN` at most. What is recorded later, by a transaction that took
longer, a worker that hung or a clock that was behind, is noticed when it comes: its minutes are put
down as ranges, as are those of a downtime and those from before the addon was installed, and
counted anew in :mod:`.ranges`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.engine.drain import fault_point

from ..tools.rollup import EMPTY, Rollup, Step
from . import coarse, keeping, ledger_counts, marks, ranges, rollup_rows
from .marks import Mark
from .minutes import MINUTE, between, epoch, floor, lock
from .rollup_rows import Windows

#: For so long a minute is counted again in each run because something may still be committed.
OPEN = timedelta(minutes=5)
#: A minute closes so long after its end: results are told a moment after they were reached.
CLOSE_AFTER = timedelta(seconds=5)
#: What hangs for longer is not looked for behind its marks in each run, but once it has ended.
PATIENCE = timedelta(minutes=10)


#: Counting takes this share of the time at most, unless it has rested for so many seconds.
SHARE = 0.02
LONGEST = 28.0
#: Of more messages than this that wait or are held, the number in this minute is good enough.
DEEP = 20_000


@dataclass(frozen=True)
class Collected:
    """What a run did.

    :ivar at: the moment of the reading, naive UTC
    :ivar begin: from this minute on, rows were counted anew, up to the present minute
    :ivar closed: minutes that became final in this run, oldest first; their hours are up to date
    """

    at: datetime
    begin: datetime
    closed: tuple[datetime, ...]


@dataclass(frozen=True)
class State:
    """Where the run before ended.

    :ivar open_from: minutes before it were closed
    :ivar horizon: see :func:`.marks.horizon`
    :ivar held_from: since when a transaction has been open that took longer than a minute is kept
        open; ``None``: none is
    """

    open_from: datetime
    horizon: datetime
    held_from: datetime | None = None


def collect(registry: Registry) -> Collected | None:
    """Bring the rows of the latest minutes up to date; ``None``: another process is at it."""
    with own_cursor(registry) as cr:
        if not lock(cr):
            return None
        # Before anything is written, so that this transaction does not stand in its own way.
        mark = marks.take(cr)
        found = _collect(cr, mark)
        fault_point("rollup_counted")
    fault_point("rollup_committed")
    return found


def _collect(cr: BaseCursor, mark: Mark) -> Collected:
    ledger_counts.plan_by_indexes(cr)
    now = mark.taken_at
    present = floor(now)
    state = _state(cr)
    if state is None:
        state = State(present - OPEN, now)
        ranges.add_first(cr, state.open_from)
    begin = min(state.open_from, present)
    if begin < present - OPEN:
        begin = present - OPEN
        ranges.add(cr, state.open_from, begin, "gap")
    horizon = marks.horizon(cr, mark) or state.horizon
    closed_until = max(begin, floor(min(horizon, now - CLOSE_AFTER)))
    windows = ledger_counts.count(
        cr, begin, present + MINUTE, marks.low(cr, begin), sized=closed_until
    )
    _store(cr, windows, begin, now)
    state = _look_for_late(cr, state, begin, now, horizon)
    closed = tuple(between(begin, closed_until))
    coarse.update(cr, closed)
    _keep(cr, replace(state, open_from=closed_until, horizon=horizon), now)
    marks.forget(cr, now)
    return Collected(now, begin, closed)


def _store(cr: BaseCursor, windows: Windows, begin: datetime, now: datetime) -> None:
    """Replace the rows of open minutes; the readings of what waits are added to the present one."""
    present = epoch(floor(now))
    ids = coarse.interfaces(cr)
    known = rollup_rows.read(cr, ids, Step.MINUTE, epoch(begin), present + Step.MINUTE)
    deep = {interface for interface, mine in known.items() if _is_deep(mine.get(present, EMPTY))}
    readings = ledger_counts.readings(cr, deep)
    changed: Windows = {}
    for interface in sorted({*windows, *known, *readings}):
        mine, before = windows.get(interface, {}), known.get(interface, {})
        reading = readings.get(interface)
        times = {*mine, *before, *([present] if reading else [])}
        for at in times:
            old = before.get(at, EMPTY)
            new = with_gauges(mine.get(at, EMPTY), old)
            if at == present and interface not in deep:
                new = _read_at(new, reading)
            if new != old:
                changed.setdefault(interface, {})[at] = new
    rollup_rows.store(cr, Step.MINUTE, changed)


def _is_deep(window: Rollup) -> bool:
    """Whether so much waits that it is counted once a minute only."""
    return window.depth + window.held > DEEP


def with_gauges(counted: Rollup, known: Rollup) -> Rollup:
    """A window counted anew, with what the ledger does not tell afterwards."""
    return replace(
        counted,
        depth=known.depth,
        depth_peak=known.depth_peak,
        oldest=known.oldest,
        held=known.held,
    )


def _read_at(window: Rollup, reading: ledger_counts.Reading | None) -> Rollup:
    depth, oldest, held = reading or ledger_counts.Reading(0, 0.0, 0)
    return replace(
        window,
        depth=depth,
        depth_peak=max(window.depth_peak, depth),
        oldest=max(window.oldest, round(oldest, 3)),
        held=held,
    )


def _look_for_late(
    cr: BaseCursor, state: State, begin: datetime, now: datetime, horizon: datetime
) -> State:
    """Put down the minutes of what was recorded since the last run and belongs before ``begin``."""
    oldest = now - keeping.kept(cr)[Step.MINUTE]
    since = max(state.horizon, now - PATIENCE)
    if horizon < now - OPEN:
        # Whatever it is, its minutes are counted anew once it has ended.
        state = replace(state, held_from=min(state.held_from or horizon, horizon))
    elif state.held_from:
        since = min(state.held_from, since)
        ranges.add(cr, max(floor(since), floor(oldest)), begin, "late")
        state = replace(state, held_from=None)
    low = marks.before(cr, since + marks.SKEW)
    if low:
        for minute in ledger_counts.late_minutes(cr, low.ids, begin, floor(oldest)):
            ranges.add(cr, minute, minute + MINUTE, "late")
    return state


def _state(cr: BaseCursor) -> State | None:
    cr.execute("SELECT open_from, horizon, held_from FROM integration_rollup_state")
    row = cr.fetchone()
    return State(*row) if row else None


def is_due(registry: Registry) -> bool:
    """Whether it is worth while to collect already, for who collects several times a minute.

    After a run that took long another one waits, so that counting takes a small share of the time
    whatever the traffic; for :data:`LONGEST` seconds at most.
    """
    with own_cursor(registry) as cr:
        cr.execute(
            "SELECT extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - ran_at)::float8,"
            " coalesce(took, 0) FROM integration_rollup_state"
        )
        row = cr.fetchone()
    if row is None:
        return True
    ago, took = row
    return not 0 <= ago < min(took / SHARE, LONGEST)


def _keep(cr: BaseCursor, state: State, now: datetime) -> None:
    """One row, which nobody writes but who holds the lock."""
    cr.execute(
        """
        INSERT INTO integration_rollup_state (single, ran_at, took, open_from, horizon, held_from)
        VALUES (true, %(now)s,
                extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - %(now)s::timestamp),
                %(open_from)s, %(horizon)s, %(held_from)s)
        ON CONFLICT (single) DO UPDATE
           SET ran_at = EXCLUDED.ran_at, took = EXCLUDED.took, open_from = EXCLUDED.open_from,
               horizon = EXCLUDED.horizon, held_from = EXCLUDED.held_from
        """,
        {
            "now": now,
            "open_from": state.open_from,
            "horizon": state.horizon,
            "held_from": state.held_from,
        },
    )
