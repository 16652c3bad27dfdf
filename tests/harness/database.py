"""A test's own database, and the processes that may be started on it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO

import psycopg2
from psycopg2.extras import RealDictCursor

from setup import key_ring, odoo_conf, odoo_source, processes, templates
from setup.machine import Machine
from setup.odoo_server import free_port
from tests.harness.listener import MllpListener
from tests.harness.server import Server
from tests.harness.shell import Shell
from tests.harness.starter import Process, Starter
from tests.harness.waiting import wait_until

_DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")
#: What a process of Odoo calls itself in ``pg_stat_activity``.
_SESSION = "odoo-{pid}"
#: Odoo kills workers that take longer, in seconds, as if they hung: on a busy machine they do not.
_PATIENCE = {"limit_time_real": 600}
_ADDONS = Path(__file__).with_name("addons")


@dataclass
class Database:
    """A database with the suite installed.

    :ivar folder: holds the configuration files and logs of its servers and shells
    :ivar starter: starts those servers and shells
    :ivar key_ring: the key ring that its servers and shells get
    """

    machine: Machine
    name: str
    folder: Path
    starter: Starter = field(repr=False)
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

    def wait_departed(self) -> None:
        """Wait until PostgreSQL has ended the sessions of processes that were killed.

        A session outlives its client until the server notices: a statement goes on to its end, and
        locks are held so long. Right after a ``kill -9`` a try-lock would fail, ``SKIP LOCKED``
        would skip and a copy of the database would be refused, for a moment.
        """
        wait_until(lambda: not self._orphans(), what="the end of the sessions of killed processes")

    def _orphans(self) -> list[str]:
        rows = self.sql(
            "SELECT application_name AS name FROM pg_stat_activity WHERE datname = %s", [self.name]
        )
        clients = (row["name"].removeprefix("odoo-") for row in rows)
        return [pid for pid in clients if pid.isdecimal() and not processes.is_alive(int(pid))]

    def reconnect(self) -> None:
        """Let the next statement of :meth:`sql` connect anew; nobody is connected meanwhile."""
        self.close()
        del self.__dict__["_connection"]

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
        merged = {
            **odoo_conf.options(self.machine, self.name),
            "workers": workers,
            "max_cron_threads": 1,
            "http_port": port,
            "gevent_port": free_port(),
            "server_wide_modules": "base,rpc,web,queue_job,e2e_prompt",
            **_PATIENCE,
            **(options or {}),
        }
        merged["addons_path"] = f"{merged['addons_path']},{_ADDONS}"
        config = self._write_config(
            "server",
            merged,
            channels=channels if job_runner else "root:0",
            integration=integration,
        )
        server = Server(
            command=self.machine.settings.odoo,
            config=config,
            port=port,
            log=config.with_suffix(".log"),
            environ=self._environ(environ),
            job_runner=job_runner,
            database=self.name,
            wait_departed=self.wait_departed,
            spawn=self._spawn_server,
        )
        try:
            server.start()
            server.wait_ready()
            yield server
        finally:
            # Nobody needs it any more; to end in peace would take it seconds.
            server.kill()

    @contextmanager
    def listener(
        self,
        *,
        mllp: odoo_conf.Section | None = None,
        options: odoo_conf.Section | None = None,
        integration: odoo_conf.Section | None = None,
        bind: str = "127.0.0.1",
    ) -> Iterator[MllpListener]:
        """Give a running MLLP listener.

        :param mllp: its section ``[integration_mllp]``
        :param options: options to add to or replace in the ``[options]`` section
        :param integration: options to add to or replace in the ``[integration]`` section
        """
        config = self._write_config("listener", options or {}, integration=integration, mllp=mllp)
        listener = MllpListener(
            self.machine.settings.odoo, config, self.name, self._environ(None), bind
        )
        try:
            listener.start()
            yield listener
        finally:
            listener.kill()

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
        spawn = partial(self._spawn, self._environ(environ))
        shell = Shell(config, spawn, self.wait_departed)
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

    def _spawn_server(
        self, environ: Mapping[str, str], command: Sequence[str | Path], output: BinaryIO
    ) -> Process:
        with Path(os.devnull).open("rb") as nothing:
            log = output.fileno()
            return self._spawn(environ, command, (nothing.fileno(), log, log))

    def _spawn(
        self,
        environ: Mapping[str, str],
        command: Sequence[str | Path],
        files: tuple[int, int, int],
    ) -> Process:
        return self.starter.start(command, environ, files, self._odoo_modules)

    @cached_property
    def _odoo_modules(self) -> list[str]:
        """Which of Odoo's own modules are installed."""
        rows = self.sql("SELECT name FROM ir_module_module WHERE state = 'installed' ORDER BY id")
        folders = odoo_source.own_addons_paths(self.machine.tree)
        names = (row["name"] for row in rows)
        return [name for name in names if any((path / name).is_dir() for path in folders)]

    def _environ(self, more: Mapping[str, str] | None) -> dict[str, str]:
        return {**self.machine.environ, "PGAPPNAME": _SESSION, **(more or {})}

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
        mllp: odoo_conf.Section | None = None,
    ) -> Path:
        self._processes += 1
        return odoo_conf.write(
            self.folder / f"{kind}-{self._processes}.conf",
            {
                "options": {**odoo_conf.options(self.machine, self.name), **options},
                "queue_job": {"channels": channels},
                "integration": {"key_ring": self.key_ring, **(integration or {})},
                "integration_mllp": mllp or {},
            },
        )
