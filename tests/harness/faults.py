"""Processes that die at named points of the engine, as in a power cut."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from setup import processes
from tests.harness.database import Database
from tests.harness.waiting import wait_until


@dataclass(frozen=True)
class Faults:
    """The folder in which a file arms the fault point of its name, once.

    Whoever reaches the point adds its process id to the name, and dies.
    """

    folder: Path
    database: Database

    @property
    def environ(self) -> Mapping[str, str]:
        """The variable that lets servers and shells know of the folder."""
        return {"INTEGRATION_FAULT": str(self.folder)}

    def arm(self, *names: str) -> None:
        """Let the next process that reaches a point die there."""
        for name in names:
            (self.folder / name).touch()

    @property
    def armed(self) -> set[str]:
        """The points that nobody has reached yet."""
        return {path.name for path in self.folder.iterdir() if not path.suffix}

    def wait_reached(self, timeout: float = 120) -> None:
        """Wait until every armed point was reached and its process is gone, locks included.

        :raises AssertionError: nobody reached one of them in time; names it
        """
        wait_until(lambda: not self.armed, timeout, what=f"a death at each of {self.armed}")
        wait_until(lambda: not self._dying(), what="the end of killed processes")
        self.database.wait_departed()

    def _dying(self) -> list[int]:
        reached = (path.suffix.removeprefix(".") for path in self.folder.iterdir())
        return [int(pid) for pid in reached if pid and processes.is_alive(int(pid))]
