"""How a request proves who calls, beside its signature: with a constant, or with a token."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ..tools import errors, http_auth, oauth2, redact
from ..tools.http_client import HttpRequest, HttpResponse
from ..tools.token_cache import TokenCache

# A token is asked for before messages are tried, while their lease runs.
MAX_SECONDS = 20.0


class Access(Protocol):
    """What an endpoint asks for with each request."""

    def make_ready(self) -> None:
        """Get what is needed of the network. :raises errors.IntegrationError: it cannot be had."""

    def headers(self) -> Mapping[str, str]:
        """The headers of a request, by lower-case name."""

    def refused(self, headers: Mapping[str, str]) -> bool:
        """The endpoint answered 401; whether other headers are worth a try at once."""


def current_headers(access: Access) -> Mapping[str, str]:
    """The headers of a request that is made now.

    :raises errors.IntegrationError: a token ended meanwhile and there is no other. Whatever the
        reason, it is that of every message: they wait.
    """
    try:
        return access.headers()
    except errors.IntegrationError as exc:
        exc.holds = True
        raise


def discreet(answer: HttpResponse, request: HttpRequest, access: Mapping[str, str]) -> HttpResponse:
    """An answer as it may be kept: partners repeat what they were sent.

    :param access: headers that are secret whatever their names
    """
    if not answer.body:
        return answer
    words = redact.secret_words(request.headers) | set(access.values())
    return replace(answer, body=redact.redact_body(answer.body, words))


@dataclass(frozen=True)
class Constant:
    """A login, a key or a bearer token that was entered; or nothing."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def make_ready(self) -> None:
        """Nothing is needed."""

    def headers(self) -> Mapping[str, str]:
        return self.values

    def refused(self, headers: Mapping[str, str]) -> bool:
        return False


class Tokens:
    """Access tokens (OAuth 2.0), renewed ahead of their end and shared by all workers.

    :param key: names the secret that they are given for.
    :param options: time limits, networks, TLS and proxy of the request for a token.
    """

    def __init__(
        self,
        cache: TokenCache,
        client: oauth2.Client,
        key: str,
        proof: http_auth.OAuth2Client | http_auth.JwtClient,
        options: Mapping[str, Any],
    ) -> None:
        self._cache = cache
        self._client = client
        self._key = key
        self._proof = proof
        self._options = {
            **options,
            "total_timeout": min(options["total_timeout"], MAX_SECONDS),
            # Plaintext is for the endpoint, by a waiver; a secret never travels in clear.
            "allow_plaintext": False,
        }

    def make_ready(self) -> None:
        self._token()

    def headers(self) -> Mapping[str, str]:
        return self._token().headers()

    def refused(self, headers: Mapping[str, str]) -> bool:
        token = self._token()
        # Another thread may have got a new one meanwhile.
        return dict(headers) != token.headers() or self._cache.reject(self._key, token)

    def _token(self) -> oauth2.Token:
        return self._cache.get(self._key, self._fetch, MAX_SECONDS)

    def _fetch(self) -> oauth2.Token:
        return oauth2.obtain(self._client, self._proof, time.time(), **self._options)
