# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""TLS of the listener: version 1.2 or newer, its certificate from files, clients by authority.

The files are looked at again before each use, so a renewed certificate is in force with the next
connection, without a restart.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from .door import Door, Tls


class CertificateUnusable(Exception):
    """The server has no certificate, or none that OpenSSL takes. The text says what to do."""


@dataclass
class ServerCertificate:
    """Where the certificate with its chain and its key are; empty: nowhere.

    :ivar key: may be the same file
    """

    certificate: str = ""
    key: str = ""
    _known: dict[tuple[object, ...], ssl.SSLContext] = field(default_factory=dict, repr=False)

    def context(self, door: Door) -> ssl.SSLContext | None:
        """The context for connections to a port; None without TLS.

        :raises CertificateUnusable: with a sentence
        """
        if door.tls is Tls.NONE:
            return None
        stamp = (door.tls, door.client_ca, *self._stamps())
        context = self._known.get(stamp)
        if context is None:
            if len(self._known) > 100:
                self._known.clear()  # certificates were renewed a hundred times
            context = self._known[stamp] = self._made(door)
        return context

    def _stamps(self) -> list[tuple[int, int]]:
        if not self.certificate:
            raise CertificateUnusable(
                "The server has no certificate. Set certificate and key in the section "
                "[integration_mllp] of its odoo.conf."
            )
        try:
            found = [Path(path).stat() for path in (self.certificate, self.key or self.certificate)]
        except OSError as exc:
            raise CertificateUnusable(
                f"The certificate or its key cannot be read ({exc.strerror}). Check certificate "
                "and key in the section [integration_mllp] of odoo.conf."
            ) from None
        return [(one.st_mtime_ns, one.st_size) for one in found]

    def _made(self, door: Door) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        try:
            # A password that nobody has: without it OpenSSL would ask on the terminal.
            context.load_cert_chain(self.certificate, self.key or None, password="")
        except (OSError, ValueError):
            raise CertificateUnusable(
                "The certificate and its key cannot be used together. The key must belong to it "
                "and must not have a password."
            ) from None
        if door.tls is Tls.CLIENT:
            context.verify_mode = ssl.CERT_REQUIRED
            # A partner's own certificate may be given in the place of its authority.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            try:
                context.load_verify_locations(cadata=door.client_ca)
            except (ssl.SSLError, ValueError):
                raise CertificateUnusable(
                    "The authorities of client certificates cannot be read. Enter them in PEM."
                ) from None
        return context
