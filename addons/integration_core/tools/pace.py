# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How fast a partner answers, as far as the distribution of workers is concerned.

A drain holds a worker while its partner keeps it waiting. Partners that let us wait share a few
workers, so that those who answer at once find one free.
"""

from __future__ import annotations

import threading
from typing import Final

#: Seconds of an attempt, on average over one drain, from which on a partner is slow.
SLOW: Final = 2.0
#: Seconds up to which it is fast again. Between the two it stays what it was.
FAST: Final = 0.5


class Pace:
    """The attempts of one drain. Thread-safe."""

    def __init__(self) -> None:
        self._count = 0
        self._seconds = 0.0
        self._lock = threading.Lock()

    def note(self, seconds: float) -> None:
        """An attempt took so long, whatever came of it."""
        with self._lock:
            self._count += 1
            self._seconds += seconds

    def is_slow(self) -> bool | None:
        """What this drain says of the partner; ``None``: nothing new."""
        with self._lock:
            if not self._count:
                return None
            mean = self._seconds / self._count
        if mean >= SLOW:
            return True
        return False if mean <= FAST else None
