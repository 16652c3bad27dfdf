# A store of tokens is no model.
# pylint: disable=method-required-super
import base64
import json
import time
from datetime import datetime
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.engine import obstacles, settings
from odoo.addons.integration_core.engine.access import Tokens
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools import errors, keyring
from odoo.addons.integration_core.tools.cloudevents import parse_structured
from odoo.addons.integration_core.tools.http_client import HttpResponse
from odoo.addons.integration_core.tools.http_proxy import ProxyRefused
from odoo.addons.integration_core.tools.keyring import KeyRing
from odoo.addons.integration_core.tools.oauth2 import Token
from odoo.addons.integration_core.tools.tls import TlsUnusable
from odoo.addons.integration_core.tools.token_cache import TokenCache
from odoo.addons.integration_webhooks.engine import bodies, sender
from odoo.addons.integration_webhooks.engine.bodies import Writer
from odoo.addons.integration_webhooks.tools.envelopes import Envelope
from odoo.addons.integration_webhooks.tools.signers.base import Unsigned


def outgoing(number=1, **values):
    return Outgoing(
        **{
            "id": number,
            "uuid": f"m-{number}",
            "attempt": 1,
            "message_type": "test.thing",
            "external_key": f"e-{number}",
            "occurred_at": datetime(2026, 11, 22, 10, 0, 0, 250000),
            "document": {"a": str(number)},
            "correlation_id": "c-1",
            "trace_parent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "sequence_number": number,
            "res_model": "res.partner",
            "res_id": 7,
            **values,
        }
    )


def answer(status, body=b"", **headers):
    return HttpResponse(status, headers, body, False, 0.1, "192.0.2.1")


class Partner:
    """In the place of the HTTP client; keeps what it was sent."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def send(self, request):
        self.requests.append(request)
        found = self.answers.pop(0) if self.answers else answer(202)
        if isinstance(found, Exception):
            raise found
        return found


@tagged("post_install", "-at_install")
class TestBodies(TransactionCase):
    """What a request carries."""

    def _body(self, form, *messages, **options):
        writer = Writer(Envelope(form), "https://odoo.example", **options)
        return writer.body_of(messages or [outgoing()])

    def test_structured(self):
        body = self._body("structured")
        self.assertEqual(body.headers["content-type"], "application/cloudevents+json")
        event = parse_structured(json.loads(body.content))
        self.assertEqual((event.id, event.type), ("e-1", "test.thing"))
        self.assertEqual(event.source, "https://odoo.example")
        self.assertEqual(event.time, "2026-11-22T10:00:00.250Z")
        self.assertEqual(event.subject, "res.partner/7")
        self.assertEqual(event.data, {"a": "1"})
        self.assertEqual(event.extensions["sequence"], "1")
        self.assertEqual(event.extensions["correlationid"], "c-1")

    def test_binary(self):
        body = self._body("binary", outgoing(message_type="tést %"))
        self.assertEqual(body.content, b'{"a":"1"}')
        self.assertEqual(body.headers["content-type"], "application/json")
        self.assertEqual(body.headers["ce-id"], "e-1")
        self.assertEqual(body.headers["ce-specversion"], "1.0")
        self.assertEqual(body.headers["ce-type"], "t%C3%A9st%20%25")

    def test_batch(self):
        body = self._body("batch", outgoing(1), outgoing(2))
        self.assertEqual(body.headers["content-type"], "application/cloudevents-batch+json")
        events = json.loads(body.content)
        self.assertEqual([one["id"] for one in events], ["e-1", "e-2"])
        self.assertEqual([json.loads(part) for part in body.parts], events)
        again = self._body("batch", outgoing(1), outgoing(2))
        self.assertEqual(again.id, body.id, "a repetition is known by its id")
        self.assertNotEqual(self._body("batch", outgoing(1)).id, body.id)

    def test_a_batch_is_closed_before_it_grows_too_large(self):
        large = {"a": "x" * 400_000}
        messages = [outgoing(number, document=large) for number in range(1, 5)]
        body = self._body("batch", *messages)
        self.assertEqual(len(body.parts), 2)
        self.assertLess(len(body.content), bodies.MAX_BATCH_BYTES)
        huge = outgoing(document={"a": "x" * 2_000_000})
        self.assertEqual(len(self._body("batch", huge).parts), 1, "alone, it is sent")

    def test_a_message_that_cannot_be_written_fails_alone(self):
        wrong = outgoing(2, message_type="")
        body = self._body("batch", outgoing(1), wrong, outgoing(3))
        self.assertEqual(len(body.parts), 1)
        with self.assertRaises(errors.ContractError):
            self._body("batch", wrong, outgoing(3))

    def test_only_what_it_is_about(self):
        for form in ("standard", "structured"):
            content = json.loads(self._body(form, thin=True).content)
            self.assertEqual(content["data"]["link"], "https://odoo.example/odoo/res.partner/7")
            self.assertNotIn("a", content["data"])
        test = self._body("standard", outgoing(message_type="integration.test"), thin=True)
        self.assertEqual(json.loads(test.content)["data"], {"a": "1"})

    def test_private_documents_are_not_named_outside_of_the_content(self):
        self.assertNotIn("ce-subject", self._body("binary", discreet=True).headers)


@tagged("post_install", "-at_install")
class TestRequests(TransactionCase):
    """The whole way from the fields of an interface to what leaves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: ring))
        cls.env["integration.encryption.key"].search([]).unlink()
        cls.interface = cls.env["integration.interface"].create(
            {
                "name": "Outbound",
                "system_id": cls.env["integration.system"]
                .create({"name": "Partner", "code": "PARTNER"})
                .id,
                "transport": "webhook",
                "url": "https://partner.example.com/hook",
                "credential_id": cls._credential("hmac", generate=True).id,
                "policy_id": cls.env["integration.policy"].create({"name": "Test"}).id,
            }
        )

    @classmethod
    def _credential(cls, kind, secret="", *, terms=None, **values):
        credential = cls.env["integration.credential"].create(
            {"name": f"A {kind}", "kind": kind, **(terms or {})}
        )
        credential.rotate(values, secret)
        return credential

    def _send(self, *messages, partner=None):
        partner = partner or Partner()
        self.patch(sender, "client", partner)
        found = self.interface._transport()._sender(self.interface)
        return found.send_batch(list(messages) or [outgoing()]), partner.requests

    def test_as_before(self):
        [outcome], [request] = self._send()
        self.assertEqual((outcome.error, outcome.http_status), (None, 202))
        headers = request.headers
        self.assertEqual(headers["webhook-id"], "e-1")
        self.assertTrue(headers["webhook-signature"].startswith("v1,"))
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(headers["x-webhook-sequence"], "1")
        self.assertEqual(headers["x-correlation-id"], "c-1")
        self.assertEqual(outcome.sent, request.body)
        self.assertIsNone(request.proxy)

    def test_further_headers_never_replace_ours(self):
        self.interface.webhook_headers = "X-Hospital: General"
        _outcomes, [request] = self._send()
        self.assertEqual(request.headers["x-hospital"], "General")

    def test_an_access_beside_the_signature(self):
        self.interface.webhook_access_id = self._credential("bearer", "t" * 30)
        _outcomes, [request] = self._send()
        self.assertEqual(request.headers["authorization"], f"Bearer {'t' * 30}")
        self.assertIn("webhook-signature", request.headers)

    def test_a_credential_that_does_not_sign_alone(self):
        self.interface.credential_id = self._credential(
            "basic", "a very good password", login="odoo"
        )
        _outcomes, [request] = self._send()
        pair = base64.b64encode(b"odoo:a very good password").decode()
        self.assertEqual(request.headers["authorization"], f"Basic {pair}")
        self.assertNotIn("webhook-signature", request.headers)
        self.assertEqual(request.headers["webhook-id"], "e-1")

    def test_the_way(self):
        self.interface.write(
            {
                "webhook_proxy": "http://proxy.example:3128",
                "webhook_proxy_exceptions": "*.hospital.example",
            }
        )
        _outcomes, [request] = self._send()
        self.assertEqual((request.proxy.host, request.proxy.port), ("proxy.example", 3128))
        self.assertEqual(request.allowed_hosts, ("partner.example.com",))
        self.assertFalse(request.proxy.serves("a.hospital.example"))

    def test_batches(self):
        self.interface.write({"webhook_envelope": "batch", "webhook_batch_size": 3})
        self.assertEqual(self.interface._transport()._batch_size(self.interface), 3)
        outcomes, [request] = self._send(outgoing(1), outgoing(2))
        self.assertEqual(len(outcomes), 2)
        self.assertEqual([one.http_status for one in outcomes], [202, 202])
        self.assertNotIn("x-webhook-sequence", request.headers)
        self.assertEqual([json.loads(one.sent)["id"] for one in outcomes], ["e-1", "e-2"])
        refused, _requests = self._send(
            outgoing(1), outgoing(2), partner=Partner(answer(503, **{"retry-after": "9"}))
        )
        self.assertEqual([one.error.retry_after for one in refused], [9, 9])

    def test_faults(self):
        for found, fault in (
            (answer(422), "own"),
            (answer(500), "partner"),
            (errors.TransientError("no", code="connect_failed"), "partner"),
            (errors.TransientError("no", code="proxy_failed"), "own"),
        ):
            [outcome], _requests = self._send(partner=Partner(found))
            self.assertEqual(outcome.error.fault, fault)

    def test_unknown_exceptions_are_outcomes_and_say_nothing(self):
        with self.assertLogs("odoo.addons.integration_webhooks.engine.sender", "ERROR") as logs:
            [outcome], _requests = self._send(partner=Partner(RuntimeError("Jane Doe")))
        self.assertEqual(outcome.error.code, "internal_error")
        self.assertNotIn("Jane", str(logs.output) + outcome.error.message)

    def test_what_the_partner_repeats_of_our_secrets_is_not_kept(self):
        self.interface.webhook_access_id = self._credential(
            "header", "k1/ey-of ours", terms={"header_name": "X-Hospital"}
        )
        [outcome], [request] = self._send(partner=Echo())
        for secret in ("k1/ey-of ours", request.headers["webhook-signature"], "abc"):
            self.assertNotIn(secret.encode(), outcome.response)
        self.assertTrue(outcome.response.startswith("<p>\xe9 ".encode()), "the rest stays")
        self.assertTrue(outcome.response.endswith(b"\xff"))
        self.assertIn(b"webhook-id: e-1\r\n", outcome.response)

    # -- tokens ----------------------------------------------------------------------------

    def _tokens(self, partner, *answers):
        """An access whose token address gives ``answers``, and a store in memory."""
        credential = self._credential(
            "oauth2",
            "s" * 32,
            terms={"client_id": "us", "token_url": "https://login.example.com/token"},
        )
        proof = credential._proofs()[0]
        server = Partner(*answers)
        access = Tokens(TokenCache(_Memory()), server, "key", proof, {"total_timeout": 30})
        return access, server

    def _token(self, value):
        body = json.dumps({"access_token": value, "token_type": "Bearer", "expires_in": 600})
        return answer(200, body.encode())

    def _sender(self, access):
        endpoint = sender.Endpoint(
            "https://partner.example.com/hook",
            Writer(Envelope.STANDARD, "https://odoo.example"),
            Unsigned(),
            access,
        )
        return sender.WebhookSender(endpoint)

    def test_a_token_is_fetched_once_and_sent_along(self):
        partner = Partner()
        self.patch(sender, "client", partner)
        access, server = self._tokens(partner, self._token("one"))
        found = self._sender(access)
        found.make_ready()
        found(outgoing(1))
        found(outgoing(2))
        self.assertEqual(len(server.requests), 1)
        sent = [request.headers["authorization"] for request in partner.requests]
        self.assertEqual(sent, ["Bearer one"] * 2)

    def test_a_refused_token_is_replaced_at_once(self):
        partner = Partner(answer(401), answer(202))
        self.patch(sender, "client", partner)
        access, server = self._tokens(partner, self._token("one"), self._token("two"))
        with patch.object(time, "time", lambda: 1_900_000_000):
            access.make_ready()
        cache = access._cache
        cache._clock = lambda: 1_900_000_100
        outcome = self._sender(access)(outgoing())
        self.assertIsNone(outcome.error)
        sent = [request.headers["authorization"] for request in partner.requests]
        self.assertEqual(sent, ["Bearer one", "Bearer two"])
        self.assertEqual(len(server.requests), 2)

    def test_a_refusal_of_our_client_holds(self):
        refusal = answer(401, b'{"error": "invalid_client"}')
        access, _server = self._tokens(Partner(), refusal)
        with self.assertRaises(errors.ConfigurationError) as caught:
            self._sender(access).make_ready()
        self.assertTrue(caught.exception.holds)
        self.assertNotIn("sssss", caught.exception.message)

    def test_a_token_that_ends_meanwhile_is_no_fault_of_the_message(self):
        """Whether its server refuses us or is down: all messages wait, and none is spent."""
        for found in (
            answer(400, b'{"error": "invalid_client"}'),
            answer(401),
            answer(500),
            errors.TransientError("no", code="connect_failed"),
        ):
            partner = Partner()
            self.patch(sender, "client", partner)
            access, _server = self._tokens(partner, found)
            outcome = self._sender(access)(outgoing())
            self.assertTrue(outcome.error.holds)
            self.assertEqual(partner.requests, [])

    def test_what_is_wrong_with_our_way_holds(self):
        for found in (ProxyRefused(), TlsUnusable("no authority")):
            [outcome], _requests = self._send(partner=Partner(found))
            self.assertTrue(outcome.error.holds)
        [outcome], _requests = self._send(
            partner=Partner(errors.TransientError("no", code="proxy_failed"))
        )
        self.assertFalse(outcome.error.holds, "a proxy that is away is tried again")

    def test_an_authority_that_cannot_be_read_holds(self):
        """As it stands in the database: nobody could enter it like this."""
        self.env.cr.execute(
            "UPDATE integration_interface SET webhook_ca = 'damaged' WHERE id = %s",
            [self.interface.id],
        )
        self.interface.invalidate_recordset()
        self.interface.url = "https://127.0.0.1:9/hook"
        [outcome] = self.interface._transport()._sender(self.interface).send_batch([outgoing()])
        self.assertTrue(outcome.error.holds)
        self.assertEqual(outcome.error.code, "tls_configuration")

    def test_an_access_whose_certificate_ended_stands_in_the_way(self):
        self.interface.webhook_access_id = self._credential("bearer", "t" * 30)
        self.assertIsNone(obstacles.find(self.interface))
        self.interface.webhook_access_id.version_ids.sudo().certificate_ends_at = "2020-01-01"
        found = obstacles.find(self.interface)
        self.assertTrue(found.holds)
        self.assertIn("expired", found.message)


class Echo(Partner):
    """Answers with the headers that it was sent, and more."""

    def send(self, request):
        self.requests.append(request)
        echo = "\r\n".join(f"{name}: {value}" for name, value in request.headers.items())
        return answer(400, f'<p>\xe9 {echo}</p>, {{"token": "abc"}}'.encode() + b"\xff")


class _Memory:
    """A store of tokens in memory."""

    def read(self, _key):
        return None

    def locked(self, _key, _timeout):
        return _Shelf()


class _Shelf:
    def __enter__(self):
        return self

    def __exit__(self, *_exc_info):
        return None

    def read(self) -> Token | None:
        return None

    def write(self, token: Token) -> None:
        """It is kept by the cache."""
