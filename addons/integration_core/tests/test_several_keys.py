from odoo.tests import tagged

from odoo.addons.integration_core.engine import claims, intake, intake_batch, keys, ledger
from odoo.addons.integration_core.engine import lanes as lanes_engine
from odoo.addons.integration_core.engine.inbound import InboundDrain
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.partition import partition_hash
from odoo.addons.integration_core.tools.states import State

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestSeveralKeys(EngineCase):
    """A message that is about two things keeps the order of both."""

    def setUp(self):
        super().setUp()
        self.policy.ordering = "key"
        self.handled = []
        self.failing = set()
        self.handle_with(lambda handler, *message: self.note(handler, *message))

    def note(self, handler, received, data):
        if received.external_key in self.failing:
            raise errors.TransientError("Not now.")
        self.handled.append(received.external_key)
        return handler.env["res.partner"]

    def arrive(self, *messages, batch=True, **spec):
        """Store ``(external key, ordering key, *further keys)``."""
        found = {**self.inbound._inbound_spec(), **spec}
        incoming = [
            intake.Incoming(
                name, None, b'{"key": "a"}', "application/json", "corr", "trace",
                partition_key=key, further_keys=tuple(further),
            )
            for name, key, *further in messages
        ]  # fmt: skip
        ring = keys.optional_ring(self.env.cr)
        if batch:
            receipts = intake_batch.store(self.env.cr, found, incoming, ring)
        else:
            receipts = [intake.store(self.env.cr, found, one, ring) for one in incoming]
        return [self.message(one.uuid) for one in receipts]

    def open_keys(self):
        self.env.invalidate_all()
        found = self.env["integration.message.key"].search([("is_open", "=", True)])
        return sorted(found.mapped("key"))

    def claim(self):
        """Names of what can be claimed now; they stay claimed."""
        self.env.flush_all()
        lane = self.env["integration.lane"].search([("interface_id", "=", self.inbound.id)])
        _token, found = claims.claim(self.env.cr, claims.terms(self.env.cr, lane.id), 50)
        names = self.env["integration.message"].browse(one.id for one in found)
        self.env.invalidate_all()
        return names.mapped("external_key")

    def lanes(self):
        self.policy.lanes = 2
        self.env["integration.lane"]._ensure_lanes(self.inbound)
        return self.env["integration.lane"].search(
            [("interface_id", "=", self.inbound.id)], order="number"
        )

    def keys_of_lanes(self):
        """A key for each of two lanes."""
        names = [f"K{number}" for number in range(20)]
        return [next(name for name in names if partition_hash(name) % 2 == lane) for lane in (0, 1)]

    def finish(self, *names):
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'done' WHERE external_key = ANY(%s)",
            [list(names)],
        )

    def test_it_is_claimed_alone_between_what_came_before_and_after(self):
        self.arrive(
            ("a1", "A"), ("b1", "B"), ("merge", "A", "B"), ("a2", "A"), ("b2", "B"), ("c1", "C")
        )
        self.assertEqual(self.claim(), ["a1", "b1", "c1"])
        self.assertEqual(self.claim(), [])
        self.finish("a1")
        self.assertEqual(self.claim(), [], "b1 is not finished")
        self.finish("b1")
        self.assertEqual(self.claim(), ["merge"])
        self.assertEqual(self.claim(), [], "while it is being handled")
        self.finish("merge")
        self.assertEqual(self.claim(), ["a2", "b2"])

    def test_two_of_them_that_share_a_key_follow_each_other(self):
        self.arrive(("m1", "A", "B"), ("m2", "C", "B"), ("m3", "D", "C"), ("m4", "E", "F"))
        self.assertEqual(self.claim(), ["m1", "m4"])
        self.finish("m1")
        self.assertEqual(self.claim(), ["m2"])
        self.finish("m2")
        self.assertEqual(self.claim(), ["m3"])

    def test_the_drain_handles_everything_in_order(self):
        self.arrive(("a1", "A"), ("merge", "B", "A"), ("a2", "A"), ("b1", "B"), batch=False)
        self.assertEqual(self.open_keys(), ["A", "B"])
        self.drain(self.inbound)
        self.assertEqual(self.handled, ["a1", "merge", "a2", "b1"])
        self.assertEqual(self.open_keys(), [], "nothing waits for it any more")

    def test_a_failure_holds_back_both_keys(self):
        self.failing.add("merge")
        merge, *_others = self.arrive(("merge", "A", "B"), ("a1", "A"), ("b1", "B"), ("c1", "C"))
        self.drain(self.inbound)
        self.assertEqual((merge.state, self.handled), ("retry", ["c1"]))
        self.failing.clear()
        self.make_due(merge)
        self.drain(self.inbound)
        self.assertEqual(self.handled, ["c1", "merge", "a1", "b1"])

    def test_a_dead_one_holds_back_its_keys_only_if_the_policy_says_so(self):
        merge, later = self.arrive(("merge", "A", "B"), ("b1", "B"))
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'dead' WHERE id = %s", [merge.id]
        )
        self.policy.failure_blocks_key = True
        self.assertEqual(self.claim(), [])
        self.policy.failure_blocks_key = False
        self.assertEqual(self.claim(), [later.external_key])

    def test_what_is_parked_is_not_overtaken(self):
        before, _merge = self.arrive(("b1", "B"), ("merge", "A", "B"))
        ledger.move(
            self.env.cr, State.HELD, where="id = %(id)s", values={"id": before.id},
            assign={"held_reason": "parked"},
        )  # fmt: skip
        self.assertEqual(self.claim(), [])

    def test_what_waits_does_not_fill_the_claim(self):
        self.arrive(("b1", "B"), ("merge", "A", "B"))
        self.assertEqual(self.claim(), ["b1"])
        self.arrive(*((f"a{n}", "A") for n in range(60)), ("c1", "C"))
        self.assertEqual(self.claim(), ["c1"])

    def test_lanes_wait_for_each_other_and_wake_each_other(self):
        lanes = self.lanes()
        here, there = self.keys_of_lanes()
        self.arrive(("first", here), ("merge", there, here), ("last", here))
        self._run(InboundDrain, lanes[1])
        self.assertEqual(self.handled, [], "it waits for what is in another lane")
        self._run(InboundDrain, lanes[0])
        self.assertEqual(self.handled, ["first"])
        self.env.invalidate_all()
        self.assertTrue(lanes[1].wanted)
        self._run(InboundDrain, lanes[1])
        self._run(InboundDrain, lanes[0])
        self.assertEqual(self.handled, ["first", "merge", "last"])

    def test_what_arrives_while_a_claim_is_made_ready_overtakes_nothing(self):
        lanes = self.lanes()
        here, there = self.keys_of_lanes()
        self.env.flush_all()
        cr = self.env.cr
        terms = [claims.terms(cr, lane.id) for lane in lanes]
        self.arrive(("merge", there, here), ("last", here))
        _token, found = claims.claim(cr, terms[0], 50)
        self.assertEqual(found, [], "it waits for the merge in the other lane")
        _token, found = claims.claim(cr, terms[1], 50)
        self.assertEqual([one.partition_key for one in found], [there])
        _token, found = claims.claim(cr, terms[0], 50)
        self.assertEqual(found, [], "the merge is under way")
        self.finish("merge")
        _token, found = claims.claim(cr, terms[0], 50)
        self.assertEqual(len(found), 1)

    def test_in_one_lane_nothing_is_claimed_together_with_what_it_waits_for(self):
        self.failing.add("merge")
        lane = self.env["integration.lane"].search([("interface_id", "=", self.inbound.id)])
        self.env.flush_all()
        terms = claims.terms(self.env.cr, lane.id)
        self.arrive(("merge", "A", "B"), ("b1", "B"))
        _token, found = claims.claim(self.env.cr, terms, 50)
        self.assertEqual([one.partition_key for one in found], ["A"])

    def test_a_merge_that_arrives_while_its_claim_is_made_ready_wakes_who_waits_for_it(self):
        lanes = self.lanes()
        here, there = self.keys_of_lanes()
        hold = lanes_engine.hold

        def hold_and_arrive(cr, lane_id, token):
            if not self.messages(self.inbound):
                self.arrive(("merge", there, here), ("last", here))
            return hold(cr, lane_id, token)

        self.patch(lanes_engine, "hold", hold_and_arrive)
        self._run(InboundDrain, lanes[1])
        self.assertEqual(self.handled, ["merge"])
        self.env.invalidate_all()
        self.assertTrue(lanes[0].wanted)

    def test_a_merge_that_arrives_while_it_is_barred_is_woken(self):
        lanes = self.lanes()
        here, there = self.keys_of_lanes()

        def note(handler, received, data):
            if received.external_key == "first":
                self.arrive(("merge", there, here))
            return self.note(handler, received, data)

        self.handle_with(note)
        self.arrive(("first", here))
        self._run(InboundDrain, lanes[0])
        self.assertEqual(self.handled, ["first"])
        self.env.invalidate_all()
        self.assertTrue(lanes[1].wanted, "its drain has seen that it had to wait")

    def test_lanes_that_have_nothing_to_do_with_each_other_are_left_alone(self):
        lanes = self.lanes()
        here, _there = self.keys_of_lanes()
        self.arrive(("first", here))
        self._run(InboundDrain, lanes[0])
        self.env.invalidate_all()
        self.assertEqual((self.handled, lanes[1].wanted), (["first"], False))

    def test_one_key_named_twice_is_one(self):
        self.arrive(("m1", "A", "A"), ("m2", None, "B"))
        self.assertEqual(self.open_keys(), [])
        self.assertEqual(self.messages(self.inbound)[1].partition_key, "B")

    def test_without_an_order_they_are_messages_like_others(self):
        self.policy.ordering = "none"
        self.arrive(("a1", "A"), ("merge", "A", "B"), ("b1", "B"))
        self.assertEqual(self.claim(), ["a1", "merge", "b1"])

    def test_a_replay_is_about_the_same(self):
        self.patch(type(self.env["integration.handler"]), "_repeatable", True)
        [merge] = self.arrive(("merge", "A", "B"))
        self.drain(self.inbound)
        self.assertEqual(self.open_keys(), [])
        merge.invalidate_recordset()
        # sudo is the test's own: the act is tried elsewhere
        merge.sudo().action_replay("The handler was wrong")
        self.assertEqual(self.open_keys(), ["A", "B"])

    def test_keys_become_pseudonyms_with_the_others(self):
        self.arrive(("merge", "A", "B"), ("b1", "B"))
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.env["integration.content.sweep"]._request()
        self.env.invalidate_all()
        ring = keys.require(self.env.cr)
        pseudonyms = [intake.partition_pseudonym(self.inbound.id, key, ring) for key in "AB"]
        self.assertEqual(self.open_keys(), sorted(pseudonyms))
        self.assertEqual(self.claim(), ["merge"])
