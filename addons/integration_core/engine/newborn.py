"""Records that their writer has created in this very transaction.

What creates a record goes on to fill it in: Odoo itself (a product and its variant write each
other), wizards, handlers of messages. That is one creation, and no change of what an owner said.
"""

from __future__ import annotations

from collections import defaultdict

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
