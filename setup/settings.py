"""Where things lie and what the environment asks for."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from setup.console import SetupError

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8069
#: Messages a minute that the demo hospital sends: quick enough to be seen, slow enough to follow.
DEFAULT_PACE = 20.0
_FASTEST_PACE = 6000
_MOST_PROCESSES = 3


@dataclass(frozen=True)
class Settings:
    """The paths and choices of one checkout on one machine.

    :ivar home: folder for all that is fetched or made; several checkouts may share it
    :ivar odoo_dir: Odoo tree that the person already has (``ODOO_DIR``), or None
    :ivar port: port of ``make run`` for browsers
    :ivar pace: messages a minute of the hospital of ``make run``; 0: it stays closed
    :ivar processes: how many processes of pytest run the whole suite (``TEST_PROCESSES``)
    :ivar strict: True under ``CI=true``: what merely skips elsewhere fails
    """

    home: Path
    odoo_dir: Path | None = None
    port: int = DEFAULT_PORT
    pace: float = DEFAULT_PACE
    processes: int = 1
    strict: bool = False
    repository: Path = REPOSITORY

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read ``SUITE_HOME``, ``ODOO_DIR``, ``PORT``, ``PACE``, ``TEST_PROCESSES``, ``CI``.

        :raises SetupError: a value cannot be used; the text names the variable
        """
        home = Path(environ.get("SUITE_HOME") or REPOSITORY / ".local").expanduser()
        odoo_dir = environ.get("ODOO_DIR")
        return cls(
            home=home.absolute(),
            odoo_dir=Path(odoo_dir).expanduser().absolute() if odoo_dir else None,
            port=_port(environ.get("PORT")),
            pace=_pace(environ.get("PACE")),
            processes=_processes(environ.get("TEST_PROCESSES")),
            strict=environ.get("CI", "").lower() == "true",
        )

    @property
    def checkout(self) -> str:
        """Eight hex digits that tell this checkout from others sharing ``home``."""
        return hashlib.sha256(str(self.repository).encode()).hexdigest()[:8]

    @property
    def addons(self) -> Path:
        return self.repository / "addons"

    @property
    def venv(self) -> Path:
        return self.home / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def odoo(self) -> Path:
        """The ``odoo`` command."""
        return self.venv / "bin" / "odoo"

    @property
    def data_dir(self) -> Path:
        """Odoo's ``data_dir``: file stores and sessions of all databases."""
        return self.home / "data"

    @property
    def etc(self) -> Path:
        """Configuration files; private, because one of them holds the demo key ring."""
        return self.home / "etc"

    @property
    def bytecode(self) -> Path:
        """What Python compiled: of Odoo, of its libraries and of the checkouts."""
        return self.home / "pycache"

    @property
    def logs(self) -> Path:
        return self.home / "log"

    @property
    def demo_lock(self) -> Path:
        """Held by ``make run``."""
        return self.home / "suite_demo.lock"

    def make_folders(self) -> None:
        """Create the folders that every command writes to."""
        for folder in (self.home, self.logs, self.data_dir):
            folder.mkdir(parents=True, exist_ok=True)
        self.etc.mkdir(mode=0o700, exist_ok=True)


def _port(text: str | None) -> int:
    if not text:
        return DEFAULT_PORT
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SetupError(f"PORT={text} is not a port number (1 to 65535).")
    return int(text)


def _pace(text: str | None) -> float:
    if not text:
        return DEFAULT_PACE
    if not text.isdecimal() or int(text) > _FASTEST_PACE:
        raise SetupError(
            f"PACE={text} is not a number of messages a minute (0 to {_FASTEST_PACE})."
        )
    return float(text)


def _processes(text: str | None) -> int:
    if not text:
        # More would need much memory, and more connections than a PostgreSQL gives by default: each
        # of them may have a server with its workers.
        return min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)
    if not text.isdecimal() or not int(text):
        raise SetupError(f"TEST_PROCESSES={text} is not a number of processes (1 or more).")
    return int(text)
