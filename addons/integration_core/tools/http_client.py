# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The one HTTP client of the suite: pooled, pinned to checked addresses, and never late.

* The host is resolved once and every address is checked (:mod:`.net_guard`); the connection goes to
  a checked address, while the certificate is verified for the host's name. DNS may answer
  something else a moment later without any effect. Through a proxy (:mod:`.http_proxy`), which
  resolves the host itself, the host has to be on a list instead.
* ``total_timeout`` holds for the whole exchange, however slowly bytes come.
* No redirects, no retries, no proxies from the environment, no cookies, no decompression.
* Failures say whether the request can have had an effect: :class:`.TransientError` if it never was
  complete at the other side, :class:`.UnknownOutcomeError` if it was and no status came.

A response with any status is a result, not an exception: what 4xx or 5xx mean is the transport's
affair. Built on sockets and the parser of :mod:`http.client`, because pinning, deadlines and the
distinction of failures all need the layer below the usual libraries.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Final

from .errors import ConfigurationError, TransientError, UnknownOutcomeError
from .http_connect import connect
from .http_pool import Connection, ConnectionPool, PoolKey
from .http_proxy import Proxy, ProxyRefused, check_destination
from .http_wire import check_headers, encode_request, read_body, read_head
from .net_guard import CheckedUrl, Network, check_addresses, check_url
from .resolver_cache import ResolverCache
from .tls import TlsOptions, context_for

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What to send and within which limits.

    :param url: see :func:`.net_guard.check_url`.
    :param headers: without those that the client sets (Host, Content-Length, ...).
    :param connect_timeout: seconds for DNS, connection and TLS handshake together.
    :param read_timeout: longest silence in seconds.
    :param total_timeout: seconds for everything.
    :param max_response_bytes: more of the body is not read.
    :param allowed_networks: non-public networks that may be connected to.
    :param allow_plaintext: whether ``http`` may be used.
    :param tls: trust anchors, and our certificate.
    :param proxy: taken unless the host is one of its exceptions; ``None`` for none.
    :param allowed_hosts: names that may be reached through the proxy, see
        :func:`.http_proxy.parse_hosts`. Not looked at without one.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 30.0
    max_response_bytes: int = 65536
    allowed_networks: tuple[Network, ...] = ()
    allow_plaintext: bool = False
    tls: TlsOptions = field(default_factory=TlsOptions)
    proxy: Proxy | None = None
    allowed_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back.

    :param headers: names in lower case.
    :param body: at most ``max_response_bytes``.
    :param truncated: the body was longer, broke off, or did not come in time.
    :param elapsed: seconds from the call to the end of the body.
    :param address: the address that answered, of the proxy if there was one.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    truncated: bool
    elapsed: float
    address: str


class HttpClient:
    """Sends requests over pooled keep-alive connections. Thread-safe; make one per process,
    after forking.

    :param pool: idle connections, see :class:`.ConnectionPool`.
    :param resolver: name resolution, see :class:`.ResolverCache`.
    """

    def __init__(
        self, pool: ConnectionPool | None = None, resolver: ResolverCache | None = None
    ) -> None:
        # An empty pool is false, so "or" would not do.
        self._pool = ConnectionPool() if pool is None else pool
        self._resolver = ResolverCache() if resolver is None else resolver

    def send(self, request: HttpRequest) -> HttpResponse:
        """Carry out one exchange.

        :raises ConfigurationError: the request itself cannot be sent; :class:`.AddressRefused`
            for its URL or the address behind it, :class:`.ProxyRefused` for our login at the proxy.
        :raises TransientError: ``dns_failed``, ``connect_failed``, ``connect_timeout``,
            ``tls_certificate``, ``tls_error``, ``send_failed`` or ``send_timeout``: the other side
            cannot have seen a complete request. ``proxy_failed`` (not reached) and
            ``proxy_refused`` (does not connect) for the proxy.
        :raises UnknownOutcomeError: ``response_timeout``, ``no_response`` or ``bad_response``.
        """
        started = time.monotonic()
        url = check_url(request.url, request.allow_plaintext)
        proxy = request.proxy if request.proxy and request.proxy.serves(url.host) else None
        payload = _encode(request, url, proxy)
        if url.scheme == "https":
            context_for(request.tls)  # a faulty authority is our mistake, not the partner's
        deadline = started + request.total_timeout
        connect_by = min(started + request.connect_timeout, deadline)
        keys = [
            PoolKey(url.scheme, address, url.port, url.host, request.tls, proxy)
            for address in self._addresses(request, url, proxy, connect_by)
        ]
        sock, key = self._connection(keys, connect_by)
        sock.limit(request.read_timeout, deadline)
        try:
            return self._exchange(sock, key, request, payload, started)
        except BaseException:
            sock.close()
            raise

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.clear()

    def _addresses(
        self, request: HttpRequest, url: CheckedUrl, proxy: Proxy | None, connect_by: float
    ) -> list[str]:
        """Where to connect to. Cached or not, it is checked by the rules of this very request."""
        left = connect_by - time.monotonic()
        if proxy is None:
            addresses = self._resolver.lookup(url.host, url.port, left)
            check_addresses(addresses, request.allowed_networks)
            return addresses
        check_destination(url, request.allowed_hosts, request.allowed_networks)
        try:
            addresses = self._resolver.lookup(proxy.host, proxy.port, left)
        except TransientError as error:
            raise TransientError(f"the proxy: {error.message}", code="proxy_failed") from None
        check_addresses(addresses, proxy.networks)
        return addresses

    def _connection(self, keys: Sequence[PoolKey], connect_by: float) -> tuple[Connection, PoolKey]:
        """An idle connection for one of the keys, else a new one for the first that answers."""
        for key in keys:
            sock = self._pool.take(key)
            if sock is not None:
                return sock, key
        failure: TransientError | None = None
        for key in keys:
            try:
                return connect(key, connect_by), key
            except TransientError as error:
                # The first failure counts: later ones may only be for want of time.
                failure = failure or error
        raise failure or TransientError("no address to connect to", code="connect_failed")

    def _exchange(
        self,
        sock: Connection,
        key: PoolKey,
        request: HttpRequest,
        payload: bytes,
        started: float,
    ) -> HttpResponse:
        send_error = _send(sock, payload)
        try:
            head = read_head(sock, request.method)
        except (OSError, HTTPException, ValueError) as error:
            raise send_error or _no_answer(error) from None
        if head.status == 407 and key.proxy and key.scheme == "http":
            head.close()
            raise ProxyRefused
        body, complete = read_body(head, request.max_response_bytes)
        reusable = complete and not head.will_close and send_error is None
        head.close()
        if reusable:
            self._pool.give(key, sock)
        else:
            sock.close()
        return HttpResponse(
            status=head.status,
            headers=head.fields,
            body=body,
            truncated=not complete,
            elapsed=time.monotonic() - started,
            address=key.address,
        )


def _encode(request: HttpRequest, url: CheckedUrl, proxy: Proxy | None) -> bytes:
    if request.method not in METHODS:
        raise ConfigurationError("this HTTP method is not supported", code="invalid_request")
    limits = (request.connect_timeout, request.read_timeout, request.total_timeout)
    if min(limits) <= 0 or request.max_response_bytes < 0:
        raise ConfigurationError("time limits are above 0", code="invalid_request")
    try:
        check_headers(request.headers)
    except ValueError as error:
        raise ConfigurationError(str(error), code="invalid_request") from None
    target, headers = url.target, request.headers
    if proxy and url.scheme == "http":
        target = f"http://{url.host_header}{target}"
        headers = {**headers, **proxy.headers()}
    return encode_request(request.method, target, url.host_header, headers, request.body)


def _send(sock: Connection, payload: bytes) -> TransientError | None:
    """Send a request; a failure is returned, for a server may have answered early (413, say)."""
    try:
        sock.sendall(payload)
    except TimeoutError:
        return TransientError("the request was not taken in time", code="send_timeout")
    except OSError:
        return TransientError("the connection broke while sending", code="send_failed")
    return None


def _no_answer(error: Exception) -> UnknownOutcomeError:
    if isinstance(error, TimeoutError):
        return UnknownOutcomeError("no answer within the time limit", code="response_timeout")
    if isinstance(error, OSError):
        return UnknownOutcomeError("the connection ended without an answer", code="no_response")
    return UnknownOutcomeError("the answer is not HTTP", code="bad_response")
