"""``make stop`` and ``make clean``."""

import shutil

from setup import postgres
from setup.console import say
from setup.locking import exclusive
from setup.settings import Settings

# Only what we made is deleted: SUITE_HOME may point to a folder with other things in it.
_FOLDERS = (
    *("apt", "data", "demo", "e2e", "etc", "log", "odoo", "odoo.partial", "pycache", "venv"),
)
_FILES = ("*.lock", "junit-*.xml")


def stop(settings: Settings) -> int:
    """Stop the private PostgreSQL, which ends all sessions; return the exit code."""
    cluster = postgres.find(settings).cluster
    if cluster:
        cluster.stop()
    return 0


def clean(settings: Settings) -> int:
    """Delete everything that was fetched or made, databases included; return the exit code."""
    if not settings.home.is_dir():
        return 0
    with exclusive(settings.home / "prepare.lock", "preparing this machine"):
        cluster = postgres.find(settings).cluster
        if cluster:
            cluster.remove()
        else:
            say("The databases suite_* on the server of PGHOST are left to you.")
        for name in _FOLDERS:
            shutil.rmtree(settings.home / name, ignore_errors=True)
    for pattern in _FILES:
        for path in settings.home.glob(pattern):
            path.unlink()
    if not any(settings.home.iterdir()):
        settings.home.rmdir()
    return 0
