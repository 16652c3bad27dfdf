# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tokens kept and renewed ahead of their end: once for all threads, and once for all workers.

A token is used until shortly before it ends. In its last part one caller fetches the next one
while the others go on with it; only without a usable token does anybody wait. Between processes a
:class:`TokenStore` shares tokens and lets one process fetch at a time.

Keys name one version of one credential at one server (``integration.credential,7|3``, say), so
that a rotated secret has a token of its own. They are no secrets and hold none.
"""

# Stores are no models.
# pylint: disable=method-required-super
from __future__ import annotations

import copy
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event, Lock
from typing import Final, Protocol

from .errors import IntegrationError, ThrottledError, TransientError, classify
from .oauth2 import Token

#: A token is not used in its last seconds, or the last tenth of a short life: the request still has
#: to reach the partner.
RESERVE_SECONDS: Final = 10
#: Share of its life after which it is renewed, while it can still be used, and how long before its
#: end at the earliest.
RENEW_SHARE: Final = 0.75
RENEW_SECONDS: Final = 300
#: After a failure nobody asks again for so long: the threads of a drain would otherwise knock at a
#: server that is down once for every message.
FAILURE_SECONDS: Final = 5.0
#: A token that the partner refuses is replaced, but not more often than this: a partner that
#: refuses every token must not make us flood its authorisation server.
REPLACE_SECONDS: Final = 30


class Shelf(Protocol):
    """One key's place in a store, while nobody else may fetch for it."""

    def read(self) -> Token | None:
        """What is stored now; ``None`` for nothing that can be read."""

    def write(self, token: Token) -> None:
        """Store a token, encrypted. It counts when the ``with`` block ends without an error."""


class TokenStore(Protocol):
    """Tokens that several processes share.

    An implementation over a database keeps one row a key, encrypted (:meth:`.Token.serialise`),
    and takes an advisory lock of its key on a connection of its own, in READ COMMITTED: the
    token is fetched inside :meth:`locked`, over the network, and no business transaction may wait
    for that. A row that cannot be decrypted counts as none.
    """

    def read(self, key: str) -> Token | None:
        """What is stored, without a lock."""

    def locked(self, key: str, timeout: float) -> AbstractContextManager[Shelf]:
        """The key's shelf, locked against all other processes.

        :param timeout: seconds to wait for the lock.
        :raises TransientError: ``token_busy``, somebody else holds it for longer.
        """


#: Fetches a token, such as :func:`.oauth2.fetch` with everything but the time bound.
Fetch = Callable[[], Token]


class _Flight:
    """One renewal under way, awaited by any number of callers. Both results may be there: a token
    that can still be used, and why there is no newer one."""

    def __init__(self) -> None:
        self.done = Event()
        self.token: Token | None = None
        self.error: IntegrationError | None = None

    def result(self, otherwise: Token | None) -> Token:
        if self.token is not None:
            return self.token
        if otherwise is not None:
            return otherwise
        # A copy, because each thread adds its own traceback.
        raise copy.copy(self.error) if self.error else TransientError("no token", code="token_busy")


class TokenCache:
    """The tokens of one process. Thread-safe; make one per process, after forking.

    :param store: shares them with other processes.
    :param clock: seconds since the epoch; all processes must agree on it.
    """

    def __init__(self, store: TokenStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._lock = Lock()
        self._tokens: dict[str, Token] = {}
        self._flights: dict[str, _Flight] = {}
        #: until when a failure is repeated instead of asking again
        self._failures: dict[str, tuple[float, IntegrationError]] = {}
        #: tokens that the partner did not take
        self._rejected: dict[str, Token] = {}

    def get(self, key: str, fetch: Fetch, timeout: float = 30.0) -> Token:
        """A token that can be used now.

        :param fetch: called by at most one thread at a time for a key.
        :param timeout: seconds to wait for another thread or process that fetches.
        :raises IntegrationError: what ``fetch`` raised, for all who waited for it; a
            :class:`.TransientError` (``token_busy``) if it took too long.
        """
        with self._lock:
            usable = self._held(key)
            if usable is not None and not self._due(usable):
                return usable
            flight = self._flights.get(key)
            failure = self._failures.get(key)
            failed = failure is not None and self._clock() < failure[0]
            if usable is not None and (flight or failed):
                return usable
            if flight is None and failure is not None and failed:
                raise copy.copy(failure[1])
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = _Flight()
        if leads:
            self._renew(key, flight, fetch, timeout)
        elif not flight.done.wait(timeout):
            raise TransientError("another thread still waits for a token", code="token_busy")
        return flight.result(usable)

    def reject(self, key: str, token: Token) -> bool:
        """The partner did not take ``token``: the next caller gets another one.

        :return: whether it is worth trying again at once. Not for a token that is new: then
            tokens are not what the partner lacks.
        """
        with self._lock:
            if self._clock() - token.issued_at < REPLACE_SECONDS:
                return False
            self._rejected[key] = token
            return True

    def forget(self, key: str) -> None:
        """Drop what is known about a key, as when its credential was changed."""
        with self._lock:
            for known in (self._tokens, self._failures, self._rejected):
                known.pop(key, None)

    def __repr__(self) -> str:
        return f"TokenCache({len(self._tokens)} tokens)"

    # -- inner workings ------------------------------------------------------------------------

    def _held(self, key: str) -> Token | None:
        token = self._tokens.get(key)
        return token if token is not None and self._usable(key, token) else None

    def _usable(self, key: str, token: Token) -> bool:
        rejected = self._rejected.get(key)
        if rejected is not None and rejected.value == token.value:
            return False
        reserve = min(RESERVE_SECONDS, (token.expires_at - token.issued_at) / 10)
        return self._clock() < token.expires_at - reserve

    def _due(self, token: Token) -> bool:
        """Whether it should be renewed, although it can still be used."""
        life = token.expires_at - token.issued_at
        before_end = min(life * (1 - RENEW_SHARE), RENEW_SECONDS)
        return self._clock() >= token.expires_at - before_end

    def _renew(self, key: str, flight: _Flight, fetch: Fetch, timeout: float) -> None:
        """Find or fetch a token, and tell all who wait."""
        try:
            flight.token = self._shared(key, self._store.read(key))
            if flight.token is None or self._due(flight.token):
                flight.token = self._fetch_alone(key, fetch, timeout)
        except Exception as exc:  # whatever it is, others wait for it
            flight.error = classify(exc)
        except BaseException:
            flight.error = TransientError("the request for a token was interrupted")
            raise
        finally:
            self._land(key, flight)

    def _shared(self, key: str, token: Token | None) -> Token | None:
        """A stored token if it can be used."""
        return token if token is not None and self._usable(key, token) else None

    def _fetch_alone(self, key: str, fetch: Fetch, timeout: float) -> Token:
        with self._store.locked(key, timeout) as shelf:
            # Somebody else may have fetched one while we waited for the lock.
            token = self._shared(key, shelf.read())
            if token is None or self._due(token):
                token = fetch()
                shelf.write(token)
        return token

    def _land(self, key: str, flight: _Flight) -> None:
        with self._lock:
            del self._flights[key]
            if flight.token is not None:
                self._tokens[key] = flight.token
            self._failures.pop(key, None)
            if flight.error is not None:
                wait = FAILURE_SECONDS
                if isinstance(flight.error, ThrottledError):
                    wait = max(wait, flight.error.retry_after or 0.0)
                self._failures[key] = (self._clock() + wait, flight.error)
        flight.done.set()
