# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
r"""Where segments end.

The standard knows CR only (chapter 2, section 2.5.4). Systems send LF and CRLF too, and some send
LF inside the text of a segment that CR ends. So: where all line ends are alike, each of them ends a
segment; where they differ, an LF does only if a segment follows. Empty lines are kept with the line
end before them.
"""

import re
from typing import Final

from .delimiters import Delimiters

_ENDS: Final = re.compile(r"[\r\n]+")


def split(text: str, marks: Delimiters) -> tuple[list[str], list[str]]:
    """The texts of the segments of a message, and the line end behind each.

    Joined alternately they are the text again. The last end is empty where there is none.
    """
    if "\n" not in text:
        lines = text.split("\r")
        if not lines[-1]:
            lines.pop()
            ends = ["\r"] * len(lines)
        else:
            ends = ["\r"] * (len(lines) - 1) + [""]
        if "" not in lines:
            return lines, ends
    elif _alike(text):
        pass
    else:
        return _split_at(_mixed(marks), text)
    return _split_at(_ENDS, text)


def _alike(text: str) -> bool:
    carriage, feed = text.count("\r"), text.count("\n")
    return not carriage or carriage == feed == text.count("\r\n")


def _mixed(marks: Delimiters) -> re.Pattern[str]:
    """A line end with a CR in it, or one before what looks like a segment."""
    segment = rf"[A-Z][A-Z0-9]{{2}}(?:{re.escape(marks.field)}|[\r\n]|\Z)"
    return re.compile(rf"\n*\r[\r\n]*|\n+(?={segment}|\Z)")


def _split_at(pattern: re.Pattern[str], text: str) -> tuple[list[str], list[str]]:
    lines, ends, start = [], [], 0
    for found in pattern.finditer(text):
        lines.append(text[start : found.start()])
        ends.append(found[0])
        start = found.end()
    if start < len(text):
        lines.append(text[start:])
        ends.append("")
    return lines, ends
