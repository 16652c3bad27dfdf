"""A plugin of pytest for several processes that share the files of one selection.

Every process collects all of it. Before the first test of a file it claims the file for itself, and
leaves a file alone that another has claimed: so each file runs once, in one process and in its
order, whichever process is free first. ``setup/run_tests.py`` starts them::

    pytest -p setup.claiming --claims=FOLDER tests

Files, because the tests of one share a database and a server. Processes, and not ``pytest-xdist``,
because its workers would share Odoo's file store, where one removes what only the transaction of
another knows of.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import pytest  # the Python that starts the processes does not have it

T = TypeVar("T")
# Names of files of tests have no such character at their beginning.
_ALL = "=all"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--claims", type=Path, help="folder in which files of tests are claimed")


def pytest_runtestloop(session: pytest.Session) -> object:
    """Do as pytest's own loop does, with the tests of those files only that we could claim."""
    folder = session.config.getoption("claims")
    if folder is None or session.testsfailed or session.config.option.collectonly:
        return None  # pytest's own loop, which ends because of what could not be collected
    claims = Claims(folder)
    ours = (item for item in session.items if claims.is_ours(_file_of(item)))
    for item, following in with_next(ours):
        if following is None:
            claims.note_all()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
    return True


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


class Claims:
    """What was claimed by the processes that share a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked: dict[str, bool] = {}

    def is_ours(self, file: str) -> bool:
        """Claim a file unless another process has; whether it is ours."""
        if file not in self._asked:
            self._asked[file] = self._claim(file)
        return self._asked[file]

    def note_all(self) -> None:
        """Tell :func:`all_claimed` that nothing is left."""
        (self._folder / _ALL).touch()

    def _claim(self, file: str) -> bool:
        try:
            # Of several processes, the system lets one create it.
            (self._folder / file.replace("/", "=")).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def all_claimed(folder: Path) -> bool:
    """Whether a process that came now would find nothing left to claim."""
    return (folder / _ALL).exists()


def with_next(items: Iterator[T]) -> Iterator[tuple[T, T | None]]:
    """Give each item with the one after it, of which pytest must know before it ends fixtures."""
    current = next(items, None)
    while current is not None:
        following = next(items, None)
        yield current, following
        current = following
