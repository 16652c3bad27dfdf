"""Records that their writer has created in this very transaction.

What creates a record goes on to fill it in: Odoo itself (a product and its variant write each
other), wizards, handlers of messages. That is one creation, and no change of what an owner said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from odoo import api
from odoo.models import BaseModel

from . import causation

BORN = "integration.newborn"


def remember(records: BaseModel) -> None:
    """These records were created just now, by the present writer."""
    _born(records.env, records._name).update(records._ids)


def others(records: BaseModel) -> BaseModel:
    """``records`` without those that the present writer has created in this transaction."""
    born = _born(records.env, records._name)
    return records.browse(i for i in records._ids if i not in born) if born else records


def _born(env: api.Environment, model: str) -> set[int]:
    # Data of the hooks after commit: cleared by commit and rollback, but not by savepoints. What
    # a savepoint undoes leaves ids behind that no other record ever gets.
    by_writer = env.cr.postcommit.data.setdefault(BORN, defaultdict(set))
    # Messages share a transaction, and a handler switches users freely.
    return by_writer[causation.current() or env.uid, model]


# -- by number ---------------------------------------------------------------------------------

_numbers: ContextVar[dict[str, dict[int, int]] | None] = ContextVar(
    "integration_newborn", default=None
)


@contextmanager
def numbered() -> Iterator[None]:
    """Inside the block new records of all models get numbers, in the order of their creation.

    A message that is handled once more creates its records anew: with other ids, but with the
    same numbers.
    """
    token = _numbers.set({})
    try:
        yield
    finally:
        _numbers.reset(token)


def count(records: BaseModel) -> None:
    """Give new records their numbers, if that is asked for."""
    numbers = _numbers.get()
    if numbers is not None:
        of_model = numbers.setdefault(records._name, {})
        for record_id in records._ids:
            of_model.setdefault(record_id, len(of_model) + 1)


def steady(model: str, record_id: int) -> int | str:
    """What stands for a record in a value that is compared with that of another run."""
    number = (_numbers.get() or {}).get(model, {}).get(record_id)
    return f"new {number}" if number else record_id
