"""The virtual environment: Odoo's libraries, the suite's, and the test tools."""

import hashlib
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from setup import odoo_source, packages
from setup.console import SetupError, run, step
from setup.settings import Settings

MIN_PYTHON = (3, 11)
_REQUIREMENTS = ("setup/requirements-odoo.txt", "requirements.txt", "test-requirements.txt")


def provide(settings: Settings, tree: Path) -> None:
    """Build or refresh the environment so that it runs the Odoo of ``tree``.

    Nothing is done while a stamp says that it was built from the same Python, the same Odoo
    and the same requirements.

    :raises SetupError: Python is too old or incomplete, or a package cannot be installed
    """
    stamp = settings.venv / "suite-stamp"
    wanted = _fingerprint(settings, tree)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    with step("Building the Python environment"):
        # Without a stamp the last build was interrupted: what is there cannot be trusted.
        if not stamp.is_file() or not _site_packages(settings).is_dir():
            shutil.rmtree(settings.venv, ignore_errors=True)
            _create(settings)
        stamp.unlink(missing_ok=True)
        _link_odoo(settings, tree)
        requirements = [f"--requirement={settings.repository / name}" for name in _REQUIREMENTS]
        pip = [settings.python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        run([*pip, "install", "--quiet", *requirements], log=settings.logs / "pip.log")
        stamp.write_text(wanted)


def _fingerprint(settings: Settings, tree: Path) -> str:
    digest = hashlib.sha256(f"{_site_packages(settings)} {tree}".encode())
    for name in _REQUIREMENTS:
        digest.update((settings.repository / name).read_bytes())
    return digest.hexdigest()


def _site_packages(settings: Settings) -> Path:
    # Its name has Python's major and minor version: all that packages depend on.
    return settings.venv / f"lib/python3.{sys.version_info.minor}/site-packages"


def _create(settings: Settings) -> None:
    if sys.version_info < MIN_PYTHON:
        raise SetupError(
            f"Python {sys.version.split()[0]} is too old: Odoo and the suite need"
            f" {'.'.join(map(str, MIN_PYTHON))}. Name a newer one: make PYTHON=python3.12 …"
        )
    # Debian splits venv from Python; the module is there, what it needs is not.
    if find_spec("ensurepip") is None:
        packages.install("python3-venv", "to create a Python environment")
    run([sys.executable, "-m", "venv", settings.venv])


def _link_odoo(settings: Settings, tree: Path) -> None:
    """Make ``import odoo`` and the ``odoo`` command work in the environment.

    ``odoo`` and ``odoo.addons`` are namespace packages: pip puts OCA addons into site-packages
    and Python finds both halves. Odoo's half is reached through a folder that holds nothing but
    one link, because a tree has other importable names (``setup``, ``addons``) beside ``odoo``.
    """
    link = settings.venv / "odoo-tree" / "odoo"
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(tree / "odoo")
    site_packages = _site_packages(settings)
    (site_packages / "odoo-tree.pth").write_text(f"{link.parent}\n")
    # OCA's wheels depend on the distribution `odoo`. Ours lists no requirement of its own:
    # they are in requirements-odoo.txt, where psycopg2 is the binary package.
    metadata = site_packages / f"odoo-{odoo_source.SERIES}.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: odoo\nVersion: {odoo_source.SERIES}\n"
    )
    # A script, since the gevent process of prefork mode re-executes sys.argv[0], which
    # `python -m odoo` does not survive.
    settings.odoo.write_text(
        f'#!{settings.python}\nimport odoo.cli\n\nif __name__ == "__main__":\n    odoo.cli.main()\n'
    )
    settings.odoo.chmod(0o755)
