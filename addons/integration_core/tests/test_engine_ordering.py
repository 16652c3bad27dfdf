from odoo.tests import tagged

from odoo.addons.integration_core.engine import claims, inbound_batch, ledger
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.states import State

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestOrdering(EngineCase):
    """Messages of one key, or of a strict interface, keep their order whatever happens."""

    def test_order_per_key_when_the_first_fails(self):
        handled = []

        def process(handler, received, data):
            handled.append(received.external_key)
            if received.external_key == "a1" and handled.count("a1") == 1:
                raise errors.TransientError("Not now.")

        self.handle_with(process)
        for external, key in (("a1", "A"), ("b1", "B"), ("a2", "A")):
            self.receive(external, {"key": key}, key_path="key")
        self.drain(self.inbound)
        self.assertEqual(handled, ["a1", "b1"], "a2 must not overtake a1")
        a1, _b1, a2 = self.messages(self.inbound)
        self.assertEqual((a1.state, a2.state, a2.attempts), ("retry", "queued", 0))
        self.make_due(a1)
        self.drain(self.inbound)
        self.assertEqual(handled, ["a1", "b1", "a1", "a2"])

    def test_dead_message_blocks_its_key_only_if_the_policy_says_so(self):
        self.handle_with(lambda *args: None)
        first = self.receive("a1", b"{broken", key_path="key")
        self.drain(self.inbound)
        self.env.cr.execute(
            "UPDATE integration_message SET partition_key = 'A' WHERE id = %s", [first.id]
        )
        later = self.receive("a2", {"key": "A"}, key_path="key")
        self.policy.failure_blocks_key = True
        self.drain(self.inbound)
        later.invalidate_recordset()
        self.assertEqual(later.state, "queued")
        self.policy.failure_blocks_key = False
        self.drain(self.inbound)
        later.invalidate_recordset()
        self.assertEqual(later.state, "done")

    def test_strict_ordering_waits_for_any_earlier_message(self):
        self.policy.ordering = "strict"
        self.handle_with(lambda *args: None)
        first, second = self.receive("1", {"key": "a"}), self.receive("2", {"key": "b"})
        ledger.move(
            self.env.cr, State.HELD, where="id = %(id)s", values={"id": first.id},
            assign={"held_reason": "parked"},
        )  # fmt: skip
        self.drain(self.inbound)
        second.invalidate_recordset()
        self.assertEqual(second.state, "queued")

    def test_order_per_key_holds_across_the_transactions_of_a_claim(self):
        self.patch(inbound_batch, "BATCH_SECONDS", -1)  # each message in a transaction of its own
        handled = []

        def process(handler, received, data):
            handled.append(received.external_key)
            if received.external_key == "a1":
                raise errors.TransientError("Not now.")

        self.handle_with(process)
        for external, key in (("a1", "A"), ("b1", "B"), ("a2", "A")):
            self.receive(external, {"key": key}, key_path="key")
        self.drain(self.inbound)
        self.assertEqual(handled, ["a1", "b1"])
        self.assertEqual(self.messages(self.inbound).mapped("attempts"), [1, 1, 0])

    def test_blocked_message_does_not_keep_the_lane_awake(self):
        """A message behind a dead one of its key is queued and due, but nothing to wait for."""
        self.policy.failure_blocks_key = True
        self.handle_with(lambda *args: None)
        first = self.receive("a1", b"{broken", key_path="key")
        self.env.cr.execute(
            "UPDATE integration_message SET partition_key = 'A' WHERE id = %s", [first.id]
        )
        self.receive("a2", {"key": "A"}, key_path="key")
        self.drain(self.inbound)
        self.assertIsNone(claims.next_due(self.env.cr, self.inbound.id))
        self.assertFalse(self.env["queue.job"].search([("model_name", "=", "integration.lane")]))

    def test_strict_ordering_holds_inside_a_claim(self):
        self.policy.ordering = "strict"
        handled = []

        def process(handler, received, data):
            handled.append(received.external_key)
            raise errors.TransientError("Not now.")

        self.handle_with(process)
        for number in range(3):
            self.receive(f"m{number}", {"key": "a"})
        self.drain(self.inbound)
        self.assertEqual(handled, ["m0"])
        self.assertEqual(self.messages(self.inbound).mapped("attempts"), [1, 0, 0])

    def test_clinical_ordering_key_is_a_pseudonym(self):
        first = self.receive("m1", {"key": "visit 4711"}, key_path="key", data_class="clinical")
        second = self.receive("m2", {"key": "visit 4711"}, key_path="key", data_class="clinical")
        self.assertNotIn("4711", first.partition_key)
        self.assertEqual(first.partition_key, second.partition_key)
