# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What exactly of a message is decided: a value of a field, of a record or of one of several new.

A message may create several records of one kind, and may write a field of one record more than
once. A point tells them apart in the order in which the message comes to them.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_KEY: Final = re.compile(r"(?:(\d+)\.)?([^.#]*)(?:#(\d+))?")


class Point(NamedTuple):
    """One thing to decide in a conflict.

    :ivar name: field; empty for a record as a whole
    :ivar number: which of the new records of its kind, from 1; always 1 for a record that exists
    :ivar turn: which of the values that the message writes on the field, from 1
    """

    name: str
    number: int = 1
    turn: int = 1

    @property
    def key(self) -> str:
        """As it is stored: ``email``, ``2.email`` of the second new record, ``email#2``."""
        number = f"{self.number}." if self.number > 1 else ""
        return f"{number}{self.name}{f'#{self.turn}' if self.turn > 1 else ''}"

    @classmethod
    def parse(cls, key: str) -> Point:
        """The point with this key.

        :raises ValueError: there is none
        """
        found = _KEY.fullmatch(key)
        if found is None:
            raise ValueError(f"no point of a conflict: {key!r}")
        number, name, turn = found.groups()
        return cls(name, int(number or 1), int(turn or 1))
