"""One preparation at a time, also between checkouts that share a home."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setup.console import say


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file at ``path``; wait (and say so) while another process holds it.

    The kernel drops the lock with the process, so a killed run never leaves one behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another process is busy with {what}; waiting for it ({path}).")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
