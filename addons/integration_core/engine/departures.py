"""The journal's side of sending: what is about to leave, and what came of it.

Not of what is fetched: a question delivers nothing, so after a restore it is simply asked again.

Written outside the database (:mod:`.outside`) before its first byte leaves and before its result
is recorded, so that a restore of the database, to whatever moment, can be told what partners have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from ..tools import errors
from ..tools.journal import Kind, Outcome, Row
from . import ledger, outside, own_events


class Leaving(Protocol):
    """The part of a message that the journal keeps."""

    @property
    def uuid(self) -> str: ...
    @property
    def external_key(self) -> str: ...
    @property
    def message_type(self) -> str: ...


class Departures:
    """One batch of one interface; ``messages`` by id of the ledger."""

    def __init__(self, dbname: str, interface_id: int, messages: Mapping[int, Leaving]) -> None:
        self._dbname = dbname
        self._interface_id = interface_id
        self._messages = {
            message_id: one
            for message_id, one in messages.items()
            if one.message_type != own_events.FETCH
        }

    def begin(self) -> None:
        """From here on the partner may have them."""
        rows = [_row(message, "") for message in self._messages.values()]
        outside.note(self._dbname, Kind.SENDING, self._interface_id, rows)

    def end(self, results: Iterable[ledger.Result]) -> None:
        """What came of them; those without a result were not tried after all."""
        outcomes = {result.message_id: _outcome(result) for result in results}
        rows = [
            _row(message, outcomes.get(message_id, Outcome.REFUSED))
            for message_id, message in self._messages.items()
        ]
        outside.note(self._dbname, Kind.ENDED, self._interface_id, rows)


def _row(message: Leaving, outcome: str) -> Row:
    return message.uuid, message.external_key, message.message_type, str(outcome)


def _outcome(result: ledger.Result) -> Outcome:
    """Whether the partner has the message."""
    if result.error is None:
        return Outcome.TAKEN
    unknown = result.error.error_class is errors.ErrorClass.UNKNOWN_OUTCOME
    return Outcome.UNKNOWN if unknown and not result.http_status else Outcome.REFUSED
