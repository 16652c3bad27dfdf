"""The FHIR part of ``make run``: a day clinic that tells Odoo, is asked, and reads there."""

import json
from pathlib import Path

from setup import machine
from setup.console import run as run_program
from setup.demo_hospital_run import Program
from setup.settings import REPOSITORY, Settings

#: What the clinic remembers, in the demo's folder.
STATE = "clinic-state.json"
#: Events of the clinic for a message of the hospital: it is small, and each event is a Bundle.
SHARE = 0.3
_CLINIC = REPOSITORY / "setup" / "demo" / "clinic.py"


def config_file(settings: Settings) -> Path:
    """The file with the clinic's secrets."""
    return settings.home / "demo" / "clinic.json"


def configure(ready: machine.Machine, odoo_url: str) -> Path:
    """Make the clinic's secrets at the first start; return their file."""
    config = config_file(ready.settings)
    config.parent.mkdir(mode=0o700, exist_ok=True)
    script = [ready.settings.python, _CLINIC, f"--config={config}"]
    run_program([*script, "--init-config", f"--odoo-url={odoo_url}"], env=ready.environ)
    return config


def ports(config: Path) -> list[int]:
    """Return the ports that the clinic will open."""
    found = json.loads(config.read_text())
    return [int(found["port"]), int(found["page_port"])]


def program(ready: machine.Machine, odoo_url: str) -> Program:
    """The clinic, which opens when it is started."""
    settings = ready.settings
    config = config_file(settings)
    command = [
        settings.python,
        _CLINIC,
        f"--config={config}",
        f"--state={config.with_name(STATE)}",
        f"--odoo-url={odoo_url}",
        f"--pace={settings.pace * SHARE}",
    ]
    return Program("day clinic", command, settings.logs / "clinic.log", dict(ready.environ))
