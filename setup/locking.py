"""One preparation at a time, also between checkouts that share a home."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setup.console import SetupError, say


@contextmanager
def exclusive(path: Path, what: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file at ``path``; wait (and say so) while another process holds it.

    :param what: what the holder is busy with, completing "is busy with …"
    :param wait: False refuses at once instead
    :raises SetupError: another process holds it, and ``wait`` is False

    The kernel drops the lock with the process, so a killed run never leaves one behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if not wait:
                raise SetupError(f"Another process is busy with {what} ({path}).") from error
            say(f"Another process is busy with {what}; waiting for it ({path}).")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
