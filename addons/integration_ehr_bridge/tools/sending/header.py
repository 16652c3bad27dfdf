# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The message that leaves: what a mapping wrote, under a header that is ours to fill.

A mapping says the message type and everything after MSH. Who sends to whom, when, under which
control id and in which character set is the interface's to say, so that one mapping serves several
partners.

Every repetition of a message has the same bytes: its control id is made of its idempotency key, and
MSH-7 is when its event happened. A receiver that knows control ids, or compares whole messages, as
many do, recognises it therefore; a repetition under a new time would look like another message.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from odoo.addons.integration_core.tools.errors import ContractError

from ..hl7 import document as json_form
from ..hl7 import mllp, timestamps

#: Without I, L, O and U, which are misread on the telephone (Crockford).
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: What MSH-10 holds in all versions before 2.7.
_LENGTH: Final = 20
_OURS: Final = re.compile(rf"[{_DIGITS}]{{{_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """What an interface says of the header of its messages.

    :ivar application: MSH-3, such as ``ODOO`` or ``ODOO^1.2.840^ISO``; so are the next three
    :ivar processing_id: MSH-11: P, T or D
    :ivar accept: MSH-15, when receipt is to be acknowledged; empty in the original mode
    :ivar handled: MSH-16, when handling is
    :ivar charset: MSH-18; empty for ASCII
    :ivar zone: the time zone of MSH-7, whose offset is always written
    """

    application: str
    facility: str = ""
    partner_application: str = ""
    partner_facility: str = ""
    processing_id: str = "P"
    version: str = "2.5.1"
    accept: str = ""
    handled: str = ""
    charset: str = ""
    zone: tzinfo = UTC


def control_id(key: str) -> str:
    """The control id of a message: the same for every repetition, 100 bits of the key's digest.

    :param key: the idempotency key of the message
    """
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:13], "big") >> 4
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def is_control_id(text: str) -> bool:
    """Whether a text may be a control id of ours."""
    return bool(_OURS.fullmatch(text))


def complete(document: Any, rules: HeaderRules, key: str, moment: datetime) -> bytes:
    """The bytes of a message.

    :param document: its JSON form, as a mapping wrote it; its MSH needs no more than the type
    :param moment: naive UTC, when its event happened
    :raises Hl7Error: the document is no message, or the character set lacks a character of it
    :raises ContractError: ``hl7_no_type``, ``hl7_framing``
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("segments"), list):
        raise ContractError(
            "The mapping did not write an HL7 message: it gives an object with a list “segments”.",
            code="hl7_document",
        )
    segments = list(document["segments"])
    written: Mapping[str, Any] = {}
    if segments and isinstance(segments[0], Mapping) and segments[0].get("id") == "MSH":
        written = segments.pop(0)
    header = {**written, "id": "MSH", **_ours(rules, control_id(key), moment)}
    header["f9"] = header.get("f9") or _type(document)
    message = json_form.build({**document, "segments": [header, *segments]}).encode()
    try:
        mllp.encode(message)
    except mllp.FramingError as exc:
        raise ContractError(
            "The message holds VT or FS, which MLLP cannot carry. Leave them out in the mapping.",
            code="hl7_framing",
        ) from exc
    return message


def _ours(rules: HeaderRules, identifier: str, moment: datetime) -> dict[str, Any]:
    """The fields that no mapping decides; what is empty is left out."""
    return {
        "f3": _designator(rules.application),
        "f4": _designator(rules.facility),
        "f5": _designator(rules.partner_application),
        "f6": _designator(rules.partner_facility),
        "f7": timestamps.build(moment.replace(tzinfo=UTC).astimezone(rules.zone)),
        "f10": identifier,
        "f11": rules.processing_id,
        "f12": rules.version,
        "f15": rules.accept or None,
        "f16": rules.handled or None,
        "f18": rules.charset or None,
    }


def _designator(text: str) -> dict[str, str] | None:
    """A hierarchic designator (HD) from how people write it: ``namespace^id^type``."""
    parts = [part.strip() for part in text.split("^")[:3]]
    return {f"c{number}": part for number, part in enumerate(parts, 1) if part} or None


def _type(document: Mapping[str, Any]) -> dict[str, str]:
    """MSH-9 from the members ``type``, ``trigger`` and ``structure`` of the document."""
    names = [document.get(name) for name in ("type", "trigger", "structure")]
    if not names[0]:
        raise ContractError(
            "The mapping does not say the type of the message: write MSH-9, or the members “type” "
            "and “trigger”.",
            code="hl7_no_type",
        )
    return {f"c{number}": str(name) for number, name in enumerate(names, 1) if name}
