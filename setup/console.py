"""Speaking to the person at the terminal, and running other programs."""

import io
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

_TAIL_LINES = 30


class SetupError(Exception):
    """The person at the terminal has to act; the text says what went wrong and what to do."""


def say(message: str) -> None:
    """Print a line of progress. It goes to stderr: stdout belongs to what commands return."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a piece of work that may take long, and say how many seconds it took."""
    say(f"==> {title} …")
    started = time.monotonic()
    yield
    say(f"    {title}: done in {time.monotonic() - started:.0f} s")


def tail(text: str, lines: int = _TAIL_LINES) -> str:
    """Return the last ``lines`` lines of ``text``, indented to stand out below a message."""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: Path = Path(os.devnull),
    log: Path | None = None,
    account: str | None = None,
    on_line: Callable[[str], None] | None = None,
) -> str:
    """Run a program to its end and return what it printed (stdout and stderr together).

    :param stdin: file that the program reads as its input
    :param log: file that receives the output too
    :param account: unprivileged account to run as; only root may name one
    :param on_line: is given every line as it comes, to show progress
    :raises SetupError: the program is missing or failed; the text ends with its last lines
    """
    command = [str(part) for part in argv]
    identity: dict[str, Any] = {}
    if account is not None:
        # "/" because the account may not be able to enter the current directory.
        identity = {"user": account, "group": _group_of(account), "extra_groups": []}
        cwd = Path("/")
    text = io.StringIO()
    sinks: list[Callable[[str], object]] = [text.write] + ([on_line] if on_line else [])
    with ExitStack() as stack:
        if log:
            sinks.append(stack.enter_context(log.open("w")).write)
        source = stack.enter_context(stdin.open("rb"))
        code = _feed(sinks, command, stdin=source, env=env, cwd=cwd, **identity)
    if code:
        where = f" (full output: {log})" if log else ""
        raise SetupError(
            f"`{' '.join(command)}` failed with exit code {code}{where}:\n{tail(text.getvalue())}"
        )
    return text.getvalue()


def _feed(sinks: Sequence[Callable[[str], object]], command: list[str], **options: Any) -> int:
    """Run a program, give every line of its output to all sinks, and return its exit code."""
    try:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            **options,
        )
    except FileNotFoundError as error:
        raise SetupError(f"`{command[0]}` was not found on this machine.") from error
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            for sink in sinks:
                sink(line)
    return process.returncode


def _group_of(account: str) -> int:
    return pwd.getpwnam(account).pw_gid


def is_root() -> bool:
    """Tell whether this process runs as root (PostgreSQL refuses to, apt insists on it)."""
    return os.geteuid() == 0
