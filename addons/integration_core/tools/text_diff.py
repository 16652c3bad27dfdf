# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Line differences of two texts, with a little of what surrounds them."""

import difflib
from typing import Final, Literal, NamedTuple

CONTEXT: Final = 3

Kind = Literal["same", "added", "removed", "gap"]


class Line(NamedTuple):
    """One line of a difference; a ``gap`` stands for equal lines that are left out."""

    kind: Kind
    text: str


def line_diff(before: str, after: str, context: int = CONTEXT) -> list[Line]:
    """What turns ``before`` into ``after``; an empty list means that nothing does.

    :param context: number of equal lines shown around each change.
    """
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    lines: list[Line] = []
    for number, group in enumerate(matcher.get_grouped_opcodes(context)):
        if number:
            lines.append(Line("gap", ""))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                lines += [Line("same", text) for text in old[old_from:old_to]]
                continue
            lines += [Line("removed", text) for text in old[old_from:old_to]]
            lines += [Line("added", text) for text in new[new_from:new_to]]
    return lines
