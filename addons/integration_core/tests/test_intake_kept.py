import json
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_core.engine import (
    acknowledgements,
    intake,
    intake_batch,
    keys,
    sweeping,
)
from odoo.addons.integration_core.engine.intake import Outcome
from odoo.addons.integration_core.tools import codecs, errors

from .common import EngineCase

AA = acknowledgements.Acknowledgement(b"MSA|AA|1", "text/plain")
AR = acknowledgements.Acknowledgement(b"MSA|AR|1", "text/plain")


@tagged("post_install", "-at_install")
class TestIntakeKept(EngineCase):
    """What doors keep along with a message: evidence, answers, and a memory that ends."""

    def setUp(self):
        super().setUp()
        self.spec = self.inbound._inbound_spec()
        self.ring = keys.optional_ring(self.env.cr)

    def incoming(self, key, content, **also):
        raw = json.dumps(content).encode()
        return intake.Incoming(key, None, raw, "application/json", "corr", "trace", **also)

    def both(self, incoming):
        """Receipts of a message that is stored by itself, and of another one in a batch."""
        one = intake.store(self.env.cr, self.spec, incoming("single"), self.ring)
        [two] = intake_batch.store(self.env.cr, self.spec, [incoming("batch")], self.ring)
        return one, two

    def age(self, key, seconds):
        self.env.cr.execute(
            "UPDATE integration_idempotency SET created_at = %s WHERE interface_id = %s "
            "AND key = %s",
            [fields.Datetime.now() - timedelta(seconds=seconds), self.inbound.id, key],
        )
        self.assertEqual(self.env.cr.rowcount, 1)

    def answers(self, receipts):
        found = acknowledgements.stored(
            self.env.cr, self.inbound.id, [one.uuid for one in receipts], self.ring
        )
        return [found[one.uuid].body if one.uuid in found else None for one in receipts]

    # -- what is compared ------------------------------------------------------------------

    def test_what_is_compared_decides_about_a_repetition(self):
        first = self.both(lambda key: self.incoming(key, {"at": 1}, compared=b"same"))
        again = self.both(lambda key: self.incoming(key, {"at": 2}, compared=b"same"))
        self.assertEqual([one.uuid for one in again], [one.uuid for one in first])
        self.assertEqual({one.outcome for one in again}, {Outcome.DUPLICATE})
        other = self.both(lambda key: self.incoming(key, {"at": 1}, compared=b"other"))
        self.assertEqual({one.outcome for one in other}, {Outcome.CONFLICT})
        self.assertEqual({one.lane for one in other}, {None})

    def test_the_digest_of_a_payload_is_that_of_its_body(self):
        plain, other = self.both(lambda key: self.incoming(key, {"at": 1}, compared=b"same"))
        same = self.receive("third", {"at": 1}).payload_ids.sha256
        for receipt in (plain, other):
            self.assertEqual(self.message(receipt.uuid).payload_ids.sha256, same)

    # -- what cannot be handled ------------------------------------------------------------

    def test_what_arrives_with_an_error_is_kept_as_evidence(self):
        error = errors.ContractError("It has no header.", ["MSH: is required"], code="no_msh")
        for receipt in self.both(lambda key: self.incoming(key, {"n": 1}, error=error)):
            message = self.message(receipt.uuid)
            self.assertEqual((receipt.lane, receipt.outcome), (None, Outcome.STORED))
            self.assertEqual((message.state, message.error_code), ("quarantined", "no_msh"))
            self.assertEqual(message.error_class, "contract")
            self.assertEqual(message.error_message, "It has no header. MSH: is required")
            self.assertEqual(message.fault, "partner")
            self.assertTrue(message.error_fingerprint)
            self.assertEqual(json.loads(message.payload_ids.content), {"n": 1})

    def test_one_bad_message_of_a_batch_does_not_spoil_the_others(self):
        error = errors.ContractError("Unreadable.", code="unreadable")
        many = [self.incoming(f"k{n}", {"n": n}, error=error if n == 1 else None) for n in range(3)]
        found = intake_batch.store(self.env.cr, self.spec, many, self.ring)
        self.assertEqual(
            [self.message(one.uuid).state for one in found], ["queued", "quarantined", "queued"]
        )
        self.assertEqual([one.lane is None for one in found], [False, True, False])
        self.assertFalse(self.message(found[2].uuid).error_code)

    # -- answers ---------------------------------------------------------------------------

    def test_a_repetition_finds_the_answer_of_the_first(self):
        first = self.both(lambda key: self.incoming(key, {"n": 1}, acknowledgement=AA))
        again = self.both(lambda key: self.incoming(key, {"n": 1}, acknowledgement=AR))
        self.assertEqual(self.answers(again), [AA.body, AA.body])
        self.assertEqual({one.outcome for one in first}, {Outcome.STORED})

    def test_a_conflict_has_an_answer_of_its_own(self):
        self.both(lambda key: self.incoming(key, {"n": 1}, acknowledgement=AA))
        also = {"acknowledgement": AA, "conflict_acknowledgement": AR}
        found = self.both(lambda key: self.incoming(key, {"n": 2}, **also))
        self.assertEqual(self.answers(found), [AR.body, AR.body])
        again = self.both(lambda key: self.incoming(key, {"n": 2}, **also))
        self.assertEqual([one.uuid for one in again], [one.uuid for one in found])

    def test_messages_with_and_without_an_answer_in_one_batch(self):
        many = [self.incoming("a", {"n": 1}), self.incoming("b", {"n": 1}, acknowledgement=AA)]
        found = intake_batch.store(self.env.cr, self.spec, many, self.ring)
        self.assertEqual(self.answers(found), [None, AA.body])

    def test_an_answer_that_is_known_later_takes_the_place_of_the_first(self):
        [receipt, _other] = self.both(lambda key: self.incoming(key, {"n": 1}, acknowledgement=AA))
        self.assertTrue(acknowledgements.keep(self.env.cr, receipt.uuid, AR, "internal", self.ring))
        self.assertEqual(self.answers([receipt]), [AR.body])
        self.assertFalse(acknowledgements.keep(self.env.cr, "gone", AR, "internal", self.ring))

    def test_answers_of_private_interfaces_are_encrypted(self):
        self.spec["data_class"] = "clinical"
        found = self.both(lambda key: self.incoming(key, {"n": 1}, acknowledgement=AA))
        for receipt in found:
            stored = self.message(receipt.uuid).payload_ids.filtered(
                lambda one: one.kind == "acknowledgement"
            )
            self.assertIn("aes256gcm", stored.encoding)
            self.assertNotIn(b"MSA", stored._stored()[stored.id])
        self.assertEqual(self.answers(found), [AA.body, AA.body])

    def test_answers_of_another_interface_are_not_told(self):
        found = self.both(lambda key: self.incoming(key, {"n": 1}, acknowledgement=AA))
        uuids = [one.uuid for one in found]
        self.assertEqual(acknowledgements.stored(self.env.cr, 0, uuids, self.ring), {})

    # -- how long keys are remembered ------------------------------------------------------

    def test_keys_are_remembered_for_a_time(self):
        first = self.both(lambda key: self.incoming(key, {"n": 1}))
        self.spec["dedupe_seconds"] = 100
        for key in ("single", "batch"):
            self.age(key, 90)
        known = self.both(lambda key: self.incoming(key, {"n": 2}))
        self.assertEqual({one.outcome for one in known}, {Outcome.CONFLICT})
        for key in ("single", "batch"):
            self.age(key, 110)
        new = self.both(lambda key: self.incoming(key, {"n": 2}))
        self.assertEqual({one.outcome for one in new}, {Outcome.STORED})
        self.assertNotIn(None, [one.lane for one in new])
        self.assertFalse({one.uuid for one in new} & {one.uuid for one in [*first, *known]})
        again = self.both(lambda key: self.incoming(key, {"n": 2}))
        self.assertEqual([one.uuid for one in again], [one.uuid for one in new])

    def test_without_a_time_keys_are_remembered_for_ever(self):
        first = self.both(lambda key: self.incoming(key, {"n": 1}))
        self.age("single", 10**8)
        self.age("batch", 10**8)
        again = self.both(lambda key: self.incoming(key, {"n": 1}))
        self.assertEqual([one.uuid for one in again], [one.uuid for one in first])

    def test_messages_keep_their_order_when_some_keys_were_free_again(self):
        self.spec["dedupe_seconds"] = 100
        intake_batch.store(self.env.cr, self.spec, [self.incoming("b", {"n": 0})], self.ring)
        self.age("b", 110)
        many = [self.incoming(key, {"n": 1}) for key in ("a", "b", "c")]
        found = intake_batch.store(self.env.cr, self.spec, many, self.ring)
        ids = [self.message(one.uuid).id for one in found]
        self.assertEqual(ids, sorted(ids))
        self.assertEqual({one.outcome for one in found}, {Outcome.STORED})

    def test_expired_keys_become_pseudonyms_too(self):
        """And a conflict is found by what its format calls the same."""
        form = codecs.Format(("application/json",), codecs.read_json, identity=lambda raw: raw[:5])
        codec = codecs.Codec((form,))
        self.spec |= {"dedupe_seconds": 100, "codec": codec}
        for key, content in (("old", {"n": 1}), ("old", {"m": 1}), ("new", {"n": 1})):
            same = codec.identity(json.dumps(content).encode())
            one = self.incoming(key, content, compared=same)
            intake.store(self.env.cr, self.spec, one, self.ring)
            if content == {"n": 1}:
                self.age(key, 110 if key == "old" else 0)
        self.patch(type(self.inbound), "_codec", lambda _self: codec)
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        sweeping.request(self.env.cr)
        while sweeping.step(self.env, self.ring):
            pass
        self.env.cr.execute(
            "SELECT key, body_sha256 FROM integration_idempotency WHERE interface_id = %s",
            [self.inbound.id],
        )
        found = self.env.cr.fetchall()
        self.assertEqual(len(found), 3)
        for key, digest in found:
            self.assertTrue(key.startswith(intake.PSEUDONYM), key)
            self.assertEqual(len(digest), 32)
