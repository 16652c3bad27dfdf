# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Master files (chapter 8): taken apart into their entries, and answered entry by entry.

An entry is an MFE segment and what follows it. One that brings several records of its kind (two
ITM, two IIM) is several entries: none of them is skipped. Each becomes a message of its own, with
the header and the MFI segment of its file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odoo.addons.integration_core.tools.codecs import Part

from . import acknowledgement, timestamps
from .acknowledgement import Detail, Outcome
from .charsets import ASCII
from .errors import Place
from .limits import Limits
from .message import Message, parse
from .segment import Segment

#: Files whose entries are applied one by one; others are applied as a whole or not at all.
BY_ENTRY: Final = frozenset({"MFN^M15", "MFN^M16"})
#: The record of an entry.
_RECORDS: Final = frozenset({"IIM", "ITM"})
#: Entries with ERR segments of their own in an answer; the rest is told by MFA alone.
MOST_ERRORS: Final = 100
#: Values of MFI-6 (table 0179) that want MFA segments, and of which entries.
_ALL, _ERRORS, _SUCCESSES = "AL", "ER", "SU"
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9_.:/-]+)""", re.IGNORECASE)
_ABOUT: Final = 200
#: What might end the frame of an answer.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of an entry.

    :ivar detail: why it was not applied; None: it was
    """

    detail: Detail | None = None


# -- taking it apart -------------------------------------------------------------------------


def parts(raw: bytes, content_type: str = "") -> list[Part]:
    """The entries of a master file, each as a message of its own; none if it has none.

    A message of another kind is one part.

    :raises Hl7Error: it cannot be read.
    """
    found = _CHARSET.search(content_type)
    limits = Limits(size=len(raw) + 1, segments=len(raw) + 1)
    message = parse(raw, limits=limits, charset=found[1] if found else ASCII)
    if message.get("MSH-9.1") != "MFN":
        return [Part(raw)]
    head, entries = _entries(message)
    return [
        Part(_message(message, [*head, *entry]).encode(), _about(entry[0])) for entry in entries
    ]


def _message(message: Message, segments: list[Segment]) -> Message:
    made = Message(segments, message.delimiters, message.charset, message.limits)
    made.mark = message.mark
    return made


def _entries(message: Message) -> tuple[list[Segment], list[list[Segment]]]:
    """What stands before the first entry, and the segments of each."""
    head: list[Segment] = []
    entries: list[list[Segment]] = []
    for segment in message:
        if segment.name == "MFE":
            entries.append([segment])
        elif not entries:
            head.append(segment)
        elif segment.name in _RECORDS and any(one.name in _RECORDS for one in entries[-1]):
            entries.append([entries[-1][0], segment])
        else:
            entries[-1].append(segment)
    return head, entries


def _about(entry: Segment) -> str:
    """The primary key (MFE-4): what is said of one thing stays in order."""
    text = entry.raw(4) or ""
    return text if len(text) <= _ABOUT and text.isprintable() else ""


# -- answering it ----------------------------------------------------------------------------


def wants_rows(message: Message) -> bool:
    """Whether a message is a file of entries, and its sender asks what became of each of them."""
    kind = f"{message.get('MSH-9.1')}^{message.get('MSH-9.2')}"
    return kind in BY_ENTRY and message.get("MFI-6") in (_ALL, _ERRORS, _SUCCESSES)


def outcome_of(entries: Sequence[Entry]) -> Outcome:
    """What the whole file is answered: an error as soon as one entry was not applied."""
    failed = any(one.detail for one in entries)
    return Outcome.ERROR if failed else Outcome.ACCEPTED


def answer(
    message: Message, entries: Sequence[Entry], *, control_id: str, now: datetime
) -> Message | None:
    """The MFK message, with an MFA segment for each entry of which the sender wants to hear.

    :param entries: in the order of the file; none if it was handled as a whole
    :param now: aware
    :return: None if the sender wants no answer
    :raises ValueError: these are not the entries of the file
    """
    trigger = message.get("MSH-9.2") or ""
    failed = [(n, one.detail) for n, one in enumerate(entries, 1) if one.detail]
    made = acknowledgement.acknowledge(
        message,
        outcome_of(entries),
        control_id=control_id,
        now=now,
        details=[_placed(n, detail) for n, detail in failed[:MOST_ERRORS]],
        type_=("MFK", trigger, "MFK_M01"),
    )
    if made is None:
        return None
    header = message.find("MFI")
    made.append(header.text if header else "MFI")
    told = timestamps.build(now)
    heads = _heads(message) if entries else ()
    for (asked, _rest), one in zip(heads, entries, strict=True):
        if _is_wanted(message.get("MFI-6"), one):
            _row(made, asked, one, told)
    return made


def _heads(message: Message) -> Iterator[tuple[Segment, list[Segment]]]:
    for entry in _entries(message)[1]:
        yield entry[0], entry[1:]


def _is_wanted(level: str | None, entry: Entry) -> bool:
    return level == _ALL or level == (_ERRORS if entry.detail else _SUCCESSES)


def _placed(number: int, detail: Detail) -> Detail:
    place = Place("MFE", number)
    return Detail(detail.condition, detail.text, place, detail.code, detail.severity)


def _row(made: Message, asked: Segment, entry: Entry, told: str) -> None:
    """MFA (8.5.3): action, control id, when, S or U with our code, primary key and its type."""
    marks = made.delimiters
    code = "S" if entry.detail is None else "U"
    if entry.detail is not None and entry.detail.code and marks.component:
        code += marks.component + entry.detail.code
    fields = (asked.raw(1), asked.raw(2), told, code, asked.raw(4), asked.raw(5))
    texts = (_CONTROL.sub("", text or "") for text in fields)
    made.append(marks.field.join(["MFA", *texts]).rstrip(marks.field))
