import json
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_core.engine import backlog, intake, intake_batch, keys, receipts
from odoo.addons.integration_core.tools import keyring

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestIntakeBatch(EngineCase):
    """Many messages of one request are stored like single ones, and all or none."""

    def incoming(self, key, content, number=0):
        raw = json.dumps(content).encode()
        return intake.Incoming(
            key, None, raw, "application/json", f"corr-{number}", f"trace-{number}"
        )

    def store(self, incoming, **spec):
        found = {**self.inbound._inbound_spec(), **spec}
        return intake_batch.store(self.env.cr, found, incoming, keys.optional_ring(self.env.cr))

    def test_each_is_stored_in_order_with_its_payload(self):
        many = [self.incoming(f"k{n}", {"about": f"o{n % 3}", "n": n}, n) for n in range(20)]
        found = self.store(many, key_path="about")
        messages = self.messages(self.inbound)
        self.assertEqual([one.uuid for one in found], messages.mapped("uuid"))
        self.assertEqual(messages.mapped("external_key"), [f"k{n}" for n in range(20)])
        self.assertEqual(messages.mapped("partition_key"), [f"o{n % 3}" for n in range(20)])
        self.assertEqual(messages.mapped("correlation_id"), [f"corr-{n}" for n in range(20)])
        self.assertEqual(set(messages.mapped("state")), {"queued"})
        self.assertEqual(set(messages.mapped("direction")), {"inbound"})
        for number, message in enumerate(messages):
            self.assertEqual(json.loads(message.payload_ids.content)["n"], number)
            self.assertEqual(message.payload_ids.content_type, "application/json")

    def test_same_columns_as_a_single_message(self):
        single = self.receive("single", {"key": "a"})
        [receipt] = self.store([self.incoming("batch", {"key": "a"})])
        batch = self.message(receipt.uuid)
        own = {"id", "uuid", "external_key", "partition_hash", "correlation_id", "trace_parent"}
        names = [
            name
            for name, field in single._fields.items()
            if field.store and field.column_type and name not in own
        ]
        self.assertEqual(batch.read(names)[0] | {"id": 0}, single.read(names)[0] | {"id": 0})
        payload = [
            name
            for name, field in single.payload_ids._fields.items()
            if field.store and field.column_type and name not in ("id", "message_id")
        ]
        self.assertEqual(
            batch.payload_ids.read(payload)[0] | {"id": 0},
            single.payload_ids.read(payload)[0] | {"id": 0},
        )

    def test_duplicates_get_the_first_receipt(self):
        many = [self.incoming(f"k{n}", {"n": n}) for n in range(5)]
        first = self.store(many)
        again = self.store(many)
        self.assertEqual([one.uuid for one in again], [one.uuid for one in first])
        self.assertEqual({one.lane for one in again}, {None})
        self.assertEqual(len(self.messages(self.inbound)), 5)

    def test_one_key_twice_in_a_request_is_one_message(self):
        one, two = self.store([self.incoming("k", {"n": 1}), self.incoming("k", {"n": 1})])
        self.assertEqual(one.uuid, two.uuid)
        self.assertEqual(len(self.messages(self.inbound)), 1)

    def test_one_key_with_two_contents_is_a_conflict(self):
        one, two = self.store([self.incoming("k", {"n": 1}), self.incoming("k", {"n": 2})])
        self.assertNotEqual(one.uuid, two.uuid)
        self.assertEqual(self.message(one.uuid).state, "queued")
        conflict = self.message(two.uuid)
        self.assertEqual((conflict.state, conflict.error_code), ("quarantined", "key_reused"))
        self.assertEqual(two.lane, None)

    def test_what_came_one_by_one_is_known(self):
        known = self.receive("k1", {"n": 1})
        found = self.store([self.incoming(f"k{n}", {"n": n}) for n in range(3)])
        self.assertEqual(found[1].uuid, known.uuid)
        self.assertEqual(len(self.messages(self.inbound)), 3)

    def test_clinical_keys_are_pseudonyms_and_older_keys_are_found(self):
        before = self.receive("visit-1", {"n": 1})
        many = [self.incoming(f"visit-{n}", {"n": n}) for n in (1, 2)]
        found = self.store(many, data_class="clinical")
        self.assertEqual(found[0].uuid, before.uuid)
        stored = self.message(found[1].uuid)
        self.assertTrue(stored.external_key.startswith(intake.PSEUDONYM))
        self.assertIn("aes256gcm", stored.payload_ids.encoding)

    def test_without_a_key_ring_nothing_private_is_stored(self):
        spec = {**self.inbound._inbound_spec(), "data_class": "confidential"}
        with self.assertRaises(keyring.KeyRingMissing):
            intake_batch.store(self.env.cr, spec, [self.incoming("k", {"n": 1})], None)
        self.assertFalse(self.messages(self.inbound))

    def test_nothing_is_a_batch_too(self):
        self.assertEqual(self.store([]), [])

    def test_content_keys(self):
        spec = self.inbound._inbound_spec()
        ring = keys.optional_ring(self.env.cr)
        plain = intake.content_key(spec, b"abc", ring)
        self.assertEqual(
            plain,
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        )
        private = intake.content_key({**spec, "data_class": "confidential"}, b"abc", ring)
        self.assertNotIn("ba7816bf", private, "nobody can check a guess")


@tagged("post_install", "-at_install")
class TestReceipts(EngineCase):
    def test_token_is_bound_to_interface_message_and_time(self):
        ring = keys.optional_ring(self.env.cr)
        now = 1_800_000_000.0
        token = receipts.token(ring, 7, "u-1", now)
        self.assertTrue(receipts.proven(ring, 7, "u-1", token, now))
        self.assertTrue(receipts.proven(ring, 7, "u-1", token, now + 7 * 86400))
        self.assertFalse(receipts.proven(ring, 7, "u-1", token, now + 8 * 86400 + 1))
        self.assertFalse(receipts.proven(ring, 8, "u-1", token, now))
        self.assertFalse(receipts.proven(ring, 7, "u-2", token, now))
        self.assertFalse(receipts.proven(None, 7, "u-1", token, now))
        expires, _dot, mac = token.partition(".")
        for forged in (
            f"{int(expires) + 86400}.{mac}",
            f"{expires}.{mac[:-1]}{'0' if mac[-1] != '0' else '1'}",
            f"{expires}.{mac}0",
            f"0{expires}.{mac}",
            f"{expires}.",
            "",
            "é" * 40,
        ):
            self.assertFalse(receipts.proven(ring, 7, "u-1", forged, now), forged)

    def test_tokens_of_many_are_those_of_each(self):
        ring = keys.optional_ring(self.env.cr)
        now = 1_800_000_000.0
        alone = [receipts.token(ring, 7, f"u-{n}", now) for n in range(3)]
        self.assertEqual(receipts.tokens(ring, 7, ["u-0", "u-1", "u-2"], now), alone)
        self.assertEqual(receipts.tokens(None, 7, ["u-0", "u-1"], now), ["", ""])
        refused = ring.refusing([ring.pseudonym_id])
        self.assertEqual(receipts.tokens(refused, 7, ["u-0", "u-1"], now), ["", ""])

    def test_token_stays_the_same_for_a_day(self):
        ring = keys.optional_ring(self.env.cr)
        morning = 20_000 * 86400.0
        token = receipts.token(ring, 7, "u-1", morning)
        self.assertEqual(token, receipts.token(ring, 7, "u-1", morning + 86399))
        self.assertNotEqual(token, receipts.token(ring, 7, "u-1", morning + 86400))

    def test_progress_in_words(self):
        message = self.receive("k", {"key": "a"})
        for state, word in (
            ("queued", "received"),
            ("held", "received"),
            ("processing", "processing"),
            ("done", "done"),
            ("quarantined", "failed"),
            ("dead", "failed"),
        ):
            self.env.cr.execute(
                "UPDATE integration_message SET state = %s WHERE id = %s", [state, message.id]
            )
            found = receipts.progress(self.env.cr, self.inbound.id, message.uuid)
            self.assertEqual(found.status, word)
        self.assertEqual(set(receipts._WORDS), set(dict(message._fields["state"].selection)))
        self.assertIsNone(receipts.progress(self.env.cr, self.outbound.id, message.uuid))


@tagged("post_install", "-at_install")
class TestBacklog(EngineCase):
    def setUp(self):
        super().setUp()
        backlog.forget()
        self.addCleanup(backlog.forget)

    def age(self, message, seconds, column="available_at, created_at"):
        for name in column.split(", "):
            self.env.cr.execute(
                f"UPDATE integration_message SET {name} = now() AT TIME ZONE 'UTC' "
                "- %s * interval '1 second' WHERE id = %s",
                [seconds, message.id],
            )

    def test_age_of_the_first_in_the_queue(self):
        self.assertEqual(backlog.age(self.env.cr, self.inbound.id), 0)
        backlog.forget()
        first = self.receive("k1", {"key": "a"})
        self.receive("k2", {"key": "b"})
        self.age(first, 500)
        self.assertAlmostEqual(backlog.age(self.env.cr, self.inbound.id), 500, delta=5)
        backlog.forget()
        # Due only now, although it came long ago: a retry.
        self.age(first, 0, "available_at")
        self.assertLess(backlog.age(self.env.cr, self.inbound.id), 5)

    def test_one_look_a_second(self):
        first = self.receive("k1", {"key": "a"})
        self.age(first, 500)
        with patch.object(backlog.time, "monotonic", lambda: 100.0):
            backlog.age(self.env.cr, self.inbound.id)
        with patch.object(backlog.time, "monotonic", lambda: 100.9), self.assertQueryCount(0):
            self.assertAlmostEqual(backlog.age(self.env.cr, self.inbound.id), 500, delta=5)
        with patch.object(backlog.time, "monotonic", lambda: 101.1), self.assertQueryCount(1):
            backlog.age(self.env.cr, self.inbound.id)
