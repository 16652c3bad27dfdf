# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Addresses of MLLP listeners: ``mllp://host:port``, and ``mllps://host:port`` with TLS.

What a host may be is the core's word (:mod:`~odoo.addons.integration_core.tools.net_guard`), so
that the same tricks are refused here as there.
"""

from dataclasses import dataclass
from typing import Final

from odoo.addons.integration_core.tools import net_guard
from odoo.addons.integration_core.tools.net_guard import AddressRefused

PLAIN: Final = "mllp://"
SECURE: Final = "mllps://"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a partner listens.

    :ivar secure: whether the connection begins with TLS
    """

    host: str
    port: int
    secure: bool


def parse(text: str) -> Address:
    """Take an address apart.

    :raises AddressRefused: it cannot work; the text says what is expected
    """
    text = text.strip()
    lower = text.lower()
    secure = lower.startswith(SECURE)
    if not secure and not lower.startswith(PLAIN):
        raise AddressRefused(
            "the address of an MLLP listener begins with mllps://, or with mllp:// without TLS"
        )
    rest = text[len(SECURE if secure else PLAIN) :]
    if set("/?#") & set(rest):
        raise AddressRefused("the address of an MLLP listener ends with its port")
    if not rest.rpartition("]")[2].partition(":")[2].isdecimal():
        raise AddressRefused(
            "MLLP has no port of its own: write it, as in mllps://ehr.hospital.example:2575"
        )
    url = net_guard.check_url(f"http://{rest}", allow_plaintext=True)
    return Address(url.host, url.port, secure)


def stays_on_this_machine(text: str) -> bool:
    """Whether an address leads to the loopback interface, so that nothing travels over a network.

    What :func:`parse` refuses does not.
    """
    try:
        address = parse(text)
    except AddressRefused:
        return False
    host = f"[{address.host}]" if ":" in address.host else address.host
    return net_guard.stays_on_this_machine(f"http://{host}")
