"""The ``[integration]`` section of odoo.conf: what must not live in the database."""

from __future__ import annotations

import logging
from configparser import ConfigParser, Error
from functools import lru_cache

from odoo.tools import config

from ..tools.keyring import KeyRing, KeyRingMissing, load_keyring
from ..tools.net_guard import Network, parse_networks

_logger = logging.getLogger(__name__)

SECTION = "integration"


@lru_cache(maxsize=1)
def section() -> dict[str, str]:
    """The section as a dictionary; empty when there is none.

    Odoo keeps only ``[options]``, so the file is read once more, as queue_job does.
    """
    # No interpolation: keys are base64, and a percent sign is only a percent sign.
    parser = ConfigParser(interpolation=None)
    try:
        parser.read(config["config"] or [])
    except Error:
        return {}
    return dict(parser[SECTION]) if parser.has_section(SECTION) else {}


@lru_cache(maxsize=1)
def key_ring() -> KeyRing:
    """The key ring of this server process.

    :raises KeyRingMissing: none is configured.
    :raises keyring.KeyRingError: what is configured cannot be read.
    """
    return load_keyring(section())


def optional_key_ring() -> KeyRing | None:
    """The key ring, or ``None`` when none is configured."""
    try:
        return key_ring()
    except KeyRingMissing:
        return None


@lru_cache(maxsize=1)
def lease_seconds() -> float:
    """How long a drain owns its lane and its messages without a sign of life (``lease_seconds``).

    It only has to outlive a pause of the process: a running drain renews far more often. After
    the death of a worker its messages wait so long.
    """
    return _seconds("lease_seconds", 30)


@lru_cache(maxsize=1)
def watchdog_grace() -> float:
    """A lane woken less than so many seconds ago may still have its job in the queue
    (``watchdog_grace``).
    """
    return _seconds("watchdog_grace", 45)


@lru_cache(maxsize=1)
def reveal_minutes() -> int:
    """For how long private content stays revealed to a person (``reveal_minutes``)."""
    text = section().get("reveal_minutes", "")
    try:
        value = int(text or 15)
    except ValueError:
        value = 0
    if 1 <= value <= 60:
        return value
    _logger.warning("[%s] reveal_minutes must be 1 to 60; using 15", SECTION)
    return 15


@lru_cache(maxsize=1)
def trusted_proxies() -> tuple[Network, ...]:
    """Reverse proxies whose word counts about who sent a request (``trusted_proxies``).

    None by default, and none when the setting cannot be read: then the address at the other end of
    the connection is what allow-lists of interfaces are compared with.
    """
    try:
        return parse_networks(section().get("trusted_proxies", ""))
    except ValueError as exc:
        _logger.warning("[%s] trusted_proxies: %s; trusting none", SECTION, exc)
        return ()


def _seconds(name: str, default: float) -> float:
    text = section().get(name, "")
    try:
        value = float(text or default)
    except ValueError:
        value = 0
    if 1 <= value <= 3600:
        return value
    _logger.warning("[%s] %s must be 1 to 3600 seconds; using %s", SECTION, name, default)
    return default
