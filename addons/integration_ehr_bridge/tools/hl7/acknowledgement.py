# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Acknowledgements (chapter 2, section 2.9; MSA and ERR in 2.15.8 and 2.15.5).

A message whose MSH-15 and MSH-16 are both empty is answered once, in the original mode: AA, AE or
AR. Otherwise the mode is enhanced: its receipt is acknowledged (CA, CE, CR) as MSH-15 wants, and
its handling (AA, AE, AR) as MSH-16 wants; an empty one of the two wants nothing. An acknowledgement
is never acknowledged: two systems that do would never stop.

An answer speaks as the message did: its delimiters, character set, version and processing id.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Final

from . import document, timestamps
from .errors import MESSAGE, Condition, Hl7Error, Place
from .header import AckWhen
from .message import Message, parse_header
from .segment import Segment


class Outcome(Enum):
    """What became of a message, at one of the stages."""

    ACCEPTED = "A"
    ERROR = "E"  #: the sender's content is at fault: it must not send it again unchanged
    REJECTED = "R"  #: not for us, or not now: header, environment, internal error


class Stage(Enum):
    """What is acknowledged."""

    RECEIPT = "C"  #: safe storage, in enhanced mode
    HANDLING = "A"


class Mode(StrEnum):
    """How a message is acknowledged."""

    ORIGINAL = "original"
    ENHANCED = "enhanced"


@dataclass(frozen=True, slots=True)
class Detail:
    """One fault, for an ERR segment.

    :ivar text: a sentence for a person; without content of the message
    :ivar code: stable code of ours
    :ivar severity: E error, W warning, I information (table 0516)
    """

    condition: Condition
    text: str = ""
    place: Place = MESSAGE
    code: str = ""
    severity: str = "E"

    @classmethod
    def of(cls, error: Hl7Error) -> "Detail":
        """What an error tells."""
        return cls(error.condition, error.message, error.place, error.code)


@dataclass(frozen=True, slots=True)
class Content:
    """What the answer to an order says of it, behind MSA and ERR.

    :ivar type: type, trigger and structure of the answer, such as ORS, O06, ORS_O06
    :ivar document: its segments in their JSON form (:mod:`.document`), without a header
    """

    type: tuple[str, ...]
    document: Mapping[str, Any]


#: The answers to orders that say something of each of them (chapter 4): by MSH-9.1 and 9.2.
ANSWERS: Final = {
    "OMS^O05": ("ORS", "O06", "ORS_O06"),
    "OMN^O07": ("ORN", "O08", "ORN_O08"),
    "OMG^O19": ("ORG", "O20", "ORG_O20"),
    "ORM^O01": ("ORR", "O02", "ORR_O02"),
}


#: What is no matter of content or format (2.9.2): type, event, processing id and version that are
#: not taken here, a control id that stands for something else, and what lies with us and may be
#: over when the same message comes again.
_REJECTED: Final = frozenset(
    {
        Condition.UNSUPPORTED_TYPE,
        Condition.UNSUPPORTED_EVENT,
        Condition.UNSUPPORTED_PROCESSING,
        Condition.UNSUPPORTED_VERSION,
        Condition.DUPLICATE_KEY,
        Condition.RECORD_LOCKED,
        Condition.INTERNAL,
    }
)
#: From here on errors have segments of their own with a location each (ERL).
_LOCATED: Final = (2, 5)
#: From here on MSA has no text.
_NO_TEXT: Final = (2, 7)
#: From here on MSH-9 names the structure.
_STRUCTURE: Final = (2, 3, 1)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
#: Assumed of a message that does not say its version, or no version of HL7 v2.
_ASSUMED: Final = (2, 5)


def outcome_of(condition: Condition) -> Outcome:
    """Whether a fault is one of the message, or a reason not to take it.

    Many senders repeat what was rejected until it passes, and leave out what was an error.
    """
    return Outcome.REJECTED if condition in _REJECTED else Outcome.ERROR


def is_acknowledgement(message: Message) -> bool:
    """Whether a message answers another one: an ACK, or anything with an MSA segment."""
    return message.header.value(9) in ("ACK", "MCF") or message.find("MSA") is not None


def mode_of(message: Message) -> Mode:
    """The mode that a message asks for."""
    header = message.header
    return Mode.ENHANCED if header.value(15) or header.value(16) else Mode.ORIGINAL


def is_wanted(message: Message, stage: Stage, outcome: Outcome) -> bool:
    """Whether a message is to be acknowledged.

    In the original mode its handling is, and that is all.
    """
    if is_acknowledgement(message):
        return False
    if mode_of(message) is Mode.ORIGINAL:
        return stage is Stage.HANDLING
    wanted = message.header.value(15 if stage is Stage.RECEIPT else 16)
    if wanted == AckWhen.ON_ERROR:
        return outcome is not Outcome.ACCEPTED
    if wanted == AckWhen.ON_SUCCESS:
        return outcome is Outcome.ACCEPTED
    # What is no value of the table is a fault that its sender has to hear of.
    return bool(wanted) and wanted != AckWhen.NEVER


def acknowledge(
    message: Message,
    outcome: Outcome,
    *,
    control_id: str,
    now: datetime,
    stage: Stage = Stage.HANDLING,
    details: Sequence[Detail] = (),
    content: Content | None = None,
    type_: Sequence[str] = (),
) -> Message | None:
    """The acknowledgement of a message, or None if it wants none.

    :param control_id: of the answer
    :param now: aware; when the answer is made
    :param details: what is wrong, the gravest first
    :param content: what it says of the orders of the message
    :param type_: see :func:`answer`; with ``content`` its own
    :raises Hl7Error: the content is no JSON form of segments, or cannot be written
    """
    if not is_wanted(message, stage, outcome):
        return None
    if content:
        type_ = _own_type(message, content.type)
    code = stage.value + outcome.value
    made = answer(message, code, control_id=control_id, now=now, type_=type_)
    if details and details[0].text and _version(message) < _NO_TEXT:
        _set(made, "MSA-3", details[0].text)
    _add_errors(made, details, _version(message))
    if content:
        document.append(made, content.document)
    return made


def reject(data: bytes, error: Hl7Error, *, control_id: str, now: datetime) -> Message | None:
    """The negative acknowledgement of bytes that could not be read as a message.

    :return: None if they have no header that could be answered, or it wants no answer
    """
    message = parse_header(data)
    if message is None:
        return None
    stage = Stage.HANDLING if mode_of(message) is Mode.ORIGINAL else Stage.RECEIPT
    return acknowledge(
        message,
        outcome_of(error.condition),
        control_id=control_id,
        now=now,
        stage=stage,
        details=(Detail.of(error),),
    )


def answer(
    message: Message,
    code: str,
    *,
    control_id: str,
    now: datetime,
    type_: Sequence[str] = (),
) -> Message:
    """An answer with its MSH and MSA segments, to which content may be appended.

    :param code: MSA-1, such as AA
    :param type_: type, trigger and structure, such as ORS, O06, ORS_O06; empty for an ACK
    """
    marks, header = message.delimiters, message.header
    start = Segment(f"MSH{marks.field}{marks.encoding}", marks, message.charset.codec)
    made = Message([start], marks, message.charset, message.limits)
    # Who received it sends now.
    for source, target in ((5, 3), (6, 4), (3, 5), (4, 6), (11, 11), (12, 12), (18, 18)):
        made.set_raw(f"MSH-{target}", _echoed(header, source))
    made.set("MSH-7", timestamps.build(now))
    for number, part in enumerate(type_ or _ack_type(message), 1):
        # Without a component delimiter there is only room for the type.
        if part and (number == 1 or marks.component):
            made.set(f"MSH-9.{number}", part)
    made.set("MSH-10", control_id)
    if mode_of(message) is Mode.ENHANCED:
        made.set("MSH-15", AckWhen.NEVER)
        made.set("MSH-16", AckWhen.NEVER)
    made.append(f"MSA{marks.field}{code}")
    made.set_raw("MSA-2", _echoed(header, 10))
    return made


def _echoed(header: Segment, field: int) -> str:
    """A field as it came, without control characters, which might end the answer's frame."""
    return _CONTROL.sub("", header.raw(field) or "")


def _ack_type(message: Message) -> tuple[str, ...]:
    trigger = message.get("MSH-9.2") or ""
    if _version(message) < _STRUCTURE:
        return ("ACK", trigger)
    return ("ACK", trigger, "ACK")


def _own_type(message: Message, type_: tuple[str, ...]) -> tuple[str, ...]:
    """A type as the version of the message writes it."""
    return type_ if _version(message) >= _STRUCTURE else type_[:2]


def _version(message: Message) -> tuple[int, ...]:
    text = (message.get("MSH-12") or "").split(".")
    if text[0] != "2" or not all(part.isascii() and part.isdigit() for part in text[:3]):
        return _ASSUMED
    return tuple(int(part[:4]) for part in text[:3])


def _add_errors(made: Message, details: Sequence[Detail], version: tuple[int, ...]) -> None:
    if version < _LOCATED:
        if details:
            made.append("ERR")
        for number, detail in enumerate(details, 1):
            _old_error(made, number, detail)
        return
    for number, detail in enumerate(details, 1):
        _error(made, f"ERR({number})", detail)


def _error(made: Message, name: str, detail: Detail) -> None:
    """ERR of 2.5 and later: location, condition, severity, code of ours, texts."""
    made.append("ERR")
    place = detail.place
    if place.segment:
        location = (
            place.segment,
            place.occurrence,
            place.field,
            # Counted from 1 also where the sender did not repeat.
            (place.repetition or 1) if place.field else None,
            place.component,
            place.subcomponent,
        )
        _set_parts(made, f"{name}-2", location, made.delimiters.component)
    _set_parts(made, f"{name}-3", _coded(detail), made.delimiters.component)
    made.set(f"{name}-4", detail.severity)
    if detail.code:
        _set(made, f"{name}-7", detail.code)
    if detail.text:
        _set(made, f"{name}-8", detail.text)


def _old_error(made: Message, number: int, detail: Detail) -> None:
    """A repetition of ERR-1 of versions before 2.5: segment, sequence, field, condition (ELD)."""
    marks = made.delimiters
    if number > 1 and not marks.repetition:
        return
    place, name = detail.place, f"ERR-1[{number}]"
    sequence = place.occurrence if place.segment else None
    _set_parts(made, name, (place.segment or None, sequence, place.field), marks.component)
    if marks.component:
        _set_parts(made, f"{name}.4", _coded(detail), marks.subcomponent)


def _coded(detail: Detail) -> tuple[str, str, str]:
    condition = detail.condition
    return condition.value, condition.description, "HL70357"


def _set_parts(made: Message, path: str, parts: Sequence[str | int | None], delimiter: str) -> None:
    """Write the parts of a field or component; only the first one if there is no delimiter."""
    for number, part in enumerate(parts, 1):
        if part is not None and (number == 1 or delimiter):
            _set(made, f"{path}.{number}", str(part))


def _set(made: Message, path: str, text: str) -> None:
    """Write a text, with a question mark for what the character set or delimiters cannot say."""
    codec = made.charset.codec
    text = text.encode(codec, "replace").decode(codec, "replace")
    if not made.delimiters.escape:
        marks = made.delimiters.field + made.delimiters.encoding
        text = text.translate({ord(mark): "?" for mark in marks})
    made.set(path, text)
