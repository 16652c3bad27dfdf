# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Forward proxies: which requests take one, and what may be asked of it.

A proxy is asked to connect to a *name*, and resolves it itself: what :mod:`.net_guard` checks about
addresses cannot be checked here. So a name is asked for only if it is on the approved list of hosts
of the request, and an address only if the guard would have let us connect to it. The proxy's own
address is checked as any other, for whoever may enter a proxy could otherwise point it at a
database.

Spoken to in plain HTTP/1.1: ``CONNECT`` for ``https`` (RFC 9110, 9.3.6), after which TLS runs
between us and the partner, and the absolute form (RFC 9112, 3.2.2) for ``http``. A proxy that is
itself reached over TLS is refused.
"""

import base64
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

from .errors import ConfigurationError, TransientError
from .http_wire import DeadlineSocket
from .net_guard import (
    AddressRefused,
    CheckedUrl,
    Network,
    check_addresses,
    check_url,
    parse_networks,
)

MAX_HOSTS: Final = 200
_HOST_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_PATTERN: Final = re.compile(rf"(?:\*\.{_HOST_LABEL}\.)?{_HOST_LABEL}(?:\.{_HOST_LABEL})*")
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r\n")
_MAX_HEAD: Final = 16 * 1024
_END: Final = b"\r\n\r\n"


class ProxyInvalid(ConfigurationError):
    """What was entered about a proxy is not usable, whatever is to be sent."""

    default_code = "proxy_configuration"
    holds = True


class ProxyRefused(ConfigurationError):
    """The proxy does not accept our login. It would refuse every other message as well."""

    default_code = "proxy_authentication"
    holds = True

    def __init__(
        self, message: str = "the proxy does not accept our login (HTTP 407)", **options: str | None
    ) -> None:
        super().__init__(message, **options)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A forward proxy and the destinations that are reached without it.

    Made by :meth:`parse`.

    :param authorization: value of ``Proxy-Authorization``; empty for none.
    :param direct_hosts: patterns as in :func:`parse_hosts`.
    :param direct_networks: for destinations that are given as addresses. What a name resolves to
        is not looked at: where a proxy is needed, names often do not resolve here.
    :param networks: non-public networks that the proxy itself may be in.
    """

    host: str
    port: int
    authorization: str = field(default="", repr=False)
    direct_hosts: tuple[str, ...] = ()
    direct_networks: tuple[Network, ...] = ()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(
        cls,
        url: str,
        login: str = "",
        password: str = "",
        exceptions: str = "",
        networks: Sequence[Network] = (),
    ) -> "Proxy":
        """Read what an administrator enters.

        :param url: such as ``http://proxy.hospital.example:3128``.
        :param login: for Basic authentication (RFC 7617); empty for none.
        :param exceptions: hosts, patterns and networks separated by commas or white space, such
            as ``*.hospital.example, 10.0.0.0/8``.
        :raises ProxyInvalid: one of them is not usable; no login or password is repeated.
        """
        try:
            host, port = _parse_address(url)
            hosts, direct_networks = _parse_exceptions(exceptions)
            authorization = _authorization(login, password)
        except ValueError as error:
            raise ProxyInvalid(str(error)) from None
        return cls(host, port, authorization, hosts, direct_networks, tuple(networks))

    def serves(self, host: str) -> bool:
        """Whether requests to ``host`` (as :func:`.check_url` returns it) take this proxy."""
        try:
            address = ip_address(host)
        except ValueError:
            return not host_matches(host, self.direct_hosts)
        return not any(
            address.version == network.version and address in network
            for network in self.direct_networks
        )

    def headers(self) -> Mapping[str, str]:
        """What the proxy, and nobody behind it, is told."""
        return {"Proxy-Authorization": self.authorization} if self.authorization else {}


def parse_hosts(text: str) -> tuple[str, ...]:
    """Read a list of hosts: names, or ``*.`` and a domain for all names below it.

    :raises ValueError: with a text that names the faulty entry. A pattern over a single label
        (``*.com``) is refused, because such a list would allow everything.
    """
    entries = [entry.lower() for entry in _entries(text)]
    for entry in entries:
        if len(entry) > 253 or not _HOST_PATTERN.fullmatch(entry):
            raise ValueError(
                f"{entry[:60]!r} is neither a host name nor a pattern such as *.partner.example"
            )
    return tuple(dict.fromkeys(entries))


def host_matches(host: str, patterns: Sequence[str]) -> bool:
    """Whether a lower-case name is one of ``patterns`` (see :func:`parse_hosts`)."""
    return any(
        host.endswith(pattern[1:]) if pattern.startswith("*") else host == pattern
        for pattern in patterns
    )


def check_destination(
    url: CheckedUrl, allowed_hosts: Sequence[str], allowed_networks: Sequence[Network]
) -> None:
    """Refuse what a proxy must not be asked to connect to.

    :raises AddressRefused: a name that is not on the list (``host_refused``), or an address that
        the guard does not allow.
    """
    try:
        address = str(ip_address(url.host))
    except ValueError:
        # "localhost" would be the proxy's own machine.
        local = url.host == "localhost" or url.host.endswith(".localhost")
        if local or not host_matches(url.host, allowed_hosts):
            raise AddressRefused(
                "the host is not among those that may be reached through the proxy",
                code="host_refused",
            ) from None
    else:
        check_addresses([address], allowed_networks)


def open_tunnel(sock: DeadlineSocket, proxy: Proxy, host: str, port: int, by: float) -> None:
    """Have the proxy connect ``sock`` to a destination.

    :param by: :func:`time.monotonic` time at which it must be done.
    :raises ProxyRefused: the proxy wants another login.
    :raises TransientError: ``proxy_refused``, it does not connect us, or does not speak HTTP.
    :raises OSError: timed out, closed or reset.
    """
    name = f"[{host}]" if ":" in host else host
    target = f"{name}:{port}"
    sock.limit(max(by - time.monotonic(), 0.001), by)
    own = "".join(f"{header}: {value}\r\n" for header, value in proxy.headers().items())
    sock.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{own}\r\n".encode("ascii"))
    status = _read_status(sock)
    if status == 407:
        raise ProxyRefused
    if not 200 <= status < 300:
        raise TransientError(
            f"the proxy does not connect to the partner (HTTP {status})", code="proxy_refused"
        )


def _read_status(sock: DeadlineSocket) -> int:
    """Read the head of the proxy's answer: nothing but TLS may follow it."""
    head = bytearray()
    chunk = bytearray(4096)
    while _END not in head:
        size = sock.recv_into(chunk)
        if not size:
            raise TransientError("the proxy closed the connection", code="proxy_refused")
        head += chunk[:size]
        if len(head) > _MAX_HEAD:
            raise TransientError("the answer of the proxy is not HTTP", code="proxy_refused")
    match = _STATUS_LINE.match(head)
    if not match:
        raise TransientError("the answer of the proxy is not HTTP", code="proxy_refused")
    status = int(match[1])
    # The partner speaks second in TLS: bytes behind the head come from the proxy itself. Those
    # of a refusal are its text.
    if 200 <= status < 300 and head.index(_END) + len(_END) != len(head):
        raise TransientError("the proxy speaks before the partner", code="proxy_refused")
    return status


def _entries(text: str) -> list[str]:
    entries = [entry for entry in re.split(r"[\s,;]+", text) if entry]
    if len(entries) > MAX_HOSTS:
        raise ValueError(f"more than {MAX_HOSTS} entries")
    return entries


def _parse_address(url: str) -> tuple[str, int]:
    try:
        checked = check_url(url, allow_plaintext=True)
    except AddressRefused:
        checked = None
    if checked is None or checked.scheme != "http" or checked.target != "/":
        raise ValueError("a proxy is entered as http:// with its name and port, and nothing else")
    return checked.host, checked.port


def _parse_exceptions(text: str) -> tuple[tuple[str, ...], tuple[Network, ...]]:
    """Hosts and networks out of one list."""
    hosts: list[str] = []
    networks: list[Network] = []
    for entry in _entries(text):
        # Of what is no network at all, the other reader says what is wrong.
        is_network = "/" in entry or ":" in entry or entry.replace(".", "").isdigit()
        if is_network:
            networks += parse_networks(entry)
        else:
            hosts += parse_hosts(entry)
    return tuple(dict.fromkeys(hosts)), tuple(dict.fromkeys(networks))


def _authorization(login: str, password: str) -> str:
    if not login and not password:
        return ""
    if not login or ":" in login:
        raise ValueError("the login at the proxy is empty or holds a colon (RFC 7617)")
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()
