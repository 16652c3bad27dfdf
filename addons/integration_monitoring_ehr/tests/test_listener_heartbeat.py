from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_monitoring.engine import heartbeats


@tagged("post_install", "-at_install")
class TestListenerHeartbeat(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("DELETE FROM integration_mllp_listener")
        cls.env.cr.execute(
            "UPDATE integration_interface SET receiving_stopped = true WHERE transport = 'mllp'"
        )

    def look(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            heartbeats.look(self.env.registry)
        self.env.invalidate_all()
        found = self.env["integration.heartbeat"].search([("kind", "=", "listener")])
        return {part.key: part for part in found}

    def listener(self, host, ago, stopped=False):
        seen = fields.Datetime.now() - timedelta(seconds=ago)
        return self.env["integration.mllp.listener"].create(
            {
                "instance": f"{host}{ago}",
                "host": host,
                "pid": 7,
                "started_at": seen,
                "seen_at": seen,
                "stopped_at": seen if stopped else False,
            }
        )

    def need_one(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET transport = 'mllp', body_codec = 'hl7', "
            "receiving_stopped = false, "
            "activated_at = activated_at - interval '1 day' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()

    def test_nobody_needs_one(self):
        self.assertFalse(self.look())

    def test_one_that_runs(self):
        self.need_one()
        self.listener("a", 5)
        found = self.look()
        self.assertEqual({key: part.state for key, part in found.items()}, {"listener:a": "alive"})

    def test_one_that_was_killed(self):
        self.listener("a", 100)
        self.assertEqual(self.look()["listener:a"].state, "down")
        self.listener("a", 2)
        self.assertEqual(self.look()["listener:a"].state, "alive", "another was started")

    def test_three_reports_that_did_not_come(self):
        self.listener("a", 25)
        self.assertEqual(self.look()["listener:a"].state, "late", "two may be missing")
        self.listener("b", 38)
        self.assertEqual(self.look()["listener:b"].state, "down")

    def test_one_that_was_stopped(self):
        self.listener("a", 100, stopped=True)
        self.assertFalse(self.look(), "on purpose, and nobody misses it")
        self.need_one()
        self.assertEqual(self.look()["listener"].state, "down")

    def test_one_that_was_never_started(self):
        self.need_one()
        self.assertEqual(self.look()["listener"].state, "down")
