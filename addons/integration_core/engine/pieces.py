"""Pieces of stored content on their way to a screen or a file."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from odoo.models import BaseModel

from ..tools import canonical_json, data_classes, errors, json_text, masking
from ..tools.keyring import KeyRing

#: What reading stored content may raise.
UNREADABLE = (errors.IntegrationError, ValueError, zlib.error)
#: Characters on a screen: more than a person reads, and enough to keep the browser quick.
SHOWN = 200_000


@dataclass(frozen=True, eq=False)
class Piece:
    """One stage of a record's content, as it is stored. Not to be logged.

    :ivar data_class: how sensitive it is: the stricter of when it was stored and of today
    :ivar opener: gives the bytes; raises one of :data:`UNREADABLE`
    """

    record: BaseModel
    stage: str
    data_class: str
    content_type: str | None
    size: int
    created_at: datetime
    opener: Callable[[KeyRing | None], bytes]

    @property
    def private(self) -> bool:
        return self.data_class in data_classes.PRIVATE

    @property
    def suffix(self) -> str:
        """Of a file that holds it."""
        kind = (self.content_type or "").partition(";")[0].strip().lower()
        known = {"application/json": ".json", "application/xml": ".xml", "text/xml": ".xml"}
        return known.get(kind, ".txt" if kind.startswith("text/") else ".bin")

    def open(self, ring: KeyRing | None) -> bytes:
        """The bytes as they came or went."""
        return self.opener(ring)

    def readable(self, ring: KeyRing | None) -> str:
        """For a person who may read it."""
        return self._told(ring, readable)

    def masked(self, ring: KeyRing | None) -> str:
        """Its shape, without values."""
        return self._told(ring, masking.mask)

    def _told(self, ring: KeyRing | None, teller: Callable[[bytes], str]) -> str:
        try:
            return teller(self.open(ring))
        except UNREADABLE as exc:
            reason = exc.message if isinstance(exc, errors.IntegrationError) else "it is damaged"
            return f"This content cannot be read: {reason}"


def readable(raw: bytes) -> str:
    """``raw`` for a person: JSON indented, other text as it is, binary as a remark.

    Numbers keep their digits: an amount of 12.50 is not shown as 12.5.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return f"({len(raw)} bytes that are not text)"
    with suppress(canonical_json.JsonError):
        text = json_text.indented(canonical_json.loads(raw))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}\n…"
