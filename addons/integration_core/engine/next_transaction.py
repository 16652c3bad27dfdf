"""Messages that wait for the next transaction, so that what comes before them is told.

A transaction tells its net effect (:mod:`.capture`). Where each step of a record counts for those
who are told, as for a patient who comes, is moved and leaves, a handler lets the transaction end
before a message that would cover up what an earlier one did. So events do not depend on how many
messages a drain happened to find.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class NextTransactionError(Exception):
    """The transaction ends here; what follows is handled in the next one.

    :ivar handled: how many of the messages of the batch are handled in this one
    """

    def __init__(self, handled: int) -> None:
        super().__init__(handled)
        self.handled = handled


# Whether the drain has dealt with messages in this transaction; None: there is no drain.
_begun: ContextVar[bool | None] = ContextVar("integration_transaction_begun", default=None)


@contextmanager
def drained(begun: bool) -> Iterator[None]:
    """The block handles messages of a drain.

    :param begun: whether it is not the first block of its transaction
    """
    token = _begun.set(begun)
    try:
        yield
    finally:
        _begun.reset(token)


def wait(handled: int) -> None:
    """Let the messages of a batch wait, except the first ``handled``, before anything is written.

    Does nothing where there is nothing to wait for: outside of a drain, and for the first message
    of a transaction.

    :raises NextTransactionError: for the drain, to be passed on
    """
    begun = _begun.get()
    if begun or (handled and begun is not None):
        raise NextTransactionError(handled)
