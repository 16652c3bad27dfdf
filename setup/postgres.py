"""The private PostgreSQL cluster, or the server that the environment names."""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from setup import packages
from setup.console import SetupError, is_root, run, say, step
from setup.settings import Settings

ROLE = "odoo"
_SUPERUSER = "postgres"
_PORT = "5432"
# The path of a Unix socket holds 107 bytes; PostgreSQL adds "/.s.PGSQL.5432.lock" for its lock.
_MAX_SOCKET_FOLDER = 85
_MIN_VERSION = 13
_SETTINGS = """
# --- Added by the suite's setup ---
# Reached through a socket in a private folder only: no port, no password.
listen_addresses = ''
# Two prefork servers with their job runners, plus psql.
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
# A slow disk must not be hidden: figures and crash tests are worth nothing without these.
fsync = on
full_page_writes = on
synchronous_commit = on
# Jobs keep a transaction open while they wait for partners.
idle_in_transaction_session_timeout = 0
log_line_prefix = '%m [%p] %d '
"""
_QUIET_LOG = """
# --- Added by the suite's setup ---
# Of a statement that is refused the log says what is wrong, and neither its text nor the row: these
# hold numbers of visits and accounts.
log_min_error_statement = panic
log_error_verbosity = terse
"""


@dataclass(frozen=True)
class Server:
    """How to reach a PostgreSQL server.

    :ivar environ: the ``PG…`` variables that libpq, and so psql and Odoo, need
    :ivar cluster: the private cluster behind it, or None when the server is somebody else's
    """

    environ: Mapping[str, str]
    cluster: "Cluster | None" = None

    @property
    def host(self) -> str:
        return self.environ.get("PGHOST", "")

    @property
    def port(self) -> str:
        return self.environ.get("PGPORT", "")

    @property
    def user(self) -> str:
        return self.environ.get("PGUSER", "")


def provide(settings: Settings) -> tuple[Server, bool]:
    """Return the server to use, running; and whether it was started for that.

    :raises SetupError: there is no PostgreSQL, or it does not start
    """
    if not packages.has("psql"):
        packages.install("postgresql-client", "to reach the database server")
    if not {"PGHOST", "PGPORT"} & os.environ.keys():
        # Before anything asks for the account to run as: the package brings it.
        binaries()
    server = find(settings)
    return server, bool(server.cluster and server.cluster.start())


def find(settings: Settings, environ: Mapping[str, str] = os.environ) -> Server:
    """Return the server to use: that of ``PGHOST``/``PGPORT``, else the private cluster."""
    cluster = Cluster(settings.home)
    host = environ.get("PGHOST")
    # `eval "$(setup/env.sh)"` exports the private cluster's address too.
    if (host and host != str(cluster.sockets)) or (environ.get("PGPORT") and not host):
        return Server({name: value for name, value in environ.items() if name.startswith("PG")})
    return Server(
        {"PGHOST": str(cluster.sockets), "PGPORT": _PORT, "PGUSER": ROLE}, cluster=cluster
    )


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL cluster of our own, run by an unprivileged account when we are root.

    :ivar home: the suite's home; the data lie in it where that account can reach it
    """

    home: Path
    account: str | None = field(default_factory=lambda: _account())

    @property
    def folder(self) -> Path:
        """Folder of the cluster: ``pg`` in the home, or a private one below ``/var/tmp``."""
        if self.account is None or _can_enter(self.home, self.account):
            return self.home / "pg"
        return Path("/var/tmp") / f"suite-pg-{self._digest}"  # checked by _make_folder

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        """Folder of the socket, which is what libpq takes as the host."""
        beside = self.folder / "socket"
        if len(str(beside)) <= _MAX_SOCKET_FOLDER:
            return beside
        return Path("/tmp") / f"suite-pg-{self._digest}"  # checked by _make_folder

    @property
    def log(self) -> Path:
        return self.folder / "postgresql.log"

    @property
    def _digest(self) -> str:
        return hashlib.sha256(str(self.home).encode()).hexdigest()[:10]

    def is_running(self) -> bool:
        """Tell whether the server answers on its socket."""
        if not (self.data / "PG_VERSION").is_file():
            return False
        probe = [self._program("pg_isready"), "-q", "-h", self.sockets, "-p", _PORT]
        return subprocess.run(probe, check=False).returncode == 0

    def start(self) -> bool:
        """Create the cluster if need be and start it; return False if it was running already.

        :raises SetupError: no server binaries, or the server does not start
        """
        if not (self.data / "PG_VERSION").is_file():
            self._initialise()
        elif self.is_running():
            if self._keep_values_out_of_the_log():
                self._admin("SELECT pg_reload_conf()")
            return False
        self._keep_values_out_of_the_log()
        self._make_folder(self.sockets)
        self._remove_stale_pid_file()
        run(
            [
                *(self._program("pg_ctl"), "start", "--wait", "--timeout=120", "--silent"),
                *("-D", self.data, "-l", self.log, "-o", f"-k '{self.sockets}'"),
            ],
            account=self.account,
            env=_clean_environ(),
        )
        self._ensure_role()
        return True

    def stop(self, mode: str = "fast") -> None:
        """Stop the server (``fast`` ends sessions, ``immediate`` is a crash); no-op if down."""
        if (self.data / "postmaster.pid").exists():
            run(
                [self._program("pg_ctl"), "stop", "--wait", f"--mode={mode}", "-D", self.data],
                account=self.account,
                env=_clean_environ(),
            )

    def stop_if_unused(self) -> None:
        """Stop the server unless somebody is connected to it."""
        count = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{ROLE}'"
        if self.is_running() and self._admin(count).strip() == "0":
            self.stop()

    def remove(self) -> None:
        """Stop the server and delete the cluster."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _initialise(self) -> None:
        with step("Creating a private PostgreSQL cluster"):
            self._make_folder(self.folder)
            # Data without PG_VERSION are those of an interrupted initdb.
            shutil.rmtree(self.data, ignore_errors=True)
            run(
                [
                    *(self._program("initdb"), "-D", self.data, f"--username={_SUPERUSER}"),
                    *("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"),
                ],
                account=self.account,
                env=_clean_environ(),
            )
            with (self.data / "postgresql.conf").open("a") as conf:
                conf.write(_SETTINGS)

    def _keep_values_out_of_the_log(self) -> bool:
        """Give the settings for it to a cluster that lacks them; return whether it did."""
        conf = self.data / "postgresql.conf"
        if _QUIET_LOG in conf.read_text():
            return False
        with conf.open("a") as end:
            end.write(_QUIET_LOG)
        return True

    def _make_folder(self, folder: Path) -> None:
        """Create a folder that only the cluster's account (and root) may enter."""
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = pwd.getpwnam(self.account).pw_uid if self.account else os.getuid()
        # Below /tmp and /var/tmp somebody else may have been first.
        if folder.is_symlink() or folder.stat().st_uid not in (owner, os.getuid()):
            raise SetupError(f"{folder} belongs to another user: remove it and try again.")
        if self.account:
            shutil.chown(folder, self.account)

    def _remove_stale_pid_file(self) -> None:
        """Remove the pid file of a killed server whose number another program got since.

        PostgreSQL ignores a pid file whose process is gone, but not one whose number is taken.
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = pid_file.read_text().partition("\n")[0].strip()
        command = Path("/proc") / pid / "cmdline"
        if command.exists() and b"postgres" not in command.read_bytes():
            say(f"Removing the stale {pid_file} (process {pid} is not PostgreSQL).")
            pid_file.unlink()

    def _ensure_role(self) -> None:
        """Create the role of Odoo: it may create databases and see statistics, no more."""
        self._admin(
            f"DO $$ BEGIN IF to_regrole('{ROLE}') IS NULL THEN"
            f" CREATE ROLE {ROLE} LOGIN CREATEDB; GRANT pg_monitor TO {ROLE}; END IF; END $$"
        )

    def _admin(self, sql: str) -> str:
        return run(
            [
                *(self._program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"),
                *("-h", self.sockets, "-p", _PORT, "-U", _SUPERUSER, "-d", "postgres", "-c", sql),
            ],
            env=_clean_environ(),
        )

    def _program(self, name: str) -> Path:
        return binaries(self.data) / name


def binaries(data: Path | None = None) -> Path:
    """Return the folder of the server programs, installing them when root and there are none.

    :param data: data directory whose version the programs must match, if it exists already
    :raises SetupError: there are none, or none of the version that made ``data``
    """
    found = _installed_versions()
    if not found:
        packages.install("postgresql", "to run a private database server")
        found = _installed_versions()
    marker = data / "PG_VERSION" if data else None
    if marker and marker.is_file():
        version = int(marker.read_text())
        if version not in found:
            raise SetupError(
                f"{data} was made by PostgreSQL {version}, which is no longer installed."
                " Install it again, or start afresh: make clean"
            )
        return found[version]
    newest = max(found, default=0)
    if newest < _MIN_VERSION:
        raise SetupError(f"Odoo needs PostgreSQL {_MIN_VERSION} or newer (package postgresql).")
    return found[newest]


def _installed_versions() -> dict[int, Path]:
    """Return the folders that hold ``initdb`` and ``postgres``, by major version."""
    candidates = list(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("initdb")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    versions = {}
    for folder in candidates:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            text = run([folder / "postgres", "--version"])
            match = re.search(r"\b(\d+)", text)
            if match:
                versions[int(match[1])] = folder
    return versions


def _account() -> str | None:
    """Return the account that runs the cluster when we are root, else None (ourselves)."""
    if not is_root():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise SetupError("PostgreSQL refuses to run as root, and no account `postgres` exists.")


def _can_enter(folder: Path, account: str) -> bool:
    """Tell whether ``account`` may pass through ``folder``; the kernel is asked, as it knows."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    entry = pwd.getpwnam(account)
    test = subprocess.run(
        ["/usr/bin/test", "-x", str(existing)],
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return test.returncode == 0


def _clean_environ() -> dict[str, str]:
    """Return our environment without ``PG…``: those variables are about other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
