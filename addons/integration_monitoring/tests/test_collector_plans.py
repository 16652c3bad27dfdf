import json

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_monitoring.engine import ledger_counts

LEDGER = {"integration_message", "integration_attempt", "integration_payload"}


@tagged("post_install", "-at_install")
class TestCollectorPlans(TransactionCase):
    """Nothing that the collector asks walks the ledger; that it costs the same is benchmarked."""

    def _scans(self, node):
        """Each look at a table of the ledger: its kind, its index, and by what it is narrowed."""
        if node.get("Relation Name") in LEDGER:
            yield node["Node Type"], node.get("Index Name", ""), node.get("Index Cond", "")
        for below in node.get("Plans", []):
            yield from self._scans(below)

    def _assert_narrow(self, statement):
        values = {"begin": "2026-01-01", "end": "2026-01-02", "floor": "2025-01-01", "bounds": [0]}
        values |= {"without": [0], "most": 10, "sized": "2026-01-02"}
        for table in ("message", "attempt", "payload"):
            values |= {f"{table}_low": 10**6, f"{table}_high": 10**6 + 100}
        ledger_counts.plan_by_indexes(self.env.cr)
        self.env.cr.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        found = self.env.cr.fetchone()[0]
        plan = json.loads(found) if isinstance(found, str) else found
        scans = list(self._scans(plan[0]["Plan"]))
        for kind, index, condition in scans:
            with self.subTest(statement=statement, index=index):
                self.assertIn("Index", kind)
                self.assertTrue(condition, "a whole index is walked")
        return {index for _kind, index, _condition in scans}

    def test_counts(self):
        for statement, _add in ledger_counts._PARTS:
            self._assert_narrow(statement)
        self._assert_narrow(ledger_counts._LATE)

    def test_readings(self):
        indexes = self._assert_narrow(ledger_counts._READINGS)
        self.assertNotIn("integration_message_pkey", indexes)
