"""Fields that Odoo writes as superuser because a person asked for it.

Some models switch to the superuser for single fields of what a person writes: whether a contact is
a company, and what people may say of themselves in their preferences. That is still the person's
change, not one that Odoo makes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_asked: ContextVar[tuple[str, frozenset[str]]] = ContextVar(
    "integration_asked", default=("", frozenset())
)


@contextmanager
def asked_for(model: str, names: Iterable[str]) -> Iterator[None]:
    """Inside the block, writing these fields of a model is what a person wants, whoever does it."""
    token = _asked.set((model, frozenset(names)))
    try:
        yield
    finally:
        _asked.reset(token)


def is_asked_for(model: str, names: Iterable[str]) -> bool:
    """Whether a person asked for a write that somebody else does."""
    known, fields = _asked.get()
    return known == model and not fields.isdisjoint(names)
