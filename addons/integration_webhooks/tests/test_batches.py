import json
import time
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.integration_core.controllers import door_checks

from .inbound_case import InboundCase, hmac_hex


@tagged("post_install", "-at_install")
class TestBatches(InboundCase):
    def setUp(self):
        super().setUp()
        self.use("bearer", kind="bearer", secret="token-of-the-partner")

    def deliver(self, value, **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.send(body, Authorization="Bearer token-of-the-partner", **headers)

    def test_an_array_is_one_message_unless_the_interface_says_otherwise(self):
        self.assertIn("receipt", self.deliver([1, 2]).json())
        self.assertEqual(len(self.messages()), 1)

    def test_array_of_messages(self):
        self.change(items_form="array", items_options='{"id_path": "id"}')
        answer = self.deliver([{"id": "a"}, {"id": 7}, {"none": 1}])
        self.assertEqual(answer.status_code, 202)
        told = answer.json()["receipts"]
        messages = self.messages()
        self.assertEqual([one["receipt"] for one in told], messages.mapped("uuid"))
        self.assertEqual([one["id"] for one in told][:2], ["a", "7"])
        self.assertTrue(told[2]["id"].startswith("sha256:"))
        self.assertTrue(all(one["receipt_token"] for one in told))
        again = self.deliver([{"id": "a"}, {"id": 7}, {"none": 1}])
        self.assertEqual(again.json(), answer.json())
        self.assertEqual(len(self.messages()), 3)

    def test_items_of_one_request_with_one_key_and_two_contents(self):
        self.change(items_form="array", items_options='{"id_path": "id"}')
        told = self.deliver([{"id": "a", "n": 1}, {"id": "a", "n": 2}]).json()["receipts"]
        self.assertEqual(len({one["receipt"] for one in told}), 2)
        self.assertEqual(set(self.messages().mapped("state")), {"queued", "quarantined"})

    def test_too_many(self):
        self.change(items_form="array", items_options='{"max_items": 3}')
        self.assertEqual(self.deliver([1, 2, 3]).status_code, 202)
        self.assertEqual(self.deliver([1, 2, 3, 4]).status_code, 413)
        self.assertEqual(len(self.messages()), 3)

    def test_each_item_counts_for_the_rate(self):
        self.change(items_form="array")
        self.policy.write({"rate_per_second": 0.5, "rate_burst": 3})
        self.interface._configuration_changed()
        with patch.object(door_checks, "_limiter", type(door_checks._limiter)()):
            self.assertEqual(self.deliver([1, 2, 3]).status_code, 202)
            answer = self.deliver([4])
            self.assertEqual(answer.status_code, 429)
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)

    def test_what_is_no_array_is_one_message(self):
        self.change(items_form="array")
        self.assertIn("receipt", self.deliver({"a": 1}).json())
        self.assertIn("receipt", self.deliver(b"[1, 2").json())
        self.assertEqual(self.deliver([]).json(), {"status": "accepted", "receipts": []})
        self.assertEqual(len(self.messages()), 2)

    def batches(self):
        self.env["integration.batch"]._cron_settle()
        self.env.invalidate_all()
        found = self.env["integration.batch"].search(
            [("interface_id", "=", self.interface.id)], order="id"
        )
        return [(one.state, one.declared, one.absent_count, one.open_count) for one in found]

    def test_a_request_of_several_items_is_a_batch(self):
        self.change(items_form="array")
        for _time in range(2):
            self.deliver([1, 2, 3])
        self.deliver([4])
        self.assertEqual(self.batches(), [("open", 0, 0, 3)], "once, and not of a single item")

    def test_a_batch_that_announces_more_items_than_it_holds(self):
        options = {"member": "items", "count_path": "total"}
        self.change(items_form="array", items_options=json.dumps(options))
        self.deliver({"items": [1, 2], "total": 5})
        self.deliver({"items": [3], "total": 2})
        self.deliver({"items": [], "total": "4"})
        self.deliver({"items": [4, 5], "total": 2})
        # Neither a single item nor what is no count makes one.
        self.deliver({"items": [6], "total": 1})
        self.deliver({"items": [7], "total": "many"})
        self.deliver({"items": [8, 9], "total": -1})
        expected = [
            ("incomplete", 5, 3, 2),
            ("incomplete", 2, 1, 1),
            ("incomplete", 4, 4, 0),
            ("open", 2, 0, 2),
            ("open", 0, 0, 2),
        ]
        self.assertEqual(self.batches(), expected)

    def test_a_count_stands_beside_the_items(self):
        with self.assertRaises(ValidationError):
            self.change(items_form="array", items_options='{"count_path": "total"}')

    def test_cloudevents(self):
        event = {"specversion": "1.0", "source": "/shop", "type": "order", "data": {}}
        answer = self.deliver(
            [{**event, "id": "1"}, {**event, "id": "2"}],
            **{"Content-Type": "application/cloudevents-batch+json"},
        )
        self.assertEqual([one["id"] for one in answer.json()["receipts"]], ["/shop 1", "/shop 2"])
        payloads = self.messages().payload_ids
        self.assertEqual(set(payloads.mapped("content_type")), {"application/cloudevents+json"})


@tagged("post_install", "-at_install")
class TestHandshakes(InboundCase):
    def test_hub(self):
        self.use("github", webhook_handshake="hub")
        token = self.interface.verify_token
        query = f"?hub.mode=subscribe&hub.challenge=abc123&hub.verify_token={token}"
        answer = self.send(None, "GET", query)
        self.assertEqual((answer.status_code, answer.text), (200, "abc123"))
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        answer = self.send(None, "GET", query + "x")
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.send(None, "GET").status_code, 405)

    def test_cloudevents(self):
        self.use(
            "github",
            webhook_handshake="cloudevents",
            handshake_options='{"origins": ["eventgrid.azure.net"]}',
        )
        origin = {"WebHook-Request-Origin": "eventgrid.azure.net"}
        answer = self.send(None, "OPTIONS", **origin)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["WebHook-Allowed-Origin"], "eventgrid.azure.net")
        origin = {"WebHook-Request-Origin": "evil.example"}
        self.assertEqual(self.send(None, "OPTIONS", **origin).status_code, 403)

    def test_graph(self):
        self.use("bearer", kind="bearer", secret="token-of-the-partner", webhook_handshake="graph")
        answer = self.send(
            b"", query="?validationToken=Hello%20there", **{"Content-Type": "text/plain"}
        )
        self.assertEqual((answer.status_code, answer.text), (200, "Hello there"))
        self.assertIn("text/plain", answer.headers["Content-Type"])
        self.assertFalse(self.messages())

    def test_nothing_is_agreed_before_the_approval_or_in_a_copy(self):
        self.use("bearer", kind="bearer", secret="token-of-the-partner", webhook_handshake="graph")
        query = "?validationToken=Hello"
        for column, value in (("state", "draft"), ("awaits_release", True), ("active", False)):
            self.env.cr.execute(
                f"UPDATE integration_interface SET {column} = %s WHERE id = %s",
                [value, self.interface.id],
            )
            self.interface.invalidate_recordset()
            self.interface._configuration_changed()
            self.assertIn(self.send(b"", query=query).status_code, (401, 405), column)
            self.env.cr.execute(
                "UPDATE integration_interface SET state = 'active', active = true, "
                "awaits_release = false WHERE id = %s",
                [self.interface.id],
            )
            self.interface.invalidate_recordset()

    def test_zoom(self):
        self.use("zoom")
        body = b'{"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}}'
        now = int(time.time())
        headers = {
            "x-zm-request-timestamp": str(now),
            "x-zm-signature": f"v0={hmac_hex(b'v0:%d:%s' % (now, body))}",
        }
        answer = self.send(body, **headers)
        self.assertEqual(answer.json(), {"plainToken": "abc", "encryptedToken": hmac_hex(b"abc")})
        headers["x-zm-signature"] = "v0=" + "0" * 64
        self.assertEqual(self.send(body, **headers).status_code, 401, "not for strangers")
        self.assertFalse(self.messages())

    def test_slack(self):
        self.use("slack")
        body, now = b'{"type": "url_verification", "challenge": "xyz"}', int(time.time())
        headers = {
            "X-Slack-Request-Timestamp": str(now),
            "X-Slack-Signature": f"v0={hmac_hex(b'v0:%d:%s' % (now, body))}",
        }
        self.assertEqual(self.send(body, **headers).text, "xyz")
