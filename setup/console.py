"""Speaking to the person at the terminal, and running other programs."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

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
    log: Path | None = None,
    account: str | None = None,
) -> str:
    """Run a program to its end and return what it printed (stdout and stderr together).

    :param log: file that receives the output as it comes (the return value is then read back)
    :param account: unprivileged account to run as; only root may name one
    :raises SetupError: the program is missing or failed; the text ends with its last lines
    """
    command = [str(part) for part in argv]
    identity: dict[str, object] = {}
    if account is not None:
        # "/" because the account may not be able to enter the current directory.
        identity = {"user": account, "group": _group_of(account), "extra_groups": []}
        cwd = Path("/")
    output = log.open("w+b") if log else None
    try:
        done = subprocess.run(  # noqa: S603 - argument lists only, never a shell
            command,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **identity,
        )
        text = _read_back(output) if output else done.stdout.decode(errors="replace")
    except FileNotFoundError as error:
        raise SetupError(f"`{command[0]}` was not found on this machine.") from error
    finally:
        if output:
            output.close()
    if done.returncode:
        where = f" (full output: {log})" if log else ""
        raise SetupError(
            f"`{' '.join(command)}` failed with exit code {done.returncode}{where}:\n{tail(text)}"
        )
    return text


def _read_back(output) -> str:
    output.seek(0)
    return output.read().decode(errors="replace")


def _group_of(account: str) -> int:
    import pwd  # only reached by root on a POSIX system

    return pwd.getpwnam(account).pw_gid


def is_root() -> bool:
    """Tell whether this process runs as root (PostgreSQL refuses to, apt insists on it)."""
    return os.geteuid() == 0
