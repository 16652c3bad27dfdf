"""``make lint``: ruff's checks and formatting, and pylint-odoo's rules for addons."""

import subprocess

from setup import machine, suite_addons
from setup.console import say
from setup.settings import Settings


def run(settings: Settings) -> int:
    """Run all linters, also when an earlier one found something; return the exit code."""
    machine.prepare_python(settings)
    programs = settings.venv / "bin"
    folders = [settings.addons / name for name in suite_addons.names(settings.addons)]
    commands = [
        [programs / "ruff", "check", "."],
        [programs / "ruff", "format", "--check", "."],
        # pylint would take an empty list of addons for a mistake.
        *([[programs / "pylint", "--rcfile=.pylintrc", *folders]] if folders else []),
    ]
    failed = 0
    for command in commands:
        say(f"==> {' '.join(str(part) for part in command[:2])}")
        failed |= subprocess.run(command, cwd=settings.repository, check=False).returncode
    return 1 if failed else 0
