"""What the hospital remembers when it is closed: its state, and what it has not been told of yet.

Messages are written down before they are sent, and crossed out when they are answered. Whoever
sends something again after an interruption sends it as it was.
"""

import json
import os
from pathlib import Path
from typing import Any

from .hospital import Hospital


class Diary:
    """A file with the hospital and its outgoing messages."""

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        values: dict[str, Any] = {}
        if path.exists():
            values = json.loads(path.read_text(encoding="utf-8"))
        self.is_new = not values
        self.hospital = Hospital.restored(values["hospital"]) if values else Hospital(seed)
        self.sent: int = values.get("sent", 0)
        self.waiting: list[str] = values.get("waiting", [])

    def note(self, messages: list[str]) -> None:
        """Write down what is to be sent, along with the hospital that it comes from."""
        self.waiting += messages
        self._save()

    def cross_out(self) -> None:
        """The first of the messages was answered."""
        del self.waiting[0]
        self.sent += 1
        self._save()

    def _save(self) -> None:
        values = {
            "hospital": self.hospital.state(),
            "sent": self.sent,
            "waiting": self.waiting,
        }
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(values), encoding="utf-8")
        os.replace(partial, self._path)
