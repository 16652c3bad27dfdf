# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Answers as bytes: those of messages, quickly, and those of batches and of what has no header.

The content of an answer is what stands between VT and FS CR. Where a message is answered twice, as
the enhanced mode has it, the content is both messages with the framing between them: so one stored
answer is repeated byte for byte, whatever it consists of.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from ..hl7 import acknowledgement, mllp, timestamps
from ..hl7.acknowledgement import Detail, Outcome, Stage
from ..hl7.batch import Batch, File
from ..hl7.charsets import Charset
from ..hl7.delimiters import STANDARD, Delimiters
from ..hl7.errors import Hl7Error
from ..hl7.message import Message, parse_header
from ..hl7.segment import Segment

_BETWEEN: Final = mllp.END + mllp.CR + mllp.START
#: Sets in which text that was read is written as it came, whatever is put between.
_PLAIN_SETS: Final = ("ascii", "utf_8", "iso8859")
#: Fields of a header that its answer repeats or depends on: two of a partner's messages differ in
#: few of them, whatever its header holds besides.
_USED: Final = (2, 3, 4, 5, 6, 9, 11, 12, 15, 16, 18)
#: Headers that differ in these; a partner has a handful. None is kept that is long.
_TEMPLATES: Final = 2048
_LONGEST: Final = 1024
#: Field separators that may stand in a time or a number.
_AMBIGUOUS: Final = "+-."
#: Of the header of a batch: who sends, who receives.
_PARTIES: Final = ((5, 3), (6, 4), (3, 5), (4, 6))


def frame(content: bytes) -> bytes:
    """An answer as it goes over the wire."""
    return mllp.START + content + mllp.END + mllp.CR


def joined(*contents: bytes | None) -> bytes | None:
    """Answers that leave one after another, as one content; None if there are none."""
    found = [content for content in contents if content is not None]
    return _BETWEEN.join(found) if found else None


def behind(content: bytes | None, ahead: bytes | None) -> bytes | None:
    """What of an answer is left when its first message was sent before."""
    if content is None or ahead is None:
        return content
    if content == ahead:
        return None
    return content.removeprefix(ahead + _BETWEEN)


def acknowledged(
    message: Message,
    outcome: Outcome,
    stage: Stage,
    *,
    control_id: str,
    now: datetime,
    details: Sequence[Detail] = (),
) -> bytes | None:
    """The acknowledgement of a message; None if it wants none at this stage.

    As :func:`..hl7.acknowledgement.acknowledge`, of which most of the work is done once for all
    messages whose headers differ in time and control id only.
    """
    if not acknowledgement.is_wanted(message, stage, outcome):
        return None
    parts = message.header.text.split(message.delimiters.field)
    # The separator itself is MSH-1: what is number n of the standard has index n - 1.
    echoed = parts[9] if len(parts) > 9 else ""
    used = tuple(parts[number - 1] if len(parts) >= number else "" for number in _USED)
    plain = (
        message.charset.codec.startswith(_PLAIN_SETS)
        and echoed
        and echoed.isprintable()
        and message.delimiters.field not in _AMBIGUOUS
        and sum(map(len, used)) <= _LONGEST
    )
    if details or not plain:
        made = acknowledgement.acknowledge(
            message, outcome, control_id=control_id, now=now, stage=stage, details=details
        )
        return made.encode() if made else None
    code = stage.value + outcome.value
    template = _template(code, message.delimiters, message.charset, used)
    text = template % (timestamps.build(now), control_id, echoed)
    return text.encode(message.charset.codec, message.charset.errors)


@lru_cache(maxsize=_TEMPLATES)
def _template(code: str, marks: Delimiters, charset: Charset, used: tuple[str, ...]) -> str:
    """The text of an answer without details, in which time, control id and echo are left open.

    :param used: the fields of ``_USED``
    """
    header = ["MSH", *[""] * (_USED[-1] - 1)]
    for number, text in zip(_USED, used, strict=True):
        header[number - 1] = text
    header[10 - 1] = "X"
    asked = Message([Segment(marks.field.join(header), marks, charset.codec)], marks, charset)
    now = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
    made = acknowledgement.answer(asked, code, control_id="X", now=now)
    lines = []
    for segment, places in zip(made, ((6, 9), (2,)), strict=True):
        fields = segment.text.replace("%", "%%").split(marks.field.replace("%", "%%"))
        for place in places:
            fields[place] = "%s"
        lines.append(marks.field.replace("%", "%%").join(fields) + segment.end)
    return "".join(lines)


def rejected(
    data: bytes,
    error: Hl7Error,
    *,
    control_id: str,
    now: datetime,
    application: str = "",
    facility: str = "",
) -> bytes | None:
    """The answer to bytes that could not be read; None if they are an acknowledgement.

    What has no header that could be answered is answered all the same: its sender waits.

    :param application: who we are, as nobody was addressed
    """
    if parse_header(data) is not None:
        made = acknowledgement.reject(data, error, control_id=control_id, now=now)
        return made.encode() if made else None
    asked = _headerless(STANDARD, application, facility)
    return _refused(asked, error, control_id, now)


def batch_rejected(data: bytes, error: Hl7Error, *, control_id: str, now: datetime) -> bytes:
    """The answer to a batch that is not whole: as to one message, by its header."""
    line = data.removeprefix(b"\xef\xbb\xbf").partition(b"\r")[0].partition(b"\n")[0]
    asked = None
    if len(line) > 8 and line.isascii():
        # Fields 1 to 7 of FHS, BHS and MSH are the same.
        asked = parse_header(b"MSH" + line[3:])
    if asked is None:
        asked = _headerless(STANDARD)
    sent = asked.header
    plain = _headerless(asked.delimiters)
    for number in (3, 4, 5, 6):
        plain.set_raw(f"MSH-{number}", sent.raw(number) or "")
    plain.set_raw("MSH-10", sent.raw(11) or "")
    return _refused(plain, error, control_id, now)


def _headerless(marks: Delimiters, application: str = "", facility: str = "") -> Message:
    start = Segment(f"MSH{marks.field}{marks.encoding}", marks)
    asked = Message([start], marks)
    asked.set("MSH-5", application or None)
    asked.set("MSH-6", facility or None)
    asked.set("MSH-12", "2.5.1")
    return asked


def _refused(asked: Message, error: Hl7Error, control_id: str, now: datetime) -> bytes:
    made = acknowledgement.acknowledge(
        asked,
        acknowledgement.outcome_of(error.condition),
        control_id=control_id,
        now=now,
        details=(Detail.of(error),),
    )
    if made is None:
        raise RuntimeError("a header of ours wants an answer")
    return made.encode()


def batch_answer(
    file: File, answers: Sequence[Sequence[bytes | None]], *, control_id: str, now: datetime
) -> bytes | None:
    """The acknowledgements of the messages of batches, as batches (chapter 2, section 2.10.3.2).

    :param answers: of the messages of each batch, in order
    :return: None if it has messages, and none of them wants one
    """
    asked = [one for batch in answers for one in batch]
    # Who sends a batch without messages hears that it was empty: it waits for an answer.
    if asked and not any(asked):
        return None
    parts: list[bytes] = []
    header = _batch_header(file.header, "FHS", control_id, now) if file.header else b""
    for batch, contents in zip(file.batches, answers, strict=True):
        parts.extend(_batch(batch, contents, control_id, now))
    if header:
        mark = header[3:4]
        return b"".join((header, *parts, b"FTS", mark, b"%d\r" % len(file.batches)))
    return b"".join(parts)


def _batch(
    batch: Batch, contents: Sequence[bytes | None], control_id: str, now: datetime
) -> list[bytes]:
    found = [
        message.rstrip(b"\r") + b"\r"
        for content in contents
        if content is not None
        for message in content.split(_BETWEEN)
    ]
    if batch.header is None:
        return found
    header = _batch_header(batch.header, "BHS", control_id, now)
    return [header, *found, b"BTS", header[3:4], b"%d\r" % len(found)]


def _batch_header(asked: Segment, name: str, control_id: str, now: datetime) -> bytes:
    """FHS or BHS of an answer: the parties changed over, and what it refers to."""
    fields = [""] * 10
    for source, target in _PARTIES:
        fields[target - 3] = asked.raw(source) or ""
    fields[7 - 3] = timestamps.build(now)
    fields[11 - 3] = control_id
    fields[12 - 3] = asked.raw(11) or ""
    start = asked.text[3 : 4 + len(asked.raw(2) or "")]
    # Headers of batches are read as Latin-1, so that every byte comes back.
    return (name + start + start[0] + start[0].join(fields) + "\r").encode("latin-1")
