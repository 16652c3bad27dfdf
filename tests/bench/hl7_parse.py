"""Admissions read per second, against hl7 from PyPI.

Both arms take the bytes of an admission of six segments and read all of it: the plain text of every
field, repetition, component and subcomponent. Each round is a process of its own, one at a time, so
that neither arm finds what the other left behind.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import figures, hl7_arm, rules, runner
from tests.harness import Harness

NAME = "hl7_parse"
UNIT = "messages/s"
TARGET = figures.Target(10.0)

SECONDS = 5.0
_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def prepare(_harness: Harness) -> Iterator[runner.Stage]:
    """Prepare both arms: there is nothing to start."""
    yield runner.Stage(
        None,
        ours=rules.Arm("tools/hl7", 1, Arm("ours").measure),
        reference=rules.Arm("hl7 from PyPI", 1, Arm("reference").measure),
        generator=None,
        remarks=(
            f"a message has {len(hl7_arm.ADMISSION)} bytes; a round is a process that reads for "
            f"{SECONDS:g} seconds of processor time",
        ),
    )


class Arm:
    """One of the arms of :mod:`.hl7_arm`."""

    _size: int | None = None

    def __init__(self, name: str) -> None:
        self._name = name

    def measure(self) -> float:
        """Messages a second; both arms must have read the same number of characters."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.hl7_arm", self._name, str(SECONDS)],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        rate, size = done.stdout.split()
        known = Arm._size = Arm._size or int(size)
        assert int(size) == known, f"{self._name} read {size} characters, the other arm {known}"
        return float(rate)
