"""What the watch of interfaces keeps and reads: its own rows, and counts of rollups.

Nothing in this module looks at the ledger. Minutes are read for hours, hours for days: a look at an
interface reads some hundred small rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from odoo.sql_db import BaseCursor

from ..tools.indicators import Counts
from ..tools.rollup import Step
from .rollup_rows import moment

#: Any number that no other part of the suite uses for an advisory lock.
_LOCK = 7_301_552_019


class Watched(NamedTuple):
    """An interface with what the watch knows of it.

    :param zone: time zone of its system.
    :param state: as it was stored; ``None``: nothing yet.
    :param profile: the same as text: it is long, and seldom another one than in the look before.
    """

    id: int
    interface_id: int
    system_id: int
    company_id: int
    active: bool
    direction: str
    lifecycle: str
    paused: bool
    receiving_stopped: bool
    awaits_release: bool
    latency_class: str
    rto_minutes: int
    credential_id: int | None
    zone: str
    light: str
    reasons: list[dict[str, Any]] | None
    state: dict[str, Any] | None
    profile: str | None
    expected: int


def lock(cr: BaseCursor) -> bool:
    """Whether this transaction alone may look; another one is at it otherwise."""
    cr.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
    return bool(cr.fetchone()[0])


def wait(cr: BaseCursor) -> None:
    """Wait until nobody looks, and keep others from looking until this transaction ends."""
    cr.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def ensure(cr: BaseCursor) -> list[int]:
    """A row for each interface that has ever been active; ids of the interfaces that are new."""
    cr.execute(
        """
        INSERT INTO integration_watch (interface_id, light, reasons, use_expected, history_days)
        SELECT i.id, 'unknown', '[{"code": "never_used", "light": "unknown", "facts": {}}]', false,
               0
          FROM integration_interface i
         WHERE i.activated_at IS NOT NULL AND i.revision_of_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM integration_watch w WHERE w.interface_id = i.id)
        ON CONFLICT (interface_id) DO NOTHING
        RETURNING interface_id
        """
    )
    return [row[0] for row in cr.fetchall()]


def watched(cr: BaseCursor) -> list[Watched]:
    """Every interface that is watched, in the order of their ids."""
    cr.execute(
        """
        SELECT w.id, i.id, i.system_id, i.company_id, coalesce(i.active, false), i.direction,
               i.state, coalesce(i.processing_paused, false),
               coalesce(i.receiving_stopped, false), coalesce(i.awaits_release, false),
               i.latency_class, coalesce(i.rto_minutes, 0), i.credential_id,
               coalesce(s.tz, 'UTC'), w.light, w.reasons, w.state, w.profile::text,
               CASE WHEN w.use_expected THEN coalesce(i.expected_per_day, 0) ELSE 0 END
          FROM integration_watch w
          JOIN integration_interface i ON i.id = w.interface_id
          JOIN integration_system s ON s.id = i.system_id
         ORDER BY i.id
        """
    )
    return [Watched(*row) for row in cr.fetchall()]


class Look(NamedTuple):
    """What a look leaves behind in the row of an interface."""

    id: int
    light: str
    reasons: list[dict[str, Any]]
    state: dict[str, Any]
    significant: float | None


def store(cr: BaseCursor, looks: Sequence[Look], now: float) -> None:
    """Write what was seen; the time of a light stays as long as the light does."""
    rows = [
        (
            one.id,
            one.light,
            json.dumps(one.reasons),
            json.dumps(one.state),
            None if one.significant is None else moment(one.significant),
        )
        for one in looks
    ]
    if not rows:
        return
    values = ", ".join(["(%s, %s, %s::jsonb, %s::jsonb, %s::timestamp)"] * len(rows))
    cr.execute(
        f"""
        UPDATE integration_watch w
           SET since = CASE WHEN w.light = v.light AND w.since IS NOT NULL THEN w.since
                            ELSE %s::timestamp END,
               light = v.light, reasons = v.reasons, state = v.state,
               significant_at = v.significant_at, updated_at = %s::timestamp
          FROM (VALUES {values}) AS v(id, light, reasons, state, significant_at)
         WHERE w.id = v.id
        """,  # noqa: S608 (placeholders only)
        [moment(now), moment(now), *(value for row in rows for value in row)],
    )


def counts(
    cr: BaseCursor, directions: Mapping[int, str], step: Step, begin: float, end: float
) -> dict[int, dict[int, Counts]]:
    """Counts of windows that begin in a range, by interface and beginning; empty ones are missing.

    :param directions: of each interface that is wanted: its messages in this direction count.
    """
    cr.execute(
        """
        SELECT interface_id, extract(epoch FROM begin_at)::bigint, received::text, attempts,
               errors::text, latency::text, duplicates
          FROM integration_rollup
         WHERE interface_id = ANY(%s) AND step = %s AND begin_at >= %s AND begin_at < %s
        """,
        [list(directions), int(step), moment(begin), moment(end)],
    )
    found: dict[int, dict[int, Counts]] = {}
    for interface, at, received, attempts, errors, latency, repeated in cr.fetchall():
        arrived = (_parsed(received) or {}).get(directions[interface], 0)
        known = found.setdefault(interface, {})
        known[at] = Counts(
            arrived, attempts or 0, _parsed(errors) or {}, _parsed(latency) or (), repeated or 0
        )
    return found


@lru_cache(maxsize=16384)
def _parsed(text: str | None) -> Any:
    """The value of a column; nobody changes it, for others get the same.

    A look reads the hours and minutes of the look before again, all but one of them.
    """
    return None if text is None else json.loads(text)


def ever_used(cr: BaseCursor, interface_ids: Sequence[int]) -> set[int]:
    """Those of the interfaces that have a rollup at all."""
    cr.execute(
        """
        SELECT i.id FROM unnest(%s::int[]) AS i(id)
         WHERE EXISTS (SELECT 1 FROM integration_rollup r WHERE r.interface_id = i.id)
        """,
        [list(interface_ids)],
    )
    return {row[0] for row in cr.fetchall()}


def arrivals(
    cr: BaseCursor, interface_id: int, direction: str, begin: float, end: float
) -> dict[int, int]:
    """Messages of each minute (minutes since 1970) that had some, for learning."""
    cr.execute(
        """
        SELECT extract(epoch FROM begin_at)::bigint / 60, (received ->> %s)::integer
          FROM integration_rollup
         WHERE interface_id = %s AND step = %s AND begin_at >= %s AND begin_at < %s
           AND jsonb_exists(received, %s)
        """,
        [direction, interface_id, int(Step.MINUTE), moment(begin), moment(end), direction],
    )
    return dict(cr.fetchall())


def first_rollup(cr: BaseCursor, interface_id: int) -> float | None:
    """When the first minute of an interface that is kept begins, in seconds."""
    cr.execute(
        """
        SELECT extract(epoch FROM begin_at)::bigint FROM integration_rollup
         WHERE interface_id = %s AND step = %s ORDER BY begin_at LIMIT 1
        """,
        [interface_id, int(Step.MINUTE)],
    )
    row = cr.fetchone()
    return float(row[0]) if row else None
