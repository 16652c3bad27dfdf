import base64
import hashlib
import hmac
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.integration_webhooks.tools.standard_webhooks import Secret, signed_headers

from .inbound_case import SECRET, InboundCase, hmac_hex


@tagged("post_install", "-at_install")
class TestSchemes(InboundCase):
    """Each way of proving, over HTTP; what each refuses is in the repository's tests/unit."""

    def test_github(self):
        self.use("github")
        body = b'{"action": "opened"}'
        headers = {
            "X-Hub-Signature-256": f"sha256={hmac_hex(body)}",
            "X-GitHub-Delivery": "d-1",
            "X-GitHub-Event": "issues",
        }
        self.assertEqual(self.send(body, **headers).status_code, 202)
        message = self.messages()
        self.assertEqual((message.external_key, message.message_type), ("d-1", "issues"))
        headers["X-Hub-Signature-256"] = f"sha256={hmac_hex(body, 'another secret')}"
        self.assertEqual(self.send(body, **headers).status_code, 401)

    def test_stripe(self):
        self.use("stripe")
        body = b'{"id": "evt_1", "type": "charge.paid"}'
        now = int(time.time())
        signed = hmac_hex(b"%d.%s" % (now, body))
        answer = self.send(body, **{"Stripe-Signature": f"t={now},v1={signed}"})
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(self.messages().external_key, "evt_1")
        late = now - 301
        signed = hmac_hex(b"%d.%s" % (late, body))
        answer = self.send(body, **{"Stripe-Signature": f"t={late},v1={signed}"})
        self.assertEqual(answer.status_code, 401)

    def test_maximum_age_of_the_interface(self):
        self.use("stripe", {"max_age": 3600})
        body, late = b'{"id": "evt_1"}', int(time.time()) - 3000
        signed = hmac_hex(b"%d.%s" % (late, body))
        answer = self.send(body, **{"Stripe-Signature": f"t={late},v1={signed}"})
        self.assertEqual(answer.status_code, 202)

    def test_generic_hmac(self):
        self.use(
            "hmac",
            {
                "template": "{ts}.{body}",
                "timestamp_header": "X-Time",
                "encoding": "base64",
                "prefix": "v1=",
                "id_path": "order.id",
            },
        )
        body, now = b'{"order": {"id": 17}}', str(int(time.time()))
        digest = hmac.new(SECRET.encode(), now.encode() + b"." + body, hashlib.sha256).digest()
        answer = self.send(
            body,
            **{"X-Signature": "v1=" + base64.b64encode(digest).decode(), "X-Time": now},
        )
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(self.messages().external_key, "17")

    def test_bearer_has_no_id_so_equal_content_is_one_message(self):
        self.use("bearer", kind="bearer", secret="token-of-the-partner")
        headers = {"Authorization": "Bearer token-of-the-partner"}
        first = self.send(b'{"n": 1}', **headers).json()
        self.assertEqual(self.send(b'{"n": 1}', **headers).json(), first)
        self.assertNotEqual(self.send(b'{"n": 2}', **headers).json(), first)
        keys = self.messages().mapped("external_key")
        self.assertEqual(keys[0], "sha256:" + hashlib.sha256(b'{"n": 1}').hexdigest())
        self.assertEqual(len(keys), 2)
        self.assertEqual(self.send(Authorization="Bearer another").status_code, 401)

    def test_basic(self):
        self.use("basic", kind="basic", secret="the password", login="partner")
        proof = base64.b64encode(b"partner:the password").decode()
        self.assertEqual(self.send(Authorization=f"Basic {proof}").status_code, 202)
        wrong = base64.b64encode(b"someone:the password").decode()
        self.assertEqual(self.send(Authorization=f"Basic {wrong}").status_code, 401)

    def test_key_in_a_header(self):
        self.use("api_key", {"header": "X-Key"}, kind="header", secret="the-key-of-the-partner")
        self.assertEqual(self.send(**{"X-Key": "the-key-of-the-partner"}).status_code, 202)
        self.assertEqual(self.send(**{"X-API-Key": "the-key-of-the-partner"}).status_code, 401)

    def test_several_secrets_are_valid_while_they_are_rotated(self):
        self.use("github")
        self.interface.credential_id.version_ids = [(0, 0, {"secret": "the new secret of both"})]
        for number, secret in enumerate((SECRET, "the new secret of both")):
            body = b'{"n": %d}' % number
            signature = f"sha256={hmac_hex(body, secret)}"
            answer = self.send(body, **{"X-Hub-Signature-256": signature})
            self.assertEqual(answer.status_code, 202, secret)

    def test_slack_wants_an_empty_200(self):
        self.use("slack")
        body, now = b'{"event_id": "Ev1", "type": "event_callback"}', int(time.time())
        headers = {
            "X-Slack-Request-Timestamp": str(now),
            "X-Slack-Signature": f"v0={hmac_hex(b'v0:%d:%s' % (now, body))}",
        }
        answer = self.send(body, **headers)
        self.assertEqual((answer.status_code, answer.content), (200, b""))
        self.assertEqual(self.messages().external_key, "Ev1")

    def test_public_key_of_the_partner(self):
        private = Ed25519PrivateKey.generate()
        public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
        self.use("standard_webhooks", secret=None, public_keys=f"# of the partner\nwhpk_{public}")
        body, now = b'{"a": 1}', int(time.time())
        signature = private.sign(b"m1.%d.%s" % (now, body))
        headers = {
            "webhook-id": "m1",
            "webhook-timestamp": str(now),
            "webhook-signature": "v1a," + base64.b64encode(signature).decode(),
        }
        self.assertEqual(self.send(body, **headers).status_code, 202)
        self.assertEqual(self.send(b'{"a": 2}', **headers).status_code, 401)

    def test_settings_that_cannot_be_used_let_nobody_in(self):
        self.use("github")
        self.env.cr.execute(
            "UPDATE integration_interface SET scheme_options = '{\"nonsense\": 1}' WHERE id = %s",
            [self.interface.id],
        )
        self.interface.invalidate_recordset()
        self.interface._configuration_changed()
        body = b"{}"
        signature = f"sha256={hmac_hex(body)}"
        self.assertEqual(self.send(body, **{"X-Hub-Signature-256": signature}).status_code, 401)


@tagged("post_install", "-at_install")
class TestStandard(InboundCase):
    def test_interfaces_from_before_work_as_they_did(self):
        secret = Secret.generate()
        self.change(credential_id=self.credential(secret=secret.serialise()).id)
        self.assertEqual(self.interface.webhook_scheme, "standard_webhooks")
        body = b'{"type": "order.confirmed"}'
        headers = signed_headers(secret, "m1", int(time.time()), body)
        self.assertEqual(self.send(body, **headers).status_code, 202)
        message = self.messages()
        self.assertEqual(message.external_key, "m1")
        self.assertFalse(message.message_type, "the handler's contract says it, not the sender")


@tagged("post_install", "-at_install")
class TestConfiguration(InboundCase):
    """What is missing before an interface can be submitted."""

    def missing(self, scheme, options=None, kind="hmac", secret=SECRET, login=None, **values):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'draft' WHERE id = %s", [self.interface.id]
        )
        self.interface.invalidate_recordset()
        self.use(scheme, options, kind, secret, login, **values)
        known = ("handler", "service user", "No handler")
        return [
            line
            for line in self.interface._missing_for_traffic()
            if not any(word in line for word in known)
        ]

    def test_complete(self):
        self.assertEqual(self.missing("github"), [])
        self.assertEqual(self.missing("basic", kind="basic", login="partner"), [])
        self.assertEqual(
            self.missing(
                "aws_sns", {"topics": ["arn:aws:sns:eu-west-1:123456789012:a"]}, secret=""
            ),
            [],
        )

    def test_kind_of_credential(self):
        [line] = self.missing("github", kind="bearer", secret="abcdefghijklmnop")
        self.assertIn("Shared secret (HMAC)", line)
        [line] = self.missing("client_certificate", {"trusted_networks": ["10.0.0.1"]})
        self.assertIn("no credential", line)

    def test_nothing_to_check_with(self):
        [line] = self.missing("github", secret="")
        self.assertIn("nothing to check", line)
        found = self.missing("jwt", {"issuers": ["i"], "audiences": ["a"]}, secret="")
        self.assertEqual(len(found), 1)
        self.assertIn("nothing to check", found[0])

    def test_settings(self):
        [line] = self.missing("github", {"nonsense": True})
        self.assertIn("nonsense", line)
        found = self.missing("jwt", secret="", public_keys="{}")
        self.assertIn("“Issuers that are accepted”", " ".join(found))

    def test_keys(self):
        options = {"issuers": ["i"], "audiences": ["a"]}
        found = self.missing("jwt", options, secret="", public_keys="nonsense")
        self.assertIn("Keys of the partner", " ".join(found))
        self.interface.public_keys = False
        found = self.missing("jwt", options, secret="", jwks_url="http://partner.example/keys")
        self.assertIn("Address of the partner", " ".join(found))
        found = self.missing("jwt", options, secret="", jwks_url="https://partner.example/keys")
        self.assertEqual(found, [])

    def test_secret_that_does_not_fit_the_scheme(self):
        [line] = self.missing("standard_webhooks")
        self.assertIn("whsec_", line)
        self.assertNotIn(SECRET, line)
        self.use("standard_webhooks", secret=Secret.generate().serialise())
        with self.assertRaises(ValidationError):
            self.interface.credential_id.version_ids = [(0, 0, {"secret": SECRET})]

    def test_approved_settings_are_checked_at_once(self):
        self.use("github")
        with self.assertRaises(ValidationError):
            self.change({"nonsense": 1})
        with self.assertRaises(ValidationError):
            self.change(items_form="array", items_options='{"max_items": 100000}')
        with self.assertRaises(ValidationError):
            self.change(items_form="array", items_options='{"id_path": "a["}')
        with self.assertRaises(ValidationError):
            self.change(body_codec="csv", body_options='{"delimiter": "x"}')

    def test_form_shows_what_the_scheme_needs(self):
        self.use("github")
        names = [one["name"] for one in self.interface.scheme_form]
        self.assertIn("signature_header", names)
        self.assertNotIn("max_age", names, "GitHub signs no time")
        self.assertTrue(self.interface.takes_secret)
        self.assertFalse(self.interface.takes_keys)
        self.use("jwt", {"issuers": ["i"], "audiences": ["a"]}, secret=None)
        self.interface.invalidate_recordset()
        self.assertFalse(self.interface.takes_secret)
        self.assertTrue(self.interface.takes_key_set)
        self.assertIn("does not cover the body", self.interface.scheme_warning)
