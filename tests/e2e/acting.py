"""Somebody whose transaction is open while a test goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.harness import Shell, wait_until

# Has its snapshot, and goes on when it is told to.
_APART = """
import os, time
env.cr.execute("SELECT 1")
{before}
env.flush_all()
open(ready, "w").close()
while not os.path.exists(go):
    time.sleep(0.02)
{after}
"""


@contextmanager
def acting(
    shell: Shell, before: str, folder: Path, *, after: str = "", **arguments: Any
) -> Iterator[None]:
    """In the block, somebody has done ``before``; at its end he does ``after`` and commits.

    :param folder: an empty one, for the signs that are given
    :raises tests.harness.RemoteError: it failed
    """
    ready, go = folder / "ready", folder / "go"
    code = _APART.replace("{before}", before).replace("{after}", after)
    shell.send(code, ready=str(ready), go=str(go), **arguments)
    wait_until(ready.exists, what="the act")
    try:
        yield
    finally:
        go.touch()
    shell.receive()
