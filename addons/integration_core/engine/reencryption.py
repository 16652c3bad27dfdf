"""Encrypting everything anew under the current key, in small batches with commits of their own.

What is left is what names another key, so a run that was killed goes on where its last batch ended,
and no row is lost or done twice. Rows that cannot be decrypted stay as they are and are reported.
"""

from __future__ import annotations

import base64
import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# SQL is put together from declarations of programmers, never from data.
# pylint: disable=sql-injection
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools.keyring import KeyRing, KeyRingError
from . import keys
from .cursors import insert_quietly, own_cursor
from .drain import fault_point
from .sealed_columns import Sealed, declared, key_ids, places

BATCH = 100
# How many ids of rows that failed are named for each kind of failure.
NAMED = 20


@dataclass
class _Place:
    """Where a run is: within the rows of one column under one key."""

    model: str = ""
    key_id: str = ""
    after: int = 0

    @classmethod
    def load(cls, text: str | None) -> _Place:
        return cls(*json.loads(text)) if text else cls()

    def dump(self) -> str:
        return json.dumps([self.model, self.key_id, self.after])


def work(registry: Registry, run_id: int, seconds: float) -> bool:
    """Do batches of a run until its time is up; return whether something is left for it.

    :raises tools.keyring.KeyRingError: there is no key to encrypt with.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with own_cursor(registry) as cr:
            if not _batch(cr, run_id):
                return False
            fault_point("reencryption_batch")
        fault_point("reencryption_committed")
    return True


def _batch(cr: BaseCursor, run_id: int) -> bool:
    """One batch in one transaction; false when the run is finished or not to go on."""
    # The row's lock makes batches of two processes follow each other.
    cr.execute(
        "SELECT position, target_key FROM integration_reencryption "
        "WHERE id = %s AND state = 'running' FOR UPDATE",
        [run_id],
    )
    row = cr.fetchone()
    if row is None:
        return False
    env = api.Environment(cr, SUPERUSER_ID, {})
    ring = keys.require_encryption(cr)
    place = _Place.load(row[0])
    found = _next(env, ring, place)
    if found is None:
        return _finish(env, run_id, ring)
    sealed, place, rows = found
    failed = _reencrypt(cr, sealed, ring, rows)
    place.after = rows[-1][0]
    cr.execute(
        """
        UPDATE integration_reencryption
           SET position = %s, done = done + %s, failed = failed + %s, target_key = %s,
               heartbeat_at = now() AT TIME ZONE 'UTC',
               failures = (coalesce(failures, '[]')::jsonb || %s::jsonb)::text
         WHERE id = %s
        """,
        [
            place.dump(), len(rows) - len(failed), len(failed), ring.current_id,
            json.dumps([[sealed.label, place.key_id, row_id] for row_id in failed[:NAMED]]),
            run_id,
        ],
    )  # fmt: skip
    return True


def _next(
    env: api.Environment, ring: KeyRing, place: _Place
) -> tuple[Sealed, _Place, list[tuple[Any, ...]]] | None:
    """The next rows under an older key of the ring, beginning at ``place``."""
    for sealed in declared(env):
        if sealed.model < place.model:
            continue
        # In the order in which places are compared; that of the database depends on its locale.
        for key_id in sorted(key_ids(env.cr, sealed)):
            here = (sealed.model, key_id) == (place.model, place.key_id)
            if key_id == ring.current_id or key_id not in ring.key_ids:
                continue
            if sealed.model == place.model and key_id < place.key_id:
                continue
            rows = _rows(env.cr, sealed, key_id, place.after if here else 0)
            if rows:
                return sealed, _Place(sealed.model, key_id), rows
    return None


def _rows(cr: BaseCursor, sealed: Sealed, key_id: str, after: int) -> list[tuple[Any, ...]]:
    spec = sealed.spec
    cr.execute(
        f"""
        SELECT t.id, t.{spec.column}, {spec.context} FROM {sealed.table} t {spec.joins}
         WHERE t.{spec.key_column} = %s AND t.id > %s
         ORDER BY t.id LIMIT %s FOR UPDATE OF t
        """,  # noqa: S608 - SQL of a declaration
        [key_id, after, BATCH],
    )
    return cr.fetchall()


def _reencrypt(
    cr: BaseCursor, sealed: Sealed, ring: KeyRing, rows: Sequence[tuple[Any, ...]]
) -> list[int]:
    """Encrypt rows anew; return the ids of those that cannot be decrypted."""
    spec = sealed.spec
    fresh: list[tuple[int, object]] = []
    failed: list[int] = []
    for row_id, stored, context in rows:
        blob = base64.b64decode(stored) if spec.base64 else bytes(stored)
        try:
            blob = ring.encrypt(ring.decrypt(blob, context), context)
        except KeyRingError:
            failed.append(row_id)
            continue
        fresh.append((row_id, base64.b64encode(blob).decode() if spec.base64 else blob))
    if fresh:
        along = "" if spec.computed else f", {spec.key_column} = '{ring.current_id}'"
        insert_quietly(
            cr,
            f"""
            UPDATE {sealed.table} t SET {spec.column} = v.fresh{along}
              FROM (VALUES %s) AS v(id, fresh) WHERE t.id = v.id
            """,  # noqa: S608 - names of a declaration; a key id has letters, digits, dots, dashes
            fresh,
            template="(%s::int, %s)",
        )
    return failed


def _finish(env: api.Environment, run_id: int, ring: KeyRing) -> bool:
    """Close the run, or begin again when older keys were used meanwhile."""
    left, missing = remaining(places(env), ring)
    cr = env.cr
    cr.execute(
        "SELECT failed, passes, failures FROM integration_reencryption WHERE id = %s", [run_id]
    )
    failed, passes, failures = cr.fetchone()
    if left > failed and passes < 3:
        # A server that has not been restarted yet went on writing under an older key.
        cr.execute(
            "UPDATE integration_reencryption SET position = NULL, failed = 0, failures = NULL, "
            "passes = passes + 1 WHERE id = %s",
            [run_id],
        )
        return True
    cr.execute(
        """
        UPDATE integration_reencryption
           SET state = %s, finished_at = now() AT TIME ZONE 'UTC', report = %s WHERE id = %s
        """,
        ["incomplete" if left or missing else "done", _report(failures, left, missing), run_id],
    )
    # The HTTP door keeps ciphertexts of credentials in memory.
    env.registry.clear_cache()
    env.registry.signal_changes()
    return False


def remaining(found: Mapping[str, Mapping[str, int]], ring: KeyRing) -> tuple[int, dict[str, int]]:
    """How many ciphertexts are under older keys of the ring, and how many by missing key id.

    :param found: see :func:`.sealed_columns.places`
    """
    totals = {key_id: sum(labels.values()) for key_id, labels in found.items()}
    missing = {key_id: count for key_id, count in totals.items() if key_id not in ring.key_ids}
    left = sum(totals.values()) - sum(missing.values()) - totals.get(ring.current_id, 0)
    return left, missing


def _report(failures: str | None, left: int, missing: dict[str, int]) -> str:
    """What is left and why, without any content: kinds of records, key ids and row ids."""
    lines = [
        f"{count} values need the key “{key_id}”, which the key ring lacks. Put it back and start "
        "again. Without it they are lost."
        for key_id, count in sorted(missing.items())
    ]
    by_place: dict[tuple[str, str], list[int]] = defaultdict(list)
    for label, key_id, row_id in json.loads(failures or "[]"):
        by_place[label, key_id].append(row_id)
    for (label, key_id), ids in sorted(by_place.items()):
        named = ", ".join(map(str, ids[:NAMED]))
        lines.append(
            f"{label}: values under “{key_id}” were damaged or moved and cannot be decrypted (ids "
            f"{named}). Restore these rows from a backup."
        )
    if left and not by_place:
        lines.append(
            f"{left} values are still under an older key: a server that runs with the old ring "
            "writes them. Restart it and start again."
        )
    return "\n".join(lines)
