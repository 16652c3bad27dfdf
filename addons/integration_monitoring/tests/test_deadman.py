import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.tests.common import EngineCase

_DEADMAN = "odoo.addons.integration_monitoring.engine.deadman"


class Watcher(BaseHTTPRequestHandler):
    """Somebody elsewhere who waits for signs of life."""

    def handle_one(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        self.send_response(self.server.status)
        if 300 <= self.server.status < 400:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def __getattr__(self, name):
        if name in ("do_GET", "do_POST", "do_HEAD"):
            return self.handle_one
        raise AttributeError(name)

    def log_message(self, *args):
        """Say nothing."""


@tagged("post_install", "-at_install")
class TestDeadman(EngineCase):
    """A sign of life goes out while the suite works, and only then."""

    def setUp(self):
        super().setUp()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Watcher)
        self.server.seen, self.server.status = [], 200
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.env["integration.deadman"].search([]).active = False
        self.deadman = self.env["integration.deadman"].create(
            {"name": "Clinic", "url": self.url, "allowed_networks": "127.0.0.1"}
        )
        self.env["integration.heartbeat"].search([]).unlink()
        self.beat("job_runner")
        self.beat("rollup")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/ping/s3cret"

    def beat(self, kind, ago=0):
        self.env.cr.execute(
            """
            INSERT INTO integration_heartbeat (key, kind, name, beat_at, every)
            VALUES (%(kind)s, %(kind)s, %(kind)s,
                    (now() AT TIME ZONE 'UTC') - %(ago)s * interval '1 second', 90)
            ON CONFLICT (key) DO UPDATE SET beat_at = EXCLUDED.beat_at
            """,
            {"kind": kind, "ago": ago},
        )

    def run_cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env["integration.deadman"]._cron_deadman()
        self.env.invalidate_all()

    def again(self):
        self.deadman.next_at = False
        self.run_cron()

    def test_it_goes_out_in_its_time(self):
        self.run_cron()
        self.assertEqual(len(self.server.seen), 1)
        self.assertEqual(self.deadman.state, "ok")
        self.assertTrue(self.deadman.success_at)
        self.assertGreater(self.deadman.next_at, fields.Datetime.now())
        self.run_cron()
        self.assertEqual(len(self.server.seen), 1, "not before its time")

    def test_an_action_that_begins_a_little_early_does_not_leave_it_to_the_next(self):
        now = fields.Datetime.now()
        for seconds, sent in ((40, 0), (5, 1)):
            self.deadman.next_at = now + timedelta(seconds=seconds)
            self.run_cron()
            self.assertEqual(len(self.server.seen), sent)

    def test_what_nobody_foresaw_with_one_keeps_no_other_from_going_out(self):
        model = type(self.deadman)
        ping, broken = model._ping, self.deadman
        other = broken.copy({"name": "Other"})

        def raises(record):
            if record.id == broken.id:
                raise KeyError("https://example.com/s3cret")
            return ping(record)

        with patch.object(model, "_ping", raises), mute_logger(_DEADMAN):
            self.run_cron()
        self.assertEqual((broken.state, other.state), ("failing", "ok"))
        self.assertNotIn("s3cret", broken.error)

    def test_none_goes_out_while_a_part_stands_still(self):
        for kind in ("job_runner", "rollup"):
            with self.subTest(kind):
                self.beat(kind, ago=200)
                self.again()
                self.assertEqual(self.deadman.state, "withheld")
                self.assertEqual(self.deadman.reason, f"{kind}_down")
                self.assertTrue(self.deadman.explanation)
                self.beat(kind)
        self.assertEqual(self.server.seen, [])
        self.again()
        self.assertEqual(self.deadman.state, "ok")
        self.assertFalse(self.deadman.explanation)

    def test_a_part_that_was_never_seen_is_not_at_work(self):
        self.env["integration.heartbeat"].search([]).unlink()
        self.run_cron()
        self.assertEqual(self.deadman.reason, "job_runner_down")
        self.assertEqual(self.server.seen, [])

    def test_a_copy_gives_no_sign_for_the_original(self):
        self.env["integration.arming"].search([]).write({"armed": False})
        self.run_cron()
        self.assertEqual((self.deadman.state, self.deadman.reason), ("withheld", "held"))
        self.assertEqual(self.server.seen, [])

    def test_it_does_not_arrive(self):
        for status in (500, 302):
            with self.subTest(status), mute_logger(_DEADMAN):
                self.server.status = status
                self.again()
                self.assertEqual(self.deadman.state, "failing")
                self.assertIn(str(status), self.deadman.error)
        self.assertEqual([path for _m, path, _h in self.server.seen], ["/ping/s3cret"] * 2)
        since = self.deadman.failed_since
        self.server.status = 204
        self.again()
        self.assertEqual((self.deadman.state, self.deadman.failed_since), ("ok", False))
        self.assertTrue(since)

    def test_only_to_addresses_that_are_allowed(self):
        self.deadman.allowed_networks = False
        with mute_logger(_DEADMAN):
            self.run_cron()
        self.assertEqual((self.deadman.state, self.deadman.reason), ("failing", "address_refused"))
        self.assertEqual(self.server.seen, [])
        for url in ("http://monitoring.example/ping", "ftp://x.example", "https://u:p@x.example/"):
            with self.subTest(url), self.assertRaises(ValidationError):
                self.deadman.url = url
        with self.assertRaises(ValidationError):
            self.deadman.allowed_networks = "0.0.0.0/0"
        with self.assertRaises(ValidationError):
            self.deadman.every_minutes = 0

    def test_with_a_credential(self):
        credential = self.env["integration.credential"].create(
            {
                "name": "Watcher",
                "kind": "bearer",
                "version_ids": [(0, 0, {"secret": "token-of-the-watcher"})],
            }
        )
        self.deadman.write({"credential_id": credential.id, "method": "POST"})
        self.run_cron()
        [(method, _path, headers)] = self.server.seen
        sent = {name.lower(): value for name, value in headers.items()}
        self.assertEqual(method, "POST")
        self.assertEqual(sent["authorization"], "Bearer token-of-the-watcher")
        shared = self.env["integration.credential"].create({"name": "Shared", "kind": "hmac"})
        with self.assertRaises(ValidationError):
            self.deadman.credential_id = shared

    def test_a_credential_without_a_secret_is_told(self):
        credential = self.env["integration.credential"].create({"name": "W", "kind": "bearer"})
        self.deadman.credential_id = credential
        with mute_logger(_DEADMAN):
            self.run_cron()
        self.assertEqual(self.deadman.state, "failing")
        self.assertIn("no secret", self.deadman.error)

    def test_the_address_is_a_secret(self):
        observer = new_test_user(self.env, "deadman.observer", "integration_core.group_observer")
        theirs = self.deadman.with_user(observer)
        self.assertEqual(theirs.name, "Clinic")
        with self.assertRaises(AccessError):
            theirs.read(["url"])
        self.deadman.url = self.url + "2"
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.deadman")]
        )
        self.assertNotIn("s3cret", " ".join(entries.mapped(lambda one: one.changes or "")))

    def test_a_person_sends_it(self):
        self.deadman.action_send_now()
        self.assertEqual(len(self.server.seen), 1)
        self.beat("rollup", ago=500)
        with self.assertRaises(UserError):
            self.deadman.action_send_now()
        self.assertEqual(len(self.server.seen), 1)
