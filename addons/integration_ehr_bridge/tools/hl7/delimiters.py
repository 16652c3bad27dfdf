# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The characters that part a message, as MSH-1 and MSH-2 declare them (chapter 2, section 2.5.4).

Version 2.7 adds a fifth character to MSH-2, which marks text that was cut short. Fewer than four
are read as well: a level that is not declared does not exist in the message.
"""

import re
from dataclasses import dataclass
from dataclasses import field as _field
from functools import lru_cache
from typing import Final

from .errors import Place, SyntaxFault

#: Segments whose first two fields are the delimiters themselves.
HEADERS: Final = frozenset({"MSH", "FHS", "BHS"})
#: A delimiter is visible ASCII, and nothing that names, numbers or null need.
_USABLE: Final = re.compile(r"[!#-/:-@\[-`{-~]")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The delimiters of one message; a level that does not exist is an empty text.

    :ivar letters: of the escape sequences that stand for them (chapter 2, section 2.7.1)
    :ivar parting: component, repetition, subcomponent and escape; a line end, which no field holds,
        stands for what does not exist
    """

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    letters: dict[str, str] = _field(init=False, repr=False, compare=False)
    parting: tuple[str, str, str, str] = _field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        letters = {
            "F": self.field,
            "S": self.component,
            "T": self.subcomponent,
            "R": self.repetition,
            "E": self.escape,
            "P": self.truncation,
        }
        known = {letter: mark for letter, mark in letters.items() if mark}
        object.__setattr__(self, "letters", known)
        parting = (self.component, self.repetition, self.subcomponent, self.escape)
        object.__setattr__(self, "parting", tuple(mark or "\r" for mark in parting))

    @property
    def encoding(self) -> str:
        """The text of MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation


STANDARD: Final = Delimiters()
_USUAL: Final = "|^~\\&|"
#: Those that version 2.7 recommends.
STANDARD_2_7: Final = Delimiters(truncation="#")


@lru_cache(maxsize=256)
def declared(field: str, encoding: str, segment: str = "MSH") -> Delimiters:
    """The delimiters that a header segment declares.

    :param field: MSH-1
    :param encoding: MSH-2
    :param segment: name of the header segment, for errors
    :raises SyntaxFault: they cannot be delimiters.
    """
    if not _USABLE.fullmatch(field):
        raise SyntaxFault(
            "the field separator is not a punctuation character. The partner must send "
            "a header such as MSH|^~\\&|",
            Place(segment, field=1),
        )
    marks = field + encoding
    if not 1 <= len(encoding) <= 5:
        raise SyntaxFault("there are one to five encoding characters", Place(segment, field=2))
    if len(set(marks)) != len(marks) or not all(map(_USABLE.fullmatch, encoding)):
        raise SyntaxFault(
            "the encoding characters are not different punctuation characters",
            Place(segment, field=2),
        )
    return Delimiters(field, *encoding, *("",) * (5 - len(encoding)))


def read(line: str) -> Delimiters:
    """The delimiters of a header segment.

    :param line: the text of the segment
    :raises SyntaxFault: they cannot be delimiters.
    """
    if line[3:9] == _USUAL:
        return STANDARD
    field = line[3:4]
    encoding = line[4:].partition(field)[0] if field else ""
    return declared(field, encoding[:6], line[:3])
