# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What one port is to do: an inbound interface as the listener sees it."""

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from odoo.addons.integration_core.tools.net_guard import Network

from .reception import Rules

#: The lowest port that needs no rights of the superuser, and the highest there is.
PORTS: Final = range(1024, 65536)


class Tls(StrEnum):
    """How a connection is protected."""

    NONE = "none"
    SERVER = "server"  #: we prove ourselves
    CLIENT = "client"  #: the partner does as well


@dataclass(frozen=True)
class Door:
    """One port, for one interface.

    :ivar everywhere: whether it may be reached from other machines
    :ivar client_ca: PEM of authorities, or of the certificates themselves, that prove partners
    :ivar fingerprints: SHA-256 of the certificates that may come; empty: all that are trusted
    :ivar networks: where partners connect from; empty: anywhere
    :ivar idle_timeout: seconds
    :ivar rate: messages a second; 0: as many as come
    :ivar deadline: seconds in which a message is to be handled if its answer is to tell
    :ivar late: whether what was not handled by then is answered as an error
    :ivar spec: what the ledger needs to store for the interface
    """

    interface: int
    name: str
    port: int
    everywhere: bool = False
    tls: Tls = Tls.NONE
    client_ca: str = field(default="", repr=False)
    fingerprints: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    idle_timeout: float = 3600.0
    max_connections: int = 20
    rate: float = 0.0
    burst: float = 1.0
    deadline: float = 30.0
    late: bool = False
    rules: Rules = field(default_factory=Rules)
    spec: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def lock(self) -> tuple[Any, ...]:
        """What decides who comes in: when it changes, everybody has to come in anew."""
        return (
            self.port,
            self.everywhere,
            self.tls,
            self.client_ca,
            self.fingerprints,
            self.networks,
        )


def fingerprints(text: str) -> frozenset[str]:
    """The SHA-256 fingerprints of a text, one a line or between commas, with or without colons.

    :raises ValueError: one of them is none
    """
    found = set()
    for word in text.replace(",", "\n").split():
        digits = word.removeprefix("sha256:").removeprefix("SHA256:").replace(":", "").lower()
        if len(digits) != 64 or not all(one in "0123456789abcdef" for one in digits):
            raise ValueError(
                "a SHA-256 fingerprint has 64 hexadecimal digits, with or without colons"
            )
        found.add(digits)
    return frozenset(found)


def fingerprint_of(der: bytes) -> str:
    """SHA-256 of a certificate, as :func:`fingerprints` gives them."""
    return hashlib.sha256(der).hexdigest()


def check_authorities(pem: str) -> None:
    """:raises ValueError: the text holds no certificate, or one that cannot be read"""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise ValueError("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)") from None
