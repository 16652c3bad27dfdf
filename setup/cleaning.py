"""``make stop`` and ``make clean``."""

import os
import shutil
import signal

from setup import postgres
from setup.console import SetupError, say, step
from setup.locking import exclusive, holder
from setup.settings import Settings

# Only what we made is deleted: SUITE_HOME may point to a folder with other things in it.
_FOLDERS = (
    *("apt", "data", "demo", "e2e", "etc", "log", "odoo", "odoo.partial", "pycache", "venv"),
)
_FILES = ("*.lock", "junit-*.xml")


def stop(settings: Settings) -> int:
    """Stop the demo, then the private PostgreSQL, which ends all sessions; return the exit code."""
    _stop_demo(settings)
    cluster = postgres.find(settings).cluster
    if cluster:
        cluster.stop()
    return 0


def _stop_demo(settings: Settings) -> None:
    """Ask a running ``make run`` to end as Ctrl-C does, and wait until it has."""
    process = holder(settings.demo_lock)
    if process is None:
        return
    with step("Stopping the demo"):
        try:
            os.kill(process, signal.SIGTERM)
        except PermissionError as error:
            raise SetupError("The demo runs under another account: end it there.") from error
        waiting = "    Odoo ends what it has begun; that may take half a minute."
        with exclusive(settings.demo_lock, "the demo", waiting=waiting):
            pass


def clean(settings: Settings) -> int:
    """Delete everything that was fetched or made, databases included; return the exit code."""
    if not settings.home.is_dir():
        return 0
    _stop_demo(settings)
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
