# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a frame is: messages to store, evidence to keep, and how its sender is answered.

Only what the door must know is read: the header, what the message is about, and that it is HL7 at
all. What it means is a matter of the drain.
"""

import logging
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from ..hl7 import acknowledgement, batch, document, fingerprint, master_file, record_numbers
from ..hl7.acknowledgement import Content, Detail, Outcome, Stage
from ..hl7.errors import Condition, Hl7Error, LimitFault, Place
from ..hl7.header import Header
from ..hl7.message import Message, parse
from . import answers
from .counters import Reason
from .rules import ORDERS, Environment, NotForUs, Rules, check

__all__ = [
    "ORDERS",
    "Environment",
    "Part",
    "Reception",
    "Rules",
    "evidence",
    "new_id",
    "outcome_answer",
    "receive",
    "too_long",
]

_logger = logging.getLogger(__name__)

#: Longest key that is stored as it is.
KEY_LENGTH: Final = 255
#: Longest control id that HL7 knows (2.7), and more than any sender has.
_CONTROL_ID: Final = 199
#: Types and triggers have three characters in every version (tables 0076 and 0003). What is longer
#: is something else in a header that slipped, such as a name, and would stand there in clear.
_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{2}")
#: Where a message says what it is about, if it is about no patient.
_OTHERWISE: Final = ("SCH-2", "SCH-1", "NPU-1", "MFI-1", "ORC-4", "ORC-2")
#: More patients than anybody merges at once: each is a look at every claim.
_MOST_PATIENTS: Final = 50


@dataclass(frozen=True, slots=True)
class Whole:
    """The batch or file that a part came in.

    :ivar digest: SHA-256 of its bytes, in hex: the same when it is sent again
    :ivar number: which of its messages the part is, from 1 on
    :ivar messages: how many it has, without answers to messages of ours
    """

    digest: str
    number: int
    messages: int


@dataclass(slots=True)
class Part:
    """One message of a frame, or evidence of what was none.

    :ivar stored: whether it is to be stored; otherwise ``content`` is all
    :ivar key: its id, by its sender; empty: what has the same bytes is the same
    :ivar compared: what decides whether the content of a repeated id is the same; None: all of it
    :ivar about: what it is about; the first is what orders it, the others are further ones
    :ivar error: why it is kept as evidence only
    :ivar content: the answer once it is stored; None: it gets none
    :ivar conflict: the answer when its id turns out to stand for another content
    :ivar early: what is answered at once when its answer waits until it was handled
    :ivar waiting: the message whose answer waits until it was handled
    :ivar replies: the answer to a message of ours that this is
    :ivar whole: what it came in; None: by itself
    """

    body: bytes
    stored: bool = True
    key: str = ""
    type: str | None = None
    compared: bytes | None = None
    about: tuple[str, ...] = ()
    error: Hl7Error | None = None
    content: bytes | None = None
    conflict: bytes | None = None
    early: bytes | None = None
    waiting: Message | None = None
    replies: Message | None = None
    whole: Whole | None = None


@dataclass(slots=True)
class Reception:
    """What one frame holds.

    :ivar file: the batches that ``parts`` came in; None for a single message
    :ivar refused: why, where operators are to count it
    """

    parts: list[Part] = field(default_factory=list)
    file: batch.File | None = None
    refused: Reason | None = None

    def answer(self, contents: Sequence[bytes | None], now: datetime) -> bytes | None:
        """What leaves for the frame, given the answers of its parts; None: nothing does."""
        if self.file is None:
            return contents[0] if contents else None
        left = iter(contents)
        grouped = [[next(left) for _message in one.messages] for one in self.file.batches]
        return answers.batch_answer(self.file, grouped, control_id=new_id(), now=now)


def new_id() -> str:
    """A control id for an answer: random, of the 20 characters that all versions allow."""
    return secrets.token_hex(10)


def receive(data: bytes, rules: Rules, now: datetime) -> Reception:
    """Read a frame; nothing is raised, whatever its bytes are.

    :param now: aware
    """
    if batch.is_batch(data):
        try:
            return _batch(data, rules, now)
        except Exception as exc:  # as for a single message
            return Reception([_unforeseen(data, rules, now, exc)], None, Reason.UNREADABLE)
    part, refused = _single(data, rules, now)
    return Reception([part], None, refused)


def evidence(data: bytes, error: Hl7Error, content: bytes | None = None) -> Part:
    """Bytes that are kept because they are no message."""
    return Part(data, error=error, content=content)


def too_long(head: bytes, rules: Rules, now: datetime) -> Reception:
    """A message beyond the limit, of which only the beginning was kept."""
    error = LimitFault(
        f"The message is larger than the {rules.limits.size} bytes that the interface allows. "
        "Raise its limit, or ask the partner to send less in one message."
    )
    return _unreadable(head, error, rules, now, Reason.TOO_LONG)


def outcome_answer(
    message: Message,
    outcome: Outcome,
    now: datetime,
    details: Sequence[Detail] = (),
    content: Content | None = None,
) -> bytes | None:
    """The answer that tells what became of a message.

    :raises Hl7Error: the content cannot be written
    """
    if content:
        made = acknowledgement.acknowledge(
            message, outcome, control_id=new_id(), now=now, details=details, content=content
        )
        return made.encode() if made else None
    return answers.acknowledged(
        message, outcome, Stage.HANDLING, control_id=new_id(), now=now, details=details
    )


def _batch(data: bytes, rules: Rules, now: datetime) -> Reception:
    try:
        file = batch.parse(data, max_size=rules.limits.size, max_messages=rules.limits.messages)
    except Hl7Error as error:
        content = answers.batch_rejected(data, error, control_id=new_id(), now=now)
        part = evidence(data, error, content)
        part.whole = Whole(sha256(data).hexdigest(), 1, 1)
        return Reception([part], None, Reason.UNREADABLE)
    found = [_single(message, rules, now) for message in file.messages]
    _name_whole(data, [part for part, _reason in found])
    # One that is refused does not spoil the others; the first reason stands for all.
    reasons = [reason for _part, reason in found if reason]
    return Reception([part for part, _reason in found], file, reasons[0] if reasons else None)


def _name_whole(data: bytes, parts: Sequence[Part]) -> None:
    """Say of each part what it came in. What was refused was to come as well."""
    ours = [part for part in parts if part.replies is None]
    if len(ours) > 1:
        digest = sha256(data).hexdigest()
        for number, part in enumerate(ours, 1):
            part.whole = Whole(digest, number, len(ours))


def _single(data: bytes, rules: Rules, now: datetime) -> tuple[Part, Reason | None]:
    try:
        return _message(data, rules, now)
    except Exception as exc:  # bytes that nobody foresaw must not stop the feed of anybody else
        return _unforeseen(data, rules, now, exc), Reason.UNREADABLE


def _unforeseen(data: bytes, rules: Rules, now: datetime, exc: Exception) -> Part:
    """Evidence of what made us stumble, which its sender is told, by its header if there is one."""
    # The name alone: its text may quote the message.
    _logger.error("A message cannot be read (%s)", type(exc).__name__)
    error = Hl7Error(
        "The message cannot be read. It is kept; ask the receiver's administrator, whose log says "
        "more.",
        code="internal_error",
        condition=Condition.INTERNAL,
    )
    try:
        return _unreadable(data, error, rules, now, Reason.UNREADABLE).parts[0]
    except Exception:  # not even its header can be answered
        content = _unreadable(b"", error, rules, now, Reason.UNREADABLE).parts[0].content
        return evidence(data, error, content)


def _message(data: bytes, rules: Rules, now: datetime) -> tuple[Part, Reason | None]:
    try:
        message = parse(data, limits=rules.limits, charset=rules.charset)
    except Hl7Error as error:
        unreadable = _unreadable(data, error, rules, now, Reason.UNREADABLE)
        return unreadable.parts[0], unreadable.refused
    if acknowledgement.is_acknowledgement(message):
        return _acknowledgement(data, message), None
    try:
        header = Header.of(message)
        check(header, rules)
        part = Part(
            data,
            key=_key(header),
            type=_type(header),
            compared=fingerprint.fingerprint(message).encode(),
            about=tuple(dict.fromkeys(_about(message))),
        )
    except NotForUs as error:
        content = _rejection(message, error, now)
        if content is None:
            # Who wants no answer would never hear of it: it is kept for a person to see.
            return evidence(data, error), error.reason
        return Part(data, stored=False, content=content), error.reason
    except Hl7Error as error:
        return evidence(data, error, _rejection(message, error, now)), Reason.UNREADABLE
    _answer(part, message, rules, now)
    return part, None


def _unreadable(
    data: bytes, error: Hl7Error, rules: Rules, now: datetime, reason: Reason
) -> Reception:
    content = answers.rejected(
        data,
        error,
        control_id=new_id(),
        now=now,
        application=rules.application,
        facility=rules.facility,
    )
    return Reception([evidence(data, error, content)], None, reason)


def _acknowledgement(data: bytes, message: Message) -> Part:
    """An answer to a message of ours. It is never answered, so what is wrong with it is not told
    its sender; it is kept with whatever it says."""
    value = message.header.value
    names = [value(9), value(9, 1, 2)]
    known = [name for name in names if name and _TYPE.fullmatch(name)]
    control_id = value(10) or ""
    key = "|".join((value(3) or "", value(4) or "", control_id)) if control_id else ""
    return Part(
        data,
        # Bytes that the character set does not have cannot be printed, nor hashed as text.
        key=_shortened(key) if key.isprintable() else "",
        type="^".join(known) or "ACK",
        replies=message,
        compared=fingerprint.fingerprint(message).encode(),
    )


def _key(header: Header) -> str:
    """:raises Hl7Error: the control id cannot be stored as one."""
    key = "|".join((header.sending_application, header.sending_facility, header.control_id))
    if len(header.control_id) > _CONTROL_ID or not key.isprintable():
        raise Hl7Error(
            f"the control id has more than {_CONTROL_ID} characters, or there are characters in "
            "the header that cannot be printed",
            Place("MSH", field=10),
            code="hl7_control_id",
        )
    return _shortened(key)


def _shortened(key: str) -> str:
    return key if len(key) <= KEY_LENGTH else "sha256:" + sha256(key.encode()).hexdigest()


def _type(header: Header) -> str:
    """:raises Hl7Error: these are no names of a type and a trigger."""
    names = [header.type, header.trigger] if header.trigger else [header.type]
    if not all(map(_TYPE.fullmatch, names)):
        raise Hl7Error(
            "type and trigger consist of three letters and digits each, as in ADT^A01",
            Place("MSH", field=9),
            code="hl7_type",
            condition=Condition.UNSUPPORTED_TYPE,
        )
    return "^".join(names)


def _about(message: Message) -> Iterator[str]:
    """What a message is about: its patients by number and assigner, or else the appointment, the
    bed, the list or the order.

    A merge names both patients, so it waits for what is known of either (A40). The numbers are
    those that mappings may take for the record number: another one would order messages of one
    patient as if they were of two.

    :raises Hl7Error: ``hl7_limit``: there are more patients than a message may have
    """
    found = set()
    for segment in message:
        place = {"PID": 3, "MRG": 1}.get(segment.name)
        if not place:
            continue
        for number in record_numbers.ordering(document.repetitions(segment, place)):
            found.add(number)
            if len(found) > _MOST_PATIENTS:
                raise Hl7Error(
                    f"the message names more than {_MOST_PATIENTS} record numbers. Ask the partner "
                    "to send several messages",
                    Place(segment.name, field=place),
                    code="hl7_limit",
                    condition=Condition.DATA_TYPE,
                )
            yield _named(*number)
    if not found:
        texts = (message.raw(path) for path in _OTHERWISE)
        text = next((text for text in texts if text), None)
        if text:
            yield _named(text, "")


def _named(number: str, assigner: str) -> str:
    text = f"{number}^{assigner}"
    if len(text) <= KEY_LENGTH and text.isprintable():
        return text
    return "sha256:" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _answer(part: Part, message: Message, rules: Rules, now: datetime) -> None:
    """How a message that may be stored will be answered."""
    receipt = answers.acknowledged(
        message, Outcome.ACCEPTED, Stage.RECEIPT, control_id=new_id(), now=now
    )
    waits = rules.tells(part.type) or (rules.rows and master_file.wants_rows(message))
    if waits and _hears_of_handling(message):
        part.early, part.waiting = receipt, message
        part.conflict = answers.joined(receipt, outcome_answer(message, Outcome.ACCEPTED, now))
    else:
        part.content = answers.joined(receipt, outcome_answer(message, Outcome.ACCEPTED, now))
    if rules.rejects_conflicts:
        error = Hl7Error(
            "this control id was used for another message. Ask which of the two is right",
            Place("MSH", field=10),
            code="key_reused",
            condition=Condition.DUPLICATE_KEY,
        )
        part.conflict = _rejection(message, error, now)


def _hears_of_handling(message: Message) -> bool:
    return any(acknowledgement.is_wanted(message, Stage.HANDLING, outcome) for outcome in Outcome)


def _rejection(message: Message, error: Hl7Error, now: datetime) -> bytes | None:
    """The one negative answer to a message, at the first stage that it wants to hear of."""
    outcome = acknowledgement.outcome_of(error.condition)
    if isinstance(error, NotForUs):
        # Nothing is wrong with it, only with where it went.
        outcome = Outcome.REJECTED
    for stage in (Stage.RECEIPT, Stage.HANDLING):
        content = answers.acknowledged(
            message,
            outcome,
            stage,
            control_id=new_id(),
            now=now,
            details=(Detail.of(error),),
        )
        if content is not None:
            return content
    return None
