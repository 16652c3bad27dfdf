"""The key ring as one database knows it.

A ring is configured for a server; data belongs to a database. When the two meet the wrong way round
(another key under a known name), new data would be encrypted with a key that the rest of the
database does not know. So each database keeps a check value of every key it has worked with.
"""

from __future__ import annotations

from contextlib import suppress

from odoo import SUPERUSER_ID, api
from odoo.sql_db import BaseCursor

from ..tools.keyring import KeyRing, KeyRingError
from . import sealed_columns, settings

# The configured ring that a database was found to agree with, and what became of it, by name of the
# database.
_agreed: dict[str, tuple[KeyRing, KeyRing]] = {}


def ring(cr: BaseCursor) -> KeyRing:
    """The key ring of this server as this database uses it.

    It refuses keys that are others than the database knows, and makes pseudonyms with the key that
    the database made them with before; without that key it makes none.

    :raises tools.keyring.KeyRingError: none is configured, or it cannot be read.
    """
    configured = settings.key_ring()
    agreed = _agreed.get(cr.dbname)
    if agreed and agreed[0] is configured:
        return agreed[1]
    maker = pseudonym_key(cr)
    found = configured.with_pseudonyms_of(maker) if maker else configured
    wrong = wrong_keys(cr, configured)
    if wrong:
        return found.refusing(wrong)
    if maker:
        _agreed[cr.dbname] = (configured, found)
    return found


def pseudonym_key(cr: BaseCursor) -> str | None:
    """Id of the key that makes the pseudonyms of this database; ``None`` before the first one."""
    cr.execute("SELECT key_id FROM integration_encryption_key WHERE makes_pseudonyms")
    row = cr.fetchone()
    return row[0] if row else None


def optional_ring(cr: BaseCursor) -> KeyRing | None:
    """As :func:`ring`; ``None`` when there is none that could be used."""
    try:
        return ring(cr)
    except KeyRingError:
        return None


def working_ring(cr: BaseCursor) -> KeyRing | None:
    """As :func:`require`; ``None`` when private content cannot be stored now."""
    try:
        return require(cr)
    except KeyRingError:
        return None


def wrong_keys(cr: BaseCursor, configured: KeyRing) -> list[str]:
    """Ids under which the ring has another key than the database knows.

    What it does not know yet, such as after an upgrade, is tried on values that need it.
    """
    cr.execute(
        "SELECT key_id, check_value FROM integration_encryption_key WHERE check_value IS NOT NULL"
    )
    known = dict(cr.fetchall())
    wrong = []
    for key_id in configured.key_ids:
        if key_id not in known:
            if _disproved(cr, configured, key_id):
                wrong.append(key_id)
        elif known[key_id] != configured.check_value(key_id):
            wrong.append(key_id)
    return wrong


def _disproved(cr: BaseCursor, configured: KeyRing, key_id: str) -> bool:
    """Whether there are values under the key, and it opens none of those that are tried."""
    tried = 0
    env = api.Environment(cr, SUPERUSER_ID, {})
    for sealed in sealed_columns.declared(env):
        for blob, context in sealed_columns.samples(cr, sealed, key_id):
            tried += 1
            # One that fails may be damaged.
            with suppress(KeyRingError):
                configured.decrypt(blob, context)
                return False
    return bool(tried)


def register(cr: BaseCursor, configured: KeyRing) -> None:
    """Remember the check values of the ring's keys that the database has not met yet, and once
    which of them makes pseudonyms; none of those that are wrong."""
    wrong = wrong_keys(cr, configured)
    cr.execute(
        "SELECT key_id FROM integration_encryption_key WHERE check_value IS NOT NULL",
    )
    known = {row[0] for row in cr.fetchall()}
    for key_id in configured.key_ids:
        if key_id not in known and key_id not in wrong:
            cr.execute(
                """
                INSERT INTO integration_encryption_key (key_id, check_value, registered_at)
                VALUES (%s, %s, now() AT TIME ZONE 'UTC')
                ON CONFLICT (key_id) DO UPDATE SET check_value = EXCLUDED.check_value
                """,
                [key_id, configured.check_value(key_id)],
            )
    if pseudonym_key(cr) is None and configured.pseudonym_id not in wrong:
        bind_pseudonyms(cr, configured.pseudonym_id)


def remember(cr: BaseCursor) -> None:
    """Let a database that has met no ring yet meet that of this server, before anything depends on
    it: a server with another one must not be taken for the first.

    :raises tools.keyring.KeyRingError: none is configured, or it cannot be read.
    """
    if pseudonym_key(cr) is None:
        register(cr, settings.key_ring())


def bind_pseudonyms(cr: BaseCursor, key_id: str) -> None:
    """Let the known key ``key_id`` make the pseudonyms from now on."""
    cr.execute(
        "UPDATE integration_encryption_key SET makes_pseudonyms = false WHERE makes_pseudonyms"
    )
    cr.execute(
        "UPDATE integration_encryption_key SET makes_pseudonyms = true WHERE key_id = %s", [key_id]
    )
    # Other processes read it when they start.
    _agreed.pop(cr.dbname, None)


def require(cr: BaseCursor) -> KeyRing:
    """The ring, if private content can be stored now: encrypted, and with pseudonyms.

    :raises tools.keyring.KeyRingError: as :func:`ring`, or one of the two keys is missing or
        refused.
    """
    found = require_encryption(cr)
    found.pseudonym("", "nothing")
    return found


def require_encryption(cr: BaseCursor) -> KeyRing:
    """The ring, if something can be encrypted with it now.

    :raises tools.keyring.KeyRingError: as :func:`ring`, or the current key is refused.
    """
    found = ring(cr)
    found.encrypt(b"", "nothing")
    return found
