"""How often the last use of something is written."""

from __future__ import annotations

import threading
import time

# One process writes the last use of one thing at most so often: it is for people who ask whether
# the partner has changed to the new one, and a row for each message would be a hot one.
USE_SECONDS = 180.0


class LastUses:
    """Remembers, per process, when the use of a record was written."""

    def __init__(self) -> None:
        self._written: dict[tuple[str, int], float] = {}
        self._lock = threading.Lock()

    def due(self, dbname: str, record_id: int) -> bool:
        """Whether a use is to be written now; whoever asks writes it then."""
        now = time.monotonic()
        with self._lock:
            last = self._written.get((dbname, record_id))
            if last is not None and now - last < USE_SECONDS:
                return False
            self._written[dbname, record_id] = now
            return True
