"""The entry point: makes databases, and removes what killed runs left behind."""

import itertools
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Thread

from setup import machine, odoo_source, templates
from setup.databases import Databases
from setup.locking import exclusive
from setup.settings import Settings
from tests.harness.database import Database
from tests.harness.starter import Starter

_PREFIX = "suite_e2e"


@dataclass
class Harness:
    """The prepared machine as tests see it. :meth:`open` makes one."""

    machine: machine.Machine
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def open(cls) -> "Harness":
        """Prepare the machine as far as it is not, and return the harness.

        :raises setup.console.SetupError: the machine cannot be prepared
        """
        harness = cls(machine.prepare(Settings.from_environ()))
        # Several processes of tests may begin at once, and find the same.
        with exclusive(harness.machine.settings.home / "leftovers.lock", "removing leftovers"):
            harness._drop_leftovers()
        return harness

    @cached_property
    def template(self) -> str:
        """Name of the template database with the suite's addons installed."""
        return templates.suite(self.machine)

    @cached_property
    def base_template(self) -> str:
        """Name of the template database with Odoo's modules and queue_job only."""
        return templates.base(self.machine)

    @cached_property
    def starter(self) -> Starter:
        """What starts the servers and shells of all databases."""
        settings = self.machine.settings
        paths = odoo_source.addons_paths(self.machine.tree)
        return Starter(settings.python, self.machine.environ, paths)

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[Database]:
        """Give a database of its own, with the suite installed, and drop it at the end.

        With ``KEEP_DATABASES=1`` in the environment it stays, to be looked into.

        :param template: another template database to copy
        """
        databases = Databases(self.machine)
        name = f"{_PREFIX}_{os.getpid()}_{next(self._numbers)}"
        databases.clone(template or self.template, name)
        database = Database(self.machine, name, self._folder(name), self.starter)
        try:
            yield database
        finally:
            database.close()
            if not os.environ.get("KEEP_DATABASES"):
                # PostgreSQL writes all that is not on the disk yet before it drops one: nobody
                # needs to wait for that, but for the end of the process, which does.
                Thread(target=databases.drop, args=[name]).start()

    def _folder(self, name: str) -> Path:
        """Return a folder for the configuration and log of the database's servers."""
        folder = self._folders / name
        folder.mkdir(mode=0o700, parents=True)
        return folder

    @property
    def _folders(self) -> Path:
        return self.machine.settings.home / "e2e"

    def _drop_leftovers(self) -> None:
        """Drop the databases and delete the logs of test processes that have ended."""
        databases = Databases(self.machine)
        names = databases.query(f"SELECT datname FROM pg_database WHERE datname ~ '^{_PREFIX}_'")
        for name in filter(_is_left_over, names.splitlines()):
            databases.drop(name)
        if self._folders.is_dir():
            for folder in self._folders.iterdir():
                if _is_left_over(folder.name):
                    shutil.rmtree(folder)


def _is_left_over(name: str) -> bool:
    match = re.fullmatch(rf"{_PREFIX}_(\d+)_\d+", name)
    # Our own number is that of an earlier process too, when the system has given it again.
    return bool(match) and (match[1] == str(os.getpid()) or not Path("/proc", match[1]).exists())
