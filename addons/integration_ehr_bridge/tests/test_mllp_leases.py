from odoo.tests import tagged

from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_ehr_bridge.engine import mllp_leases
from odoo.addons.integration_ehr_bridge.engine.mllp_leases import State


@tagged("post_install", "-at_install")
class TestMllpLeases(EngineCase):
    """Who may be connected; concurrent workers are in the repository's tests/e2e."""

    def acquire(self, slots=1):
        return mllp_leases.acquire(self.env.cr, self.outbound.id, slots)

    def row(self):
        self.env.invalidate_all()
        return self.env["integration.mllp.connection"].search(
            [("interface_id", "=", self.outbound.id)]
        )

    def end(self):
        """Let the leases run out."""
        self.env.cr.execute("UPDATE integration_mllp_connection SET lease_until = '2020-01-01'")

    def test_one_holder_at_a_time_who_learns_that_others_want_it(self):
        lease = self.acquire()
        look = mllp_leases.look(self.env.cr, [lease.token])[lease.token]
        self.assertFalse(look.wanted)
        self.assertIsNone(self.acquire())
        look = mllp_leases.look(self.env.cr, [lease.token])[lease.token]
        self.assertTrue(look.wanted)
        self.assertTrue(look.open)
        mllp_leases.release(self.env.cr, State(lease.token, None, None, None, 0))
        again = self.acquire()
        self.assertEqual(again.generation, lease.generation + 1)
        self.assertNotEqual(again.token, lease.token)

    def test_a_dead_holders_lease_ends_and_its_word_is_void(self):
        lease = self.acquire()
        self.end()
        other = self.acquire()
        self.assertTrue(other)
        self.assertFalse(mllp_leases.look(self.env.cr, [lease.token]))
        states = [State(one.token, None, None, 5, 1) for one in (lease, other)]
        self.assertEqual(mllp_leases.renew(self.env.cr, states[:1]), set(), "it has passed")
        self.assertEqual(mllp_leases.renew(self.env.cr, states), {other.token})
        mllp_leases.release(self.env.cr, State(lease.token, None, None, None, 0))
        self.assertIsNone(self.acquire(), "the old holder released nothing")
        self.assertEqual(self.row().sent, 1, "of the one who holds it")

    def test_as_many_holders_as_connections(self):
        leases = [self.acquire(2), self.acquire(2)]
        self.assertEqual({lease.slot for lease in leases}, {0, 1})
        self.assertIsNone(self.acquire(2))

    def test_what_people_see(self):
        self.assertFalse(self.row())
        lease = self.acquire()
        self.assertEqual(self.row().state, "held")
        now = self.env.cr.now().replace(microsecond=0)
        mllp_leases.renew(self.env.cr, [State(lease.token, now, now, 12, 3)])
        row = self.row()
        self.assertEqual((row.state, row.latency_ms, row.sent), ("connected", 12, 3))
        self.assertEqual(row.holder, mllp_leases.holder())
        mllp_leases.release(self.env.cr, State(lease.token, None, None, None, 0))
        row = self.row()
        self.assertEqual((row.state, row.holder), ("closed", False))
        self.assertEqual(row.acknowledged_at, now, "the last sign of life stays")

    def test_a_paused_interface_has_no_use_for_it(self):
        lease = self.acquire()
        self.outbound.action_pause()
        self.env.flush_all()
        self.assertFalse(mllp_leases.look(self.env.cr, [lease.token])[lease.token].open)
