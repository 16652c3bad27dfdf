"""Reading the whole chain, or what is new of it, for the verifier; in batches, under traffic."""

from __future__ import annotations

from collections.abc import Callable

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools.audit_chain import GENESIS, TIME_FORMAT, AuditKeys, Entry, Head, Seal
from ..tools.audit_verify import Report, Verifier
from . import audit_checkpoints, audit_sealer
from .cursors import own_cursor

BATCH = 5000
#: Number and row id of a seal: a superuser may have made numbers that are there twice.
Place = tuple[int, int]
#: Before the first seal. Numbers below 1 do not count.
BEGINNING: Place = (0, 1 << 31)


def run(
    registry: Registry,
    keys: AuditKeys,
    start: Head = GENESIS,
    on_batch: Callable[[int, int], None] | None = None,
) -> Report:
    """Verify the chain behind ``start`` and look for entries without a seal.

    Every batch is read in a short transaction: seals are never changed, and a snapshot that lasts
    for minutes would hold back vacuum.

    :param on_batch: told how many seals were checked and how many there are
    :raises OSError: the file of checkpoints cannot be read
    """
    with own_cursor(registry) as cr:
        # Before the chain: it may grow meanwhile, and later checkpoints with it.
        checkpoints = audit_checkpoints.read(cr, keys)
    verifier = Verifier(keys, checkpoints, start)
    with own_cursor(registry) as cr:
        total = audit_sealer.head(cr).sequence - start.sequence
    place = (start.sequence, BEGINNING[1])
    while True:
        with own_cursor(registry) as cr:
            rows = seals(cr, place)
        for row_id, seal, entry in rows:
            verifier.seal(seal, entry)
            place = (seal.sequence, row_id)
        if on_batch:
            on_batch(verifier.checked, total)
        if len(rows) < BATCH:
            break
    with own_cursor(registry) as cr:
        _feed_unsealed(cr, verifier)
    return verifier.finish()


def is_place(cr: BaseCursor, known: Head) -> bool:
    """Whether the chain still has a seal with this number and MAC."""
    cr.execute(
        "SELECT 1 FROM integration_audit_seal WHERE sequence = %s AND mac = %s",
        [known.sequence, known.mac],
    )
    return bool(cr.fetchone()) or known == GENESIS


def seals(cr: BaseCursor, place: Place) -> list[tuple[int, Seal, Entry | None]]:
    """The next seals and their entries.

    :param place: of the last one
    """
    cr.execute(
        f"""
        SELECT s.id, {audit_sealer.SEAL_SQL}, {audit_sealer.ENTRY_SQL}
          FROM integration_audit_seal s
          LEFT JOIN integration_audit_entry e ON e.id = s.entry_id
         WHERE (s.sequence, s.id) > (%s, %s)
         ORDER BY s.sequence, s.id LIMIT %s
        """,  # noqa: S608  # constants
        [*place, BATCH],
    )
    width = 1 + len(Seal._fields)
    return [(row[0], Seal(*row[1:width]), audit_sealer.entry(row[width:])) for row in cr.fetchall()]


def unsealed(cr: BaseCursor) -> list[tuple[int, str | None, bool]]:
    """Entries without a place in the chain: id, time, and whether they wait for the sealer.

    One statement sees entries, seals and queue at one moment, so that what is being sealed is
    either here or there. The time is None when an entry waits that is not there any more.
    """
    cr.execute(
        """
        SELECT coalesce(e.id, u.id), to_char(e.occurred_at, %s), u.id IS NOT NULL
          FROM integration_audit_entry e
          FULL JOIN integration_audit_unsealed u ON u.id = e.id
         WHERE NOT EXISTS (SELECT 1 FROM integration_audit_seal s
                            WHERE s.entry_id = e.id AND s.sequence > 0)
         ORDER BY 1
        """,
        [TIME_FORMAT],
    )
    return cr.fetchall()


def _feed_unsealed(cr: BaseCursor, verifier: Verifier) -> None:
    for entry_id, occurred_at, waiting in unsealed(cr):
        if occurred_at is None:
            verifier.lost(entry_id)
        else:
            verifier.unsealed(entry_id, occurred_at, waiting=waiting)
