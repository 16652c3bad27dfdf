import base64
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import (
    keys,
    reencryption,
    sealed_columns,
    settings,
)
from odoo.addons.integration_core.tools import keyring, payload_codec
from odoo.addons.integration_core.tools.keyring import KeyRing

from .common import EngineCase

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD, NEW, OTHER = (keyring.generate_key() for _ in range(3))
CANARY = "patient 4711"


@tagged("post_install", "-at_install")
class TestEncryptionKeys(EngineCase):
    """From one key to the next, and what is said when one is lost."""

    def setUp(self):
        super().setUp()
        self.use(f"old:{OLD}")
        self.administrator = new_test_user(
            self.env, "keys.administrator", "integration_core.group_administrator"
        )
        self.credential = self.env["integration.credential"].create({"name": "Shared"})
        self.credential.rotate({}, SECRET)
        self.messages = [
            self.receive(f"k{n}", {"key": CANARY}, data_class="clinical") for n in range(3)
        ]
        self.env["integration.encryption.key"]._refresh()

    def use(self, text):
        """Restart, as it were, with another ring."""
        ring = KeyRing.parse(text)
        self.startPatcher(patch.object(settings, "key_ring", lambda: ring))
        return ring

    def run_all(self):
        """A run from beginning to end; return it."""
        runs = self.env["integration.reencryption"].with_user(self.administrator)
        run = runs._prepare()
        run.action_start()
        self.env.flush_all()
        with self.enter_registry_test_mode():
            while reencryption.work(self.env.registry, run.id, 0.05):
                pass
        self.env.invalidate_all()
        return run

    def found(self):
        """``{key id: number of ciphertexts}`` of this test's records."""
        counted = {}
        for sealed in sealed_columns.declared(self.env):
            for key_id, count in sealed_columns.counts(self.env.cr, sealed).items():
                counted[key_id] = counted.get(key_id, 0) + count
        return counted

    def content(self, message, ring):
        self.env.cr.execute(
            "SELECT body, encoding FROM integration_payload WHERE message_id = %s", [message.id]
        )
        body, encoding = self.env.cr.fetchone()
        return payload_codec.decode(bytes(body), encoding, message.uuid, "received", ring)

    def test_database_knows_the_key_of_each_payload(self):
        self.assertEqual(self.found()["old"], 4)
        for sealed in sealed_columns.declared(self.env):
            self.assertEqual(
                sorted(sealed_columns.counts(self.env.cr, sealed)),
                sealed_columns.key_ids(self.env.cr, sealed),
            )
        self.receive("clear", {"key": "a"})
        self.assertEqual(self.found()["old"], 4, "what is in clear has no key")

    def test_everything_moves_to_the_new_key(self):
        ring = self.use(f"old:{OLD} new:{NEW}")
        run = self.run_all()
        self.assertEqual((run.state, run.done, run.failed, run.progress), ("done", 4, 0, 100))
        self.assertEqual(self.found().get("old", 0), 0)
        alone = self.use(f"new:{NEW}")
        for message in self.messages:
            self.assertIn(CANARY.encode(), self.content(message, alone))
        self.assertEqual(self.credential._secrets(), [SECRET])
        self.assertEqual(ring.current_id, "new")
        with self.assertRaises(UserError):
            run.action_start()

    def test_batches(self):
        self.use(f"old:{OLD} new:{NEW}")
        with patch.object(reencryption, "BATCH", 1):
            run = self.run_all()
        self.assertEqual((run.state, run.done), ("done", 4))

    def test_one_pass_in_any_order_of_the_database(self):
        self.use(f"old:{OLD} Middle:{OTHER}")
        self.receive("k9", {"key": CANARY}, data_class="clinical")
        self.use(f"old:{OLD} Middle:{OTHER} new:{NEW}")
        found = sealed_columns.key_ids
        backwards = patch.object(
            reencryption, "key_ids", lambda *where: sorted(found(*where), reverse=True)
        )
        with backwards:
            run = self.run_all()
        self.assertEqual((run.state, run.done, run.passes), ("done", 5, 1))

    def test_what_cannot_be_read_stays_and_is_named(self):
        payload = self.messages[1].payload_ids
        self.env.cr.execute(
            "UPDATE integration_payload SET body = set_byte(body, length(body) - 1, "
            "(get_byte(body, length(body) - 1) + 1) %% 256) WHERE id = %s RETURNING body",
            [payload.id],
        )
        before = bytes(self.env.cr.fetchone()[0])
        self.use(f"old:{OLD} new:{NEW}")
        run = self.run_all()
        self.assertEqual((run.state, run.done, run.failed), ("incomplete", 3, 1))
        self.assertIn(str(payload.id), run.report)
        self.assertIn("old", run.report)
        self.env.cr.execute("SELECT body FROM integration_payload WHERE id = %s", [payload.id])
        self.assertEqual(bytes(self.env.cr.fetchone()[0]), before)
        self.assertEqual(self.found()["old"], 1)

    def test_a_missing_key_is_named_and_the_rest_is_done(self):
        self.use(f"old:{OLD} middle:{OTHER}")
        self.receive("k9", {"key": CANARY}, data_class="clinical")
        self.use(f"middle:{OTHER} new:{NEW}")
        run = self.run_all()
        self.assertEqual((run.state, run.done), ("incomplete", 1))
        self.assertIn("“old”", run.report)
        self.assertEqual(self.found(), {"old": 4, "new": 1})
        self.use(f"old:{OLD} new:{NEW}")
        self.assertEqual(self.run_all().state, "done")

    def test_pause_stops_between_batches(self):
        self.use(f"old:{OLD} new:{NEW}")
        run = self.env["integration.reencryption"].with_user(self.administrator)._prepare()
        run.action_start()
        run.action_pause()
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.assertFalse(reencryption.work(self.env.registry, run.id, 1))
        self.env.invalidate_all()
        self.assertEqual((run.state, run.done), ("paused", 0))
        run.action_start()
        self.assertEqual(run.state, "running")

    def test_one_run_at_a_time(self):
        runs = self.env["integration.reencryption"].with_user(self.administrator)
        first = runs._prepare()
        first.action_start()
        with self.assertRaisesRegex(UserError, "Another run"):
            runs._prepare().action_start()

    # -- the page ----------------------------------------------------------------------------

    def page(self):
        keys_model = self.env["integration.encryption.key"].with_user(self.administrator)
        keys_model.action_open_keys()
        return {key.key_id: key for key in keys_model.search([])}

    def test_page_says_what_may_go(self):
        self.use(f"old:{OLD} middle:{OTHER}")
        self.receive("k9", {"key": CANARY}, data_class="clinical")
        self.use(f"old:{OLD} middle:{OTHER} new:{NEW}")
        page = self.page()
        self.assertEqual(page["new"].state, "current")
        self.assertEqual((page["middle"].state, page["middle"].value_count), ("older", 1))
        self.assertIn("Re-encrypt before", page["middle"].advice)
        self.run_all()
        page = self.page()
        self.assertIn("may be removed", page["middle"].advice)
        self.assertIn("Keep it in the ring", page["old"].advice, "it makes the pseudonyms")
        self.assertEqual(page["new"].value_count, 5)
        self.use(f"old:{OLD} new:{NEW}")
        self.assertEqual(self.page()["middle"].state, "removed")

    def test_looking_for_keys_counts_nothing(self):
        self.use(f"new:{NEW}")

        def counts(*_args):
            raise AssertionError("counted")

        with patch.object(sealed_columns, "counts", counts):
            self.env["integration.encryption.key"]._refresh()
        self.assertEqual(self.page()["old"].state, "missing")

    def test_progress_of_a_run_counts_once(self):
        """The screen asks every few seconds, and a count takes as long as there are values."""
        self.use(f"old:{OLD} new:{NEW}")
        run = self.env["integration.reencryption"].with_user(self.administrator)._prepare()
        counted = []
        counts = sealed_columns.counts

        def count(cr, sealed):
            counted.append(sealed)
            return counts(cr, sealed)

        with patch.object(sealed_columns, "counts", count):
            self.assertEqual(run.remaining, 4)
            self.assertEqual(run.progress, 0)
            self.assertIn("old: 4", run.left_text)
        self.assertEqual(counted, list(sealed_columns.declared(self.env)))

    def test_page_shows_missing_and_wrong_keys(self):
        self.use(f"new:{NEW}")
        page = self.page()
        self.assertEqual(page["old"].state, "missing")
        self.assertIn("Put it back", page["old"].advice)
        self.use(f"old:{OTHER} new:{NEW}")
        self.assertEqual(self.page()["old"].state, "wrong")

    def test_no_key_material_anywhere(self):
        self.use(f"old:{OLD} new:{NEW}")
        shown = [key.read() for key in self.page().values()]
        for key in (OLD, NEW):
            self.assertNotIn(key, str(shown))
            self.assertNotIn(base64.b64decode(key).hex(), str(shown))

    def test_page_is_for_administrators(self):
        observer = new_test_user(self.env, "keys.observer", "integration_core.group_observer")
        for method in ("action_open_keys", "action_open_reencryption"):
            with self.assertRaises(AccessError):
                getattr(self.env["integration.encryption.key"].with_user(observer), method)()

    # -- another key under the same name -----------------------------------------------------

    def test_nothing_is_written_with_a_wrong_key(self):
        self.use(f"old:{OTHER}")
        with self.assertRaisesRegex(UserError, "'old'.*put the right one back"):
            self.env["integration.credential"].create({"name": "x"}).rotate({}, SECRET)
        ring = keys.ring(self.env.cr)
        with self.assertRaises(keyring.WrongKey):
            ring.encrypt(b"x", "x")
        with self.assertRaises(keyring.WrongKey):
            self.content(self.messages[0], ring)
        self.use(f"old:{OLD}")
        self.assertIn(CANARY.encode(), self.content(self.messages[0], keys.ring(self.env.cr)))

    def forget(self):
        """The table as an upgrade leaves it."""
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM integration_encryption_key")
        self.env.invalidate_all()

    def test_a_wrong_key_is_not_learned_as_the_right_one(self):
        for text in (f"old:{OTHER}", f"old:{OTHER} new:{NEW}", f"new:{NEW} old:{OTHER}"):
            self.forget()
            self.use(text)
            page = self.page()
            self.assertEqual(self.page()["old"].state, "wrong", text)
            self.assertFalse(page["old"].check_value)
            self.assertEqual("new" in page and bool(page["new"].check_value), "new" in text)
            with self.assertRaises(keyring.WrongKey):
                keys.ring(self.env.cr).decrypt(KeyRing.parse(f"old:{OLD}").encrypt(b"x", "x"), "x")
        self.use(f"old:{OLD} new:{NEW}")
        page = self.page()
        self.assertEqual((page["old"].state, page["new"].state), ("older", "current"))
        self.assertTrue(page["old"].check_value)

    def test_a_missing_key_comes_back_as_another_one(self):
        self.forget()
        self.use(f"new:{NEW}")
        self.assertEqual(self.page()["old"].state, "missing")
        self.use(f"old:{OTHER} new:{NEW}")
        self.assertEqual(self.page()["old"].state, "wrong")

    def test_a_damaged_value_does_not_disprove_its_key(self):
        self.forget()
        self.env.cr.execute(
            "UPDATE integration_credential_version SET ciphertext = overlay(ciphertext placing "
            "'AAAA' from length(ciphertext) - 7) WHERE key_id = 'old'"
        )
        self.assertEqual(self.page()["old"].state, "current")
