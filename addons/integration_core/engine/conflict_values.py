"""Values of both sides of a conflict, kept with the content of the message.

They are a payload of the message, under the same protection as its content, and go when it goes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from odoo import api

from ..tools import canonical_json, keyring, payload_codec
from . import ledger, payloads
from .conversion import Plan
from .owned_values import Value

KIND = "conflict"


@dataclass(frozen=True)
class Sides:
    """Both sides of one :class:`..tools.conflict_points.Point`.

    :ivar present: the value in Odoo before the message, or when it was decided upon
    :ivar met: the value in Odoo when the message came to it, where the message itself had changed
        it by then; else as ``present``
    :ivar proposed: what the message would make of it
    :ivar languages: of a translated value, as :func:`.owned_values.language` says it
    :ivar decides: the field is not owned: it decides that the record is
    :ivar title: what a new record would be called
    """

    present: Value
    met: Value
    proposed: Value
    languages: str = ""
    decides: bool = False
    title: str = ""


#: Both sides by key of the point, by :func:`place_key`.
Values = dict[str, dict[str, Sides]]


def place_key(kind: str, res_model: str, res_id: int) -> str:
    """Name of a conflict within its message."""
    return f"{kind}:{res_model}:{res_id or 0}"


def read_values(env: api.Environment, message_ids: Sequence[int]) -> dict[int, Values]:
    """What both sides have, by message; a message whose content is gone is left out.

    :param env: as superuser; who may see content is the caller's question
    """
    # First: it may have to read as well, on this cursor.
    ring = env["integration.credential"]._key_ring()
    env.cr.execute(
        """
        SELECT m.id, m.uuid, p.body, p.encoding
          FROM integration_payload p JOIN integration_message m ON m.id = p.message_id
         WHERE p.message_id = ANY(%s) AND p.kind = %s
        """,
        [list(message_ids), KIND],
    )
    found = {}
    for message_id, uuid, body, encoding in env.cr.fetchall():
        try:
            raw = payload_codec.decode(bytes(body), encoding, uuid, KIND, ring)
        except (keyring.KeyRingError, ValueError, zlib.error):
            continue
        found[message_id] = {
            place: {key: Sides(**sides) for key, sides in points.items()}
            for place, points in json.loads(raw).items()
        }
    return found


def write_values(
    env: api.Environment, plan: Plan, message_id: int, uuid: str, values: Values
) -> None:
    """Store what both sides have, in place of what was stored before."""
    raw = canonical_json.dumps(
        {
            place: {key: asdict(sides) for key, sides in points.items()}
            for place, points in values.items()
        }
    )
    sealed = payloads.seal(raw, uuid, KIND, plan.key_ring, plan.data_class, "application/json")
    ledger.insert_payloads(env.cr, [(message_id, sealed)])


def seen(points: Mapping[str, Sides]) -> str:
    """A token of what a person was shown, to find out whether it is still so."""
    plain: Any = {
        key: [sides.present["value"], sides.proposed["value"]] for key, sides in points.items()
    }
    return canonical_json.sha256_hex(json.dumps(plain, sort_keys=True, default=str).encode())
