# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can be wrong with an HL7 message, with the place and the code for an ERR segment.

Texts name segments, fields and rules, never content: they are logged and shown.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from odoo.addons.integration_core.tools.errors import ContractError


class Condition(StrEnum):
    """Message error condition codes (table 0357, chapter 2, section 2.15.5.3)."""

    ACCEPTED = "0"
    SEGMENT_SEQUENCE = "100"
    REQUIRED_FIELD = "101"
    DATA_TYPE = "102"
    TABLE_VALUE = "103"
    UNSUPPORTED_TYPE = "200"
    UNSUPPORTED_EVENT = "201"
    UNSUPPORTED_PROCESSING = "202"
    UNSUPPORTED_VERSION = "203"
    UNKNOWN_KEY = "204"
    DUPLICATE_KEY = "205"
    RECORD_LOCKED = "206"
    INTERNAL = "207"

    @property
    def description(self) -> str:
        """The text that the table gives the code."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS: Final = {
    Condition.ACCEPTED: "Message accepted",
    Condition.SEGMENT_SEQUENCE: "Segment sequence error",
    Condition.REQUIRED_FIELD: "Required field missing",
    Condition.DATA_TYPE: "Data type error",
    Condition.TABLE_VALUE: "Table value not found",
    Condition.UNSUPPORTED_TYPE: "Unsupported message type",
    Condition.UNSUPPORTED_EVENT: "Unsupported event code",
    Condition.UNSUPPORTED_PROCESSING: "Unsupported processing id",
    Condition.UNSUPPORTED_VERSION: "Unsupported version id",
    Condition.UNKNOWN_KEY: "Unknown key identifier",
    Condition.DUPLICATE_KEY: "Duplicate key identifier",
    Condition.RECORD_LOCKED: "Application record locked",
    Condition.INTERNAL: "Application internal error",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a message something is: the parts of an error location (ERL, chapter 2A).

    All numbers begin at 1; None means that the place is the whole of the part above.

    :ivar segment: name of the segment; empty for the message as a whole
    :ivar occurrence: which of the segments with this name
    """

    segment: str = ""
    occurrence: int = 1
    field: int | None = None
    repetition: int | None = None
    component: int | None = None
    subcomponent: int | None = None

    def __str__(self) -> str:
        """As a path: ``PID-3[2].1``."""
        text = self.segment or "message"
        if self.occurrence != 1:
            text += f"({self.occurrence})"
        if self.field is None:
            return text
        text += f"-{self.field}"
        if self.repetition is not None:
            text += f"[{self.repetition}]"
        if self.component is not None:
            text += f".{self.component}"
            if self.subcomponent is not None:
                text += f".{self.subcomponent}"
        return text


#: No place in particular.
MESSAGE: Final = Place()


class Hl7Error(ContractError):
    """An HL7 message breaks the standard, or a limit.

    :param message: a sentence with the rule and what to do, without content
    :param place: where; the text begins with it
    :param condition: what an ERR segment calls it; the class supplies a default
    """

    default_code = "hl7_invalid"
    default_condition: ClassVar[Condition] = Condition.DATA_TYPE

    def __init__(
        self,
        message: str,
        place: Place | None = None,
        *,
        code: str | None = None,
        condition: Condition | None = None,
    ) -> None:
        text = f"{place}: {message}" if place else message
        super().__init__(text, (text,), code=code)
        self.place = place or MESSAGE
        self.condition = condition or self.default_condition


class SyntaxFault(Hl7Error):
    """These bytes are not an HL7 message."""

    default_code = "hl7_syntax"
    default_condition = Condition.SEGMENT_SEQUENCE


class CharsetFault(Hl7Error):
    """The character set is unknown, or the content is not in it."""

    default_code = "hl7_charset"


class LimitFault(Hl7Error):
    """The message is larger than the limits allow."""

    default_code = "hl7_limit"


class BatchFault(Hl7Error):
    """A batch or file is incomplete, or its trailer counts something else."""

    default_code = "hl7_batch"
    default_condition = Condition.SEGMENT_SEQUENCE


class PathFault(Hl7Error):
    """A path is not well formed, or nothing can be written there."""

    default_code = "hl7_path"


class TimestampFault(Hl7Error):
    """A text is not a date and time of HL7."""

    default_code = "hl7_timestamp"
