# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How sensitive content is, and what follows from it."""

from collections.abc import Iterable
from typing import Final

#: From what everybody may know to what only those who treat a patient may know.
ORDER: Final = ("public", "internal", "confidential", "clinical")
#: Encrypted at rest and masked on screen; shown for a reason, for a time, and recorded.
PRIVATE: Final = frozenset({"confidential", "clinical"})
#: Even the keys that tell messages apart and keep their order identify a person.
CLINICAL: Final = "clinical"


def strictest(classes: Iterable[str | None]) -> str:
    """The most sensitive of ``classes``; ``internal`` if none of them is known.

    :raises ValueError: not one of :data:`ORDER`
    """
    known = [ORDER.index(one) for one in classes if one]
    return ORDER[max(known)] if known else "internal"
