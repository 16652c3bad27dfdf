# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""TLS client contexts: version 1.2 or newer, names always verified."""

import ssl
from dataclasses import dataclass, field
from functools import lru_cache

from .errors import ConfigurationError
from .http_wire import DeadlineSSLSocket


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """How to trust the other side.

    :param ca_pem: certificates (PEM) of a private authority, trusted *instead of* the system's;
        empty for the system's.
    """

    ca_pem: str = field(default="", repr=False)


@lru_cache(maxsize=64)
def context_for(options: TlsOptions) -> ssl.SSLContext:
    """The context for some options. Cached: loading the system's authorities takes 20 ms.

    :raises ConfigurationError: ``tls_configuration``, the authority is not usable.
    """
    try:
        context = ssl.create_default_context(cadata=options.ca_pem or None)
    except (ssl.SSLError, ValueError):
        raise ConfigurationError(
            "the private certificate authority is not valid PEM", code="tls_configuration"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineSSLSocket
    return context
