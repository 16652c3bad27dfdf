"""What caused what happens now: carried from a handled message to the events it gives rise to.

A context variable, not the Odoo context: handlers switch users and contexts freely, and the
cause must survive that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

# A chain of causes longer than this is a loop between systems.
MAX_DEPTH = 8


@dataclass(frozen=True)
class Cause:
    """The message that is being handled."""

    message_uuid: str | None
    correlation_id: str | None
    trace_parent: str | None
    system_id: int
    depth: int
    message_id: int | None = None


_current: ContextVar[Cause | None] = ContextVar("integration_cause", default=None)


def current() -> Cause | None:
    """The message that causes what happens now, if any."""
    return _current.get()


@contextmanager
def caused_by(cause: Cause) -> Iterator[None]:
    """Everything inside the block is caused by ``cause``."""
    token = _current.set(cause)
    try:
        yield
    finally:
        _current.reset(token)
