"""The ``[integration]`` section of odoo.conf: what must not live in the database."""

from __future__ import annotations

from configparser import ConfigParser, Error
from functools import lru_cache

from odoo.tools import config

from ..tools.keyring import KeyRing, KeyRingMissing, load_keyring

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
