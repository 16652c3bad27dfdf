"""A sealed audit trail on the test's own transaction."""

from pathlib import Path
from tempfile import TemporaryDirectory

from odoo.tools import SQL

from odoo.addons.integration_core.engine import audit_sealer, audit_settings
from odoo.addons.integration_core.tools.audit_chain import AuditKeys

from .common import EngineCase

KEYS = AuditKeys.parse("t1:" + "dGVz" * 11)


class AuditCase(EngineCase):
    """Keys and a file of checkpoints; sealing and verifying without a connection of their own."""

    def setUp(self):
        super().setUp()
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.checkpoint_file = Path(folder.name) / "checkpoints.jsonl"
        self.trail = self.env.ref("integration_core.audit_trail")
        self.configure(KEYS)
        # A database that was used before has seals of another key.
        for table in ("seal", "entry", "unsealed", "checkpoint", "verification"):
            self.tamper(SQL("DELETE FROM %s", SQL.identifier(f"integration_audit_{table}")))
        self.trail.activity_ids.unlink()

    def configure(self, keys, checkpoint_file=None):
        """Let this be what odoo.conf says from now on."""
        path = self.checkpoint_file if checkpoint_file is None else checkpoint_file
        self.patch(audit_settings, "keys", lambda: keys)
        self.patch(audit_settings, "key_problem", lambda: "")
        self.patch(audit_settings, "checkpoint_file", lambda: str(path))

    def act(self, *names):
        """Acts that leave an entry each; return the entries."""
        before = self.env["integration.audit.entry"].search([], limit=1)
        for name in names:
            self.system.name = name
            self.env.flush_all()
        return self.env["integration.audit.entry"].search([("id", ">", before.id or 0)], order="id")

    def seal(self):
        """What the sealer does each minute."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            done = audit_sealer.seal_waiting(self.env.registry, 20)
        self.env.invalidate_all()
        return done

    def verify(self, *, full=True, user=None):
        env = self.env(user=user or self.env.user)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            verification = env["integration.audit.verification"]._begin(full=full)
            verification._run()
        return verification

    def checkpoint(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.trail._checkpoint(due=True)
        self.env.invalidate_all()

    def tamper(self, query, parameters=None):
        """What a superuser of the database can do."""
        self.env.flush_all()
        tables = ("integration_audit_entry", "integration_audit_seal")
        for table in tables:
            self.env.cr.execute(SQL("ALTER TABLE %s DISABLE TRIGGER USER", SQL.identifier(table)))
        self.env.cr.execute(query, parameters)
        for table in tables:
            self.env.cr.execute(SQL("ALTER TABLE %s ENABLE TRIGGER USER", SQL.identifier(table)))
        self.env.invalidate_all()

    def codes(self, verification):
        return [code for code, _values in verification.findings]

    def alerts(self):
        self.env.invalidate_all()
        return self.trail.activity_ids.mapped("summary")
