import json
from datetime import datetime
from types import SimpleNamespace

from odoo.tests import tagged

from odoo.addons.integration_core.engine import arrivals, replay
from odoo.addons.integration_core.engine.parts import is_whole
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.codecs import Codec, Format, Part, read_json

from .common import EngineCase


def parts(raw, _content_type):
    """The members of a list, each as a body of its own."""
    value = read_json(raw)
    return [Part(json.dumps(one).encode(), one["key"]) for one in value["things"]]


LISTS = Format(("application/json",), read_json, parts=parts)


@tagged("post_install", "-at_install")
class TestParts(EngineCase):
    """A message that lists many things becomes one for each of them."""

    def setUp(self):
        super().setUp()
        self.handled = []
        self.handle_with(lambda _handler, _received, data: self.process(data))
        self.patch(type(self.env["integration.handler"]), "_splits", True)
        self.patch(
            type(self.env["integration.interface"]), "_codec", lambda _interface: Codec((LISTS,))
        )
        self.policy.write({"ordering": "key", "failure_blocks_key": False})
        self.env.flush_all()

    def process(self, data):
        if data["key"].startswith("bad"):
            raise errors.ConflictError("Nobody knows it.", code="unknown")
        self.handled.append(data["key"])

    def bring(self, key, *things):
        message = self.receive(key, {"things": [{"key": one} for one in things]})
        self.drain(self.inbound)
        message.invalidate_recordset()
        return message

    def rows(self, message):
        return self.env["integration.message"].search(
            [("causation_id", "=", message.uuid)], order="id"
        )

    def test_each_thing_is_handled_by_itself(self):
        message = self.bring("k1", "a", "bad", "b")
        self.assertEqual(message.state, "done")
        rows = self.rows(message)
        self.assertEqual(rows.mapped("state"), ["done", "quarantined", "done"])
        self.assertEqual(self.handled, ["a", "b"])
        self.assertEqual(set(rows.mapped("correlation_id")), {message.correlation_id})
        self.assertEqual(rows.mapped("partition_key"), ["a", "bad", "b"])
        self.assertEqual(set(rows.mapped("depth")), {1})
        self.assertEqual(set(rows.mapped("priority")), {20}, "they yield to new traffic")
        self.assertEqual(
            (message.part_count, message.part_failed_count, message.part_open_count), (3, 1, 0)
        )
        action = message.action_open_parts()
        self.assertEqual(self.env["integration.message"].search(action["domain"], order="id"), rows)

    def test_a_list_of_one_is_split_as_well(self):
        """So that what is said of one thing has one order, whoever lists it with what."""
        self.assertEqual(len(self.rows(self.bring("k1", "a"))), 1)

    def test_a_part_is_not_split_again(self):
        message = self.bring("k1", "a")
        (row,) = self.rows(message)
        self.assertFalse(self.rows(row))
        self.assertFalse(row.part_count)

    def test_what_was_fetched_is_a_whole(self):
        """Neither is the message that says that there is something, nor is a part."""
        told, asked, fetched = (self.receive(f"f{n}", {"n": n}) for n in range(3))
        self.env.cr.execute(
            "UPDATE integration_message SET direction = 'outbound' WHERE id = %s", [asked.id]
        )
        fetches = SimpleNamespace(splits=True, fetch=object())
        takes = SimpleNamespace(splits=True, fetch=None)
        for name, plan, cause, expected in (
            ("told of, to be fetched", fetches, None, False),
            ("fetched", fetches, asked, True),
            ("its part", fetches, fetched, False),
            ("whole", takes, None, True),
            ("part of a whole", takes, told, False),
        ):
            with self.subTest(name):
                stored = SimpleNamespace(causation_id=cause and cause.uuid)
                self.assertIs(is_whole(self.env.cr, plan, stored), expected)

    def test_where_there_is_one_queue_nothing_yields(self):
        self.policy.ordering = "strict"
        self.env.flush_all()
        message = self.bring("k1", "a", "b")
        self.assertEqual(set(self.rows(message).mapped("priority")), {10})

    def test_a_list_of_nothing(self):
        message = self.bring("k1")
        self.assertEqual((message.state, message.error_code), ("quarantined", "missing_required"))

    def test_a_list_that_cannot_be_read(self):
        message = self.receive("k1", b"{")
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_code), ("quarantined", "malformed_json"))
        self.assertFalse(self.rows(message))

    def test_a_repeated_list_is_one_list(self):
        self.bring("k1", "a")
        self.bring("k1", "a")
        self.assertEqual(self.handled, ["a"])

    def test_a_list_that_is_taken_apart_otherwise_is_for_a_person(self):
        """As after an update of its format: further parts would be mistaken for its own."""
        message = self.bring("k1", "a", "b")
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'queued' WHERE id = %s", [message.id]
        )
        otherwise = Format(("application/json",), read_json, parts=lambda *raw: parts(*raw)[::-1])
        self.patch(
            type(self.env["integration.interface"]), "_codec", lambda _one: Codec((otherwise,))
        )
        self.inbound._configuration_changed()
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_code), ("quarantined", "parts_differ"))
        self.assertEqual((len(self.rows(message)), message.part_count), (2, 2))

    def test_a_replayed_list_is_applied_again(self):
        message = self.bring("k1", "a")
        (replay_id,) = replay.create(message, message.ids).values()
        self.drain(self.inbound)
        again = self.env["integration.message"].browse(replay_id)
        self.assertEqual((again.state, len(self.rows(again))), ("done", 1))
        self.assertEqual(self.handled, ["a", "a"])
        self.assertEqual(message.part_count, 1)

    def test_a_replayed_part_is_a_part(self):
        message = self.bring("k1", "a", "b")
        replay.create(message, self.rows(message)[:1].ids)
        self.drain(self.inbound)
        self.assertEqual(self.handled, ["a", "b", "a"])
        message.invalidate_recordset()
        self.assertEqual(message.part_count, 2)

    def test_parts_arrived_with_their_list(self):
        first = self.bring("k1", "a", "b")
        second = self.bring("k2", "a")
        (replay_id,) = replay.create(first, first.ids).values()
        part_id = self.rows(first)[0].id
        (part_replay_id,) = replay.create(first, [part_id]).values()
        self.drain(self.inbound)
        again = self.rows(self.env["integration.message"].browse(replay_id))
        found = [self.rows(first)[0], self.rows(first)[1], again[0], again[1], self.rows(second)]
        known = arrivals.of(self.env.cr, [one.id for one in found] + [part_replay_id, 0])
        places = [known[one.id].place for one in found]
        self.assertEqual([one.arrived for one in places], [first.id] * 4 + [second.id])
        self.assertEqual(places, sorted(places))
        self.assertEqual(known[part_replay_id].place, places[0])
        self.assertEqual(known[again[0].id].at, first.created_at)
        self.assertNotIn(0, known)

    def test_what_is_replayed_arrived_when_it_came_first(self):
        self.patch(type(self.env["integration.handler"]), "_splits", False)
        message = self.receive("k1", {"key": "whole", "things": []})
        self.drain(self.inbound)
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = '2026-03-01 08:00:00' WHERE id = %s",
            [message.id],
        )
        (replay_id,) = replay.create(message, message.ids).values()
        found = arrivals.of(self.env.cr, [message.id, replay_id])
        self.assertEqual(found[replay_id], found[message.id])
        self.assertEqual(found[replay_id].at, datetime(2026, 3, 1, 8))
        self.assertEqual(found[replay_id].place, (message.id, 0))

    def test_a_handler_of_lists_gets_them_whole(self):
        self.patch(type(self.env["integration.handler"]), "_splits", False)
        message = self.receive("k1", {"key": "whole", "things": [{"key": "a"}]})
        self.drain(self.inbound)
        self.assertEqual(self.handled, ["whole"])
        self.assertFalse(self.rows(message))

    def test_parts_of_private_lists_are_private(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        message = self.bring("k1", "a")
        row = self.rows(message)
        self.assertTrue(row.partition_key.startswith("p:"))
        self.assertIn("aes", row.payload_ids.sudo().encoding)
