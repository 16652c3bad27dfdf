"""What was received, as it is stored: read some messages at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from odoo.sql_db import BaseCursor

from . import claims

# Bodies may be large, and a claim may be long.
_PAGE = 50


@dataclass(frozen=True)
class Stored:
    """A received message and its body."""

    body: bytes
    encoding: str
    content_type: str | None
    message_type: str | None
    external_key: str | None
    correlation_id: str | None
    trace_parent: str | None
    depth: int | None
    created_at: datetime
    causation_id: str | None
    original_id: int | None


class Bodies:
    """Received bodies of claimed messages, for who asks for them in their order."""

    def __init__(self, cr: BaseCursor, messages: Sequence[claims.Claimed]) -> None:
        self._cr = cr
        self._position = {message.id: index for index, message in enumerate(messages)}
        self._ids = [message.id for message in messages]
        self._page: dict[int, Stored | None] = {}

    def get(self, message_id: int) -> Stored | None:
        """What was received; ``None`` if its content is gone."""
        if message_id not in self._page:
            start = self._position[message_id]
            self._page = self._read(self._ids[start : start + _PAGE])
        return self._page[message_id]

    def _read(self, ids: Sequence[int]) -> dict[int, Stored | None]:
        self._cr.execute(
            """
            SELECT p.message_id, p.body, p.encoding, p.content_type, m.message_type, m.external_key,
                   m.correlation_id, m.trace_parent, m.depth, m.created_at, m.causation_id,
                   m.original_id
              FROM integration_payload p JOIN integration_message m ON m.id = p.message_id
             WHERE p.message_id = ANY(%s) AND p.kind = 'received'
            """,
            [list(ids)],
        )
        found: dict[int, Stored | None] = dict.fromkeys(ids)
        found.update((row[0], Stored(*row[1:])) for row in self._cr.fetchall())
        return found
