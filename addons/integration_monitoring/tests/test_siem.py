"""Audit and security events leave for a SIEM, and nothing else does."""

import json
import logging
import os
import socket
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.engine import audit, security_events, settings
from odoo.addons.integration_core.engine.causation import Cause, caused_by
from odoo.addons.integration_core.tests.audit_common import AuditCase

from ..engine import log_setup, siem, siem_destinations
from ..tools import outbox
from ..tools.log_lines import JsonFormatter


@tagged("post_install", "-at_install")
class TestSiem(AuditCase):
    def setUp(self):
        super().setUp()
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "events.jsonl"
        self.env.cr.execute("DELETE FROM integration_siem")
        self.patch(self.env.registry["integration.arming"], "_held", lambda _self: False)
        self.options(siem_file=str(self.path))

    def options(self, **options):
        self.patch(settings, "section", lambda: options)

    def run_cron(self):
        self.seal()
        with self.enter_registry_test_mode():
            self.env["integration.siem"]._cron_siem()
        self.env.invalidate_all()

    def lines(self):
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def row(self, kind="file"):
        return self.env["integration.siem"].search([("kind", "=", kind)])

    def test_each_entry_leaves_once_and_in_order(self):
        self.act("One", "Two")
        self.run_cron()
        self.act("Three")
        self.run_cron()
        self.run_cron()
        found = self.lines()
        self.assertEqual([one["sequence"] for one in found], [1, 2, 3])
        self.assertEqual({one["event"] for one in found}, {"change"})
        self.assertEqual(found[0]["model"], "integration.system")
        self.assertEqual(found[0]["record_id"], self.system.id)
        self.assertEqual(found[0]["actor"], self.env.user.login)
        self.assertEqual((self.row().sequence, self.row().waiting, self.row().state), (3, 0, "ok"))

    def test_neither_reasons_nor_values_nor_names_leave(self):
        self.system.name = "Mrs Secret"
        audit.record(self.system, "pause", reason="because of Mrs Secret")
        self.run_cron()
        self.assertEqual(len(self.lines()), 2)
        self.assertNotIn("Secret", self.path.read_text())

    def test_what_could_not_be_delivered_waits_and_is_told(self):
        self.options(siem_file=str(self.path.parent / "missing" / "events.jsonl"))
        self.act("One", "Two")
        self.run_cron()
        self.assertEqual((self.row().sequence, self.row().waiting), (0, 2))
        self.assertEqual(self.row().state, "failing")
        self.assertTrue(self.row().failing_since)
        self.assertIn("missing", self.row().problem)
        self.options(siem_file=str(self.path))
        self.run_cron()
        self.assertEqual([one["sequence"] for one in self.lines()], [1, 2])
        self.assertEqual(self.row().state, "ok")
        self.assertFalse(self.row().failing_since)

    def test_many_leave_in_several_batches(self):
        self.patch(siem, "BATCH", 2)
        self.act("One", "Two", "Three", "Four", "Five")
        self.run_cron()
        self.assertEqual([one["sequence"] for one in self.lines()], [1, 2, 3, 4, 5])

    def test_a_link_is_not_followed(self):
        target = self.path.parent / "elsewhere"
        os.symlink(target, self.path)
        self.act("One")
        self.run_cron()
        self.assertFalse(target.exists())
        self.assertEqual(self.row().state, "failing")

    def test_a_copy_tells_nothing(self):
        self.patch(self.env.registry["integration.arming"], "_held", lambda _self: True)
        self.act("One")
        self.run_cron()
        self.assertFalse(self.path.exists())

    def test_syslog_takes_the_same(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.settimeout(5)
            self.options(siem_syslog=f"udp://127.0.0.1:{listener.getsockname()[1]}")
            self.act("One", "Two")
            self.run_cron()
            got = [listener.recv(4096).decode() for _ in range(2)]
        self.assertTrue(got[0].startswith("<109>1 "), got[0])  # facility 13, notice
        self.assertIn('event="change"', got[0])
        self.assertIn('sequence="2"', got[1])
        self.assertEqual(self.row("syslog").sequence, 2)

    def test_grave_acts_are_warnings(self):
        audit.record(self.system, "break_glass")
        self.run_cron()
        self.assertEqual(self.lines()[0]["level"], "warning")


@tagged("post_install", "-at_install")
class TestSecurityLog(TransactionCase):
    def setUp(self):
        super().setUp()
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "events.jsonl"
        self.logger = logging.getLogger(security_events.LOGGER)
        before, level = list(self.logger.handlers), self.logger.level
        self.addCleanup(self.restore, before, level)
        self.options(siem_file=str(self.path))

    def options(self, **options):
        self.patch(settings, "section", lambda: options)

    def restore(self, handlers, level):
        self.logger.handlers[:] = handlers
        self.logger.setLevel(level)

    def lines(self):
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def handler(self):
        log_setup.install()
        [handler] = [
            one
            for one in self.logger.handlers
            if isinstance(one, siem_destinations.SecurityHandler)
        ]
        return handler

    def test_a_refusal_leaves_at_once_and_once(self):
        log_setup.install()
        handler = self.handler()
        security_events.refused(401, 7, "192.0.2.9", "db")
        security_events.refused(503, 7, "192.0.2.9", "db")
        handler.flush()
        found = self.lines()
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]["event"], "not_authentic")
        self.assertEqual(found[0]["remote_address"], "192.0.2.9")
        self.assertEqual(found[0]["interface"], "7")

    def test_a_siem_that_does_not_answer_holds_up_no_refusal(self):
        """A real listener whose door is full: connecting to it takes until the time limit."""
        with socket.create_server(("127.0.0.1", 0), backlog=0) as door:
            address = door.getsockname()
            filling = [socket.socket() for _number in range(3)]
            for one in filling:
                self.addCleanup(one.close)
                one.setblocking(False)
                one.connect_ex(address)
            self.options(siem_syslog=f"tcp://127.0.0.1:{address[1]}", siem_file=str(self.path))
            handler = self.handler()
            begun = time.monotonic()
            for _number in range(100):
                security_events.refused(401, 7, "192.0.2.9", "db")
            self.assertLess(time.monotonic() - begun, 1.0)
            # Nor does one destination wait for another one.
            self.assertFalse(handler._way("file").flush(4.0))
            self.assertEqual(len(self.lines()), 100)
            self.assertEqual(handler._way("syslog").flush(0.0), 100)

    def test_a_loss_is_told_as_an_event(self):
        gate = threading.Event()
        self.addCleanup(gate.set)
        deliver = siem_destinations.deliver
        self.patch(
            siem_destinations, "deliver", lambda *args: (gate.wait(20) and deliver(*args)) or None
        )
        handler = siem_destinations.SecurityHandler(most=3)
        self.logger.addHandler(handler)
        self.logger.setLevel(logging.INFO)
        with self.assertLogs(outbox.__name__, "WARNING"):
            for _number in range(5):
                security_events.refused(401, 7, "192.0.2.9", "db")
        gate.set()
        handler.flush()
        found = self.lines()
        self.assertEqual([one["event"] for one in found], ["not_authentic"] * 3 + ["events_lost"])
        self.assertEqual(found[-1]["count"], 2)
        self.assertEqual(found[-1]["level"], "warning")

    def test_what_is_left_at_the_end_is_told_in_the_log(self):
        self.options(siem_file="/nowhere/at/all")
        handler = self.handler()
        self.patch(siem_destinations.SecurityHandler, "AT_END", 0.1)
        security_events.refused(401, 7, "192.0.2.9", "db")
        with self.assertLogs(siem_destinations.__name__, "WARNING") as logged:
            handler.flush()
        self.assertIn("did not reach the SIEM (file): 1", logged.output[0])

    def test_without_configuration_nothing_is_set_up(self):
        self.options()
        log_setup.install()
        self.assertFalse(
            [one for one in self.logger.handlers if type(one).__name__ == "SecurityHandler"]
        )

    def test_the_log_in_json_names_the_business_case(self):
        root = logging.getLogger()
        handler = logging.StreamHandler()
        root.addHandler(handler)
        formatters = {one: one.formatter for one in root.handlers}
        self.addCleanup(root.removeHandler, handler)
        self.addCleanup(lambda: [one.setFormatter(old) for one, old in formatters.items()])
        self.options(log_format="json")
        log_setup.install()
        self.assertIsInstance(handler.formatter, JsonFormatter)
        record = logging.LogRecord("odoo.test", logging.ERROR, "f", 1, "It %s", ("failed",), None)
        with caused_by(Cause("uuid-1", "case-1", None, 1, 1)):
            line = json.loads(handler.format(record))
        self.assertEqual(line["message"], "It failed")
        self.assertEqual((line["correlation_id"], line["message_id"]), ("case-1", "uuid-1"))
        self.assertEqual(line["level"], "error")
        self.assertNotIn("correlation_id", json.loads(handler.format(record)))
