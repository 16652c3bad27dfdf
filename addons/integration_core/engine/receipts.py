"""Receipts: how a sender may ask later what became of a message.

A receipt is the id of the message and a token that proves, without anything being stored, that we
gave it: an HMAC over interface, message and expiry under a key of the ring. The expiry is the end
of a day, so a repeated delivery of the same day gets the very same receipt.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from odoo.sql_db import BaseCursor

from ..tools.keyring import KeyRing, KeyRingError

#: A token is valid for at least so many days.
DAYS = 7
_DAY = 86400
_TOKEN = re.compile(r"([1-9][0-9]{9,10})\.([0-9a-f]{32})", re.ASCII)
#: What partners are told of the states of the ledger. Why something failed is told to operators.
_WORDS = {
    "received": "received",
    "queued": "received",
    "held": "received",
    "retry": "received",
    "waiting": "processing",
    "processing": "processing",
    "done": "done",
    "filtered": "done",
    "quarantined": "failed",
    "dead": "failed",
    "cancelled": "failed",
}


def token(ring: KeyRing | None, interface_id: int, uuid: str, now: float | None = None) -> str:
    """The token for a message; empty when there is no key to make one with."""
    return tokens(ring, interface_id, [uuid], now)[0]


def tokens(
    ring: KeyRing | None, interface_id: int, uuids: Sequence[str], now: float | None = None
) -> list[str]:
    """Those for several messages, as of :func:`token`."""
    moment = time.time() if now is None else now
    expires = (int(moment) // _DAY + DAYS + 1) * _DAY
    if ring is None:
        return [""] * len(uuids)
    proofs = (f"{uuid}|{expires}" for uuid in uuids)
    try:
        macs = ring.pseudonyms_of(proofs, _context(interface_id))
    except KeyRingError:
        return [""] * len(uuids)  # stored they are all the same
    return [f"{expires}.{mac}" for mac in macs]


def proven(
    ring: KeyRing | None, interface_id: int, uuid: str, text: str, now: float | None = None
) -> bool:
    """Whether ``text`` is our token for this message, and not expired."""
    found = _TOKEN.fullmatch(text)
    if ring is None or not found:
        return False
    expires = int(found[1])
    try:
        expected = _mac(ring, interface_id, uuid, expires)
    except KeyRingError:
        return False
    genuine = hmac.compare_digest(expected, found[2])
    return genuine and (time.time() if now is None else now) < expires


def _mac(ring: KeyRing, interface_id: int, uuid: str, expires: int) -> str:
    return ring.pseudonym(f"{uuid}|{expires}", _context(interface_id))


def _context(interface_id: int) -> str:
    return f"integration.receipt|{interface_id}"


@dataclass(frozen=True)
class Progress:
    """What became of a message, in words for its sender. Times are naive UTC."""

    status: str
    received_at: datetime
    finished_at: datetime | None


def progress(cr: BaseCursor, interface_id: int, uuid: str) -> Progress | None:
    """How far a message is; ``None`` when it is not stored (any more)."""
    cr.execute(
        "SELECT state, created_at, finished_at FROM integration_message "
        "WHERE uuid = %s AND interface_id = %s AND direction = 'inbound'",
        [uuid, interface_id],
    )
    row = cr.fetchone()
    return Progress(_WORDS[row[0]], row[1], row[2]) if row else None
