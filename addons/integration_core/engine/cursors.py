"""Cursors of the engine's own.

Odoo's cursors are REPEATABLE READ: under it a claim with SKIP LOCKED or an update of a shared row
fails with a serialization error as soon as another worker was faster. Claims, leases, wake-up
flags and breakers therefore run on a connection of their own in READ COMMITTED, in transactions
that last milliseconds and never span a call to a partner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor, Cursor


@contextmanager
def own_cursor(registry: Registry) -> Iterator[BaseCursor]:
    """A READ COMMITTED cursor on its own connection: committed on success, else rolled back.

    In a test that runs in Odoo's test mode the registry hands out cursors that share the test's
    transaction; those keep their isolation level, and concurrency is tested with real processes.
    """
    with registry.cursor() as cr:
        if isinstance(cr, Cursor):
            # Lasts until the connection returns to the pool, which resets it.
            cr.connection.set_session(isolation_level=ISOLATION_LEVEL_READ_COMMITTED)
        yield cr


def commit(cr: BaseCursor) -> None:
    """Commit a transaction of the engine.

    The one place that commits: drains own their cursors (see :func:`own_cursor`), so no business
    transaction of a caller is ever cut in two.
    """
    cr.commit()  # pylint: disable=invalid-commit


def insert_quietly(
    cr: BaseCursor, query: str, rows: Sequence[Sequence[object]], template: str
) -> None:
    """Run an ``INSERT … VALUES %s`` of several rows that carry content.

    Odoo logs a statement that fails together with its parameters, and its ``execute_values``
    cannot be told not to. Content must not reach the log, not even when two workers collide.
    """
    values = ", ".join([template] * len(rows))
    parameters = [value for row in rows for value in row]
    cr.execute(query.replace("%s", values, 1), parameters, log_exceptions=False)
