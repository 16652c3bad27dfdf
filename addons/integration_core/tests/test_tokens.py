import time

from odoo.tests import tagged

from odoo.addons.integration_core.engine import obstacles, tokens
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.oauth2 import Token

from .common import EngineCase, delivered

KEY = "integration.credential,1|2|abc"


@tagged("post_install", "-at_install")
class TestTokens(EngineCase):
    """Access tokens that all workers share. Processes: ``tests/e2e``."""

    def _token(self, value="t0ken", seconds=3600):
        now = int(time.time())
        return Token(value, now, now + seconds)

    def _rows(self):
        self.env.cr.execute("SELECT token_key, body, sealed_key FROM integration_token")
        return self.env.cr.fetchall()

    def test_stored_encrypted_and_read_again(self):
        with self.enter_registry_test_mode():
            store = tokens.DatabaseTokens(self.env.cr.dbname)
            self.assertIsNone(store.read(KEY))
            with store.locked(KEY, 1) as shelf:
                self.assertIsNone(shelf.read())
                shelf.write(self._token())
            self.assertEqual(store.read(KEY).value, "t0ken")
        [(key, body, sealed_key)] = self._rows()
        self.assertEqual((key, sealed_key), (KEY, "test"))
        self.assertNotIn(b"t0ken", bytes(body))

    def test_a_newer_one_takes_its_place(self):
        with self.enter_registry_test_mode():
            store = tokens.DatabaseTokens(self.env.cr.dbname)
            for value in ("one", "two"):
                with store.locked(KEY, 1) as shelf:
                    shelf.write(self._token(value))
            self.assertEqual(store.read(KEY).value, "two")
        self.assertEqual(len(self._rows()), 1)

    def test_what_was_moved_or_damaged_counts_as_nothing(self):
        with self.enter_registry_test_mode():
            store = tokens.DatabaseTokens(self.env.cr.dbname)
            with store.locked(KEY, 1) as shelf:
                shelf.write(self._token())
            self.env.cr.execute("UPDATE integration_token SET token_key = 'other'")
            self.assertIsNone(store.read("other"))

    def test_fetched_once_for_two_processes(self):
        """Two caches, as of two workers, and one store."""
        asked = []

        def fetch():
            asked.append(1)
            return self._token()

        with self.enter_registry_test_mode():
            for _worker in range(2):
                cache = tokens.TokenCache(tokens.DatabaseTokens(self.env.cr.dbname))
                self.assertEqual(cache.get(KEY, fetch).value, "t0ken")
        self.assertEqual(len(asked), 1)

    def test_expired_ones_are_removed(self):
        with self.enter_registry_test_mode():
            store = tokens.DatabaseTokens(self.env.cr.dbname)
            with store.locked(KEY, 1) as shelf:
                shelf.write(self._token(seconds=-10))
        self.env["integration.token"]._gc_expired()
        self.assertEqual(self._rows(), [])

    def test_each_secret_and_each_set_of_terms_has_tokens_of_its_own(self):
        credential = self.env["integration.credential"].create(
            {
                "name": "OAuth",
                "kind": "oauth2",
                "client_id": "us",
                "token_url": "https://login.example.com/token",
            }
        )
        credential.rotate({}, "a" * 32)
        key = credential._token_key()
        credential.scope = "orders"
        self.assertNotEqual(credential._token_key(), key)
        credential.scope = False
        self.assertEqual(credential._token_key(), key)
        self.assertIn(f",{credential.id}|{credential.version_ids.id}|", key)


@tagged("post_install", "-at_install")
class TestReadySender(EngineCase):
    """What a sender needs of the network before its first message."""

    def _sender(self, make_ready):
        sender = type("Sender", (), {"__call__": staticmethod(delivered)})()
        sender.make_ready = make_ready
        return sender

    def test_without_it_messages_wait_untried_with_a_reason(self):
        def refused():
            raise errors.CredentialError("The token address refuses us.", code="token_refused")

        self.send_with(self._sender(refused))
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        self.assertEqual((message.state, message.attempts), ("queued", 0))
        self.assertFalse(message.attempt_ids)
        self.assertIn("refuses us", self.outbound.blocked_reason)

    def _fail(self, error):
        raise error

    def test_it_goes_on_when_that_is_mended(self):
        self.send_with(self._sender(lambda: self._fail(errors.TransientError("It is down."))))
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        self.assertEqual(self.outbound.blocked_reason, "It is down.")
        self.patch(obstacles, "_met", obstacles._Met())  # as time goes by
        self.send_with(self._sender(lambda: None))
        self.drain(self.outbound)
        self.assertEqual(self.messages(self.outbound).state, "done")
        self.outbound.invalidate_recordset()
        self.assertFalse(self.outbound.blocked_reason)

    def test_nothing_is_asked_for_messages_that_are_not_sent(self):
        self.send_with(self._sender(lambda: self.fail("asked")))
        self.fire()
        self.dispatch()
        self.env.cr.execute("UPDATE integration_event SET data = '{}'")
        self.drain(self.outbound)
        self.assertEqual(self.messages(self.outbound).state, "quarantined")
