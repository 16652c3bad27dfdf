# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a partner answered, and what that means for the message.

Texts of a partner may quote what it was sent, so nothing of them gets into an error: only codes
of the standard's tables, and places.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from odoo.addons.integration_core.tools import errors

from ..hl7 import message as hl7
from ..hl7.errors import Condition, Hl7Error
from ..hl7.message import Message

#: MSA-1 (table 0008) that say yes: to handling, to receipt.
HANDLED: Final = "AA"
STORED: Final = "CA"
_REJECTIONS: Final = frozenset({"AR", "CR"})
_ERRORS: Final = frozenset({"AE", "CE"})
_KNOWN: Final = frozenset({HANDLED, STORED}) | _REJECTIONS | _ERRORS

_ASCII: Final = bytes(byte if byte < 128 else ord("?") for byte in range(256))
_SEGMENT: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
_FIELD: Final = re.compile(r"[1-9]\d?")
#: More faults than this are not listed.
_MOST: Final = 5

RETRY: Final = "retry"
QUARANTINE: Final = "quarantine"


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement.

    :ivar code: MSA-1, one of table 0008, or ``?``
    :ivar control_id: MSA-2, of the message that it speaks of
    :ivar detail: codes of table 0357 with places, such as ``101 PID-3, 207``
    """

    code: str
    control_id: str
    detail: str = ""
    body: bytes = field(default=b"", repr=False)


class PartnerRefused(errors.ContractError):
    """The partner received the message and does not want it as it is. A person has to look."""

    default_code = "hl7_refused"
    fault = errors.Fault.PARTNER


class PartnerNotNow(errors.TransientError):
    """The partner received the message and did not take it; the interface tries again."""

    default_code = "hl7_refused"
    # One message that a partner does not take is no outage of the partner.
    of_message = True


def read(data: bytes) -> Answer | None:
    """The acknowledgement in some bytes; ``None`` if they are something else."""
    # Codes are ASCII. A text in a character set that the header does not declare is no reason not
    # to understand an answer.
    try:
        message = hl7.parse(data.translate(_ASCII))
    except Hl7Error:
        return None
    return of_message(message, data)


def of_message(message: Message, data: bytes) -> Answer | None:
    """The acknowledgement that a message is; ``None`` if it has no MSA."""
    if message.find("MSA") is None:
        return None
    code = message.get("MSA-1") or ""
    return Answer(
        code if code in _KNOWN else "?",
        message.get("MSA-2") or "",
        ", ".join(dict.fromkeys(_faults(message))),
        data,
    )


def _faults(message: Message) -> Iterator[str]:
    """The faults that an acknowledgement names, as codes and places."""
    yield from _fault(message.get("MSA-6.1"), None, None)
    for number, _segment in enumerate(message.all("ERR")[:_MOST], 1):
        at = f"ERR({number})"
        # Since 2.5; before, ERR-1 has segment, sequence, field and code (ELD).
        yield from _fault(
            message.get(f"{at}-3.1"), message.get(f"{at}-2.1"), message.get(f"{at}-2.3")
        )
        yield from _fault(
            message.get(f"{at}-1.4"), message.get(f"{at}-1.1"), message.get(f"{at}-1.3")
        )


def _fault(code: str | None, segment: str | None, number: str | None) -> Iterator[str]:
    """One fault; what is none of the standard's words is left out."""
    known = code if code in list(Condition) else None
    place = ""
    if segment and _SEGMENT.fullmatch(segment):
        place = segment
        if number and _FIELD.fullmatch(number):
            place = f"{segment}-{number}"
    if known or place:
        yield " ".join(filter(None, (known, place)))


def verdict(
    code: str, detail: str, on_error: str, on_reject: str
) -> errors.IntegrationError | None:
    """What an answer means; ``None`` if the partner took the message.

    :param on_error: what AE and CE mean: :data:`RETRY` or :data:`QUARANTINE`
    :param on_reject: what AR and CR mean
    """
    if code in (HANDLED, STORED):
        return None
    text = f"The partner answered {code}"
    named = plain(detail)
    if code not in _KNOWN:
        return PartnerRefused(
            "The partner acknowledged with a code that is none of table 0008. Ask it what became "
            "of the message.",
            code="hl7_ack_code",
        )
    wanted = on_reject if code in _REJECTIONS else on_error
    text = f"{text}: {named}." if named else f"{text}, without a reason that can be shown."
    if wanted == RETRY:
        return PartnerNotNow(f"{text} It is sent again.", code=f"hl7_{code.lower()}")
    return PartnerRefused(
        f"{text} Read its answer, mend the cause, then retry or close the message.",
        code=f"hl7_{code.lower()}",
    )


def plain(detail: str) -> str:
    """The words of codes: ``101 PID-3`` becomes “Required field missing (PID-3)”."""
    words = []
    for fault in filter(None, detail.split(", ")):
        code, _blank, place = fault.partition(" ")
        if code not in list(Condition):
            words.append(f"at {fault}")
            continue
        described = Condition(code).description
        words.append(f"{described} ({place})" if place else described)
    return "; ".join(words)
