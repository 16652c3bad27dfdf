import json
import time
from types import SimpleNamespace
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged

from odoo.addons.integration_core.controllers import door_accept, door_checks
from odoo.addons.integration_core.engine import backlog, intake, outside, settings
from odoo.addons.integration_core.mixins.revised import APPROVED
from odoo.addons.integration_core.tools import codecs, keyring, net_guard
from odoo.addons.integration_core.tools.keyring import KeyRing
from odoo.addons.integration_webhooks.controllers.webhook import WebhookController
from odoo.addons.integration_webhooks.tools.standard_webhooks import Secret, signed_headers


@tagged("post_install", "-at_install")
class TestDoor(HttpCase):
    """The door over real HTTP; what needs several workers is in the repository's tests/e2e."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: ring))
        cls.secret = Secret.generate()
        system = cls.env["integration.system"].create({"name": "Partner", "code": "PARTNER"})
        credential = cls.env["integration.credential"].create(
            {"name": "Shared", "version_ids": [(0, 0, {"secret": cls.secret.serialise()})]}
        )
        cls.interface = cls.env["integration.interface"].create(
            {
                "name": "Inbound",
                "system_id": system.id,
                "direction": "inbound",
                "transport": "webhook",
                "credential_id": credential.id,
                "policy_id": cls.env["integration.policy"].create({"name": "Test"}).id,
            }
        )
        cls._set_state("active")
        cls.env["integration.arming"]._remember("The tests' own database")

    @classmethod
    def _set_state(cls, state):
        # below the ORM: core has no handler that would make the interface complete
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = %s, handler = 'integration.handler' "
            "WHERE id = %s",
            [state, cls.interface.id],
        )
        cls.interface.invalidate_recordset()
        cls.interface._configuration_changed()

    def change(self, **values):
        """What a second person has approved."""
        self.interface.with_context(**{APPROVED: True}).write(values)

    def post(self, body=b'{"a": 1}', key="m1", headers=None, token=None, **override):
        signed = signed_headers(self.secret, key, int(time.time()), body)
        return self.url_open(
            f"/integration/webhook/{token or self.interface.token}",
            data=body,
            headers={"Content-Type": "application/json", **signed, **(headers or {}), **override},
        )

    def _messages(self):
        self.env.invalidate_all()
        return self.env["integration.message"].search([("interface_id", "=", self.interface.id)])

    def test_signed_delivery_is_stored_and_gets_a_receipt(self):
        answer = self.post(headers={"x-correlation-id": "order-7"})
        self.assertEqual(answer.status_code, 202)
        message = self._messages()
        told = answer.json()
        self.assertEqual((told["status"], told["receipt"]), ("accepted", message.uuid))
        self.assertEqual(message.correlation_id, "order-7")
        self.assertEqual(message.payload_ids.content, json.dumps({"a": 1}, indent=2))
        self.assertEqual(self.post().json(), answer.json(), "a duplicate gets the same receipt")
        self.assertEqual(len(self._messages()), 1)

    def test_the_method_of_the_route_carries_its_signature(self):
        """Otherwise Odoo works it out for each request."""
        endpoint = WebhookController.receive.original_endpoint
        self.assertEqual(list(endpoint.__signature__.parameters), ["self", "token"])

    def test_refusals_do_not_tell_why(self):
        body = b'{"a": 1}'
        old = signed_headers(self.secret, "m1", int(time.time()) - 4000, body)
        foreign = signed_headers(Secret.generate(), "m1", int(time.time()), body)
        answers = [
            self.post(headers=old),
            self.post(headers=foreign),
            self.post(**{"webhook-signature": "v1,nonsense"}),
            self.post(**{"webhook-timestamp": "soon"}),
        ]
        self.assertEqual({answer.status_code for answer in answers}, {401})
        self.assertEqual(len({answer.text for answer in answers}), 1)
        self.assertFalse(self._messages())

    def test_unknown_token_content_type_and_size(self):
        self.assertEqual(self.post(token="unknown").status_code, 404)
        self.assertEqual(self.post(**{"Content-Type": "text/xml"}).status_code, 415)
        self.assertEqual(self.post(b"x" * (codecs.DEFAULT_BODY + 1)).status_code, 413)
        self.assertEqual(self.post(b" " * (codecs.DEFAULT_BODY - 1) + b"1").status_code, 202)
        self.assertEqual(len(self._messages()), 1)

    def test_errors_are_problem_details(self):
        answer = self.post(token="unknown")
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json()["status"], 404)

    def test_closed_doors(self):
        self.interface.action_stop_receiving()
        answer = self.post()
        self.assertEqual(answer.status_code, 503)
        self.assertGreater(int(answer.headers["Retry-After"]), 0)
        self.interface.action_resume()
        self.assertEqual(self.post().status_code, 202)
        for state, status in (("draft", 503), ("retired", 410)):
            self._set_state(state)
            self.assertEqual(self.post().status_code, status)
        self.assertEqual(len(self._messages()), 1)

    def test_deprecated_interface_warns_its_caller(self):
        self._set_state("deprecated")
        self.interface.sunset_date = "2027-01-31"
        answer = self.post()
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(answer.headers["Sunset"], "Sun, 31 Jan 2027 00:00:00 GMT")
        self.assertTrue(answer.headers["Deprecation"].startswith("@"))

    def test_rate_limit(self):
        self.interface.policy_id.write({"rate_per_second": 0.5, "rate_burst": 2})
        with patch.object(door_checks, "_limiter", type(door_checks._limiter)()):
            statuses = [self.post(key=f"m{number}").status_code for number in range(3)]
            self.assertEqual(statuses, [202, 202, 429])
            self.assertGreaterEqual(int(self.post(key="m9").headers["Retry-After"]), 1)

    def test_lost_key_ring_keeps_the_message_at_the_partner(self):
        def missing():
            raise keyring.KeyRingMissing("no key ring is configured")

        with patch.object(settings, "key_ring", missing):
            self.assertEqual(self.post().status_code, 503)

    def test_source_networks(self):
        self.change(source_networks="192.0.2.0/24")
        refused = self.post()
        self.assertEqual(refused.status_code, 404)
        unknown = self.post(token="unknown")
        self.assertEqual(refused.text, unknown.text, "nothing tells the two apart")
        self.assertEqual(set(refused.headers), set(unknown.headers))
        # Whoever is no trusted proxy cannot claim another address.
        self.assertEqual(self.post(**{"X-Forwarded-For": "192.0.2.7"}).status_code, 404)
        self._trust("127.0.0.0/8")
        self.assertEqual(self.post(**{"X-Forwarded-For": "192.0.2.7"}).status_code, 202)
        self.assertEqual(
            self.post(**{"X-Forwarded-For": "192.0.2.7, 198.51.100.1"}).status_code, 404
        )
        self.assertEqual(self.post(**{"X-Forwarded-For": "nobody"}).status_code, 404)
        self.assertEqual(self.post().status_code, 404, "the proxy itself is not the partner")

    def _trust(self, networks):
        proxies = net_guard.parse_networks(networks)
        self.startPatcher(patch.object(settings, "trusted_proxies", lambda: proxies))

    def test_body_limit_of_the_interface(self):
        self.change(body_limit=2)
        self.assertEqual(self.post(b"1" * 2049).status_code, 413)
        self.assertEqual(self.post(b"1" * 2048).status_code, 202)
        self.change(body_limit=10240)
        large = b" " * (3 * codecs.DEFAULT_BODY) + b"1"
        self.assertEqual(self.post(large, key="large").status_code, 202)
        with self.assertRaises(ValidationError):
            self.change(body_limit=10241)

    def test_other_methods(self):
        for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
            answer = self.opener.request(
                method, f"{self.base_url()}/integration/webhook/{self.interface.token}"
            )
            self.assertEqual((answer.status_code, answer.headers["Allow"]), (405, "POST"), method)
            unknown = self.opener.request(method, f"{self.base_url()}/integration/webhook/unknown")
            self.assertEqual(unknown.status_code, 404, method)

    # -- receipts --------------------------------------------------------------------------

    def ask(self, receipt, token=None, path=None):
        headers = {"Authorization": f"Bearer {token or receipt['receipt_token']}"}
        return self.url_open(
            f"/integration/webhook/{path or self.interface.token}/receipts/{receipt['receipt']}",
            headers=headers,
        )

    def test_receipt_tells_how_far_a_message_is(self):
        receipt = self.post().json()
        answer = self.ask(receipt)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["status"], "received")
        self.assertEqual(answer.json()["receipt"], receipt["receipt"])
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(set(answer.json()), {"receipt", "status", "received_at"})

    def test_receipt_is_for_whoever_has_its_token(self):
        one, two = self.post(key="m1").json(), self.post(key="m2").json()
        wrong = [
            self.ask(one, two["receipt_token"]),
            self.ask(one, "nonsense"),
            self.ask({"receipt": "never-heard", "receipt_token": one["receipt_token"]}),
            self.url_open(f"/integration/webhook/{self.interface.token}/receipts/{one['receipt']}"),
        ]
        self.assertEqual({answer.status_code for answer in wrong}, {401})
        self.assertEqual(len({answer.text for answer in wrong}), 1)
        self.assertEqual(self.ask(one, path="unknown").status_code, 404)

    def test_questions_about_receipts_are_limited(self):
        receipt = self.post().json()
        limiter = type(door_checks._limiter)()
        with (
            patch.object(door_checks, "_limiter", limiter),
            patch.object(door_checks, "RECEIPT_RATE", 0.5),
            patch.object(door_checks, "RECEIPT_BURST", 2),
        ):
            found = [self.ask(receipt).status_code for _each in range(3)]
            self.assertEqual(found, [200, 200, 429])
            self.assertEqual(self.post(key="m2").status_code, 202, "deliveries go on")

    # -- back-pressure ---------------------------------------------------------------------

    def test_old_queue_leaves_messages_with_their_sender(self):
        self.change(backlog_limit=60)
        backlog.forget()
        self.addCleanup(backlog.forget)
        self.assertEqual(self.post(key="m1").status_code, 202)
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = created_at - interval '2 minutes', "
            "available_at = available_at - interval '2 minutes' WHERE interface_id = %s",
            [self.interface.id],
        )
        backlog.forget()
        answer = self.post(key="m2")
        self.assertEqual(answer.status_code, 503)
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 60)
        self.assertEqual(
            self.post(key="m3", **{"webhook-signature": "v1,nonsense"}).status_code, 401
        )
        self.change(backlog_limit=0)
        self.assertEqual(self.post(key="m2").status_code, 202)

    def test_the_journal_knows_ids_of_clinical_messages_as_pseudonyms(self):
        """Senders make ids of visit numbers; the journal lies outside of what is encrypted."""
        told = []
        self.change(data_class="clinical")
        spec, ring = self.interface._inbound_spec(), settings.key_ring()
        one = intake.Incoming("visit-4711", "", b"{}", "application/json", "c1", None)
        receipt = intake.store(self.env.cr, spec, one, ring)
        of_request = SimpleNamespace(env=self.env)
        with (
            patch.object(door_accept, "request", of_request),
            patch.object(outside, "note", lambda *args: told.append(args)),
        ):
            door_accept.after_commit(spec, [one], [receipt], ring)
            self.env.cr.postcommit.run()
        ((_database, _kind, interface, (row,)),) = told
        self.assertEqual((interface, row[0]), (self.interface.id, receipt.uuid))
        self.assertTrue(row[1].startswith(intake.PSEUDONYM))
        self.assertNotIn("4711", "".join(row))
