"""What the clinic remembers when it is closed: its state, and what was not answered yet.

Bundles are written down before they are posted, and crossed out when they are answered. Whoever
sends something again after an interruption sends it as it was.
"""

import json
import os
from pathlib import Path
from typing import Any

from .clinic import Clinic
from .records import Resource


class Diary:
    """A file with the clinic and its outgoing Bundles.

    :ivar events: of the subscription, those that were lost on the way as well
    :ivar told: Bundles that were answered
    """

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        values: dict[str, Any] = {}
        if path.exists():
            values = json.loads(path.read_text(encoding="utf-8"))
        self.is_new = not values
        self.clinic = Clinic.restored(values["clinic"]) if values else Clinic(seed)
        self.events: int = values.get("events", 0)
        self.told: int = values.get("told", 0)
        self.waiting: list[Resource] = values.get("waiting", [])
        self.reader: dict[str, Any] = values.get("reader", {})

    def note(self, *bundles: Resource) -> None:
        """Write down what is to be posted, along with the clinic that it comes from."""
        self.waiting += bundles
        self.save()

    def cross_out(self) -> None:
        """The first of the Bundles was answered."""
        del self.waiting[0]
        self.told += 1
        self.save()

    def save(self) -> None:
        """Write down all of it."""
        values = {
            "clinic": self.clinic.state(),
            "events": self.events,
            "told": self.told,
            "waiting": self.waiting,
            "reader": self.reader,
        }
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(values), encoding="utf-8")
        os.replace(partial, self._path)
