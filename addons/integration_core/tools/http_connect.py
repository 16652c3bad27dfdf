# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Making a connection: to the partner or through a proxy, and TLS with the partner."""

import socket
import ssl
import time

from .errors import TransientError
from .http_pool import Connection, PoolKey
from .http_proxy import open_tunnel
from .http_wire import DeadlineSocket, DeadlineSSLSocket
from .tls import context_for


def connect(key: PoolKey, connect_by: float) -> Connection:
    """A connection on which a request for ``key`` can be sent.

    :param connect_by: :func:`time.monotonic` time at which all of it must be done, TLS included.
    :raises TransientError: ``connect_failed``, ``connect_timeout``, ``tls_certificate`` or
        ``tls_error``; ``proxy_failed`` or ``proxy_refused`` when it is for the proxy.
    :raises ProxyRefused: the proxy does not accept our login.
    """
    sock = _open(key, connect_by)
    try:
        if key.scheme == "http":
            return sock
        if key.proxy:
            open_tunnel(sock, key.proxy, key.host, key.port, connect_by)
        return _start_tls(sock, key, connect_by)
    except OSError as error:
        sock.close()
        raise _failure(error, "connect_failed", "cannot connect") from None
    except BaseException:
        sock.close()
        raise


def _open(key: PoolKey, connect_by: float) -> DeadlineSocket:
    left = connect_by - time.monotonic()
    if left <= 0:
        raise TransientError("no connection within the time limit", code="connect_timeout")
    family = socket.AF_INET6 if ":" in key.address else socket.AF_INET
    sock = DeadlineSocket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(left)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((key.address, key.proxy.port if key.proxy else key.port))
    except OSError as error:
        sock.close()
        if key.proxy:
            raise _failure(error, "proxy_failed", "cannot connect to the proxy") from None
        raise _failure(error, "connect_failed", "cannot connect") from None
    return sock


def _failure(error: OSError, code: str, text: str) -> TransientError:
    if isinstance(error, TimeoutError):
        return TransientError("no connection within the time limit", code="connect_timeout")
    return TransientError(f"{text}: {error.strerror or type(error).__name__}", code=code)


def _start_tls(sock: DeadlineSocket, key: PoolKey, connect_by: float) -> DeadlineSSLSocket:
    context = context_for(key.tls)
    # The timeout of a handshake covers all of its round trips.
    sock.settimeout(max(connect_by - time.monotonic(), 0.001))
    try:
        tls = context.wrap_socket(sock, server_hostname=key.host)
    except ssl.SSLCertVerificationError as error:
        # OpenSSL's own words ("certificate has expired"); they quote nothing but host names.
        raise TransientError(
            f"the certificate is not accepted: {error.verify_message}", code="tls_certificate"
        ) from None
    except ssl.SSLError as error:
        raise TransientError(
            f"no TLS connection: {error.reason or 'handshake failed'}", code="tls_error"
        ) from None
    assert isinstance(tls, DeadlineSSLSocket)  # noqa: S101 - the context makes no other
    return tls
