"""Stored secrets: encrypted until the moment of their use, and when they were used last."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from ..tools.credential_versions import Span
from . import settings
from .cursors import own_cursor
from .last_uses import LastUses

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SealedSecret:
    """A secret as it is stored: worthless without the key ring. Times are naive UTC.

    :param login: the name that belongs to it, if it is a password
    """

    context: str
    blob: bytes
    span: Span
    login: str = ""

    def valid_at(self, moment: datetime) -> bool:
        return self.span.valid_at(moment)

    def open(self) -> str:
        """The secret in clear, for immediate use.

        :raises tools.keyring.KeyRingError: no key ring, an unknown key or a changed ciphertext.
        """
        return settings.key_ring().decrypt(self.blob, self.context).decode()


_uses = LastUses()


def note_use(registry: Registry, version_ids: Iterable[int]) -> None:
    """Write that versions were used just now, unless this process did lately.

    On a connection of its own, so never inside a business transaction; call it when nothing is
    locked. A version that somebody is changing is left out: the next use will be noted.
    """
    due = [one for one in version_ids if _uses.due(registry.db_name, one)]
    if not due:
        return
    try:
        with own_cursor(registry) as cr:
            cr.execute(
                """
                UPDATE integration_credential_version SET last_used_at = now() AT TIME ZONE 'UTC'
                 WHERE id IN (SELECT id FROM integration_credential_version
                               WHERE id = ANY(%s) FOR UPDATE SKIP LOCKED)
                """,
                [due],
            )
    except Exception:  # a note; the exchange that it is about has succeeded
        _logger.exception("The last use of a credential could not be noted")


def note_use_after_commit(cr: BaseCursor, version_id: int) -> None:
    """As :func:`note_use`, once the transaction of ``cr`` is committed."""
    cr.postcommit.add(_noter(cr.dbname, version_id))


def _noter(dbname: str, version_id: int) -> Callable[[], None]:
    return lambda: note_use(Registry(dbname), [version_id])
