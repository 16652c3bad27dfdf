"""Configuration files for the Odoo processes that we start."""

import configparser
from collections.abc import Mapping
from pathlib import Path

from setup import odoo_source, suite_addons
from setup.machine import Machine

Section = Mapping[str, str | int | bool]


def options(machine: Machine, database: str) -> dict[str, str | int | bool]:
    """Return the options that every Odoo process here needs.

    The database is named and there is no ``dbfilter``: with one, every stateless request lists
    the server's databases over a new connection first, five times as slow.
    """
    settings = machine.settings
    own = [settings.addons] if suite_addons.names(settings.addons) else []
    addons = [*own, *odoo_source.addons_paths(machine.tree)]
    server = machine.server
    return {
        "addons_path": ",".join(map(str, addons)),
        "data_dir": str(settings.data_dir),
        "db_host": server.host,
        "db_port": server.port,
        "db_user": server.user,
        "db_name": database,
        "list_db": False,
        "http_interface": "127.0.0.1",
        # Nothing that we start may reach a mail server.
        "smtp_server": "localhost",
        "smtp_port": 1,
    }


def write(path: Path, sections: Mapping[str, Section]) -> Path:
    """Write a configuration file that only we can read: it may hold keys."""
    # No interpolation: '%' is an ordinary character in log formats and passwords.
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment]  # as written, not lower case
    for name, section in sections.items():
        # An empty value is not the same as none: `db_host =` would be read as a host.
        parser[name] = {key: str(value) for key, value in section.items() if value != ""}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    with path.open("w") as handle:
        parser.write(handle)
    return path
