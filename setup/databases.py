"""Databases of the private cluster (or the given server), each with its file store."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from setup.console import SetupError, run
from setup.machine import Machine


@dataclass(frozen=True)
class Databases:
    """Creating, cloning and dropping databases together with Odoo's file store for them."""

    machine: Machine

    def query(self, sql: str, database: str = "postgres") -> str:
        """Run SQL through ``psql`` and return its unaligned output without the last newline."""
        psql = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]
        return run(psql, env=self.machine.environ).rstrip("\n")

    def exists(self, name: str) -> bool:
        return self.query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") == "1"

    def clone(self, template: str, name: str) -> None:
        """Replace database ``name`` by a copy of ``template``, file store included.

        The template must have no sessions: PostgreSQL cannot copy a database in use.
        """
        self.drop(name)
        run(["createdb", "-T", template, name], env=self.machine.environ)
        source = self.filestore(template)
        if source.is_dir():
            # Linked, not copied: Odoo never changes a stored file, it adds and deletes them.
            shutil.copytree(source, self.filestore(name), copy_function=os.link)

    def rename(self, old: str, new: str) -> None:
        """Rename a database and its file store; there must be no database ``new``."""
        self.query(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
        # They may be left of a database that was dropped by other means.
        shutil.rmtree(self.filestore(new), ignore_errors=True)
        shutil.rmtree(self.outside(new), ignore_errors=True)
        if self.filestore(old).is_dir():
            self.filestore(old).rename(self.filestore(new))

    def drop(self, name: str) -> None:
        """Drop a database and its file store, ending its sessions; no-op if there is none."""
        for force in (["--force"], [], ["--force"]):
            # Autovacuum may be at work in it: we may not end that session, and need not, because
            # without --force PostgreSQL does.
            with suppress(SetupError):
                run(["dropdb", "--if-exists", *force, name], env=self.machine.environ)
                break
        else:
            run(["dropdb", "--if-exists", name], env=self.machine.environ)
        shutil.rmtree(self.filestore(name), ignore_errors=True)
        shutil.rmtree(self.outside(name), ignore_errors=True)

    def outside(self, name: str) -> Path:
        """What the suite keeps outside a database: the mark of its age, and its journal."""
        return self.machine.settings.data_dir / "integration" / name

    def filestore(self, name: str) -> Path:
        return self.machine.settings.data_dir / "filestore" / name

    def label(self, name: str) -> str:
        """Return the text that :meth:`set_label` stored with the database, or ''."""
        return self.query(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            f" WHERE datname = '{name}'"
        )

    def set_label(self, name: str, text: str) -> None:
        """Store a short text with the database itself, so that it is dropped with it."""
        self.query(f"COMMENT ON DATABASE \"{name}\" IS '{text}'")
