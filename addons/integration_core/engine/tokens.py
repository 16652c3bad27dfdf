"""Access tokens of all workers: one row a key, encrypted, and one fetch at a time.

Asked in threads that send, never in a business transaction. While a token is fetched over the
network a lock of the session is held, on a connection of its own, and no transaction is open.
"""

# Stores are no models.
# pylint: disable=method-required-super
from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools import errors, keyring
from ..tools.keyring import KeyRing
from ..tools.oauth2 import Token
from ..tools.token_cache import TokenCache
from . import cursors, keys
from .cursors import own_cursor

# Seconds between two looks at a lock that somebody else holds.
_POLL = 0.05
_LOCK = "hashtextextended('integration.token|' || %s, 0)"


class DatabaseTokens:
    """The tokens of one database; a :class:`tools.token_cache.TokenStore`."""

    def __init__(self, dbname: str) -> None:
        self._dbname = dbname

    def read(self, key: str) -> Token | None:
        """What is stored; what cannot be decrypted counts as nothing."""
        with own_cursor(Registry(self._dbname)) as cr:
            return _read(cr, key)

    @contextmanager
    def locked(self, key: str, timeout: float) -> Iterator[_Shelf]:
        """The place of ``key``, locked against all other processes.

        :raises errors.TransientError: somebody else holds it for longer than ``timeout`` seconds
        """
        with own_cursor(Registry(self._dbname)) as cr:
            _lock(cr, key, timeout)
            try:
                yield _Shelf(cr, key)
            finally:
                # The lock is the session's, and the connection goes back to a pool.
                cr.rollback()
                cr.execute(f"SELECT pg_advisory_unlock({_LOCK})", [key])


class _Shelf:
    """One key's row. Each step is a transaction, so that none is open while a token is fetched."""

    def __init__(self, cr: BaseCursor, key: str) -> None:
        self._cr = cr
        self._key = key

    def read(self) -> Token | None:
        token = _read(self._cr, self._key)
        cursors.commit(self._cr)
        return token

    def write(self, token: Token) -> None:
        """Store a token. Without a key ring it is kept by this process alone."""
        ring = keys.optional_ring(self._cr)
        if ring is not None:
            _write(self._cr, self._key, token, ring)
        cursors.commit(self._cr)


def _lock(cr: BaseCursor, key: str, timeout: float) -> None:
    end = time.monotonic() + timeout
    while True:
        cr.execute(f"SELECT pg_try_advisory_lock({_LOCK})", [key])
        got = cr.fetchone()[0]
        cursors.commit(cr)
        if got:
            return
        if time.monotonic() >= end:
            raise errors.TransientError(
                "Another worker still waits for a token.", code="token_busy"
            )
        time.sleep(_POLL)


def _context(key: str) -> str:
    return f"integration.token|{key}|token"


def _read(cr: BaseCursor, key: str) -> Token | None:
    cr.execute("SELECT body FROM integration_token WHERE token_key = %s", [key])
    row = cr.fetchone()
    ring = keys.optional_ring(cr)
    if not row or row[0] is None or ring is None:
        return None
    try:
        return Token.parse(ring.decrypt(bytes(row[0]), _context(key)))
    except (keyring.KeyRingError, ValueError):
        return None


def _write(cr: BaseCursor, key: str, token: Token, ring: KeyRing) -> None:
    body = ring.encrypt(token.serialise(), _context(key))
    ends = datetime.fromtimestamp(token.expires_at, UTC).replace(tzinfo=None)
    cr.execute(
        """
        INSERT INTO integration_token (token_key, body, expires_at) VALUES (%s, %s, %s)
        ON CONFLICT (token_key) DO UPDATE
           SET body = EXCLUDED.body, expires_at = EXCLUDED.expires_at
        """,
        [key, body, ends],
        log_exceptions=False,  # not even the ciphertext is for the log
    )


_caches: dict[str, TokenCache] = {}
_guard = threading.Lock()


def cache(dbname: str) -> TokenCache:
    """The tokens that this process holds of one database."""
    with _guard:
        if dbname not in _caches:
            _caches[dbname] = TokenCache(DatabaseTokens(dbname))
        return _caches[dbname]
