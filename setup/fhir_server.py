"""A public FHIR R4 server as a clinical system for tests, exactly as its requirements pin it.

It has an environment of its own beside that of Odoo, whose libraries are older.
"""

import hashlib
import shutil
import sys
from pathlib import Path

from setup.console import run, step
from setup.locking import exclusive
from setup.settings import Settings


def folder(settings: Settings) -> Path:
    """Where its environment is, once :func:`provide` was called. Other pins, another folder."""
    pins = hashlib.sha256(_requirements(settings).read_bytes() + sys.version.encode())
    return settings.home / "fhir_server" / pins.hexdigest()[:12]


def python(settings: Settings) -> Path:
    """The interpreter that has the server."""
    return folder(settings) / "bin" / "python"


def provide(settings: Settings) -> Path:
    """Build the environment, unless that was done before; return its interpreter.

    :raises SetupError: a package cannot be installed
    """
    place = folder(settings)
    ready = place / "ready"
    with exclusive(settings.home / "fhir_server.lock", "building the FHIR server of tests"):
        if not ready.is_file():
            with step("Building the FHIR server of tests"):
                shutil.rmtree(place, ignore_errors=True)
                run([sys.executable, "-m", "venv", place])
                pip = [python(settings), "-m", "pip", "--disable-pip-version-check", "--no-input"]
                run([*pip, "install", "--quiet", f"--requirement={_requirements(settings)}"])
                ready.touch()
    return python(settings)


def _requirements(settings: Settings) -> Path:
    return settings.repository / "tests" / "fhir_server" / "requirements.txt"
