"""One preparation at a time, also between checkouts that share a home."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setup.console import SetupError, say


@contextmanager
def exclusive(
    path: Path, what: str, *, refusal: str | None = None, waiting: str | None = None
) -> Iterator[None]:
    """Hold the lock file at ``path``; wait (and say so) while another process holds it.

    :param what: what the holder is busy with, completing "is busy with …"
    :param refusal: do not wait: what to say at once instead
    :param waiting: what to say before waiting, if not that another process is busy
    :raises SetupError: another process holds it, and there is a ``refusal``

    The kernel drops the lock with the process, so a killed run never leaves one behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Opened without emptying it: it holds the number of the process that has the lock.
    with path.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if refusal is not None:
                raise SetupError(refusal) from error
            say(waiting or f"Another process is busy with {what}; waiting for it ({path}).")
            fcntl.flock(handle, fcntl.LOCK_EX)
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def holder(path: Path) -> int | None:
    """Return the number of the process that holds the lock file at ``path``, or None."""
    if not path.exists():
        return None
    with path.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(handle.read() or 0) or None
    return None
