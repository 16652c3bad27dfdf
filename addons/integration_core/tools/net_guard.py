# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which addresses the suite may connect to (a guard against server-side request forgery).

An address that a partner or an administrator enters may lead, directly or through DNS, into the
own network: to a database, to a cloud's metadata service, to Odoo itself. So a host is resolved
once, *every* address of the answer is checked, and the connection is made to a checked address,
never to the name again. Hospitals do deliver inside private networks: what is allowed besides the
public Internet is an approved list of networks per interface.
"""

import re
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, Final
from urllib.parse import urlsplit

from .errors import ConfigurationError, TransientError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: Has the signature and the result of :func:`socket.getaddrinfo`.
Resolver = Callable[..., list[Any]]

MAX_URL: Final = 2048
MAX_NETWORKS: Final = 100

# The IANA special-purpose registries as of 2026. Listed here because what
# ``ipaddress.is_global`` says changed between patch releases of Python.
_SPECIAL_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared address space of carriers (RFC 6598)
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_LOOPBACK_V4: Final = IPv4Network("127.0.0.0/8")
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_SPECIAL_V6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, with Teredo (2001::/32), which embeds addresses
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, embeds an IPv4 address
        "3fff::/20",  # documentation
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
#: Services that hand out credentials to whoever asks from the right machine. Some have public
#: addresses, and a network that holds one is no permission to reach it: it must be listed itself.
_METADATA: Final = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Azure, Google Cloud, OpenStack and most others
        "169.254.170.2",  # AWS container credentials
        "169.254.170.23",  # AWS EKS pod identity
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure platform
        "192.0.0.192",  # Oracle Cloud
        "fd00:ec2::254",  # AWS over IPv6
        "fd00:ec2::23",  # AWS EKS pod identity over IPv6
        "fd20:ce::254",  # Google Cloud over IPv6
    )
)
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_BRACKETED: Final = re.compile(r"\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?", re.ASCII)
_URL: Final = re.compile(r"[!-\[\]-~]+", re.ASCII)  # visible ASCII without the backslash


class AddressRefused(ConfigurationError):
    """A URL or an address that must not be connected to.

    An interface has one address, so this concerns all that is to be sent there: it waits until
    somebody corrects the address, the networks or the name server.
    """

    default_code = "address_refused"
    holds = True


@dataclass(frozen=True, slots=True)
class CheckedUrl:
    """The parts of a URL that passed :func:`check_url`.

    :param scheme: ``http`` or ``https``.
    :param host: lower-case name without a final dot, or an address without brackets.
    :param port: always filled in.
    :param target: path and query as they stand in the request line.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def host_header(self) -> str:
        """The value of the Host header: without the scheme's own port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"


@lru_cache(maxsize=1024)
def check_url(url: str, allow_plaintext: bool = False) -> CheckedUrl:
    """Take a URL apart, strictly.

    Names with other than ASCII letters have to be given in their ``xn--`` form, and other
    characters percent-encoded: two libraries that decode them differently are how such guards are
    circumvented.

    :param allow_plaintext: accept ``http`` as well as ``https``.
    :raises AddressRefused: with a text for the person who entered the URL; it repeats no part of
        it, since a path may be a secret.
    """
    if len(url) > MAX_URL or not _URL.fullmatch(url):
        raise AddressRefused("the URL is too long, or holds blanks or characters to be encoded")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("the URL cannot be understood") from None
    if parts.scheme not in ("http", "https"):
        raise AddressRefused("the URL must begin with https://")
    if parts.scheme == "http" and not allow_plaintext:
        raise AddressRefused(
            "the URL must begin with https:// (http needs an approved waiver)",
            code="plaintext_refused",
        )
    if "@" in parts.netloc:
        raise AddressRefused("user names and passwords do not belong into a URL")
    if "#" in url:
        raise AddressRefused("a URL to connect to has no fragment (#)")
    if port == 0 or parts.netloc.endswith(":"):
        raise AddressRefused("the port of the URL is not usable")
    host = _check_host(parts.hostname or "", parts.netloc)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return CheckedUrl(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)


def stays_on_this_machine(url: str) -> bool:
    """Whether a URL leads to the loopback interface, so that nothing travels over a network.

    Only the plain forms count: ``localhost`` (RFC 6761), 127.0.0.0/8 in four numbers and ``::1``.
    Whatever :func:`check_url` refuses, and every other notation, does not.
    """
    try:
        host = check_url(url, allow_plaintext=True).host
    except AddressRefused:
        return False
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address in _LOOPBACK_V4 if address.version == 4 else str(address) == "::1"


def _check_host(host: str, netloc: str) -> str:
    if netloc.startswith("["):
        # Strict, because urlsplit ignores what stands behind the bracket, and without a zone
        # ("%eth0"), which means something else on every machine.
        if not _BRACKETED.fullmatch(netloc):
            return _refuse_host()
        try:
            return str(IPv6Address(host))
        except ValueError:
            return _refuse_host()
    host = host.removesuffix(".")
    if len(host) > 253 or not _HOST.fullmatch(host):
        return _refuse_host()
    last = host.rpartition(".")[2]
    if last.isdigit() or last.startswith("0x"):
        # Looks like an address, so it must be one: "127.1" and "0x7f000001" reach loopback.
        try:
            return str(IPv4Address(host))
        except ValueError:
            return _refuse_host()
    return host


def _refuse_host() -> str:
    raise AddressRefused("the URL's host is neither a name nor an address")


def parse_networks(text: str) -> tuple[Network, ...]:
    """Read an allow-list: networks or addresses separated by commas or white space.

    :raises ValueError: with a text that names the faulty entry. Networks wider than /8 (IPv4) and
        /7 (IPv6) are refused, because such a list would allow everything.
    """
    entries = [entry for entry in re.split(r"[\s,;]+", text) if entry]
    if len(entries) > MAX_NETWORKS:
        raise ValueError(f"more than {MAX_NETWORKS} networks")
    networks: list[Network] = []
    for entry in entries:
        try:
            network = ip_network(entry)
        except ValueError:
            raise ValueError(
                f"{entry[:60]!r} is not a network such as 10.20.0.0/16 or an address"
            ) from None
        if network.prefixlen < (8 if network.version == 4 else 7):
            raise ValueError(f"the network {network} is too wide")
        networks.append(network)
    return tuple(networks)


@lru_cache(maxsize=4096)
def is_public(ip: str) -> bool:
    """Whether an address belongs to the public Internet.

    Private, shared, loopback, link-local, multicast, reserved and documentation addresses do
    not; nor do IPv6 forms that carry an IPv4 address which does not.

    :raises ValueError: not an address.
    """
    return _is_public(_unwrap(ip_address(ip)))


def _is_public(address: Address) -> bool:
    if address in _METADATA:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _GLOBAL_V6 and not any(address in network for network in _SPECIAL_V6)


def _unwrap(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped or NAT64 address leads to, else the address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_allowed(ip: str, allowed_networks: Sequence[Network] = ()) -> bool:
    """Whether the suite may connect to an address: it is public, or in an allowed network.

    A metadata service counts as allowed only if its own address is in the list (/32 or /128).
    """
    return _is_allowed(ip, tuple(allowed_networks))


@lru_cache(maxsize=4096)
def _is_allowed(ip: str, allowed_networks: tuple[Network, ...]) -> bool:
    address = _unwrap(ip_address(ip))
    if address in _METADATA:
        return any(n.num_addresses == 1 and address in n for n in allowed_networks)
    return is_public(ip) or any(
        network.version == address.version and address in network for network in allowed_networks
    )


def resolve(host: str, port: int, resolver: Resolver = socket.getaddrinfo) -> list[str]:
    """All addresses of a host, in the resolver's order. An address resolves to itself.

    :raises TransientError: ``dns_failed``.
    """
    with suppress(ValueError):
        return [str(ip_address(host))]
    try:
        answers = resolver(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TransientError("the host name cannot be resolved", code="dns_failed") from None
    # An IPv6 answer may carry a zone; link-local addresses are refused anyway.
    addresses = [answer[4][0].partition("%")[0] for answer in answers]
    if not addresses:
        raise TransientError("the host name has no address", code="dns_failed")
    return list(dict.fromkeys(addresses))


def check_addresses(addresses: Sequence[str], allowed_networks: Sequence[Network] = ()) -> None:
    """Refuse a host if any of its addresses is not allowed.

    Any, not all: a name that answers with a public and a private address is an attack, or a mistake
    that would deliver to a random place.

    :raises AddressRefused: the text tells the kind of address, not the address, since it would map
        the inner network for whoever may enter URLs.
    """
    for address in addresses:
        if not is_allowed(address, allowed_networks):
            raise AddressRefused(
                "the host leads to an address that is neither public nor in the interface's "
                "allowed networks"
            )


def resolve_checked(
    host: str,
    port: int,
    allowed_networks: Sequence[Network] = (),
    resolver: Resolver = socket.getaddrinfo,
) -> list[str]:
    """Resolve a host and check every address of the answer. Connect to these, not to the name.

    :raises TransientError: ``dns_failed``.
    :raises AddressRefused: an address of the answer is not allowed.
    """
    addresses = resolve(host, port, resolver)
    check_addresses(addresses, allowed_networks)
    return addresses
