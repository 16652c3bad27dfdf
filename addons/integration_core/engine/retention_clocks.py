"""Clocks of retention: per interface and clock, how far it has come and what is overdue.

``reached_at`` and ``reached_id`` are where the last batch stopped, in the order of the index that
serves it. So a batch does not walk again over what stays (content that is gone already, messages
under legal hold), and its cost does not depend on the size of the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from odoo.sql_db import BaseCursor

from ..tools import retention

NOW = "(now() AT TIME ZONE 'UTC')"
#: Overdue messages are counted up to here: more is "more than", and counting stays cheap.
COUNTED = 100_000
#: After so many days a clock begins anew, to find what was skipped: what was locked, referred to,
#: or stood behind its neighbours in time.
LOOK_AGAIN_DAYS = {"metadata": 1, "payload": 90, "keys": 30, "events": 30}

#: What belongs to which track; each is a partial index of the ledger.
TRACKS = {"done": "m.state = 'done'", "closed": "m.state IN ('filtered', 'cancelled')"}

_DAYS = """
    CASE c.kind
    WHEN 'payload' THEN CASE WHEN i.data_class = 'clinical' THEN p.clinical_payload_days
                             ELSE p.payload_days END
    WHEN 'metadata' THEN p.metadata_days
    WHEN 'keys' THEN c.days
    ELSE (SELECT max(r.events_days) FROM integration_retention r) END
"""
_CUTOFF = f"{NOW} - make_interval(days => {_DAYS})"
_OF_POLICY = """
    LEFT JOIN integration_interface i ON i.id = c.interface_id
    LEFT JOIN integration_policy p ON p.id = i.policy_id
"""
#: Terms that no second person has approved remove nothing: an interface that was active once and is
#: a draft, or was retired as one (approved_at is empty then), or is in an emergency.
UNAPPROVED = """(i.activated_at IS NOT NULL AND (
    i.state IN ('draft', 'in_review') OR (i.state = 'retired' AND i.approved_at IS NULL)
    OR EXISTS (SELECT 1 FROM integration_revision r
                WHERE r.interface_id = i.id AND r.state = 'emergency')))"""
# What goes first: clinical content, other content, messages, events, keys.
_URGENCY = """
    CASE c.kind WHEN 'payload' THEN CASE WHEN i.data_class = 'clinical' THEN 0 ELSE 1 END
                WHEN 'metadata' THEN 2 WHEN 'events' THEN 3 ELSE 4 END
"""


@dataclass(frozen=True)
class Clock:
    """One clock, locked. ``until`` is the moment before which everything is overdue (naive UTC)."""

    id: int
    kind: str
    track: str
    interface_id: int | None
    days: int
    reached_at: datetime | None
    reached_id: int
    until: datetime


def ensure(cr: BaseCursor) -> None:
    """Create the clocks that are missing and forget those of clock settings that nobody uses."""
    cr.execute(
        """
        INSERT INTO integration_retention_clock
               (kind, track, interface_id, days, reached_id, overdue, caught_up_at)
        SELECT wanted.kind, wanted.track, wanted.interface_id, wanted.days, 0, 0,
               now() AT TIME ZONE 'UTC' FROM (
            SELECT kind, track, i.id AS interface_id, NULL::integer AS days
              FROM integration_interface i, unnest(ARRAY['payload', 'metadata']) kind,
                   unnest(ARRAY['done', 'closed']) track
             WHERE i.revision_of_id IS NULL
             UNION ALL
            SELECT DISTINCT 'keys', 'done', NULL::integer, p.key_days FROM integration_policy p
             WHERE EXISTS (SELECT 1 FROM integration_interface i WHERE i.policy_id = p.id)
             UNION ALL
            SELECT 'events', 'done', NULL, NULL) wanted
         WHERE NOT EXISTS (
               SELECT 1 FROM integration_retention_clock c
                WHERE c.kind = wanted.kind AND c.track = wanted.track
                  AND c.interface_id IS NOT DISTINCT FROM wanted.interface_id
                  AND c.days IS NOT DISTINCT FROM wanted.days)
        ON CONFLICT DO NOTHING
        """
    )
    cr.execute(
        """
        DELETE FROM integration_retention_clock c WHERE c.kind = 'keys' AND NOT EXISTS (
            SELECT 1 FROM integration_policy p
              JOIN integration_interface i ON i.policy_id = p.id WHERE p.key_days = c.days)
        """
    )


def look_again(cr: BaseCursor) -> None:
    """Let clocks that have caught up begin anew when their time has come."""
    for kind, days in LOOK_AGAIN_DAYS.items():
        cr.execute(
            f"""
            UPDATE integration_retention_clock
               SET reached_at = NULL, reached_id = 0, looked_again_at = {NOW}
             WHERE kind = %s AND overdue = 0
               AND coalesce(looked_again_at, '-infinity') < {NOW} - make_interval(days => %s)
            """,  # noqa: S608
            [kind, days],
        )


def restart(cr: BaseCursor) -> None:
    """Let every clock begin anew: a hold was lifted, or the server's clock was wrong."""
    cr.execute("UPDATE integration_retention_clock SET reached_at = NULL, reached_id = 0")


def refresh(cr: BaseCursor, counted: int = COUNTED) -> None:
    """Find out what is overdue at each clock, as far as ``counted``."""
    ensure(cr)
    cr.execute("SET LOCAL jit TO off")
    for track, condition in TRACKS.items():
        cr.execute(
            f"""
            UPDATE integration_retention_clock c
               SET overdue = found.number, oldest_at = found.oldest,
                   caught_up_at = CASE WHEN found.number = 0 THEN {NOW} ELSE c.caught_up_at END
              FROM (SELECT c.id, x.number, x.oldest
                      FROM integration_retention_clock c {_OF_POLICY}
                     CROSS JOIN LATERAL (
                           SELECT count(*) AS number, min(finished_at) AS oldest FROM (
                               SELECT m.finished_at FROM integration_message m
                                WHERE m.interface_id = c.interface_id AND {condition}
                                  AND NOT {UNAPPROVED}
                                  AND m.finished_at >= coalesce(c.reached_at, '-infinity')
                                  AND m.finished_at < {_CUTOFF}
                                  AND (m.finished_at, m.id)
                                    > (coalesce(c.reached_at, '-infinity'), c.reached_id)
                                LIMIT %s) o) x
                     WHERE c.kind IN ('payload', 'metadata') AND c.track = %s) found
             WHERE c.id = found.id
            """,  # noqa: S608
            [counted, track],
        )
    _refresh_by_id(cr, "keys", "integration_idempotency", "created_at", counted)
    _refresh_by_id(cr, "events", "integration_event", "occurred_at", counted)


def _refresh_by_id(cr: BaseCursor, kind: str, table: str, moment: str, counted: int) -> None:
    """Tables without an index of time are walked in the order of their ids, which is that of time.

    A thousand rows tell whether there is something to do at all.
    """
    cr.execute(
        f"""
        UPDATE integration_retention_clock c
           SET overdue = found.number, oldest_at = found.oldest,
               caught_up_at = CASE WHEN found.number = 0 THEN {NOW} ELSE c.caught_up_at END
          FROM (SELECT c.id, x.number, x.oldest
                  FROM integration_retention_clock c {_OF_POLICY}
                 CROSS JOIN LATERAL (
                       SELECT count(*) FILTER (WHERE o.moment < {_CUTOFF}) AS number,
                              min(o.moment) FILTER (WHERE o.moment < {_CUTOFF}) AS oldest
                         FROM (SELECT t.{moment} AS moment FROM {table} t
                                WHERE t.id > c.reached_id ORDER BY t.id LIMIT %s) o) x
                 WHERE c.kind = %s) found
         WHERE c.id = found.id
        """,  # noqa: S608
        [min(counted, 1000), kind],
    )


def next_overdue(cr: BaseCursor) -> int | None:
    """Id of the clock whose turn it is, if anything is overdue."""
    cr.execute(
        f"""
        SELECT c.id FROM integration_retention_clock c {_OF_POLICY}
         WHERE c.overdue > 0 AND NOT {UNAPPROVED}
         ORDER BY {_URGENCY}, c.oldest_at NULLS FIRST, c.id LIMIT %s
        """,  # noqa: S608
        [1],
    )
    row = cr.fetchone()
    return row and row[0]


def lock(cr: BaseCursor, clock_id: int) -> Clock | None:
    """Read a clock for a batch; a second sweep waits here until the first one has committed.

    None when it is gone, or rests since a moment ago.
    """
    cr.execute(
        f"""
        SELECT c.id, c.kind, c.track, c.interface_id, coalesce(c.days, 0), c.reached_at,
               c.reached_id, {_CUTOFF}
          FROM integration_retention_clock c {_OF_POLICY}
         WHERE c.id = %s AND NOT {UNAPPROVED} FOR UPDATE OF c
        """,  # noqa: S608
        [clock_id],
    )
    row = cr.fetchone()
    return Clock(*row) if row else None


def advance(
    cr: BaseCursor, clock: Clock, reached: tuple[datetime | None, int] | None, seen: int, full: bool
) -> None:
    """Note how far a batch came. One that was not full has reached the end of what is overdue."""
    reached = reached or (clock.reached_at, clock.reached_id)
    cr.execute(
        f"""
        UPDATE integration_retention_clock
           SET reached_at = %(at)s, reached_id = %(id)s, oldest_at = %(at)s, problem = NULL,
               overdue = CASE WHEN %(full)s THEN greatest(overdue - %(seen)s, 1) ELSE 0 END,
               caught_up_at = CASE WHEN %(full)s THEN caught_up_at ELSE {NOW} END
         WHERE id = %(clock)s
        """,  # noqa: S608
        {"at": reached[0], "id": reached[1], "seen": seen, "full": full, "clock": clock.id},
    )


def set_aside(cr: BaseCursor, clock_id: int, problem: str) -> None:
    """Leave a clock alone until the next look: its batch fails."""
    cr.execute(
        "UPDATE integration_retention_clock SET overdue = 0, problem = %s WHERE id = %s",
        [problem, clock_id],
    )


def time_is_plausible(cr: BaseCursor) -> bool:
    """Whether the clock of the database can be right (see ``tools.retention``)."""
    cr.execute("SELECT max(looked_at), now() AT TIME ZONE 'UTC' FROM integration_retention")
    last, now = cr.fetchone()
    if last is None or now - last <= retention.PLAUSIBLE_SILENCE:
        return True
    # Rare: it reads the messages since then, found by the index of their creation.
    cr.execute(
        "SELECT DISTINCT date_trunc('hour', created_at) FROM integration_message "
        "WHERE created_at > %s",
        [last],
    )
    return retention.clock_is_plausible(last, [row[0] for row in cr.fetchall()], now)
