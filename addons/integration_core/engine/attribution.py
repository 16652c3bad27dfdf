"""Which of several messages that are handled at once caused which event.

While a batch is under way, its events have a cause that stands for all of its messages
(:class:`.causation.Shared`). When the handler has said which record each message touched, each
event gets the message that it is due to, also where a savepoint has written it before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from odoo import api
from odoo.sql_db import BaseCursor

from . import causation, outbox, told


class UnattributedError(Exception):
    """A batch of messages made events of which nobody can say which message caused them.

    :ivar models: names of the models of their records
    """

    def __init__(self, models: Sequence[str]) -> None:
        super().__init__(", ".join(models))
        self.models = models


def attribute(env: api.Environment, cause: causation.Shared) -> list[str]:
    """Write the events of a batch so far, and say of each which message caused it.

    :return: models of records with events of which that is not known
    """
    cr = env.cr
    cr.flush()
    fired = told.journal(cr).fired
    shared = [
        (type_id, record_id)
        for type_id, causes in fired.items()
        for record_id, one in causes.items()
        if causation.is_due_to(one, cause)
    ]
    if not shared:
        return []
    left = _attribute_written(cr, cause)
    models = {
        trigger.type_id: trigger.model
        for watch in env["integration.event.type"]._watched().values()
        for trigger in watch.triggers
    }
    for type_id, record_id in shared:
        fired[type_id][record_id] = cause.of(models.get(type_id, ""), record_id)
    if not left:
        _forget_shared(fired, cause)
    return left


def _attribute_written(cr: BaseCursor, cause: causation.Shared) -> list[str]:
    """Set the causes of events that a savepoint wrote before they were known."""
    known, left = {}, set()
    for event_id, model, record_id in outbox.written_for(cr, cause):
        found = cause.of(model, record_id)
        if found is cause:
            left.add(model)
        else:
            known[event_id] = found
    if known:
        outbox.set_causes(cr, known)
    return sorted(left)


def _forget_shared(
    fired: Mapping[int, dict[int, causation.Cause | None]], cause: causation.Shared
) -> None:
    """What fired without an event may get one because of another message of this transaction."""
    for causes in fired.values():
        for record_id, one in causes.items():
            if causation.is_due_to(one, cause):
                causes[record_id] = cause.unknown()


def forget(cr: BaseCursor, cause: causation.Cause) -> None:
    """What a message, or a batch, did was undone: it has told nothing."""
    journal = told.known(cr)
    for causes in journal.fired.values() if journal else ():
        for record_id in [key for key, one in causes.items() if causation.is_due_to(one, cause)]:
            del causes[record_id]
