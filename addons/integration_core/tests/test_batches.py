import json
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import batches
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.codecs import Codec, Format, Part, read_json

from .common import EngineCase


def _parts(raw, _content_type):
    return [Part(json.dumps(one).encode(), one["key"]) for one in read_json(raw)["things"]]


LISTS = Format(("application/json",), read_json, parts=_parts)


@tagged("post_install", "-at_install")
class TestBatches(EngineCase):
    """Messages that came together, and whether all of them came and were applied."""

    def setUp(self):
        super().setUp()
        self.handle_with(lambda _handler, _received, data: self.process(data))
        self.env["integration.batch"].search([])._gc_old()

    def process(self, data):
        if data["key"].startswith("bad"):
            raise errors.ConflictError("Nobody knows it.", code="unknown")

    def keep(self, uuids, declared=None, key="k"):
        numbered = dict(enumerate(uuids, 1))
        spec = self.inbound._inbound_spec()
        batches.keep(self.env.cr, spec, batches.REQUEST, key, numbered, declared)
        return self.batch(key)

    def batch(self, key):
        self.env.invalidate_all()
        return self.env["integration.batch"].search([("key", "=", key)])

    def come(self, *keys):
        return [self.receive(key, {"key": key}).uuid for key in keys]

    def settled(self, batch):
        self.env["integration.batch"]._cron_settle()
        self.env.invalidate_all()
        counts = (batch.absent_count, batch.failed_count, batch.open_count, batch.done_count)
        return batch.state, counts

    def test_it_is_complete_when_all_are_done(self):
        batch = self.keep(self.come("a", "b"))
        self.assertEqual(self.settled(batch), ("open", (0, 0, 2, 0)))
        self.drain(self.inbound)
        self.assertEqual(self.settled(batch), ("complete", (0, 0, 0, 2)))
        self.assertTrue(batch.looked_at)

    def test_one_that_waits_for_somebody_makes_it_incomplete_until_he_is_done(self):
        batch = self.keep(self.come("a", "bad"))
        self.drain(self.inbound)
        self.assertEqual(self.settled(batch), ("incomplete", (0, 1, 0, 1)))
        action = batch.action_open_messages()
        shown = self.env["integration.message"].search(action["domain"], order="id")
        self.assertEqual(shown.mapped("state"), ["done", "quarantined"])
        self.assertEqual(
            action["context"], {"search_default_quarantined": 1, "search_default_dead": 1}
        )
        shown[1].action_resolve("Entered by hand")
        self.assertEqual(self.settled(batch), ("complete", (0, 0, 0, 2)))

    def test_a_replay_that_was_done_counts(self):
        batch = self.keep(self.come("bad"))
        self.drain(self.inbound)
        self.assertEqual(self.settled(batch)[0], "incomplete")
        self.env.cr.execute(
            "UPDATE integration_message SET original_id = (SELECT id FROM integration_message "
            "WHERE external_key = 'bad'), state = 'done' WHERE uuid = %s",
            self.come("again"),
        )
        self.assertEqual(self.settled(batch), ("complete", (0, 0, 0, 1)))

    def test_too_few_are_told_though_all_that_came_are_done(self):
        batch = self.keep(self.come("a", "b"), declared=5)
        self.drain(self.inbound)
        self.assertEqual(self.settled(batch), ("incomplete", (3, 0, 0, 2)))

    def test_a_batch_of_which_nothing_came(self):
        batch = self.keep([], declared=2)
        self.assertEqual(self.settled(batch), ("incomplete", (2, 0, 0, 0)))
        self.assertFalse(self.keep([], key="nothing"))

    def test_what_comes_again_is_the_same_batch(self):
        uuids = self.come("a", "b")
        batch = self.keep(uuids[:1], declared=2)
        self.drain(self.inbound)
        self.assertEqual(self.settled(batch)[0], "incomplete")
        self.assertEqual(self.keep(uuids, declared=2), batch, "its second half has come")
        self.assertEqual(self.settled(batch), ("complete", (0, 0, 0, 2)))
        self.keep(uuids, declared=2)
        self.assertEqual(batch.state, "complete")

    def test_what_retention_has_removed_was_dealt_with(self):
        batch = self.keep(["gone", *self.come("a")])
        self.drain(self.inbound)
        self.assertEqual(self.settled(batch), ("complete", (0, 0, 0, 2)))

    def test_a_list_that_is_taken_apart_is_a_batch(self):
        self.patch(type(self.env["integration.handler"]), "_splits", True)
        codec = Codec((LISTS,))
        self.patch(type(self.env["integration.interface"]), "_codec", lambda _interface: codec)
        self.policy.write({"ordering": "key", "failure_blocks_key": False})
        self.env.flush_all()
        things = [{"key": key} for key in ("a", "bad", "c")]
        message = self.receive("k1", {"things": things})
        self.drain(self.inbound)
        batch = self.batch(message.uuid)
        self.assertEqual((batch.kind, batch.declared), ("list", 3))
        self.assertEqual(self.settled(batch), ("incomplete", (0, 1, 0, 2)))

    def test_an_operator_accepts_it_and_says_why(self):
        batch = self.keep(self.come("a"), declared=2)
        self.drain(self.inbound)
        self.settled(batch)
        operator = new_test_user(self.env, "b.operator", "integration_core.group_operator")
        observer = new_test_user(self.env, "b.observer", "integration_core.group_observer")
        with self.assertRaises(AccessError):
            batch.with_user(observer).action_accept("Not mine")
        with self.assertRaises(UserError):
            batch.with_user(operator).action_accept(" ")
        batch.with_user(operator).action_accept("The partner sends no more")
        self.assertEqual(self.settled(batch)[0], "accepted")
        self.assertEqual(batch.accepted_by_id, operator)
        audited = self.env["integration.audit.entry"].search([("act", "=", "accept_batch")])
        self.assertEqual(audited.mapped("reason"), ["The partner sends no more"])

    def test_nobody_writes_it_and_its_ids_are_for_nobody(self):
        batch = self.keep(self.come("a", "b"))
        admin = new_test_user(self.env, "b.admin", "integration_core.group_administrator")
        with self.assertRaises(AccessError):
            batch.write({"state": "complete"})
        with self.assertRaises(AccessError):
            batch.create({"key": "x"})
        for name in ("members", "key"):
            with self.assertRaises(AccessError):
                batch.with_user(admin).read([name])

    def test_it_is_forgotten_after_a_season(self):
        old, new = self.keep(["u1"], key="old"), self.keep(["u2"], key="new")
        self.env.cr.execute(
            "UPDATE integration_batch SET arrived_at = arrived_at - %s WHERE id = %s",
            [timedelta(days=91), old.id],
        )
        self.env["integration.batch"]._gc_old()
        self.assertEqual((old | new).exists(), new)

    def test_those_that_were_not_looked_at_come_first(self):
        first, second = (self.keep(self.come(key), key=key) for key in ("a", "b"))
        batches.settle(self.env.cr, 1)
        batches.settle(self.env.cr, 1)
        self.env.invalidate_all()
        self.assertTrue(first.looked_at and second.looked_at)
