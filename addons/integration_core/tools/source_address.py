# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who sent a request: the address at the other end, or the one that a trusted proxy names.

``X-Forwarded-For`` grows to the right: each proxy appends the address that connected to it.
Whatever stands to the left was written by somebody further away and may be invented, so the list is
read from the right, and only as long as the reader trusts who wrote.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from .net_guard import Network

Address = IPv4Address | IPv6Address

#: More hops than any real path has; the rest is not read.
MAX_HOPS: Final = 20
_PORT_DIGITS: Final = 5


def parse_address(text: str) -> Address | None:
    """An address as servers and proxies write it: bare, or with a port behind it.

    IPv4 addresses in IPv6 clothes (``::ffff:192.0.2.1``) are undressed, because allow-lists name
    them as what they are. ``None``: it is no address.
    """
    text = text.strip()
    if text.startswith("["):
        text, closing, port = text[1:].partition("]")
        if not closing or (port and not _is_port(port)):
            return None
    elif text.count(":") == 1:
        text, _colon, port = text.partition(":")
        if not _is_port(f":{port}"):
            return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None  # an interface of another machine means nothing here
        return address.ipv4_mapped or address
    return address


def _is_port(text: str) -> bool:
    digits = text[1:]
    return text[:1] == ":" and digits.isascii() and digits.isdigit() and len(digits) <= _PORT_DIGITS


def in_networks(address: Address | None, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks; an unknown one lies in none."""
    return address is not None and any(
        network.version == address.version and address in network for network in networks
    )


def source_of(peer: str, forwarded_for: str | None, trusted: Sequence[Network]) -> Address | None:
    """The address of whoever sent a request.

    :param peer: address at the other end of the connection
    :param forwarded_for: the header ``X-Forwarded-For``; several headers joined by commas
    :param trusted: networks of the proxies whose word counts
    :return: the peer, unless it is a trusted proxy: then the first address from the right that is
        no trusted proxy (or the leftmost, when all are). ``None`` when a trusted proxy named
        something that is no address: nobody knows then who sent it.
    """
    address = parse_address(peer)
    if not in_networks(address, trusted) or not forwarded_for:
        return address
    for hop in reversed(forwarded_for.split(",")[-MAX_HOPS:]):
        address = parse_address(hop)
        if not in_networks(address, trusted):
            return address
    return address
