# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What MSH says about a message (chapter 2, section 2.15.9)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from . import timestamps
from .errors import Condition, Hl7Error, Place
from .message import Message


class AckWhen(StrEnum):
    """When an acknowledgement is wanted (table 0155)."""

    ALWAYS = "AL"
    NEVER = "NE"
    ON_ERROR = "ER"
    ON_SUCCESS = "SU"


#: Fields without which a message cannot be answered or told from others.
_REQUIRED: Final = ((9, "the message type"), (10, "the control id"), (12, "the version"))


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one message. Texts are empty where the message says nothing.

    :ivar sending_application: the namespace, or the universal id where there is no namespace
    :ivar sent: MSH-7 as it stands
    :ivar type: such as ADT
    :ivar trigger: such as A01; EVN-1 tells it in old messages
    :ivar structure: such as ADT_A01
    :ivar processing_id: P, T or D
    :ivar sequence_number: None unless the sequence number protocol is used
    :ivar accept: when the receipt is to be acknowledged; None if the message says nothing
    :ivar application: when the handling is
    """

    sending_application: str
    sending_facility: str
    receiving_application: str
    receiving_facility: str
    sent: str
    type: str
    trigger: str
    structure: str
    control_id: str
    processing_id: str
    version: str
    sequence_number: int | None
    accept: AckWhen | None
    application: AckWhen | None

    @classmethod
    def of(cls, message: Message) -> "Header":
        """Read the header of a message.

        :raises Hl7Error: a required field is missing, or one has an impossible value; with the
            place.
        """
        for number, what in _REQUIRED:
            if not message.header.value(number):
                raise Hl7Error(
                    f"{what} is missing. Ask the partner to send it",
                    Place("MSH", field=number),
                    code="hl7_required",
                    condition=Condition.REQUIRED_FIELD,
                )
        text = message.header.value
        return cls(
            sending_application=_designator(message, 3),
            sending_facility=_designator(message, 4),
            receiving_application=_designator(message, 5),
            receiving_facility=_designator(message, 6),
            sent=text(7) or "",
            type=text(9) or "",
            trigger=text(9, 1, 2) or message.get("EVN-1") or "",
            structure=text(9, 1, 3) or "",
            control_id=text(10) or "",
            processing_id=text(11) or "",
            version=text(12) or "",
            sequence_number=_number(message, 13),
            accept=_when(message, 15),
            application=_when(message, 16),
        )

    def sent_at(self, zone: ZoneInfo | None = None) -> timestamps.Timestamp | None:
        """When the message was made; None if it does not say.

        :param zone: of the sender, for a time without an offset
        :raises TimestampFault: MSH-7 is no date and time.
        """
        if not self.sent:
            return None
        return timestamps.parse(self.sent, zone, Place("MSH", field=7))


def _designator(message: Message, field: int) -> str:
    """A hierarchic designator (HD): namespace, universal id, type of the universal id."""
    value = message.header.value
    return value(field) or value(field, 1, 2) or ""


def _number(message: Message, field: int) -> int | None:
    text = message.header.value(field)
    if not text:
        return None
    digits = text.removeprefix("-")
    # -1 asks to begin anew (chapter 2, section 2.10.1).
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise Hl7Error("not a number", Place("MSH", field=field))
    return int(text)


def _when(message: Message, field: int) -> AckWhen | None:
    text = message.header.value(field)
    if not text:
        return None
    try:
        return AckWhen(text)
    except ValueError:
        raise Hl7Error(
            "not a value of table 0155: AL, NE, ER or SU",
            Place("MSH", field=field),
            condition=Condition.TABLE_VALUE,
        ) from None
