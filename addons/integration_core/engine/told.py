"""What a transaction has told of so far, and what it has seen before it changed.

Lives until commit or rollback, not until a flush: each flushing savepoint writes events, and they
are renewed by what follows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from odoo.sql_db import BaseCursor

from . import causation
from .snapshots import Snapshot

JOURNAL = "integration.journal"


@dataclass
class Journal:
    """The memory of one transaction."""

    #: records that did not exist before: (model, id)
    born: set[tuple[str, int]] = field(default_factory=set)
    #: of models whose records are being created, with their parts: all ids up to these are older
    creating: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    #: cause by record id, by event type
    fired: dict[int, dict[int, causation.Cause | None]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    #: what documents were when the transaction began, by record id, by event type "changed"; None
    #: for those that took no part then
    before: dict[int, dict[int, Snapshot | None]] = field(default_factory=lambda: defaultdict(dict))

    def is_new(self, model: str, record_id: int) -> bool:
        """Whether a record did not exist before the transaction began."""
        floors = self.creating.get(model)
        return (model, record_id) in self.born or bool(floors and record_id > min(floors))


def journal(cr: BaseCursor) -> Journal:
    """The journal of the transaction that is open."""
    # Data of the hooks after commit: cleared by commit and rollback, but not by savepoints. What
    # a savepoint takes back leaves the ids of unborn records, which no other record ever gets.
    return cr.postcommit.data.setdefault(JOURNAL, Journal())


def known(cr: BaseCursor) -> Journal | None:
    """The journal, if there is something in it."""
    return cr.postcommit.data.get(JOURNAL)
