"""The key ring as one database knows it.

A ring is configured for a server; data belongs to a database. When the two meet the wrong way round
(another key under a known name), new data would be encrypted with a key that the rest of the
database does not know. So each database keeps a check value of every key it has worked with.
"""

from __future__ import annotations

from odoo.sql_db import BaseCursor

from ..tools.keyring import KeyRing, KeyRingError
from . import settings

# The configured ring that a database was found to agree with, by name of the database.
_agreed: dict[str, KeyRing] = {}


def ring(cr: BaseCursor) -> KeyRing:
    """The key ring of this server, refusing keys that are others than the database knows.

    :raises tools.keyring.KeyRingError: none is configured, or it cannot be read.
    """
    configured = settings.key_ring()
    if _agreed.get(cr.dbname) is configured:
        return configured
    wrong = wrong_keys(cr, configured)
    if wrong:
        return configured.refusing(wrong)
    _agreed[cr.dbname] = configured
    return configured


def optional_ring(cr: BaseCursor) -> KeyRing | None:
    """As :func:`ring`; ``None`` when there is none that could be used."""
    try:
        return ring(cr)
    except KeyRingError:
        return None


def wrong_keys(cr: BaseCursor, configured: KeyRing) -> list[str]:
    """Ids under which the ring has another key than the database knows."""
    cr.execute(
        "SELECT key_id, check_value FROM integration_encryption_key WHERE key_id = ANY(%s)",
        [list(configured.key_ids)],
    )
    return [
        key_id
        for key_id, check_value in cr.fetchall()
        if check_value and check_value != configured.check_value(key_id)
    ]


def register(cr: BaseCursor, configured: KeyRing) -> None:
    """Remember the check values of the ring's keys that the database has not met yet."""
    cr.execute(
        "SELECT key_id FROM integration_encryption_key WHERE check_value IS NOT NULL",
    )
    known = {row[0] for row in cr.fetchall()}
    for key_id in configured.key_ids:
        if key_id not in known:
            cr.execute(
                """
                INSERT INTO integration_encryption_key (key_id, check_value, registered_at)
                VALUES (%s, %s, now() AT TIME ZONE 'UTC')
                ON CONFLICT (key_id) DO UPDATE SET check_value = EXCLUDED.check_value
                """,
                [key_id, configured.check_value(key_id)],
            )


def require(cr: BaseCursor) -> KeyRing:
    """The ring, if something can be encrypted with it now.

    :raises tools.keyring.KeyRingError: as :func:`ring`, or the current key is refused.
    """
    found = ring(cr)
    found.encrypt(b"", "nothing")
    return found
