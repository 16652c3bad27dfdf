"""What of the audit is configured outside the database: keys, and where checkpoints go."""

from __future__ import annotations

from functools import lru_cache

from ..tools import syslog
from ..tools.audit_chain import AuditKeyError, AuditKeys, load_keys
from . import settings


@lru_cache(maxsize=1)
def keys() -> AuditKeys | None:
    """The audit keys of this server process; None when there are none.

    :raises AuditKeyError: what is configured cannot be read
    """
    return load_keys(settings.section())


def key_problem() -> str:
    """Why the keys that are configured cannot be used, or ""."""
    try:
        keys()
    except AuditKeyError as exc:
        return str(exc)
    return ""


def checkpoint_file() -> str:
    """Path of the file that takes checkpoints (``audit_checkpoint_file``), or ""."""
    return settings.section().get("audit_checkpoint_file", "")


def checkpoint_syslog() -> syslog.Destination | None:
    """Where else checkpoints go (``audit_syslog``).

    :raises ValueError: the option cannot be read
    """
    text = settings.section().get("audit_syslog", "")
    return syslog.Destination.parse(text) if text else None
