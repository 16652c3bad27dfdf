"""Settings of the clinic: a private JSON file with the secrets that were made on this machine."""

import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from . import certificate

#: Login names that the clinic uses; what proves them is secret.
LOGIN: Final = "riverside"
READER: Final = "riverside.reader"
_SECRETS: Final = ("secret", "reader_secret", "server_token")
_CERTIFICATES: Final = ("authority", "certificate")
_TOKENS: Final = ("token", "view_token")


class SettingsError(Exception):
    """The clinic cannot open with these settings; the text tells a person what to change."""


@dataclass(frozen=True)
class Settings:
    """Complete settings.

    :ivar odoo_url: address of Odoo, without a slash at its end
    :ivar port: of the clinic's own FHIR server
    :ivar page_port: of its page for people
    :ivar authority: certificate of the authority of its server (PEM)
    :ivar certificate: certificate of its server, with the private key (PEM)
    :ivar token: last part of the address that takes what the clinic tells
    :ivar view_token: the same of the address that shows what the clinic may read
    :ivar server_token: with which others ask the clinic's server
    """

    odoo_url: str
    port: int
    page_port: int
    authority: str
    certificate: str = field(repr=False)
    token: str = field(repr=False)
    secret: str = field(repr=False)
    view_token: str = field(repr=False)
    reader_secret: str = field(repr=False)
    server_token: str = field(repr=False)

    @property
    def door(self) -> str:
        return f"{self.odoo_url}/integration/fhir/{self.token}"

    @property
    def view(self) -> str:
        return f"{self.odoo_url}/integration/fhir/{self.view_token}"


def initialise(path: Path, odoo_url: str, port: int, page_port: int) -> bool:
    """Write a file with fresh secrets that only its owner may read.

    :return: False when there was one already, which is left as it is
    """
    made = dict(zip(_CERTIFICATES, certificate.make(), strict=True))
    values: dict[str, Any] = {
        **made,
        **{name: secrets.token_urlsafe(24) for name in (*_SECRETS, *_TOKENS)},
        "odoo_url": odoo_url,
        "port": port,
        "page_port": page_port,
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


def load(path: Path, odoo_url: str = "") -> Settings:
    """Read a file.

    :param odoo_url: another address of Odoo than the file has
    :raises SettingsError: others may read it, or something is missing
    """
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsError(f"{path} holds secrets and others may read it: chmod 600 {path}")
        values = json.loads(path.read_text(encoding="utf-8"))
        return Settings(
            odoo_url=(odoo_url or str(values["odoo_url"])).rstrip("/"),
            port=int(values["port"]),
            page_port=int(values["page_port"]),
            **{name: str(values[name]) for name in (*_SECRETS, *_TOKENS, *_CERTIFICATES)},
        )
    except OSError as problem:
        raise SettingsError(f"{path} cannot be read: {problem.strerror}") from None
    except KeyError as missing:
        raise SettingsError(f"{path}: the setting {missing} is missing") from None
    except (ValueError, TypeError):
        raise SettingsError(f"{path} does not hold the clinic's settings") from None
