"""Databases and servers of the benchmarks: the suite plus the references in ``addons/``."""

import base64
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from setup import console, odoo_conf
from tests.harness import Database, Harness, MllpListener, Server, Shell

ADDON = "bench_reference"
_ADDONS = Path(__file__).with_name("addons")


@contextmanager
def database(harness: Harness) -> Iterator[Database]:
    """Give a database with the suite and the references installed."""
    with harness.database() as database:
        config = odoo_conf.write(
            database.folder / "install.conf",
            {
                "options": {
                    **odoo_conf.options(database.machine, database.name),
                    **_path(database),
                },
                "integration": {"key_ring": database.key_ring},
            },
        )
        console.run(
            [
                database.machine.settings.odoo,
                f"--config={config}",
                f"--init={ADDON}",
                "--stop-after-init",
            ],
            log=database.folder / "install.log",
            env=database.machine.environ,
        )
        yield database


@contextmanager
def server(
    database: Database,
    *,
    workers: int,
    channels: str = "root:1",
    job_runner: bool = True,
    options: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Give a running server with the references; see ``Database.server``."""
    with database.server(
        workers=workers,
        channels=channels,
        job_runner=job_runner,
        options={**_path(database), **(options or {})},
    ) as server:
        yield server
        errors = server.errors()
    assert not errors, "the server logged errors:\n" + "\n".join(errors)


@contextmanager
def listener(database: Database) -> Iterator[MllpListener]:
    """Give a running MLLP listener, which must log no error."""
    with database.listener(options=_path(database)) as listener:
        yield listener
        errors = listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)


@contextmanager
def shell(database: Database, *, integration: Mapping[str, str] | None = None) -> Iterator[Shell]:
    """Give a process with an ``env`` that prepares what the clock does not see."""
    with database.shell(options=_path(database), integration=integration) as shell:
        yield shell


class Interface(NamedTuple):
    """An inbound interface: its id, the secret part of its address, its signing secret."""

    id: int
    token: str
    secret: str


def interface(shell: Shell, name: str, **options: object) -> Interface:
    """Make an active inbound interface; the options are those of ``bench.fixture._interface``."""
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    made, token = shell.run(
        "made = env['bench.fixture']._interface(name, secret=secret, **options)\n"
        "result = [made.id, made.token]",
        name=name,
        secret=secret,
        options=options,
    )
    return Interface(made, token, secret)


def _path(database: Database) -> dict[str, str]:
    known = odoo_conf.options(database.machine, database.name)["addons_path"]
    return {"addons_path": f"{known},{_ADDONS}"}
