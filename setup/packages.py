"""Operating system packages: installed when root, named otherwise."""

import os
import shutil
from functools import cache
from pathlib import Path

from setup.console import SetupError, is_root, run, step


def has(program: str) -> bool:
    """Tell whether ``program`` is on the PATH."""
    return shutil.which(program) is not None


def install(package: str, why: str) -> None:
    """Install a Debian package, or say which command installs it.

    :param package: name of the package
    :param why: what it is needed for, completing "is needed …"
    :raises SetupError: not root, or not a Debian-like machine
    """
    command = f"apt-get install {package}"
    if not has("apt-get"):
        raise SetupError(
            f"{package} is needed {why}. Install your system's equivalent of Debian's `{package}`."
        )
    if not is_root():
        raise SetupError(f"{package} is needed {why}. As root: {command}")
    with step(f"Installing {package}"):
        _update_lists()
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "install", "-y", "-q", "--no-install-recommends", package], env=environ)


@cache
def _update_lists() -> None:
    run(["apt-get", "update", "-q"])


def chromium() -> Path | None:
    """Return a browser that Odoo's tours can drive, or None."""
    # The names, and their order, are those that Odoo's own test runner looks for.
    for name in ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


def promtool() -> Path | None:
    """Return the tool that checks metrics and alert rules as Prometheus reads them, or None."""
    found = shutil.which("promtool")
    return Path(found) if found else None
