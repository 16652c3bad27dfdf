"""What senders were answered, kept with their messages: a repetition gets the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from odoo.sql_db import BaseCursor

from ..tools import payload_codec
from ..tools.keyring import KeyRing
from . import ledger, payloads

KIND = "acknowledgement"
#: First key of the advisory locks of this module; the second is made of the id of a message.
_LOCK = 0x41434B


@dataclass(frozen=True)
class Acknowledgement:
    """The answer to a message, in the format of its transport."""

    body: bytes = field(repr=False)
    content_type: str


def seal(
    acknowledgement: Acknowledgement, message_uuid: str, data_class: str, ring: KeyRing | None
) -> ledger.Payload:
    """An answer as it is stored: private like the message, parts of which it may repeat.

    :raises tools.keyring.KeyRingMissing: private content and no key ring
    """
    return payloads.seal(
        acknowledgement.body, message_uuid, KIND, ring, data_class, acknowledgement.content_type
    )


def reserve(cr: BaseCursor, message_uuid: str) -> bool:
    """Be the only one that answers a message, until the transaction of ``cr`` ends.

    For answers that are known only when the message was handled: of several who wait for one, the
    first makes it, and the others find it by :func:`stored`. The cursor is in READ COMMITTED.

    :return: whether it is so; nobody waits here for somebody else, who may take his time
    """
    cr.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, message_uuid])
    return bool(cr.fetchone()[0])


def keep(
    cr: BaseCursor,
    message_uuid: str,
    acknowledgement: Acknowledgement,
    data_class: str,
    ring: KeyRing | None,
) -> bool:
    """Store the answer to a message in the place of an earlier one.

    For answers that are known only when the message was handled.

    :return: whether the message is (still) there
    :raises tools.keyring.KeyRingMissing: private content and no key ring
    """
    cr.execute("SELECT id FROM integration_message WHERE uuid = %s", [message_uuid])
    found = cr.fetchone()
    if not found:
        return False
    sealed = seal(acknowledgement, message_uuid, data_class, ring)
    ledger.insert_payloads(cr, [(found[0], sealed)])
    return True


def stored(
    cr: BaseCursor, interface_id: int, message_uuids: Sequence[str], ring: KeyRing | None
) -> dict[str, Acknowledgement]:
    """What was answered to messages of an interface, by the id of the message.

    Those are missing that have no answer yet, or none any more: content does not outlive its
    retention.

    :raises tools.keyring.KeyRingError: an answer cannot be decrypted
    """
    cr.execute(
        """
        SELECT m.uuid, p.body, p.encoding, p.content_type
          FROM integration_message m
          JOIN integration_payload p ON p.message_id = m.id AND p.kind = %s
         WHERE m.uuid = ANY(%s) AND m.interface_id = %s AND p.body IS NOT NULL
        """,
        [KIND, list(message_uuids), interface_id],
    )
    return {
        uuid: Acknowledgement(
            payload_codec.decode(bytes(body), encoding, uuid, KIND, ring), content_type or ""
        )
        for uuid, body, encoding, content_type in cr.fetchall()
    }
