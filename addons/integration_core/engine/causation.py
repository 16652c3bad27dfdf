"""What caused what happens now: carried from a handled message to the events it gives rise to.

A context variable, not the Odoo context: handlers switch users and contexts freely, and the
cause must survive that.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from odoo.models import BaseModel

# A chain of causes longer than this is a loop between systems.
MAX_DEPTH = 8


@dataclass(frozen=True)
class Cause:
    """The message that is being handled.

    :ivar system_id: who sent it, and is not told of it once more; ``None``: see :func:`own_wish`
    """

    message_uuid: str | None
    correlation_id: str | None
    trace_parent: str | None
    system_id: int | None
    depth: int
    message_id: int | None = None


@dataclass(frozen=True)
class Shared(Cause):
    """Messages of one system that are handled at once.

    While they are, what happens is due to any of them: ``message_uuid`` only marks what is to be
    attributed to one of them when the handler has said which records each of them touched.
    """

    _named: dict[tuple[str, int], Cause] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def by(cls, causes: Iterable[Cause]) -> Shared:
        """The common cause of what several messages of one system do."""
        found = list(causes)
        depth = max(one.depth for one in found)
        return cls(str(uuid.uuid4()), None, None, found[0].system_id, depth)

    def name(self, records: BaseModel, cause: Cause) -> None:
        """What happens to these records is due to that message, or to the one that was named
        first, as if they were handled one after the other.
        """
        for record_id in records._ids:
            self._named.setdefault((records._name, record_id), cause)

    def of(self, model: str, record_id: int) -> Cause:
        """Why something happens to a record: one of the messages, or as yet any of them."""
        return self._named.get((model, record_id), self)

    def unknown(self) -> Cause:
        """What remains to be said when nothing tells which message it was."""
        return Cause(None, None, None, self.system_id, self.depth)


def of(cause: Cause | None, model: str, record_id: int) -> Cause | None:
    """Why something happens to a record, as far as that is known."""
    return cause.of(model, record_id) if isinstance(cause, Shared) else cause


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


@contextmanager
def own_wish() -> Iterator[None]:
    """What happens inside the block is what we want of others, and no echo of the message.

    It is due to the message all the same, with its correlation and depth, and goes to whom it
    concerns, also to the system that the message came from. Writes are to be flushed inside.
    """
    cause = current()
    if cause is None:
        yield
        return
    own = Cause(
        cause.message_uuid, cause.correlation_id, cause.trace_parent, None, cause.depth,
        cause.message_id,
    )  # fmt: skip
    with caused_by(own):
        yield


def is_due_to(one: Cause | None, cause: Cause) -> bool:
    """Whether something happened because of ``cause``, or is a wish that it gave rise to."""
    return one is not None and (one == cause or one.message_uuid == cause.message_uuid is not None)
