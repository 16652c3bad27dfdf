"""What is known of messages between their reading and their handling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..tools import errors
from . import causation, claims, ledger


@dataclass(frozen=True)
class Received:
    """What a handler is told of the message, beside its canonical data.

    :ivar original_id: of the message that this one repeats, if it is a replay
    """

    id: int
    uuid: str
    message_type: str | None
    external_key: str | None
    correlation_id: str | None
    system_id: int
    original_id: int | None = None

    @property
    def arrived(self) -> int:
        """Its place among all that arrived: that of the original, if it is a replay."""
        return self.original_id or self.id


class NoConcernError(Exception):
    """The handler of its type has no use for this message.

    A handler that finds out only when it looks things up raises it, and says why: the message
    counts as filtered, and shows that reason.

    :ivar reason: ``None``: the content says all that there is to say
    """

    def __init__(self, reason: errors.IntegrationError | None = None) -> None:
        super().__init__(reason.code if reason else "")
        self.reason = reason


@dataclass(frozen=True)
class Ready:
    """A message that a handler can get."""

    message: claims.Claimed
    received: Received
    data: Any
    cause: causation.Cause
    size: int


@dataclass
class Run:
    """Consecutive messages that are tried together.

    :ivar taken: how many, with those that are not ready
    :ivar refused: outcomes of messages that no handler gets to see
    :ivar overtaken: behind one that failed: they go back untried
    """

    blocked: set[str]
    taken: int = 0
    size: int = 0
    ready: list[Ready] = field(default_factory=list)
    refused: list[ledger.Result] = field(default_factory=list)
    overtaken: list[int] = field(default_factory=list)
