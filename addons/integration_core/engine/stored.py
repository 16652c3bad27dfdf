"""Reading what the database holds, past everything that is pending in the ORM.

All environments of a cursor share one cache, with values that are not written yet and fields that
wait to be computed. While a change is written, that cache knows the new values only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.sql_db import BaseCursor


@contextmanager
def reading(cr: BaseCursor) -> Iterator[api.Environment]:
    """An environment with a cache of its own, as superuser: a snapshot follows the contract, not
    the rights of whoever saves the record.

    For reading alone, inside the block: what is written in it is lost.
    """
    transaction = cr.transaction
    # What the ORM calls a transaction is its cache; the one of the database stays the same.
    cr.transaction = type(transaction)(transaction.registry)
    try:
        yield api.Environment(cr, SUPERUSER_ID, {})
    finally:
        cr.transaction = transaction
