"""Preparing the machine: Odoo, the Python environment and PostgreSQL, in this order."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from setup import odoo_source, postgres, venv
from setup.locking import exclusive
from setup.settings import Settings


@dataclass(frozen=True)
class Machine:
    """A machine on which Odoo can be started.

    :ivar tree: folder that contains the ``odoo`` package
    :ivar server: the PostgreSQL server to use
    :ivar started: True when this process started the private cluster
    """

    settings: Settings
    tree: Path
    server: postgres.Server
    started: bool = False

    @property
    def environ(self) -> dict[str, str]:
        """Environment for programs: ours, the database server's address, and the venv first."""
        return {**os.environ, **self.exports}

    @property
    def exports(self) -> Mapping[str, str]:
        """The variables in which :attr:`environ` differs from our own environment."""
        programs = str(self.settings.venv / "bin")
        others = [part for part in os.environ["PATH"].split(os.pathsep) if part != programs]
        path = os.pathsep.join([programs, *others])
        own = {"PATH": path, "VIRTUAL_ENV": str(self.settings.venv)}
        # Odoo is eight thousand files of Python. Where compiled ones are not kept (containers say
        # so, or the tree is read-only) each start of a server would compile anew what it imports.
        bytecode = {
            "PYTHONPYCACHEPREFIX": str(self.settings.bytecode),
            "PYTHONDONTWRITEBYTECODE": "",
        }
        home = {"SUITE_HOME": str(self.settings.home)}
        return {**self.server.environ, **own, **bytecode, **home}


def prepare_python(settings: Settings) -> Path:
    """Provide Odoo and the Python environment; return the Odoo tree. Enough to lint."""
    settings.make_folders()
    with exclusive(settings.home / "prepare.lock", "preparing this machine"):
        tree = odoo_source.provide(settings)
        venv.provide(settings, tree)
    return tree


def prepare(settings: Settings) -> Machine:
    """Provide everything that Odoo needs, and start the private cluster if it is not running.

    :raises SetupError: something is missing that only the person at the terminal can provide
    """
    tree = prepare_python(settings)
    with exclusive(settings.home / "prepare.lock", "preparing this machine"):
        server, started = postgres.provide(settings)
    return Machine(settings, tree, server, started)


@contextmanager
def prepared(settings: Settings) -> Iterator[Machine]:
    """Prepare, and at the end stop the cluster if it was this process that started it.

    It is left running while somebody else has come to use it meanwhile.
    """
    machine = prepare(settings)
    try:
        yield machine
    finally:
        cluster = machine.server.cluster
        if machine.started and cluster:
            with exclusive(settings.home / "prepare.lock", "preparing this machine"):
                cluster.stop_if_unused()
