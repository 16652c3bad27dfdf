# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""TLS client contexts: version 1.2 or newer, names always verified."""

import os
import ssl
from dataclasses import dataclass, field
from functools import lru_cache

from .errors import ConfigurationError
from .http_wire import DeadlineSSLSocket


class TlsUnusable(ConfigurationError):
    """An authority or a certificate of ours that OpenSSL does not take: no message could leave."""

    default_code = "tls_configuration"
    holds = True


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """How to trust the other side, and how to prove who we are.

    :param ca_pem: certificates (PEM) of a private authority, trusted *instead of* the system's;
        empty for the system's.
    :param extra_ca_pem: certificates (PEM) of further authorities, trusted *besides* those: the
        hospital's own, or that of a proxy which opens TLS.
    :param certificate_pem: our certificate with its chain, for mutual TLS; empty for none.
    :param key_pem: its private key, not encrypted.
    """

    ca_pem: str = field(default="", repr=False)
    extra_ca_pem: str = field(default="", repr=False)
    certificate_pem: str = field(default="", repr=False)
    key_pem: str = field(default="", repr=False)


@lru_cache(maxsize=64)
def context_for(options: TlsOptions) -> ssl.SSLContext:
    """The context for some options. Cached: loading the system's authorities takes 20 ms.

    :raises TlsUnusable: the authority or our certificate is not usable.
    """
    try:
        context = ssl.create_default_context(cadata=options.ca_pem or None)
        if options.extra_ca_pem:
            context.load_verify_locations(cadata=options.extra_ca_pem)
    except (ssl.SSLError, ValueError):
        raise TlsUnusable("the private certificate authority is not valid PEM") from None
    if options.certificate_pem:
        _load_certificate(context, options)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineSSLSocket
    return context


def _load_certificate(context: ssl.SSLContext, options: TlsOptions) -> None:
    """OpenSSL reads certificates from files only; this file is in memory and has no name, so that
    no private key reaches a disk."""
    descriptor = os.memfd_create("client-certificate", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as stream:
            stream.write(f"{options.key_pem}\n{options.certificate_pem}\n".encode())
        # A password that nobody has: without it OpenSSL would ask on the terminal.
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password="")
    except (ssl.SSLError, ValueError, OSError):
        # "from None": no detail of the key into a traceback.
        raise TlsUnusable(
            "the client certificate and its private key cannot be used together"
        ) from None
    finally:
        os.close(descriptor)
