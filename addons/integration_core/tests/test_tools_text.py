# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import BaseCase, tagged

from ..tools import fingerprint, partition, redact


@tagged("post_install", "-at_install")
class TestFingerprint(BaseCase):
    """Failures of one kind are one group, whose title shows no personal data."""

    def test_individual_parts_are_taken_out(self):
        for message, expected in (
            ("Order SO0042 not found", "Order SO<n> not found"),
            ("patient 'Jane O'Hara' is unknown", "patient <text> is unknown"),
            ("can't map \u201cSchachtel\u201d", "can't map <text>"),
            ("POST https://a.example/x?t=1 failed", "POST <url> failed"),
            ("no answer from 10.0.0.1:443 in 5.5 s", "no answer from <address> in <n> s"),
            ("no answer from [fe80::1:2]", "no answer from <address>"),
            ("mail to jane.doe@hospital.example", "mail to <mail>"),
            ("at 2026-11-22T10:00:00.123Z", "at <time>"),
            ("id 7c9e6679-7425-40de-944b-e07fc1f90ae7", "id <uuid>"),
            ("digest deadbeef01", "digest <hex>"),
            ("two\n lines", "two lines"),
        ):
            self.assertEqual(fingerprint.normalise(message), expected)

    def test_groups(self):
        first = fingerprint.fingerprint("mapping", "missing_value", "no unit 'BX' in line 3")
        second = fingerprint.fingerprint("mapping", "missing_value", "no unit 'KG' in line 17")
        self.assertEqual(first, second)
        self.assertRegex(first, r"^v1:[0-9a-f]{16}$")
        self.assertNotEqual(first, fingerprint.fingerprint("contract", "missing_value", "no unit"))

    def test_the_published_value_does_not_drift(self):
        """Stored fingerprints must stay comparable: a change here needs a new VERSION."""
        self.assertEqual(
            fingerprint.fingerprint("transient", "http_503", "HTTP 503 from https://a.example/"),
            "v1:8f7bbb786df46e22",
        )

    def test_titles_are_short(self):
        self.assertEqual(fingerprint.title("http_503", "HTTP 503"), "http_503: HTTP <n>")
        self.assertEqual(fingerprint.title("http_503", ""), "http_503")
        self.assertEqual(len(fingerprint.title("x", "word " * 100)), 160)


@tagged("post_install", "-at_install")
class TestRedact(BaseCase):
    """Secrets stay out of logs and forms."""

    def test_headers(self):
        headers = {
            "Authorization": "Bearer abc",
            "webhook-signature": "v1,abc",
            "X-Hub-Signature-256": "sha256=abc",
            "X-Acme-Api-Key": "abc",
            "Set-Cookie": "sid=abc",
            "Proxy-Authorization": "Basic abc",
            "Content-Type": "application/json",
            "webhook-id": "msg_1",
            "traceparent": "00-1",
        }
        redacted = redact.redact_headers(headers)
        kept = {name for name, value in redacted.items() if value != redact.REDACTED}
        self.assertEqual(kept, {"Content-Type", "webhook-id", "traceparent"})
        self.assertEqual(headers["Authorization"], "Bearer abc")

    def test_texts(self):
        for text in (
            "Authorization: Bearer hunter2hunter2",
            "basic aHVudGVyMjpodW50ZXIy hunter",
            "key whsec_hunter2hunter2 is wrong",
            '{"password": "hunter2"}',
            "client_secret=hunter2&grant=1",
            "https://user:hunter2@a.example/",
            "jwt eyJhunter2.eyJhunter2.hunter2",
        ):
            self.assertNotIn("hunter2", redact.redact_text(text), text)

    def test_log_lines_cannot_be_forged(self):
        text = redact.redact_text("bad\r\n2026-01-01 INFO all is well\x00\x1b[2J\u202e")
        self.assertEqual(text, "bad 2026-01-01 INFO all is well [2J")

    def test_limit(self):
        self.assertEqual(redact.redact_text("word " * 10, 8), "word wo\u2026")
        self.assertEqual(len(redact.redact_text("x" * 10**7)), 500)


@tagged("post_install", "-at_install")
class TestPartition(BaseCase):
    """The same lane on every machine."""

    def test_published_values(self):
        """A change would move keys to other lanes while old messages wait on theirs."""
        self.assertEqual(partition.partition_hash(""), 309448485)
        self.assertEqual(partition.partition_hash("PO00042"), 488210664)
        self.assertIsInstance(partition.partition_hash("\ud800"), int)
