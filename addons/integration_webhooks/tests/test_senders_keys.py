import base64
import json
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.integration_webhooks.engine import key_fetching

from .inbound_case import InboundCase, Network, Signer


@tagged("post_install", "-at_install")
class TestKeysOfSenders(InboundCase):
    """Keys are fetched beside the door; the network is replaced, the rest is real."""

    URL = "https://partner.example/keys"

    def setUp(self):
        super().setUp()
        self.network = Network()
        self.startPatcher(patch.object(key_fetching, "_client", self.network))
        cursors = "odoo.addons.integration_webhooks.models.integration_webhook_key.commit"
        self.startPatcher(patch(cursors, lambda _cr: None))
        options = {"issuers": ["partner"], "audiences": ["us"]}
        self.use("jwt", options, secret=None, jwks_url=self.URL)

    def publish(self, *signers):
        keys = [signer.published() for signer in signers]
        self.network.body = json.dumps({"keys": keys}).encode()

    def fetch(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env["integration.webhook.key"]._cron_fetch()
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        return self.env["integration.webhook.key"].search([])

    def deliver(self, signer, **claims):
        return self.send(Authorization=f"Bearer {signer.token(**claims)}")

    def test_key_set_is_fetched_and_used(self):
        one = Signer("one")
        self.publish(one)
        answer = self.deliver(one)
        self.assertEqual(answer.status_code, 503, "no key yet: the partner keeps the message")
        self.assertTrue(answer.headers["Retry-After"])
        self.assertFalse(self.network.calls, "no call while the partner waits")
        key = self.fetch()
        self.assertEqual([request.url for request in self.network.calls], [self.URL])
        self.assertTrue(key.fetched_at)
        self.assertFalse(key.wanted_at)
        self.assertEqual(self.deliver(one).status_code, 202)
        self.assertEqual(self.messages().external_key, "t1")
        self.assertEqual(self.deliver(one, aud="somebody").status_code, 401)

    def test_new_key_of_the_partner(self):
        one, two = Signer("one"), Signer("two")
        self.publish(one)
        self.fetch()
        self.publish(one, two)
        self.assertEqual(self.deliver(two).status_code, 401, "looked a moment ago")
        self.env["integration.webhook.key"].search([]).write({"tried_at": "2026-01-01 00:00:00"})
        self.env.flush_all()
        self.assertEqual(self.deliver(two).status_code, 503)
        self.fetch()
        self.assertEqual(self.deliver(two).status_code, 202)

    def test_failure_keeps_what_was_fetched(self):
        one = Signer("one")
        self.publish(one)
        self.fetch()
        self.network.status = 500
        self.env["integration.webhook.key"].search([]).write({"tried_at": "2026-01-01 00:00:00"})
        key = self.fetch()
        self.assertIn("500", key.error)
        self.assertEqual(self.deliver(one).status_code, 202)
        self.assertIn("500", self.interface.key_set_state)

    def test_what_is_no_key_set(self):
        for body in (b"<html>", b"{}", b'{"keys": []}', b"\xff", b'{"keys": 1}'):
            self.network.body = body
            self.env["integration.webhook.key"].search([]).unlink()
            key = self.fetch()
            self.assertFalse(key.content, body)
            self.assertTrue(key.error, body)

    def test_copies_and_drafts_call_nobody(self):
        for column, value in (("state", "draft"), ("awaits_release", True)):
            self.env.cr.execute(
                f"UPDATE integration_interface SET {column} = %s WHERE id = %s",
                [value, self.interface.id],
            )
            self.interface.invalidate_recordset()
            self.fetch()
            self.env.cr.execute(
                "UPDATE integration_interface SET state = 'active', awaits_release = false "
                "WHERE id = %s",
                [self.interface.id],
            )
            self.interface.invalidate_recordset()
        self.assertFalse(self.network.calls)

    def test_address_that_is_no_longer_named_is_forgotten(self):
        self.publish(Signer("one"))
        self.assertEqual(len(self.fetch()), 1)
        self.change(jwks_url=False)
        self.assertFalse(self.fetch())

    def test_strangers_cannot_make_us_fetch_without_end(self):
        for number in range(3 * key_fetching.MOST):
            key_fetching.want(self.env, self.interface.id, "certificate", f"https://x/{number}")
        self.assertEqual(len(self.env["integration.webhook.key"].search([])), key_fetching.MOST)
        self.network.status = 404
        self.fetch()
        self.env.cr.execute(
            "UPDATE integration_webhook_key SET tried_at = tried_at - interval '1 hour'"
        )
        kinds = set(self.fetch().mapped("kind"))
        self.assertEqual(kinds, {"jwks"}, "what could not be fetched takes nobody's place")


@tagged("post_install", "-at_install")
class TestSns(InboundCase):
    """Amazon SNS with a certificate of our own making; only the address is Amazon's."""

    TOPIC = "arn:aws:sns:eu-west-1:123456789012:orders"
    CERTIFICATE = (
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-"
        "0123456789abcdef0123456789abcdef.pem"
    )
    CONFIRM = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc"

    def setUp(self):
        super().setUp()
        self.network = Network()
        self.startPatcher(patch.object(key_fetching, "_client", self.network))
        for module in ("integration_webhook_key", "integration_webhook_subscription"):
            self.startPatcher(
                patch(f"odoo.addons.integration_webhooks.models.{module}.commit", lambda _cr: None)
            )
        self.key = rsa.generate_private_key(65537, 2048)
        self.network.body = self._certificate()
        self.use("aws_sns", {"topics": [self.TOPIC]}, secret=None)

    def _certificate(self):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns")])
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(self.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    def notice(self, kind="Notification", **members):
        message = {
            "Type": kind,
            "MessageId": "m-1",
            "TopicArn": self.TOPIC,
            "Message": "{}",
            "Timestamp": datetime.now(UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "SignatureVersion": "2",
            "SigningCertURL": self.CERTIFICATE,
            **members,
        }
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        message["Signature"] = base64.b64encode(signature).decode()
        return self.send(
            json.dumps(message).encode(), **{"Content-Type": "text/plain; charset=UTF-8"}
        )

    def cron(self, model, method):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            getattr(self.env[model], method)()
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def test_first_message_waits_for_the_certificate(self):
        answer = self.notice()
        self.assertEqual(answer.status_code, 503)
        self.assertFalse(self.network.calls, "no call while the sender waits")
        self.cron("integration.webhook.key", "_cron_fetch")
        self.assertEqual([call.url for call in self.network.calls], [self.CERTIFICATE])
        self.assertEqual(self.notice().status_code, 202)
        self.assertEqual(self.messages().external_key, "m-1")

    def test_certificate_of_somebody_else_is_not_fetched(self):
        for url in ("https://evil.example/a.pem", "http://169.254.169.254/a.pem"):
            self.assertEqual(self.notice(SigningCertURL=url).status_code, 401)
        self.assertFalse(self.env["integration.webhook.key"].search([]))

    def test_subscription_is_confirmed_by_a_person(self):
        self.env["integration.webhook.key"].create(
            {
                "interface_id": self.interface.id,
                "kind": "certificate",
                "url": self.CERTIFICATE,
                "content": self.network.body.decode(),
            }
        )
        self.env.registry.clear_cache()
        ask = {"kind": "SubscriptionConfirmation", "SubscribeURL": self.CONFIRM, "Token": "abc"}
        self.assertEqual(self.notice(**ask).status_code, 200)
        self.assertEqual(self.notice(**ask).status_code, 200)
        asked = self.env["integration.webhook.subscription"].search([])
        self.assertEqual((asked.topic, asked.state), (self.TOPIC, "asked"))
        self.assertEqual(len(self.interface.activity_ids), 1)
        self.assertEqual(self.interface.activity_ids.user_id, self.interface.owner_id)
        self.assertFalse(self.network.calls, "nobody is called before a person decides")
        asked.action_confirm()
        self.assertFalse(self.network.calls, "and not in the person's transaction")
        self.cron("integration.webhook.subscription", "_cron_confirm")
        self.assertEqual([call.url for call in self.network.calls], [self.CONFIRM])
        self.assertEqual(asked.state, "confirmed")
        self.assertFalse(self.interface.activity_ids)
        self.assertFalse(self.messages())
        with self.assertRaises(UserError):
            asked.action_confirm()

    def test_failed_confirmation_can_be_repeated(self):
        asked = self.env["integration.webhook.subscription"].create(
            {"interface_id": self.interface.id, "topic": self.TOPIC, "url": self.CONFIRM}
        )
        self.network.status = 500
        asked.action_confirm()
        self.cron("integration.webhook.subscription", "_cron_confirm")
        self.assertEqual(asked.state, "failed")
        self.assertIn("500", asked.error)
        asked.action_decline()
        self.assertEqual(asked.state, "declined")
