import json

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.integration_core.engine import inbound_batch
from odoo.addons.integration_core.tools import errors

from .owned import OwnedCase
from .test_event_capture import EventCase


class BatchCase(EventCase):
    """A handler that makes and writes contacts, named by the key of the message."""

    def setUp(self):
        super().setUp()
        self.calls = []
        self.singles = []
        self.take_batches(self.upsert_all, self.upsert)

    def take_batches(self, batch, single, size=100):
        handler = type(self.env["integration.handler"])
        self.handle_with(lambda handler, *message: single(handler, *message))
        self.patch(handler, "_batch_size", size)

        def process_batch(handler, messages):
            self.calls.append([data["key"] for _received, data in messages])
            return batch(handler, messages)

        self.patch(handler, "_process_batch", process_batch)

    def upsert_all(self, handler, messages):
        return [self.upsert(handler, *one, noted=False) for one in messages]

    def upsert(self, handler, received, data, noted=True):
        if noted:
            self.singles.append(data["key"])
        if data["key"] == "bad":
            raise UserError(handler.env._("no"))
        partners = handler.env["res.partner"].sudo()
        partner = partners.search([("ref", "=", f"batch {data['key']}")])
        values = {"name": data["key"], "comment": data.get("amount")}
        if partner:
            partner.write(values)
        else:
            partner = partners.create({**values, "ref": f"batch {data['key']}"})
        return partner

    def deliver(self, *keys, **spec):
        """Messages that bring things; return them in their order."""
        number = len(self.messages(self.inbound))
        for index, key in enumerate(keys, number):
            body = {"key": key, "amount": str(index)} if isinstance(key, str) else key
            self.receive(f"m{index}", body, **spec)
        self.drain(self.inbound)
        return self.messages(self.inbound)

    def known(self):
        found = self.env["res.partner"].search([("ref", "=like", "batch %")], order="id")
        return found.mapped("name")

    def order_by_key(self, **values):
        self.inbound.policy_id.write({"ordering": "key", **values})
        self.env.cr.execute(
            "UPDATE integration_interface SET ordering_key_path = 'key' WHERE id = %s",
            [self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        self.env.registry.clear_cache()


@tagged("post_install", "-at_install")
class TestBatch(BatchCase):
    """Messages that a handler gets at once, and what becomes of those that go wrong."""

    def test_all_at_once(self):
        messages = self.deliver("a", "b", "c")
        self.assertEqual(messages.mapped("state"), ["done"] * 3)
        self.assertEqual((self.calls, self.singles), ([["a", "b", "c"]], []))
        names = [self.env["res.partner"].browse(one.res_id).name for one in messages]
        self.assertEqual(names, ["a", "b", "c"], "each message knows its own record")
        self.assertEqual(messages.attempt_ids.mapped("outcome"), ["done"] * 3)

    def test_no_larger_than_the_handler_takes(self):
        self.take_batches(self.upsert_all, self.upsert, size=2)
        self.deliver("a", "b", "c")
        self.assertEqual(self.calls, [["a", "b"], ["c"]])

    def test_one_bad_message_spoils_nothing(self):
        keys = ["a", "b", "c", "bad", "d", "e", "f"]
        messages = self.deliver(*keys)
        states = {key: one.state for key, one in zip(keys, messages, strict=True)}
        self.assertEqual(states.pop("bad"), "quarantined")
        self.assertEqual(set(states.values()), {"done"})
        self.assertEqual(self.known(), ["a", "b", "c", "d", "e", "f"])
        self.assertEqual(messages[3].error_code, "business_rule")
        self.assertEqual(messages.mapped("attempts"), [1] * 7, "a batch is no attempt")

    def test_a_batch_that_cannot_work_does_no_harm(self):
        def broken(handler, messages):
            self.upsert_all(handler, messages)
            raise KeyError("content of a message")

        self.take_batches(broken, self.upsert)
        with self.assertLogs(inbound_batch.__name__, "WARNING") as logs:
            messages = self.deliver("a", "b", "a")
        self.assertEqual(messages.mapped("state"), ["done"] * 3)
        self.assertEqual(self.singles, ["a", "b", "a"])
        self.assertEqual(self.known(), ["a", "b"], "what a batch did is undone")
        self.assertNotIn("content of a message", "".join(logs.output))

    def test_answers_that_do_not_match_the_messages_are_no_answers(self):
        self.take_batches(lambda h, messages: self.upsert_all(h, messages) * 2, self.upsert)
        with self.assertLogs(inbound_batch.__name__, "WARNING"):
            messages = self.deliver("a", "b")
        self.assertEqual(messages.mapped("state"), ["done"] * 2)
        self.assertEqual(self.singles, ["a", "b"])

    def test_what_cannot_be_read_is_left_out(self):
        messages = self.deliver("a", {"key": 4711}, "b", {"no": "key"}, "c")
        self.assertEqual(
            messages.mapped("state"), ["done", "quarantined", "done", "quarantined", "done"]
        )
        self.assertEqual((self.calls, self.singles), ([["a", "b", "c"]], []))

    def test_what_cannot_be_read_holds_back_its_key(self):
        self.order_by_key(failure_blocks_key=True)
        messages = self.deliver("a", {"key": "b", "amount": 5}, "b", "c")
        self.assertEqual(messages.mapped("state"), ["done", "quarantined", "queued", "done"])
        self.assertEqual(self.known(), ["a", "c"])

    def test_same_record_twice_the_later_one_wins(self):
        self.order_by_key()
        self.deliver("a", "b", "a")
        self.assertEqual(self.calls, [["a", "b", "a"]])
        partner = self.env["res.partner"].search([("ref", "=", "batch a")])
        self.assertIn("2", partner.comment)

    def test_failure_alone_holds_back_its_key(self):
        self.order_by_key(failure_blocks_key=True)
        self.deliver("bad", "a", "bad")
        self.assertEqual(
            self.messages(self.inbound).mapped("state"), ["quarantined", "done", "queued"]
        )

    def test_contention_is_no_verdict(self):
        def contended(handler, messages):
            if len(self.calls) == 1:
                raise SerializationFailure("could not serialize")
            return self.upsert_all(handler, messages)

        self.patch(SerializationFailure, "pgcode", "40001")
        self.take_batches(contended, self.upsert)
        messages = self.deliver("a", "b", "c")
        self.assertEqual(messages.mapped("state"), ["done"] * 3)
        self.assertEqual(messages.mapped("attempts"), [1] * 3)
        self.assertEqual(self.known(), ["a", "b", "c"])

    def test_missing_secret_holds_all_of_it(self):
        def no_secret(handler, messages):
            error = errors.ConfigurationError("No secret.", code="no_secret")
            error.holds = True
            raise error

        self.take_batches(no_secret, self.upsert)
        messages = self.deliver("a", "b")
        self.assertEqual(messages.mapped("state"), ["queued"] * 2)
        self.assertEqual((messages.mapped("attempts"), self.singles), ([0, 0], []))

    def test_private_content_stays_out_of_the_log(self):
        def quotes(handler, messages):
            handler.env.cr.execute("SELECT 1 / 0, %s", [messages[0][1]["key"]])

        self.take_batches(quotes, self.upsert)
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        self.env.registry.clear_cache()
        with self.assertLogs("odoo", "WARNING") as logs:
            messages = self.deliver("Smith", "Jones", data_class="clinical")
        self.assertEqual(messages.mapped("state"), ["done"] * 2)
        self.assertNotIn("Smith", "".join(logs.output))

    def test_large_messages_are_not_heaped_up(self):
        self.patch(inbound_batch, "RUN_BYTES", 10)
        self.deliver("a", "b", "c")
        self.assertEqual(self.calls, [["a"], ["b"], ["c"]])

    def test_confirmations_of_each_record(self):
        confirmed = []
        self.patch(
            type(self.env["integration.handler"]),
            "_confirms",
            lambda _handler, record: confirmed.append(record.name),
        )
        self.deliver("a", "b")
        self.assertEqual(confirmed, ["a", "b"])


@tagged("post_install", "-at_install")
class TestBatchCause(BatchCase):
    """Events of a batch are due to the message that each of them came from."""

    def causes(self, event_type):
        """Message and correlation by name of what the event is about."""
        return {
            json.loads(event.data)["name"]: (event.causation_id, event.correlation_id)
            for event in self.events(event_type)
        }

    def expected(self, messages, *keys):
        pairs = zip(keys, messages, strict=True)
        return {key: (one.uuid, one.correlation_id) for key, one in pairs}

    def test_events_know_their_message(self):
        created = self.define("created")
        messages = self.deliver("a", "b", "c")
        self.assertEqual(self.calls, [["a", "b", "c"]])
        self.assertEqual(self.causes(created), self.expected(messages, "a", "b", "c"))
        events = self.events(created)
        self.assertEqual(events.mapped("cause_system_id"), self.system)
        self.assertEqual(set(events.mapped("depth")), {1})

    def test_events_that_a_savepoint_wrote_know_their_message_too(self):
        def in_steps(handler, messages):
            found = []
            for one in messages:
                with handler.env.cr.savepoint():
                    found.append(self.upsert(handler, *one, noted=False))
            return found

        self.take_batches(in_steps, self.upsert)
        created = self.define("created")
        messages = self.deliver("a", "b")
        self.assertEqual(self.singles, [])
        self.assertEqual(self.causes(created), self.expected(messages, "a", "b"))
        first, _second = self.events(created)
        parent = messages[0].trace_parent
        self.assertTrue(parent is False or first.trace_parent.split("-")[1] in parent)

    def test_changes_know_their_message_too(self):
        self.env["res.partner"].create(
            [{"name": f"old {key}", "ref": f"batch {key}"} for key in ("a", "b")]
        )
        changed = self.define("changed")
        self.next_transaction()
        messages = self.deliver("a", "b")
        self.assertEqual(self.singles, [])
        self.assertEqual(self.causes(changed), self.expected(messages, "a", "b"))

    def test_what_nobody_can_attribute_is_handled_one_by_one(self):
        def also(handler, messages):
            found = self.upsert_all(handler, messages)
            for partner in found:
                partner.copy({"ref": False, "name": f"shadow of {partner.name}"})
            return found

        def also_one(handler, received, data):
            self.singles.append(data["key"])
            return also(handler, [(received, data)])[0]

        self.take_batches(also, also_one)
        created = self.define("created")
        with self.assertLogs(inbound_batch.__name__, "WARNING") as logs:
            messages = self.deliver("a", "b", "c")
        self.assertIn("res.partner", logs.output[0])
        self.assertEqual((len(self.calls), self.singles), (1, ["a", "b", "c"]))
        causes = self.causes(created)
        self.assertEqual(causes["shadow of b"], causes["b"])
        self.assertEqual(causes["b"][0], messages[1].uuid)

    def test_a_handler_says_what_goes_along(self):
        def with_child(handler, messages):
            found = self.upsert_all(handler, messages)
            for partner in found:
                partner.copy({"ref": False, "name": f"at {partner.name}", "parent_id": partner.id})
            return found

        self.take_batches(with_child, self.upsert)
        self.patch(
            type(self.env["integration.handler"]),
            "_along_with",
            lambda _handler, record: [record.child_ids],
        )
        created = self.define("created")
        self.deliver("a", "b")
        self.assertEqual(self.singles, [])
        causes = self.causes(created)
        self.assertEqual(causes["at a"], causes["a"])
        self.assertNotEqual(causes["at b"], causes["a"])

    def test_what_was_undone_is_no_cause(self):
        """A message that wrote a contact and failed is not why the next one's event happened."""

        def process(handler, received, data):
            partner = self.upsert(handler, received, {**data, "key": "shared"})
            partner.type = "delivery"
            if data["key"] == "wrong":
                raise UserError(handler.env._("no"))
            return partner

        self.handle_with(process)
        self.patch(type(self.env["integration.handler"]), "_batch_size", 1)
        reaches = self.define("reaches")
        self.env["res.partner"].create({"name": "shared", "ref": "batch shared"})
        messages = self.deliver("wrong", "right")
        self.assertEqual(messages.mapped("state"), ["quarantined", "done"])
        self.assertEqual(self.events(reaches).causation_id, messages[1].uuid)


@tagged("post_install", "-at_install")
class TestBatchOwned(OwnedCase, BatchCase):
    """Who owns what is asked message by message."""

    def test_what_another_system_owns_parks_its_message_alone(self):
        self.own("comment", on_conflict="park")
        self.env["res.partner"].create({"name": "b", "ref": "batch b", "comment": "Payroll's"})
        messages = self.deliver("a", "b", "c")
        self.assertEqual(messages.mapped("error_code"), [False, "owned_elsewhere", False])
        self.assertEqual(messages.mapped("state"), ["done", "quarantined", "done"])
        conflict = self.env["integration.conflict"].search([("message_id", "in", messages.ids)])
        self.assertEqual(conflict.message_id, messages[1])
