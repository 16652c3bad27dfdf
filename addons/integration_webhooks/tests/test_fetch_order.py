from odoo.tests import tagged

from .fetch_common import FetchCase


@tagged("post_install", "-at_install")
class TestOrderOfContent(FetchCase):
    """Content stands in the queue where it arrived, behind what arrived before it."""

    def setUp(self):
        super().setUp()
        self.policy.write({"ordering": "key", "failure_blocks_key": True})
        self.approve(self.inbound, ordering_key_path="id")
        self.first = self.notify("n1")
        # A newer one, which does not say which part: a person has to see to it.
        self.second = self.notify("n2", part=None)
        self.assertEqual(self.second.state, "quarantined")

    def test_it_waits_behind_a_newer_notification_that_blocks_its_key(self):
        self.run_all()
        content = self.content()
        self.assertEqual(content.partition_key, self.second.partition_key)
        self.assertEqual((content.state, self.handled), ("queued", []))
        self.assertEqual(self.messages(self.fetch).state, "done", "it was fetched at once")
        self.second.action_resolve("It was a test of theirs")
        self.drain(self.inbound)
        content.invalidate_recordset()
        self.assertEqual((content.state, len(self.handled)), ("done", 1))

    def test_it_does_not_wait_where_failures_block_nothing(self):
        self.policy.failure_blocks_key = False
        self.run_all()
        self.assertEqual((self.content().state, len(self.handled)), ("done", 1))

    def test_other_things_go_on(self):
        self.notify("n3", id="T/2")
        self.run_all()
        states = {one.partition_key: one.state for one in self.content()}
        self.assertEqual(states, {"T/1": "queued", "T/2": "done"})


@tagged("post_install", "-at_install")
class TestSharedFetch(FetchCase):
    """One fetch for several notifications of a thing, where only its latest state counts."""

    def setUp(self):
        super().setUp()
        self.patch(type(self.env["integration.handler"]), "_latest_suffices", True)

    def test_a_fetch_that_has_not_begun_serves_what_comes_meanwhile(self):
        first, second = self.notify("n1"), self.notify("n2")
        fetch = self.messages(self.fetch)
        self.assertEqual(len(fetch), 1)
        self.assertEqual(
            {(m.res_model, m.res_id) for m in first + second}, {(fetch._name, fetch.id)}
        )
        self.run_all()
        self.assertEqual((len(self.api.asked), len(self.handled)), (1, 1))
        self.assertEqual((first + second).mapped("state"), ["done", "done"])
        self.assertIn("was waiting already", second.history)
        self.assertNotIn("was waiting already", first.history)

    def test_one_that_has_begun_does_not(self):
        """What it brings may be older, and it may be near its last attempt."""
        self.notify("n1")
        self.api.answers = [503]
        self.run_all()
        self.notify("n2")
        self.notify("n3")
        self.assertEqual(self.messages(self.fetch).mapped("state"), ["retry", "queued"])
        self.run_all()
        self.notify("n4")
        self.run_all()
        self.assertEqual(len(self.messages(self.fetch)), 3)

    def test_it_serves_the_same_thing_and_the_same_kind_of_message(self):
        self.notify("n1")
        self.notify("n2", part=3)
        self.receive("n3", {"id": "T/1", "part": 2}, message_type="thing.deleted")
        self.drain(self.inbound)
        self.assertEqual(len(self.messages(self.fetch)), 3)

    def test_urgent_ones_do_not_wait_for_one_that_yields(self):
        self.notify("n1")
        self.env.cr.execute(
            "UPDATE integration_message SET priority = 20 WHERE interface_id = %s", [self.fetch.id]
        )
        self.notify("n2")
        self.assertEqual(len(self.messages(self.fetch)), 2)

    def test_what_has_an_order_of_its_own_is_fetched_for_itself(self):
        self.approve(self.inbound, ordering_key_path="id")
        self.notify("n1")
        self.notify("n2")
        self.assertEqual(len(self.messages(self.fetch)), 2)

    def test_private_things_are_compared_by_their_pseudonyms(self):
        for interface in (self.inbound, self.fetch):
            self.approve(interface, data_class="clinical")
        self.notify("n1", id="MRN-4711")
        self.notify("n2", id="MRN-4711")
        self.notify("n3", id="MRN-4712")
        self.assertEqual(len(self.messages(self.fetch)), 2)
