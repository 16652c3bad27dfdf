"""A message names, by a new identifier, what may be a record that exists.

Handlers say so by raising :class:`PossibleDuplicate`. The message is quarantined, and a data
steward decides in ``integration.duplicate``: it is one of these records, or one of its own. Then
the message is handled once more.
"""

from __future__ import annotations

from collections.abc import Sequence

from odoo import api
from odoo.models import BaseModel

from ..tools import errors
from . import ledger
from .conversion import Plan

POSSIBLE = "possible_duplicate"


class PossibleDuplicate(errors.ConflictError):
    """What a message names may be one of some records, and only a person can tell.

    :ivar res_model: the model of the records
    :ivar candidates: their ids
    :ivar external_id: what the system of the message calls its record
    """

    def __init__(self, message: str, candidates: BaseModel, external_id: str) -> None:
        super().__init__(message, code=POSSIBLE)
        self.res_model = candidates._name
        self.candidates = tuple(candidates.ids)
        self.external_id = external_id


def document(error: Exception) -> tuple[str, int] | None:
    """A record that a message is about, so that the suspicion shows on its form."""
    if not isinstance(error, PossibleDuplicate):
        return None
    return error.res_model, error.candidates[0]


def follow(env: api.Environment, plan: Plan, results: Sequence[ledger.Result]) -> None:
    """Ask a data steward about those of ``results`` that are possible duplicates."""
    for result in results:
        if isinstance(result.error, PossibleDuplicate):
            env["integration.duplicate"]._ask(plan, result.message_id, result.error)
