"""When a partner last used the address that an interface had before."""

from __future__ import annotations

import logging

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from .cursors import own_cursor
from .last_uses import LastUses

_logger = logging.getLogger(__name__)

_uses = LastUses()


def note_former_address_after_commit(cr: BaseCursor, interface_id: int) -> None:
    """Write that the old address was used, once the transaction of ``cr`` is committed."""
    dbname = cr.dbname
    cr.postcommit.add(lambda: _note(Registry(dbname), interface_id))


def _note(registry: Registry, interface_id: int) -> None:
    """On a connection of its own. An interface that somebody is changing is left out, as is one
    whose old address has ended meanwhile."""
    if not _uses.due(registry.db_name, interface_id):
        return
    try:
        with own_cursor(registry) as cr:
            cr.execute(
                """
                UPDATE integration_interface SET former_address_used_at = now() AT TIME ZONE 'UTC'
                 WHERE id IN (SELECT id FROM integration_interface
                               WHERE id = %s AND former_address_until IS NOT NULL
                                 FOR NO KEY UPDATE SKIP LOCKED)
                """,
                [interface_id],
            )
    except Exception:  # a note; the exchange that it is about has succeeded
        _logger.exception("The last use of an old address could not be noted")
