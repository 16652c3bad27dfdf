"""Nothing of private content in errors and logs, whatever a handler or a library says.

Our own errors name places and rules. Handlers, business rules and the database speak for
themselves, and quote what they refuse.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..tools import errors, masking

_at_hand: ContextVar[bool] = ContextVar("private_content_at_hand", default=False)


def discreet(error: errors.IntegrationError, *contents: Any) -> errors.IntegrationError:
    """``error`` without any value of ``contents`` in its sentences.

    :param contents: as of :func:`tools.masking.scrub`
    """
    if error.error_class == errors.ErrorClass.CONFIGURATION:
        return error  # it speaks of the configuration, and all messages of a plan share it
    clean = type(error).__new__(type(error))
    clean.__dict__.update(error.__dict__)
    clean.message = masking.scrub(error.message, *contents)
    clean.args = (clean.message,)
    return clean


@contextmanager
def private_content(at_hand: bool) -> Iterator[None]:
    """While private content is worked on, the log gets no statement with its values.

    Odoo logs a statement that fails together with its parameters, and every statement when it
    debugs SQL.
    """
    token = _at_hand.set(at_hand)
    try:
        yield
    finally:
        _at_hand.reset(token)


class _Statements(logging.Filter):
    """Withholds statements with private content from the log of the database."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not _at_hand.get():
            return True
        if record.levelno < logging.WARNING:
            return False
        # The name of the error alone: its text quotes the row.
        causes = [type(arg).__name__ for arg in record.args or () if isinstance(arg, Exception)]
        record.msg = "A statement on private content failed and is withheld: %s"
        record.args = (", ".join(causes) or "unknown",)
        record.exc_info = record.exc_text = None
        return True


class _Calls(logging.Filter):
    """Withholds arguments of calls of the suite's methods: documents on trial, values, reasons."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.args and isinstance(record.args, tuple) and len(record.args) > 1:
            records, *rest = record.args
            if getattr(records, "_name", "").startswith("integration."):
                record.args = (records, *rest[:-1], "…")
        return True


def guard_logs() -> None:
    """Put the filters in place; doing so again is harmless."""
    for name, guard in (("odoo.sql_db", _Statements()), ("odoo.service.model", _Calls())):
        logger = logging.getLogger(name)
        if not any(type(known).__name__ == type(guard).__name__ for known in logger.filters):
            logger.addFilter(guard)


guard_logs()
