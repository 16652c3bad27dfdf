"""Batches: which messages came together, and whether all of them came and were applied.

A request with many items, a file of HL7 messages or a list that was taken apart brings messages
that live by themselves from then on. Their sender thinks of them as one thing, and asks whether it
arrived. So a batch has a row that names its messages and, where the sender said it, how many there
had to be. It is written by the transaction that stores the messages: one row for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from odoo.sql_db import BaseCursor

from ..tools.states import ATTENTION, State

REQUEST, FILE, LIST = "request", "file", "list"
#: Batches that one run looks at.
MOST: Final = 2000
#: What was dealt with: applied, not wanted by rule, or closed by a person with a note.
_SETTLED: Final = (State.DONE.value, State.FILTERED.value, State.CANCELLED.value)


def keep(
    cr: BaseCursor,
    spec: Mapping[str, Any],
    kind: str,
    key: str,
    messages: Mapping[int, str],
    declared: int | None = None,
) -> None:
    """Remember messages of a batch.

    Who sends a batch again sends the same messages, and it is the same batch. Its messages may
    come in several transactions.

    :param key: the same each time the batch comes; no two batches of an interface share it
    :param messages: the id of each message that was stored, by its number in the batch
    :param declared: how many messages the batch says that it has; ``None``: it does not say
    """
    if not messages and not declared:
        return
    cr.execute(
        """
        INSERT INTO integration_batch AS b
               (interface_id, company_id, kind, key, declared, members, state, arrived_at,
                done_count, failed_count, open_count)
        VALUES (%s, %s, %s, %s, %s, %s::jsonb, 'open', now() AT TIME ZONE 'UTC', 0, 0, 0)
        ON CONFLICT (interface_id, key) DO UPDATE
           SET members = b.members || excluded.members,
               declared = coalesce(excluded.declared, b.declared),
               state = CASE WHEN b.members @> excluded.members THEN b.state ELSE 'open' END,
               arrived_at = CASE WHEN b.members @> excluded.members THEN b.arrived_at
                                 ELSE excluded.arrived_at END
        """,
        [
            spec["id"],
            spec["company_id"],
            kind,
            key,
            declared,
            json.dumps({str(number): uuid for number, uuid in messages.items()}),
        ],
        log_exceptions=False,
    )


def settle(cr: BaseCursor, most: int = MOST) -> int:
    """Bring batches that are not settled up to date; return how many were looked at.

    Those that were looked at longest ago come first. Two runs at once look at different ones.
    A message that retention has removed was dealt with; one that failed is, when a replay of it was
    done.
    """
    cr.execute(
        """
        WITH picked AS (
            SELECT id, members, declared FROM integration_batch
             WHERE state IN ('open', 'incomplete')
             ORDER BY looked_at NULLS FIRST, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
        ), member AS (
            SELECT DISTINCT p.id, e.value AS uuid
              FROM picked p, jsonb_each_text(p.members) e
        ), found AS (
            SELECT b.id,
                   count(*) FILTER (WHERE m.id IS NULL OR m.state = ANY(%(settled)s) OR r.done)
                       AS done,
                   count(*) FILTER (WHERE m.state = ANY(%(failed)s) AND r.done IS NULL) AS failed,
                   count(*) AS came
              FROM member b
              LEFT JOIN integration_message m ON m.uuid = b.uuid
              LEFT JOIN LATERAL (
                   SELECT true AS done FROM integration_message a
                    WHERE a.original_id = m.id AND a.state IN ('done', 'filtered') LIMIT 1
              ) r ON m.state = ANY(%(failed)s)
             GROUP BY b.id
        )
        UPDATE integration_batch b
           SET done_count = coalesce(f.done, 0), failed_count = coalesce(f.failed, 0),
               open_count = coalesce(f.came - f.done - f.failed, 0),
               looked_at = now() AT TIME ZONE 'UTC',
               state = CASE
                   WHEN coalesce(f.failed, 0) > 0 OR p.declared > p.items THEN 'incomplete'
                   WHEN f.came > f.done THEN 'open' ELSE 'complete' END
          FROM (SELECT id, declared, (SELECT count(*) FROM jsonb_object_keys(members)) AS items
                  FROM picked) p
          LEFT JOIN found f ON f.id = p.id
         WHERE b.id = p.id
        """,
        {"most": most, "settled": list(_SETTLED), "failed": sorted(one.value for one in ATTENTION)},
    )
    return cr.rowcount
