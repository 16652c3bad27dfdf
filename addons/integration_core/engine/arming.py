"""Whether traffic may flow: this database, on this server, is the one that was released.

What is compared, and why, is in :mod:`..tools.arming`. Here it is read: the identity from
PostgreSQL and from the server's configuration, what was released from ``integration_arming``.

A drain asks at its start, and each of its claims asks again whether the release still stands
(:func:`.claims.terms`). The HTTP door asks for each request, and gets an answer that is at most
:data:`KEPT_SECONDS` old; that somebody holds or releases traffic reaches it at once, with the
cached map of its interfaces.
"""

from __future__ import annotations

import logging
import os
import time

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor, Cursor

from ..tools.arming import Cause, Identity, Outside, Released, Verdict, judge
from . import outside, settings
from .cursors import own_cursor

_logger = logging.getLogger(__name__)

# A database is not swapped beneath a running server more often than that.
KEPT_SECONDS = 5.0

_identities: dict[str, tuple[float, Identity, Outside]] = {}
_verdicts: dict[str, tuple[float, Verdict]] = {}
# What was logged already, by database: once per cause and process is enough.
_told: dict[str, Cause | None] = {}


def environment() -> str:
    """Name of the environment of this server: ``INTEGRATION_ENVIRONMENT`` or ``environment``."""
    name = os.environ.get("INTEGRATION_ENVIRONMENT") or settings.section().get("environment", "")
    return name.strip()[:64]


def identity(cr: BaseCursor) -> Identity:
    """The database and the server as they are now."""
    cr.execute(
        """
        SELECT coalesce((SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'), ''),
               d.datname, d.oid::text,
               has_function_privilege('pg_catalog.pg_control_system()', 'execute')
          FROM pg_database d WHERE d.datname = current_database()
        """
    )
    uuid, name, oid, allowed = cr.fetchone()
    return Identity(uuid, name, oid, _system_identifier(cr) if allowed else "", environment())


def _system_identifier(cr: BaseCursor) -> str:
    """Identifier of the cluster. Everybody may ask for it unless the right was withdrawn."""
    cr.execute("SELECT system_identifier::text FROM pg_control_system()")
    return cr.fetchone()[0]


def released(cr: BaseCursor) -> Released | None:
    """What the database remembers of the release of its traffic."""
    cr.execute(
        """
        SELECT coalesce(database_uuid, ''), coalesce(database_name, ''),
               coalesce(database_oid, ''), coalesce(system_identifier, ''),
               coalesce(environment, ''), coalesce(token, ''), coalesce(mark, 0), mark_at,
               CASE WHEN armed THEN '' ELSE coalesce(held_because, 'disarmed') END
          FROM integration_arming ORDER BY id LIMIT 1
        """
    )
    row = cr.fetchone()
    return Released(Identity(*row[:5]), *row[5:]) if row else None


def verdict(cr: BaseCursor) -> Verdict:
    """Whether traffic is held now, read afresh from the database and the server."""
    forget(cr.dbname)
    return _judge(cr)


def is_held(cr: BaseCursor) -> bool:
    """Whether traffic is held, for work that starts now: one statement, now and then four."""
    return _judge(cr).held


def was_held(cr: BaseCursor) -> bool:
    """Whether traffic was held within :data:`KEPT_SECONDS`: no statement, as a rule."""
    now = time.monotonic()
    kept = _verdicts.get(cr.dbname)
    if kept is None or now - kept[0] > KEPT_SECONDS:
        kept = (now, _judge(cr))
        _verdicts[cr.dbname] = kept
    return kept[1].held


def _judge(cr: BaseCursor) -> Verdict:
    # First: what is outside must not be younger than what it is held against.
    present = _present(cr)
    found = judge(released(cr), *present)
    if found.held:
        # What was kept may be older than the release itself: without a second look, traffic that
        # was released a moment ago would rest until somebody wakes it.
        forget(cr.dbname)
        present = _present(cr)
        found = judge(released(cr), *present)
    if found.cause is not _told.get(cr.dbname):
        _told[cr.dbname] = found.cause
        if found.cause not in (None, Cause.NEVER):
            _logger.warning(
                "Database %s: all integration traffic is held (%s). See Integrations, "
                "Configuration, Copies and restores.",
                cr.dbname,
                found.cause,
            )
    return found


def _present(cr: BaseCursor) -> tuple[Identity, Outside]:
    now = time.monotonic()
    kept = _identities.get(cr.dbname)
    if kept is None or now - kept[0] > KEPT_SECONDS:
        kept = (now, identity(cr), outside.read(cr.dbname))
        _identities[cr.dbname] = kept
    return kept[1], kept[2]


def forget(dbname: str) -> None:
    """Read everything anew the next time."""
    _identities.pop(dbname, None)
    _verdicts.pop(dbname, None)


def keep_mark(registry: Registry) -> None:
    """Count the mark of the database up, and write it outside.

    In this order: a crash between the two leaves the file behind, which proves nothing; a file that
    is ahead would be the sign of a restore. Only the first file comes before the first mark, so
    that a marked database without a file is known to have lost it.

    :raises OSError: the folder outside cannot be written
    """
    with own_cursor(registry) as cr:
        known = released(cr)
        # What is not committed yet, as in a test, has nothing to say to the outside.
        if known is None or not isinstance(cr, Cursor) or is_held(cr):
            return
    if not known.mark:
        outside.write(cr.dbname, known.token, 0)
    with own_cursor(registry) as cr:
        cr.execute(
            """
            UPDATE integration_arming SET mark = mark + 1, mark_at = now() AT TIME ZONE 'UTC'
             WHERE token = %s AND armed RETURNING mark
            """,
            [known.token],
        )
        row = cr.fetchone()
    if row:
        outside.write(cr.dbname, known.token, row[0])
        outside.tidy(cr.dbname)
