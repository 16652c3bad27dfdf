# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Addresses that ports listen on, and why one of them cannot be had."""

import errno
import socket
from contextlib import suppress
from typing import Final

from odoo.addons.integration_core.tools.source_address import parse_address

LOOPBACK: Final = ("127.0.0.1", "::1")


def why(exc: OSError, port: int) -> str:
    """What keeps a port from being opened, and what to do about it."""
    if exc.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program on this machine, perhaps by another "
            "listener of this database. Choose another port, or stop that program."
        )
    if exc.errno in (errno.EACCES, errno.EPERM):
        return f"The listener may not use port {port}. Choose one above 1023."
    if exc.errno == errno.EADDRNOTAVAIL:
        return "The address of --bind is none of this machine. Start the listener with another."
    return f"The port cannot be opened: {exc.strerror}."


def bindable(text: str) -> list[str]:
    """The addresses of a setting; all of this machine if it is empty.

    :raises ValueError: one of them is no address
    """
    words = text.replace(",", " ").split()
    for word in words:
        with suppress(ValueError):
            if parse_address(word) is not None:
                continue
        raise ValueError(f"“{word}” is no address to listen on, such as 10.20.0.5 or ::")
    return words or _all_addresses()


def _all_addresses() -> list[str]:
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    except OSError:
        return ["0.0.0.0"]  # noqa: S104 - who may connect is said by each interface
    return ["0.0.0.0", "::"]  # noqa: S104 - as above
