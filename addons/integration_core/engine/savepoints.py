"""Savepoints for many steps in one transaction, in one round trip each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from odoo.sql_db import BaseCursor


class Steps:
    """Steps of a transaction that succeed or are undone one by one.

    The same as Odoo's ``cr.savepoint()`` around each step, pending ORM changes included, but the
    savepoint of a step that went well is released together with setting that of the next one.
    The last one ends with the transaction.
    """

    def __init__(self, cr: BaseCursor) -> None:
        self._cr = cr
        cr.flush()
        cr.execute("SAVEPOINT integration_step")

    @contextmanager
    def step(self) -> Iterator[None]:
        """Keep what the block does to the database, or undo it when the block raises."""
        try:
            yield
            self._cr.flush()
        except BaseException:
            self._cr.clear()
            self._cr.execute("ROLLBACK TO SAVEPOINT integration_step")
            raise
        self._cr.execute("RELEASE SAVEPOINT integration_step; SAVEPOINT integration_step")
