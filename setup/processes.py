"""Processes of this machine, as ``/proc`` shows them."""

from collections.abc import Iterator
from pathlib import Path

# What has ended stays in the list until its parent has asked for it.
_ENDED = ("Z", "X")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    found = _state_and_group(Path("/proc", str(pid)))
    return found is not None and found[0] not in _ENDED


def of_group(leader: int) -> list[int]:
    """The processes of a group that run.

    :param leader: id of the process that began the group, which may have ended
    """
    return [pid for pid, state, group in _all() if group == leader and state not in _ENDED]


def _all() -> Iterator[tuple[int, str, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        if found := _state_and_group(folder):
            yield int(folder.name), *found


def _state_and_group(folder: Path) -> tuple[str, int] | None:
    try:
        # The second field is the program's name in parentheses, and may have some of its own.
        _name, _, rest = (folder / "stat").read_text(errors="replace").rpartition(")")
    except OSError:
        return None  # it ended meanwhile
    state, _parent, group = rest.split()[:3]
    return state, int(group)
