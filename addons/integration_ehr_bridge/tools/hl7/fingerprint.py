# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tells a repetition of a message from another one that has its control id."""

from hashlib import sha256

from .message import Message


def fingerprint(message: Message) -> str:
    """SHA-256 of a message, without MSH-7 and line ends, as 64 lower-case hex digits.

    A sender that repeats a message may tell a new time, and nothing else that differs.
    """
    header, *others = (segment.text for segment in message)
    mark = message.delimiters.field
    # MSH-1 is the separator itself, so that MSH-7 is the seventh part.
    parts = header.split(mark, 7)
    if len(parts) > 6:
        parts[6] = ""
    text = "\r".join((mark.join(parts), *others))
    # Bytes that a character set does not explain are text that UTF-8 does not have.
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
