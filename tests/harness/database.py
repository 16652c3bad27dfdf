"""A test's own database, and the processes that may be started on it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extras import RealDictCursor

from setup import key_ring, odoo_conf, templates
from setup.machine import Machine
from setup.odoo_server import free_port
from tests.harness.server import Server
from tests.harness.shell import Shell

_DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")


@dataclass
class Database:
    """A database with the suite installed.

    :ivar folder: holds the configuration files and logs of its servers and shells
    :ivar key_ring: the key ring that its servers and shells get
    """

    machine: Machine
    name: str
    folder: Path
    key_ring: str = field(default_factory=lambda: key_ring.generate("test"), repr=False)
    _processes: int = 0

    # -- SQL -----------------------------------------------------------------------------

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one statement in a transaction of its own; return its rows, if it gives any."""
        with self._connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(query, parameters or None)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def scalar(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row, or None."""
        rows = self.sql(query, parameters)
        return next(iter(rows[0].values())) if rows else None

    def connect(self) -> "psycopg2.extensions.connection":
        """Return a new connection, for tests that need transactions of their own."""
        server = self.machine.server
        # libpq takes what is missing (a password, say) from the environment.
        return psycopg2.connect(
            dbname=self.name, host=server.host, port=server.port, user=server.user
        )

    def durability(self) -> dict[str, str]:
        """Return PostgreSQL's durability settings.

        :raises AssertionError: one of them is off: figures and crash tests would mean nothing
        """
        found = {name: self.scalar(f"SHOW {name}") for name in _DURABILITY}
        assert set(found.values()) == {"on"}, f"PostgreSQL is not durable: {found}"
        return found

    # -- Odoo ----------------------------------------------------------------------------

    @contextmanager
    def server(
        self,
        *,
        workers: int = 2,
        channels: str = "root:1",
        environ: Mapping[str, str] | None = None,
        options: odoo_conf.Section | None = None,
        integration: odoo_conf.Section | None = None,
        job_runner: bool = True,
    ) -> Iterator[Server]:
        """Give a running server: prefork workers, gevent process, cron, job runner.

        :param workers: HTTP workers; jobs run in them too
        :param channels: queue_job's channels; their capacity must stay below ``workers``
        :param environ: variables to add to its environment (fault points, say)
        :param options: options to add to or replace in the ``[options]`` section
        :param integration: the same for the ``[integration]`` section
        :param job_runner: False starts a server that runs no jobs
        """
        port = free_port()
        config = self._write_config(
            "server",
            {
                "workers": workers,
                "max_cron_threads": 1,
                "http_port": port,
                "gevent_port": free_port(),
                "server_wide_modules": "base,rpc,web,queue_job",
                **(options or {}),
            },
            channels=channels if job_runner else "root:0",
            integration=integration,
        )
        server = Server(
            command=self.machine.settings.odoo,
            config=config,
            port=port,
            log=config.with_suffix(".log"),
            environ={**self.machine.environ, **(environ or {})},
            job_runner=job_runner,
            database=self.name,
        )
        try:
            server.start()
            server.wait_ready()
            yield server
        finally:
            server.stop()

    @contextmanager
    def shell(
        self,
        *,
        environ: Mapping[str, str] | None = None,
        options: odoo_conf.Section | None = None,
        integration: odoo_conf.Section | None = None,
    ) -> Iterator[Shell]:
        """Give a process that runs Python with an ``env``; several may run at the same time.

        :param environ: variables to add to its environment
        :param options: options to add to or replace in the ``[options]`` section
        :param integration: the same for the ``[integration]`` section
        """
        config = self._write_config("shell", options or {}, integration=integration)
        variables = {**self.machine.environ, **(environ or {})}
        shell = Shell(self.machine.settings.python, config, variables)
        try:
            yield shell
        finally:
            shell.close()

    def run(self, code: str, **arguments: Any) -> Any:
        """Run Python once with an ``env``, commit, and return what it left in ``result``.

        Starting Odoo takes some seconds; use one :meth:`shell` for several runs.
        """
        with self.shell() as shell:
            return shell.run(code, **arguments)

    def upgrade(self, modules: Sequence[str]) -> list[str]:
        """Upgrade modules and return the warnings and errors that this logged.

        Servers on the database must be down.

        :raises setup.console.SetupError: it failed
        """
        return templates.install(self.machine, self.name, modules, upgrade=True)

    # ------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the connection behind :meth:`sql`."""
        with closing(self._connection):
            pass

    @cached_property
    def _connection(self) -> "psycopg2.extensions.connection":
        connection = self.connect()
        connection.autocommit = True
        return connection

    def _write_config(
        self,
        kind: str,
        options: odoo_conf.Section,
        *,
        channels: str = "root:0",
        integration: odoo_conf.Section | None = None,
    ) -> Path:
        self._processes += 1
        return odoo_conf.write(
            self.folder / f"{kind}-{self._processes}.conf",
            {
                "options": {**odoo_conf.options(self.machine, self.name), **options},
                "queue_job": {"channels": channels},
                "integration": {"key_ring": self.key_ring, **(integration or {})},
            },
        )
