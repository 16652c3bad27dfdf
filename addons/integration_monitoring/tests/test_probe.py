"""Partners are probed, without a message, and the watch hears of it."""

import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests.common import EngineCase

from ..engine import postgres_readings, probing
from ..tools.causes import Node, Subject


class Partner(BaseHTTPRequestHandler):
    def answer(self):
        self.server.seen.append((self.command, self.path, self.headers.get("content-length")))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET = do_OPTIONS = answer  # noqa: N815

    def log_message(self, *args):
        """Say nothing."""


@tagged("post_install", "-at_install")
class TestProbe(EngineCase):
    def setUp(self):
        super().setUp()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
        self.server.seen, self.server.status = [], 200
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.env["integration.probe"].search([]).unlink()
        self.outbound._write_approved({"allowed_networks": "127.0.0.1"})
        self.probe = self.make()

    def make(self, **values):
        return self.env["integration.probe"].create(
            {
                "interface_id": self.outbound.id,
                "kind": "request",
                "url": f"http://127.0.0.1:{self.server.server_port}/health",
                **values,
            }
        )

    def run_due(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            done = probing.run(self.env.registry)
        self.env.invalidate_all()
        return done

    def test_a_partner_that_answers(self):
        self.assertEqual(self.run_due(), 1)
        self.assertEqual(self.server.seen, [("HEAD", "/health", None)])
        self.assertEqual((self.probe.state, self.probe.failures), ("ok", 0))
        self.assertTrue(self.probe.success_at)

    def test_it_is_not_probed_before_its_time(self):
        self.run_due()
        self.assertEqual(self.run_due(), 0)
        self.assertEqual(len(self.server.seen), 1)

    def test_a_refusal_is_an_answer_and_an_error_of_the_server_is_none(self):
        self.server.status = 401
        self.assertEqual(probing.attempt(self.probe._targets()[0]).code, "")
        self.server.status = 503
        self.assertEqual(probing.attempt(self.probe._targets()[0]).code, "http_503")

    def test_failures_in_a_row_reach_the_watch_and_end(self):
        self.server.status = 500
        for _number in range(3):
            self.probe.action_probe_now()
        found = self.env["integration.watch"]._probe_readings(time.time() + 5)
        reading = found[Node(Subject.INTERFACE, self.outbound.id)]
        self.assertEqual((reading.failures, reading.code), (3, "http_500"))
        self.assertGreaterEqual(reading.seconds, 4)
        self.server.status = 200
        self.probe.action_probe_now()
        found = self.env["integration.watch"]._probe_readings(time.time())
        self.assertEqual(found[Node(Subject.INTERFACE, self.outbound.id)].failures, 0)
        self.assertFalse(self.probe.failing_since)

    def test_of_several_the_worst_counts(self):
        self.server.status = 500
        self.probe.action_probe_now()
        good = self.make(kind="connect")
        good.action_probe_now()
        self.assertEqual(good.state, "ok")
        found = self.env["integration.watch"]._probe_readings(time.time())
        self.assertEqual(found[Node(Subject.INTERFACE, self.outbound.id)].failures, 1)

    def test_a_connection(self):
        probe = self.make(kind="connect")
        self.assertEqual(probing.attempt(probe._targets()[0]).code, "")
        self.assertEqual(self.server.seen, [])
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            probe.url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
            self.assertEqual(probing.attempt(probe._targets()[0]).code, "refused")

    def test_no_address_that_is_not_allowed(self):
        self.outbound._write_approved({"allowed_networks": False})
        for kind in ("connect", "request"):
            self.probe.kind = kind
            outcome = probing.attempt(self.probe._targets()[0])
            self.assertTrue(outcome.code, kind)
            self.assertNotIn("127.0.0.1", outcome.text)
        self.assertEqual(self.server.seen, [])

    def test_a_copy_probes_nobody(self):
        self.patch(probing.arming, "is_held", lambda _cr: True)
        self.assertEqual(self.run_due(), 0)
        with self.assertRaises(UserError):
            self.probe.action_probe_now()
        self.assertEqual(self.server.seen, [])

    def test_what_is_known_is_kept_when_the_process_is_stopped(self):
        class Stopped(BaseException):
            """As a worker that took too long."""

        slow = self.make()
        attempt = probing.attempt

        def stopped(target):
            if target.id != slow.id:
                return attempt(target)
            time.sleep(1)
            raise Stopped

        self.patch(probing, "attempt", stopped)
        # Not assertRaises: it would undo what was kept.
        with suppress(Stopped):
            self.run_due()
        self.env.invalidate_all()
        self.assertEqual((self.probe.state, slow.state), ("ok", "new"))

    def test_of_too_many_those_that_wait_longest_come_first(self):
        self.patch(probing, "MOST", 1)
        late = self.make()
        self.assertEqual((self.run_due(), self.probe.state, late.state), (1, "ok", "new"))
        self.assertEqual((self.run_due(), late.state), (1, "ok"))

    def test_who_does_not_speak_tls_is_not_there(self):
        self.probe.write(
            {"kind": "connect", "url": f"https://127.0.0.1:{self.server.server_port}/"}
        )
        self.assertEqual(probing.attempt(self.probe._targets()[0]).code, "tls")

    def test_the_next_address_is_tried(self):
        self.probe.kind = "connect"
        # Nobody listens at the first one, as at the IPv6 address of some partners.
        self.patch(probing.net_guard, "resolve_checked", lambda *_args: ["127.0.0.2", "127.0.0.1"])
        self.assertEqual(probing.attempt(self.probe._targets()[0]).code, "")

    def test_what_cannot_be_probed_is_refused(self):
        for wrong in (
            {"interface_id": self.inbound.id},
            {"url": "ftp://partner.example/"},
            {"url": "https://user:secret@partner.example/"},
            {"every_minutes": 0},
        ):
            with self.subTest(wrong=wrong), self.assertRaises(ValidationError):
                self.make(**wrong)

    def test_results_are_written_by_probes_alone(self):
        admin = new_test_user(self.env, "probe.admin", "integration_core.group_administrator")
        with self.assertRaises(AccessError):
            self.probe.with_user(admin).state = "ok"
        self.probe.with_user(admin).every_minutes = 5

    def test_postgres_is_read(self):
        state = postgres_readings.read(self.env.cr)
        self.assertGreaterEqual(state.connections, 1)
        self.assertGreater(state.allowed, 10)
        self.assertTrue(0 < state.disk < 1)
        self.assertGreaterEqual(state.oldest, 0)
