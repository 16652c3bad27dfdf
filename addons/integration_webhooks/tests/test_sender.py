from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, TransactionCase, tagged

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.http_client import HttpResponse
from odoo.addons.integration_core.tools.keyring import KeyRing
from odoo.addons.integration_webhooks.engine.bodies import Writer
from odoo.addons.integration_webhooks.tools import answers
from odoo.addons.integration_webhooks.tools.envelopes import Envelope


def answer(status, **headers):
    return HttpResponse(status, headers, b"", False, 0.1, "192.0.2.1")


@tagged("post_install", "-at_install")
class TestRefusal(BaseCase):
    """What an HTTP answer means for the message."""

    def test_classes(self):
        expected = {
            200: None,
            202: None,
            302: "permanent",
            400: "permanent",
            401: "transient",
            404: "transient",
            422: "permanent",
            408: "transient",
            410: "permanent",
            429: "throttled",
            500: "transient",
            503: "throttled",
        }
        for status, error_class in expected.items():
            with self.subTest(status):
                error = answers.refusal(answer(status))
                self.assertEqual(error and str(error.error_class), error_class)

    def test_retry_after(self):
        error = answers.refusal(answer(429, **{"retry-after": "120"}))
        self.assertEqual(error.retry_after, 120)
        self.assertIsNone(answers.refusal(answer(503, **{"retry-after": "soon"})).retry_after)


@tagged("post_install", "-at_install")
class TestWebhookTransport(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: ring))
        cls.credential = cls.env["integration.credential"].create({"name": "Shared"})
        cls.credential.rotate({"generate": True})
        cls.interface = cls.env["integration.interface"].create(
            {
                "name": "Outbound",
                "system_id": cls.env["integration.system"]
                .create({"name": "Partner", "code": "PARTNER"})
                .id,
                "transport": "webhook",
                "credential_id": cls.credential.id,
                "policy_id": cls.env["integration.policy"].create({"name": "Test"}).id,
            }
        )

    def _missing(self, **values):
        self.interface.write(values)
        return " ".join(self.interface._missing_for_traffic())

    def test_address_is_checked_before_approval(self):
        self.assertIn("URL is empty", self._missing(url=False))
        self.assertNotIn("https", self._missing(url="https://partner.example.com/hook"))
        self.assertIn("https", self._missing(url="http://partner.example.com/hook"))

    def test_plain_http_is_for_this_machine_and_never_clinical(self):
        self.interface.url = "http://127.0.0.1:8071/orders"
        self.assertTrue(self.interface._plaintext_allowed())
        self.interface.data_class = "clinical"
        self.assertFalse(self.interface._plaintext_allowed())
        self.interface.data_class = "internal"
        self.interface.url = "http://10.0.0.5/orders"
        self.assertFalse(self.interface._plaintext_allowed())

    def test_secret_that_cannot_sign_is_refused_when_entered(self):
        with self.assertRaises(ValidationError) as caught:
            self.credential.version_ids = [(0, 0, {"secret": "too short"})]
        self.assertNotIn("too short", str(caught.exception))

    def test_private_address_is_not_called_without_an_entry(self):
        self.interface.url = "http://127.0.0.1:9/orders"
        sender = self.interface._transport()._sender(self.interface)
        outcome = sender(self._outgoing())
        self.assertEqual(str(outcome.error.error_class), "configuration")

    def test_envelope(self):
        self.assertEqual(
            Writer(Envelope.STANDARD, "https://odoo.example").body_of([self._outgoing()]).content,
            b'{"data":{"a":"1"},"timestamp":"2026-11-22T10:00:00.250Z","type":"test.thing"}',
        )

    def _outgoing(self):
        return Outgoing(
            id=1,
            uuid="m",
            attempt=1,
            message_type="test.thing",
            external_key="e-1",
            occurred_at=datetime(2026, 11, 22, 10, 0, 0, 250000),
            document={"a": "1"},
            correlation_id="c",
            trace_parent=None,
        )
