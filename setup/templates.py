"""Template databases: the modules are installed once, tests get copies in a second.

``suite_base_…`` holds Odoo's own modules and queue_job and is shared by all checkouts.
``suite_template_…`` adds the addons of one checkout; it is made anew when they change.
Neither has demo data: tests create what they need, which keeps them readable and quick.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from setup import odoo_conf, suite_addons
from setup.console import SetupError, run, step
from setup.databases import Databases
from setup.locking import exclusive
from setup.machine import Machine

BASE_MODULES = ("account", "hr", "mail", "product_expiry", "purchase_stock", "queue_job")
_PREPARE = Path(__file__).with_name("prepare_template.py")
_PROBLEM = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ", re.MULTILINE)


def base(machine: Machine) -> str:
    """Return the name of the database with Odoo's modules, making it first if need be."""
    release = (machine.tree / "odoo" / "release.py").read_bytes()
    identity = hashlib.sha256(release + repr(BASE_MODULES).encode()).hexdigest()
    name = f"suite_base_{identity[:8]}"
    databases = Databases(machine)
    with exclusive(machine.settings.home / "templates.lock", "preparing template databases"):
        if not databases.exists(name):
            with step("Installing Odoo's modules into a template database (a minute, once)"):
                _install_anew(machine, name, "template0", BASE_MODULES)
    return name


def suite(machine: Machine) -> str:
    """Return the name of the database with this checkout's addons, remaking it if they changed.

    :raises SetupError: the installation failed or logged a warning or an error
    """
    settings = machine.settings
    addons = suite_addons.names(settings.addons)
    if not addons:
        raise SetupError(f"There is no addon in {settings.addons}.")
    name = f"suite_template_{settings.checkout}"
    origin = base(machine)
    wanted = f"{origin} {suite_addons.fingerprint(settings.addons, addons)} prepared"
    databases = Databases(machine)
    with exclusive(settings.home / f"{name}.lock", "preparing this checkout's template"):
        if not databases.exists(name) or databases.label(name) != wanted:
            databases.drop(name)
            with step(f"Installing {', '.join(addons)} into a template database"):
                found = _install_anew(machine, name, origin, addons)
                found += _prepare(machine, name)
            if found:
                databases.drop(name)
                lines = "\n".join(f"    {line}" for line in found)
                raise SetupError(f"Installing {', '.join(addons)} logged problems:\n{lines}")
            databases.set_label(name, wanted)
    return name


def install(
    machine: Machine,
    database: str,
    modules: Sequence[str],
    *extra: str,
    upgrade: bool = False,
    integration: odoo_conf.Section | None = None,
    on_line: Callable[[str], None] | None = None,
) -> list[str]:
    """Install modules in a database and return the warnings and errors that this logged.

    Odoo ends well after many an error, and Odoo's own modules warn now and then: whether
    what was logged is acceptable is for the caller to say.

    :param extra: further arguments of the ``odoo`` command
    :param upgrade: also upgrade those that are installed already, which are left alone else
    :param integration: the ``[integration]`` section, for data that needs a key ring
    :param on_line: is given every line of the log as it comes, to show progress
    :raises SetupError: the command failed
    """
    settings = machine.settings
    config = odoo_conf.write(
        settings.etc / f"install-{database}.conf",
        {
            "options": odoo_conf.options(machine, database),
            **({"integration": integration} if integration else {}),
        },
    )
    log = settings.logs / f"install-{database}.log"
    command = [settings.odoo, f"--config={config}", "--stop-after-init", *extra]
    command.append(f"--init={','.join(modules)}")
    if upgrade:
        command.append(f"--update={','.join(modules)}")
    text = run(command, log=log, env=machine.environ, on_line=on_line)
    return problems(text)


def problems(log: str) -> list[str]:
    """Return the first line of every log record of level WARNING or worse."""
    return [line for line in log.splitlines() if _PROBLEM.match(line)]


def _install_anew(machine: Machine, name: str, origin: str, modules: Sequence[str]) -> list[str]:
    """Make database ``name`` from ``origin`` plus modules; it appears only when complete.

    Returns the warnings and errors that the installation logged.
    """
    databases = Databases(machine)
    partial = f"{name}_partial"
    databases.clone(origin, partial)
    found = install(machine, partial, modules)
    databases.rename(partial, name)
    return found


def _prepare(machine: Machine, database: str) -> list[str]:
    """Do beforehand what each test would do; return the warnings and errors that this logged."""
    settings = machine.settings
    config = settings.etc / f"prepare-{database}.conf"
    odoo_conf.write(config, {"options": odoo_conf.options(machine, database)})
    command = [settings.odoo, "shell", f"--config={config}", "--no-http"]
    log = settings.logs / f"prepare-{database}.log"
    return problems(run(command, stdin=_PREPARE, log=log, env=machine.environ))
