"""Settings of the partners: a private JSON file, the environment, the command line.

Secrets come from the file or the environment only: a command line can be read by every user of
the machine.
"""

import base64
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULTS: dict[str, Any] = {
    "odoo_url": "http://127.0.0.1:8069",
    "inbound_path": "/integration/webhook/{token}",
    "medsupply_port": 8071,
    "flaky_port": 8072,
    "flaky_control_port": 8073,
    "delay": 2.0,
}
ENVIRONMENT = {
    "DEMO_SECRET_OUT": "secret_out",
    "DEMO_SECRET_IN": "secret_in",
    "DEMO_FLAKY_SECRET": "flaky_secret",
    "DEMO_INBOUND_TOKEN": "inbound_token",
}
_PORTS = ("medsupply_port", "flaky_port", "flaky_control_port")
_KEYS = {*DEFAULTS, *ENVIRONMENT.values(), "state_dir"}


class ConfigError(Exception):
    """The partners cannot start with these settings; the text tells a person what to change."""


@dataclass(frozen=True)
class PartnersConfig:
    """Complete settings; see ``setup/demo/README.md`` for the meaning of each."""

    odoo_url: str
    inbound_path: str
    state_dir: Path
    medsupply_port: int
    flaky_port: int
    flaky_control_port: int
    delay: float
    inbound_token: str = field(repr=False)
    secrets_out: tuple[str, ...] = field(repr=False)
    secret_in: str = field(repr=False)
    flaky_secrets: tuple[str, ...] = field(repr=False, default=())

    @property
    def inbound_url(self) -> str:
        """Address of Odoo's webhook that takes MedSupply's confirmations."""
        path = self.inbound_path.replace("{token}", self.inbound_token)
        return self.odoo_url.rstrip("/") + path


def initialise(path: Path) -> bool:
    """Write a file with fresh secrets that only its owner may read.

    :return: False when there was one already, which is left as it is
    """
    values = {
        **{name: _new_secret() for name in ("secret_out", "secret_in", "flaky_secret")},
        "inbound_token": secrets.token_urlsafe(24),
        **DEFAULTS,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as stream:
        json.dump(values, stream, indent=2)
        stream.write("\n")
    return True


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def load(
    path: Path | None, environ: Mapping[str, str], overrides: Mapping[str, Any]
) -> PartnersConfig:
    """Merge defaults, file, environment and command line, the later one winning.

    :raises ConfigError: a file that others may read, an unknown key, a missing or bad value
    """
    values = dict(DEFAULTS)
    if path is not None:
        values |= _read_file(path)
        values.setdefault("state_dir", str(path.parent))
    values |= {key: environ[name] for name, key in ENVIRONMENT.items() if environ.get(name)}
    values |= {key: value for key, value in overrides.items() if value is not None}
    if unknown := sorted(values.keys() - _KEYS):
        raise ConfigError(f"unknown setting: {', '.join(unknown)}")
    for key in ("secret_out", "secret_in", "inbound_token", "state_dir"):
        if not values.get(key):
            raise ConfigError(f"the setting {key} is missing")
    return _build(values)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise ConfigError(f"{path} holds secrets and others may read it: chmod 600 {path}")
        values = json.loads(path.read_text())
    except OSError as problem:
        raise ConfigError(f"{path} cannot be read: {problem.strerror}") from None
    except ValueError:
        raise ConfigError(f"{path} is not JSON") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path} does not hold a JSON object")
    return values


def _build(values: dict[str, Any]) -> PartnersConfig:
    try:
        numbers = {name: int(values[name]) for name in _PORTS}
        delay = float(values["delay"])
    except (TypeError, ValueError):
        raise ConfigError("ports are whole numbers, the delay is a number of seconds") from None
    if not all(0 <= number < 65536 for number in numbers.values()):
        raise ConfigError("a port is a number from 0 to 65535")
    if not 0 <= delay <= 3600:
        raise ConfigError("the delay goes from 0 to 3600 seconds")
    secrets_in = _secrets(values, "secret_in")
    if len(secrets_in) != 1:
        raise ConfigError("secret_in is one secret")
    return PartnersConfig(
        odoo_url=values["odoo_url"],
        inbound_path=values["inbound_path"],
        inbound_token=values["inbound_token"],
        state_dir=Path(values["state_dir"]),
        delay=delay,
        secrets_out=_secrets(values, "secret_out"),
        secret_in=secrets_in[0],
        flaky_secrets=_secrets(values, "flaky_secret"),
        **numbers,
    )


def _secrets(values: dict[str, Any], key: str) -> tuple[str, ...]:
    """Return one or several secrets as a tuple; a problem's text never quotes them."""
    found = values.get(key) or []
    texts = [found] if isinstance(found, str) else found
    for text in texts:
        try:
            if not text.startswith("whsec_"):
                raise ValueError
            size = len(base64.b64decode(text.removeprefix("whsec_"), validate=True))
        except (AttributeError, ValueError):
            raise ConfigError(f"{key} is not a secret of the form whsec_<base64>") from None
        if not 24 <= size <= 64:
            raise ConfigError(f"{key} has {size} bytes; 24 to 64 are allowed")
    return tuple(texts)
