"""Telling whoever wants to know of messages that were recognised as known already.

Such a message leaves nothing in the database: its sender gets the first receipt once more. Somebody
who counts them must not cost the requests anything, so the core says it after the commit, in the
process that answered, and whoever listens adds it up there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from odoo.sql_db import BaseCursor

_logger = logging.getLogger(__name__)

#: Called with the name of the database, the interface and how many, after the commit. They must
#: return at once; they are never called for a transaction that was rolled back or run again.
listeners: list[Callable[[str, int, int], None]] = []


def told(cr: BaseCursor, interface_id: int, times: int = 1) -> None:
    """Some messages of an interface were known already; say so once ``cr`` is committed."""
    if listeners and times:
        dbname = cr.dbname
        cr.postcommit.add(lambda: _tell(dbname, interface_id, times))


def _tell(dbname: str, interface_id: int, times: int) -> None:
    for listener in listeners:
        try:
            listener(dbname, interface_id, times)
        except Exception:  # the message is answered already
            _logger.exception("A repeated message was not counted")
