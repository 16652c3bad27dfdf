"""Public libraries in JavaScript that tests use, exactly those that their lock file pins."""

import hashlib
import shutil
from pathlib import Path

from setup import packages
from setup.console import run, step
from setup.locking import exclusive
from setup.settings import Settings

_PURPOSE = "for public JavaScript libraries that verify our signatures"
_FILES = ("package.json", "package-lock.json")


def folder(settings: Settings) -> Path:
    """Where ``node_modules`` is, once :func:`provide` was called. Another lock, another folder."""
    lock = _source(settings) / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    return settings.home / "javascript" / digest


def provide(settings: Settings) -> None:
    """Fetch them, unless that was done before.

    :raises SetupError: there is no npm, or it could not fetch them
    """
    for program in ("node", "npm"):
        if not packages.has(program):
            packages.install({"node": "nodejs"}.get(program, program), _PURPOSE)
    place = folder(settings)
    with exclusive(settings.home / "javascript.lock", "fetching JavaScript libraries"):
        if not place.is_dir():
            with step("Fetching JavaScript libraries"):
                _fetch(settings, place)


def _fetch(settings: Settings, place: Path) -> None:
    unfinished = place.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(_source(settings) / name, unfinished)
    # Without scripts: what a package would like to do while it is installed is not needed.
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=unfinished)
    unfinished.rename(place)


def _source(settings: Settings) -> Path:
    return settings.repository / "tests" / "javascript"
