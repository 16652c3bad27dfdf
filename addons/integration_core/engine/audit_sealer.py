"""Sealing audit entries: one sealer at a time takes what waits and continues the chain.

Entries commit late and out of the order of their ids, so the chain has numbers of its own: the
order in which the sealer met them. A trigger puts each new entry into a queue in the entry's own
transaction; seals are inserted and the queue is emptied in one transaction in READ COMMITTED that
holds an advisory lock. So a sealer that dies at any line leaves either both or neither, and two of
them cannot continue from the same end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools import audit_chain
from ..tools.audit_chain import GENESIS, AuditKeys, Entry, Head, Seal
from ..tools.audit_export import ENTRY_COLUMNS
from . import audit_settings
from .cursors import own_cursor
from .drain import fault_point

BATCH = 2000
#: Any number that no other part of the suite uses for an advisory lock.
LOCK = 0x61756469745F7365

#: The columns of an entry as they are signed, of the alias ``e``.
ENTRY_SQL = ", ".join(
    f"to_char(e.{name}, '{audit_chain.TIME_FORMAT}')" if name == "occurred_at" else f"e.{name}"
    for name in ENTRY_COLUMNS
)
#: The columns of a seal, of the alias ``s``, in the order of :class:`Seal`.
SEAL_SQL = ", ".join(
    f"to_char(s.{name}, '{audit_chain.TIME_FORMAT}')" if name == "sealed_at" else f"s.{name}"
    for name in Seal._fields
)


class WrongKeyError(Exception):
    """The key is not the one that has sealed under its name. The text says what to do."""


@dataclass(frozen=True)
class Sealed:
    """What a run of the sealer did.

    :ivar more: there is more to do than fitted into its time
    """

    count: int
    more: bool


def seal_waiting(registry: Registry, seconds: float) -> Sealed:
    """Seal what waits, batch by batch, for some seconds at most.

    Does nothing without an audit key, or while another process seals.

    :raises AuditKeyError: the keys that are configured cannot be read
    :raises WrongKeyError: the configured key is not the one of the chain
    """
    keys = audit_settings.keys()
    if keys is None:
        return Sealed(0, more=False)
    total, end = 0, time.monotonic() + seconds
    while True:
        with own_cursor(registry) as cr:
            count = _seal_batch(cr, keys)
            fault_point("audit_sealed")
        fault_point("audit_committed")
        total += count
        if count < BATCH:
            return Sealed(total, more=False)
        if time.monotonic() > end:
            return Sealed(total, more=True)


def head(cr: BaseCursor) -> Head:
    """Where the chain ends."""
    cr.execute("SELECT sequence, mac FROM integration_audit_seal ORDER BY sequence DESC LIMIT 1")
    row = cr.fetchone()
    return Head(*row) if row else GENESIS


def entry(values: tuple[object, ...]) -> Entry | None:
    """An entry from the columns of :data:`ENTRY_SQL`; None when there is none (outer join)."""
    if values[0] is None:
        return None
    return dict(zip(ENTRY_COLUMNS, values, strict=True))  # type: ignore[arg-type]


def _seal_batch(cr: BaseCursor, keys: AuditKeys) -> int:
    """Seal one batch in the transaction of ``cr``; return how many entries it had."""
    cr.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
    if not cr.fetchone()[0]:
        return 0
    # A statement of its own, behind the lock: it sees what the sealer before has committed.
    _require_same_key(cr, keys)
    end = head(cr)
    cr.execute(
        # A queued entry that is gone is left in the queue: that is how its deletion shows.
        f"""
        SELECT {ENTRY_SQL} FROM integration_audit_unsealed u
          JOIN integration_audit_entry e ON e.id = u.id
         ORDER BY u.id LIMIT %s
        """,  # noqa: S608  # constants of this module
        [BATCH],
    )
    entries = [found for row in cr.fetchall() if (found := entry(row))]
    if entries:
        cr.execute(
            "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', %s)", [audit_chain.TIME_FORMAT]
        )
        _insert(cr, audit_chain.extend(keys, end, entries, cr.fetchone()[0]))
    return len(entries)


def _require_same_key(cr: BaseCursor, keys: AuditKeys) -> None:
    """Refuse another key under the name of an old one: the chain would be broken for good.

    Several seals are asked, so that one that was tampered with does not stop the sealer.

    :raises WrongKeyError: none of the last seals of that name was made with this key
    """
    cr.execute(
        f"""
        SELECT {SEAL_SQL} FROM (SELECT * FROM integration_audit_seal
                                 ORDER BY sequence DESC LIMIT 20) s WHERE key_id = %s
        """,  # noqa: S608  # constants of this module
        [keys.current_id],
    )
    last = [Seal(*row) for row in cr.fetchall()]
    if last and all(audit_chain.seal_mac(keys, seal) != seal.mac for seal in last):
        raise WrongKeyError(
            f"The last entries were sealed with another key named {keys.current_id!r}. "
            "Restore that key, and give a new key a new name."
        )


def _insert(cr: BaseCursor, seals: list[Seal]) -> None:
    cr.execute_values(
        f"INSERT INTO integration_audit_seal ({', '.join(Seal._fields)}) VALUES %s",  # noqa: S608
        seals,
        page_size=len(seals),
    )
    fault_point("audit_inserted")
    cr.execute(
        "DELETE FROM integration_audit_unsealed WHERE id = ANY(%s)",
        [[seal.entry_id for seal in seals]],
    )
