"""What one question may cost: no partner keeps a worker or the database busy for long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta

from psycopg2.errors import QueryCanceled

from odoo.sql_db import BaseCursor

from ..tools.fhir.operation_outcome import Refusal

#: How long the database may work on one statement of a question.
LONGEST_STATEMENT = timedelta(seconds=15)


@contextmanager
def bounded(cr: BaseCursor, *, fresh: bool) -> Iterator[None]:
    """Have the database give up what takes too long.

    :param fresh: whether the transaction may be begun anew, since nothing was written in it
    :raises Refusal: 503, it took too long
    """
    milliseconds = int(LONGEST_STATEMENT / timedelta(milliseconds=1))
    try:
        with nullcontext() if fresh else cr.savepoint(flush=False):
            cr.execute("SET LOCAL statement_timeout = %s", [milliseconds])
            yield
            # What is recorded of the answer may have to wait for others.
            cr.execute("SET LOCAL statement_timeout TO DEFAULT")
    except QueryCanceled:
        if fresh:
            cr.rollback()
        raise Refusal(
            503, "too-costly", "too_costly",
            "This search takes too long and was given up. Ask for less: by identifier, by status "
            "or by _lastUpdated, without counting (_total, _summary=count), or with fewer values.",
            headers=(("Retry-After", "60"),),
        ) from None  # fmt: skip
