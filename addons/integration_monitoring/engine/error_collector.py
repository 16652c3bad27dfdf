"""Failures become groups: each minute, what failed since the last time, and what waits for people.

Two sources. Failed attempts are counted once each, by their ids, up to those that are a few seconds
old: an attempt commits with its batch, so younger ones may still be missing. What is dead or in
quarantine is read as a whole from its partial index: it says how many messages a group holds now,
and it finds what failed without an attempt, such as a body that nobody could read on arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from odoo.sql_db import BaseCursor

from ..tools.group_titles import readable

#: Attempts that are younger than this may have neighbours that have not committed yet (seconds).
SETTLED = 15
#: What waits is counted anew after so many seconds, or at once when there is a new kind of failure:
#: after a long outage it is much to read, and counting comes several times a minute.
WAITED = 50
#: Attempts of one run, so that it ends; the next one goes on.
MOST = 100_000


class Failure(NamedTuple):
    """Failures of one kind at one interface.

    :param count: of attempts; 0: none was new, only what waits is known.
    :param waiting: messages that wait for a person.
    """

    interface: int
    fingerprint: str
    company: int
    title: str
    code: str
    error_class: str
    fault: str
    count: int
    waiting: int
    first: datetime
    last: datetime
    sample: int


_COLUMNS = """
    m.interface_id, m.error_fingerprint, max(m.company_id), coalesce(max(m.error_title), ''),
    coalesce(max(m.error_code), ''), coalesce(max(m.error_class), ''), coalesce(max(m.fault), '')
"""
_ENDED = "a.started_at + coalesce(a.duration_ms, 0) * interval '1 millisecond'"


def begin(cr: BaseCursor) -> int | None:
    """The last attempt that was counted; ``None`` while another process counts.

    The first time counting begins with the present end: what waits for people is found anyway, and
    what healed long ago is of no interest.
    """
    cr.execute(
        """
        INSERT INTO integration_error_collector (id, attempt_id)
        VALUES (1, coalesce((SELECT max(id) FROM integration_attempt), 0))
        ON CONFLICT (id) DO NOTHING
        """
    )
    cr.execute(
        "SELECT attempt_id FROM integration_error_collector WHERE id = 1 FOR UPDATE SKIP LOCKED"
    )
    row = cr.fetchone()
    return row[0] if row else None


def end_of(cr: BaseCursor, after: int) -> int:
    """Up to which attempt is to be counted now."""
    cr.execute(
        f"""
        SELECT coalesce(min(id) FILTER (WHERE young) - 1, max(id), %(after)s) FROM (
            SELECT a.id, {_ENDED} > now() AT TIME ZONE 'UTC' - %(settled)s * interval '1 second'
                   AS young
              FROM integration_attempt a WHERE a.id > %(after)s ORDER BY a.id LIMIT %(most)s
        ) found
        """,  # noqa: S608 (parts of this module)
        {"after": after, "settled": SETTLED, "most": MOST},
    )
    return cr.fetchone()[0]


def reached(cr: BaseCursor, attempt: int) -> None:
    """Remember up to which attempt was counted."""
    cr.execute("UPDATE integration_error_collector SET attempt_id = %s WHERE id = 1", [attempt])


def failures(cr: BaseCursor, after: int, upto: int) -> list[Failure]:
    """Failed attempts of a range of ids, by interface and kind.

    An attempt of which the message says something else by now has been followed by another one,
    which counts for itself.
    """
    cr.execute(
        f"""
        SELECT {_COLUMNS}, count(*), 0, min({_ENDED}), max({_ENDED}), max(m.id)
          FROM integration_attempt a JOIN integration_message m ON m.id = a.message_id
         WHERE a.id > %s AND a.id <= %s AND a.error_class IS NOT NULL
           AND m.error_fingerprint IS NOT NULL AND a.error_code IS NOT DISTINCT FROM m.error_code
         GROUP BY m.interface_id, m.error_fingerprint
        """,  # noqa: S608 (parts of this module)
        [after, upto],
    )
    return [_failure(row) for row in cr.fetchall()]


def waiting_is_due(cr: BaseCursor) -> bool:
    """Whether what waits was counted long enough ago."""
    cr.execute(
        """
        SELECT waited_at IS NULL
               OR waited_at <= now() AT TIME ZONE 'UTC' - %s * interval '1 second'
          FROM integration_error_collector WHERE id = 1
        """,
        [WAITED],
    )
    return bool(cr.fetchone()[0])


def waiting(cr: BaseCursor) -> list[Failure]:
    """What waits for people, by interface and kind."""
    cr.execute(  # pylint: disable=sql-injection
        f"""
        SELECT {_COLUMNS}, 0, count(*), min(m.created_at), max(m.created_at), max(m.id)
          FROM integration_message m
         WHERE m.state IN ('quarantined', 'dead') AND m.error_fingerprint IS NOT NULL
         GROUP BY m.interface_id, m.error_fingerprint
        """  # noqa: S608 (parts of this module)
    )
    return [_failure(row) for row in cr.fetchall()]


def _failure(row: Sequence[Any]) -> Failure:
    """A row of :data:`_COLUMNS` and counts, with a title in words."""
    found = Failure(*row)
    return found._replace(title=readable(found.title, found.code, found.error_class))


def count_hours(cr: BaseCursor, after: int, upto: int) -> None:
    """Add failed attempts of a range of ids to the counts by hour of their groups."""
    cr.execute(
        f"""
        INSERT INTO integration_error_hour (group_id, hour_at, count)
        SELECT g.id, date_trunc('hour', {_ENDED}), count(*)
          FROM integration_attempt a
          JOIN integration_message m ON m.id = a.message_id
          JOIN integration_error_group g
            ON g.interface_id = m.interface_id AND g.fingerprint = m.error_fingerprint
         WHERE a.id > %s AND a.id <= %s AND a.error_class IS NOT NULL
           AND a.error_code IS NOT DISTINCT FROM m.error_code
         GROUP BY 1, 2
        ON CONFLICT (group_id, hour_at) DO UPDATE
           SET count = integration_error_hour.count + EXCLUDED.count
        """,  # noqa: S608 (parts of this module)
        [after, upto],
    )


def store(cr: BaseCursor, found: Sequence[Failure]) -> list[int]:
    """Bring the groups up to date; return the ids of those that are new.

    What says nothing new is not written: it would stand in the way of people who act on the group.
    """
    fresh = []
    for one in sorted(found, key=lambda one: (one.interface, one.fingerprint)):
        cr.execute(
            """
            INSERT INTO integration_error_group (interface_id, fingerprint, company_id, title, code,
                error_class, fault, state, attempted, count, waiting_count, first_seen, last_seen,
                sample_id)
            VALUES (%(interface)s, %(fingerprint)s, %(company)s, %(title)s, %(code)s,
                %(error_class)s, nullif(%(fault)s, ''), 'new', %(count)s,
                greatest(%(count)s, %(waiting)s), %(waiting)s, %(first)s, %(last)s, %(sample)s)
            ON CONFLICT (interface_id, fingerprint) DO UPDATE
               SET attempted = integration_error_group.attempted + %(count)s,
                   -- What waits is known before its attempts are counted: not twice.
                   count = greatest(integration_error_group.count,
                                    integration_error_group.attempted + %(count)s, %(waiting)s),
                   last_seen = greatest(integration_error_group.last_seen, %(last)s),
                   sample_id = greatest(integration_error_group.sample_id, %(sample)s),
                   title = EXCLUDED.title
             WHERE %(count)s > 0 OR integration_error_group.count < %(waiting)s
                OR integration_error_group.last_seen < %(last)s
                OR integration_error_group.sample_id IS NULL
                OR integration_error_group.sample_id < %(sample)s
            RETURNING id, xmax = 0
            """,
            one._asdict(),
        )
        row = cr.fetchone()
        if row and row[1]:
            fresh.append(row[0])
    return fresh


def store_waiting(cr: BaseCursor, found: Sequence[Failure]) -> None:
    """Say how many messages wait in each group; in those that are not named none does."""
    cr.execute(
        """
        UPDATE integration_error_group g SET waiting_count = coalesce(v.waiting, 0)
          FROM integration_error_group o
          LEFT JOIN unnest(%s::int[], %s::text[], %s::int[]) AS v(interface, fingerprint, waiting)
            ON v.interface = o.interface_id AND v.fingerprint = o.fingerprint
         WHERE g.id = o.id AND g.waiting_count IS DISTINCT FROM coalesce(v.waiting, 0)
        """,
        [
            [one.interface for one in found],
            [one.fingerprint for one in found],
            [one.waiting for one in found],
        ],
    )
    cr.execute(
        "UPDATE integration_error_collector SET waited_at = now() AT TIME ZONE 'UTC' WHERE id = 1"
    )
