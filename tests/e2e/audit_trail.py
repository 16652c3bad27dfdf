"""The audit trail of a real database: keys, acts, seals, and a superuser who tampers."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from setup import key_ring
from setup.settings import REPOSITORY
from tests.harness import Database, Shell

_ACTS = """
for number in range(count):
    system.name = f"{name} {number}"
    env.flush_all()
"""
_SYSTEM = """
system = env["integration.system"].search([("code", "=", "AUDITED")])
if not system:
    system = env["integration.system"].create({"name": "Audited", "code": "AUDITED"})
"""
# One sealer at a time: whoever meets another one at work leaves it to him.
_SEAL = "env['integration.audit.trail']._cron_seal()"
_TABLES = ("integration_audit_entry", "integration_audit_seal")


class AuditTrail:
    """One database with an audit key and a file of checkpoints."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.key_file = folder / "audit-key"
        self.key_file.write_text(key_ring.generate("e2e"))
        self.checkpoints = folder / "checkpoints.jsonl"
        #: the ``[integration]`` section of servers and shells
        self.section: Mapping[str, Any] = {
            "audit_key_file": str(self.key_file),
            "audit_checkpoint_file": str(self.checkpoints),
        }

    def shell(self, environ: Mapping[str, str] | None = None) -> Any:
        return self.database.shell(environ=environ, integration=self.section)

    def act(self, shell: Shell, name: str, count: int = 1) -> None:
        """Leave audit entries in one transaction."""
        shell.run(_SYSTEM + _ACTS, name=name, count=count)

    def seal(self, shell: Shell) -> None:
        shell.run(_SEAL)

    def verify(self, shell: Shell) -> list[str]:
        """Verify everything; return the codes of what was found."""
        state, findings = shell.run(
            "verification = env['integration.audit.verification']._begin(full=True)\n"
            "env.cr.commit()\n"
            "verification._run()\n"
            "result = [verification.state, verification.findings]"
        )
        assert state in ("intact", "broken"), state
        return [code for code, _values in findings or []]

    # -- the tables ------------------------------------------------------------------------

    def entries(self) -> int:
        return self.database.scalar("SELECT count(*) FROM integration_audit_entry")

    def waiting(self) -> int:
        return self.database.scalar("SELECT count(*) FROM integration_audit_unsealed")

    def assert_dense(self) -> None:
        """Each entry has one seal, and the numbers have no gap."""
        (row,) = self.database.sql(
            """
            SELECT count(*) AS seals, count(DISTINCT s.entry_id) AS entries,
                   count(DISTINCT s.sequence) AS numbers, coalesce(min(s.sequence), 1) AS first,
                   coalesce(max(s.sequence), 0) AS last,
                   (SELECT count(*) FROM integration_audit_entry) AS written
              FROM integration_audit_seal s
              JOIN integration_audit_entry e ON e.id = s.entry_id
            """
        )
        assert row["seals"] == row["entries"] == row["numbers"] == row["last"] == row["written"]
        assert row["first"] == 1

    def tamper(self, *statements: str) -> None:
        """Do what a superuser of the database can, triggers switched off."""
        with self.database.connect() as connection, connection.cursor() as cursor:
            for table in _TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            for statement in statements:
                cursor.execute(statement)
                assert cursor.rowcount, "nothing was tampered with"
            for table in _TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
        connection.close()

    # -- without Odoo ----------------------------------------------------------------------

    def check(self, export: Path) -> tuple[int, str]:
        """What the script says to an auditor; its exit code and output."""
        script = REPOSITORY / "setup" / "verify_audit.py"
        found = subprocess.run(
            [
                *(sys.executable, "-I", script, export),
                *("--key-file", self.key_file, "--checkpoints", self.checkpoints),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        return found.returncode, found.stdout + found.stderr
