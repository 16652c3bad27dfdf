# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which rule serves messages of a type: the most specific one whose pattern the type matches.

A pattern is a type such as ``ADT^A01``, the beginning of one followed by ``*`` such as ``ADT^*``,
or ``*`` alone, which matches every type and also messages that name none.

>>> table = Table({"ADT^A01": 1, "ADT^*": 2, "*": 3})
>>> [table.find(one) for one in ("ADT^A01", "ADT^A08", "SIU^S12", "")]
[1, 2, 3, 3]
>>> Table({"ADT^*": 2}).find("SIU^S12") is None
True
"""

import re
from collections.abc import Mapping
from typing import Final, Generic, TypeVar

T = TypeVar("T")

ANY: Final = "*"
_PATTERN: Final = re.compile(r"[^\s*]{1,80}\*?|\*")
# What can be shown of a type that its sender wrote.
_SHOWN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/^-]{0,39}")


def is_pattern(text: str) -> bool:
    """Whether a text is a pattern of message types."""
    return bool(_PATTERN.fullmatch(text))


def shown(message_type: str | None) -> str:
    """A type as it may stand in a sentence; empty if it looks like no type."""
    return message_type if message_type and _SHOWN.fullmatch(message_type) else ""


class Table(Generic[T]):
    """What belongs to patterns, to be found by type.

    :param rules: by pattern (see :func:`is_pattern`)
    """

    def __init__(self, rules: Mapping[str, T]) -> None:
        self._exact = {name: rule for name, rule in rules.items() if not name.endswith(ANY)}
        beginnings = [(name[:-1], rule) for name, rule in rules.items() if name.endswith(ANY)]
        # The longest beginning says most; “*” alone is the shortest.
        self._beginnings = sorted(beginnings, key=lambda one: -len(one[0]))

    def find(self, message_type: str) -> T | None:
        """What belongs to a type, or ``None``."""
        if message_type in self._exact:
            return self._exact[message_type]
        for beginning, rule in self._beginnings:
            if message_type.startswith(beginning):
                return rule
        return None
