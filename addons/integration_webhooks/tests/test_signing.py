import base64
import hashlib
import hmac
import json
import time
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from odoo.tests import BaseCase, tagged

from odoo.addons.integration_core.tools import credential_keys, http_auth, jwks
from odoo.addons.integration_core.tools.errors import ConfigurationError
from odoo.addons.integration_webhooks.engine import signing
from odoo.addons.integration_webhooks.engine.signing import Template, Unsigned

try:
    import http_message_signatures
except ImportError:  # it is among the requirements of tests, which a server may lack
    http_message_signatures = None

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
SEED = bytes(range(32))


def shared(*texts):
    return [http_auth.SharedSecret(text) for text in texts]


def request(**changes):
    values = {
        "id": "msg_1",
        "timestamp": 1_900_000_000,
        "method": "POST",
        "url": "https://partner.example/hook?a=1",
        "headers": {"content-type": "application/json"},
        "body": b'{"a":"1"}',
    }
    return Unsigned(**{**values, **changes})


@tagged("post_install", "-at_install")
class TestSigning(BaseCase):
    """Each signature against the scheme's own documentation, or a library that reads it."""

    def test_standard_vectors(self):
        """Of the specification."""
        one = request(
            id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}'
        )
        headers = signing.signer("standard", shared("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))(one)
        self.assertEqual(
            headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        )
        seed = credential_keys.ed25519_seed(
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9l"
            "MicMFs6Kvg=="
        )
        headers = signing.signer("standard", [http_auth.SigningKey(seed)])(one)
        self.assertEqual(
            headers["webhook-signature"],
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+"
            "m7TBAg==",
        )

    def test_standard_carries_both_secrets_of_a_rotation(self):
        one = request(timestamp=int(time.time()))
        headers = signing.signer("standard", shared(SECRET, OTHER))(one)
        for secret in (SECRET, OTHER):
            Webhook(secret).verify(one.body, dict(headers))

    def test_github(self):
        """Of its documentation."""
        one = request(body=b"Hello, World!")
        headers = signing.signer("github", shared("It's a Secret to Everybody"))(one)
        self.assertEqual(
            headers["x-hub-signature-256"],
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        )

    def test_slack(self):
        """Of its documentation."""
        body = (
            b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id="
            b"G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fweb"
            b"hook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3"
            b"J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803"
            b"a0bc887a14d10d2c447fce8b6703c"
        )
        secret = "8f742231b10e8888abcd99yyyzzz85a5"
        headers = signing.signer("slack", shared(secret))(request(timestamp=1531420618, body=body))
        self.assertEqual(
            headers["x-slack-signature"],
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        )
        self.assertEqual(headers["x-slack-request-timestamp"], "1531420618")

    def test_shopify(self):
        headers = signing.signer("shopify", shared("hush"))(request())
        digest = hmac.new(b"hush", request().body, hashlib.sha256).digest()
        self.assertEqual(base64.b64decode(headers["x-shopify-hmac-sha256"]), digest)

    def test_stripe_carries_both_secrets(self):
        headers = signing.signer("stripe", shared("one", "two"))(request())
        moment, *signatures = headers["stripe-signature"].split(",")
        self.assertEqual(moment, "t=1900000000")
        content = b'1900000000.{"a":"1"}'
        expected = [
            f"v1={hmac.new(key, content, hashlib.sha256).hexdigest()}" for key in (b"one", b"two")
        ]
        self.assertEqual(signatures, expected)

    def test_template(self):
        template = Template("{method}|{id}|{ts}|{body}", "sha512", "base64url", "v9=", "X-S", "X-T")
        headers = signing.signer("template", shared("hush"), template)(
            request(body=b"{id} {ts} \xff")
        )
        content = b"POST|msg_1|1900000000|{id} {ts} \xff"
        digest = hmac.new(b"hush", content, hashlib.sha512).digest()
        text = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        self.assertEqual(headers["x-s"], f"v9={text}")
        self.assertEqual(headers["x-t"], "1900000000")

    def test_templates_that_cannot_work(self):
        usual = ["{ts}.{body}", "sha256", "hex", "", "X-Signature", "X-Timestamp"]
        Template(*usual)
        for place, wrong in (
            (0, "{ts}"),
            (0, "{body}{body}"),
            (0, "{secret}{body}"),
            (0, "{body"),
            (3, "with space"),
            (4, ""),
            (4, "Content-Type"),
            (4, "Authorization"),
            (4, "webhook-id"),
            (4, "X Y"),
            (5, "x-signature"),
        ):
            values = [*usual[:place], wrong, *usual[place + 1 :]]
            with self.subTest(wrong), self.assertRaises(ValueError):
                Template(*values)

    def test_message_signature(self):
        private = Ed25519PrivateKey.from_private_bytes(SEED)
        one = request()
        headers = signing.signer("rfc9421", [http_auth.SigningKey(SEED), *shared(SECRET)])(one)
        digest = base64.b64encode(hashlib.sha256(one.body).digest()).decode()
        self.assertEqual(headers["content-digest"], f"sha-256=:{digest}:")
        parameters = headers["signature-input"].partition(", sig2=")[0].removeprefix("sig1=")
        kid = jwks.public_jwk(private.public_key())["kid"]
        self.assertIn(f'keyid="{kid}"', parameters)
        base = (
            '"@method": POST\n'
            '"@target-uri": https://partner.example/hook?a=1\n'
            '"content-type": application/json\n'
            f'"content-digest": {headers["content-digest"]}\n'
            '"webhook-id": msg_1\n'
            f'"@signature-params": {parameters}'
        )
        signature = headers["signature"].partition(", sig2=")[0]
        raw = base64.b64decode(signature.removeprefix("sig1=:").removesuffix(":"))
        private.public_key().verify(raw, base.encode())
        self.assertIn("sig2=:", headers["signature"])

    def test_message_signature_is_read_by_a_library(self):
        if http_message_signatures is None:
            self.skipTest("http-message-signatures is not installed")
        secret = SECRET.encode()
        one = request(timestamp=int(time.time()))
        headers = {**one.headers, **signing.signer("rfc9421", shared(SECRET))(one)}

        class Resolver(http_message_signatures.HTTPSignatureKeyResolver):
            def resolve_public_key(self, _key_id):
                return secret

            def resolve_private_key(self, _key_id):
                return secret

        message = SimpleNamespace(method=one.method, url=one.url, headers=headers, body=one.body)
        verifier = http_message_signatures.HTTPMessageVerifier(
            signature_algorithm=http_message_signatures.algorithms.HMAC_SHA256,
            key_resolver=Resolver(),
        )
        [result] = verifier.verify(message)
        self.assertIn('"content-digest"', json.dumps(list(result.covered_components)) + str(result))

    def test_what_does_not_sign_leaves_requests_unsigned(self):
        headers = signing.signer("standard", [http_auth.Bearer("t")])(request())
        self.assertEqual(headers, {"webhook-id": "msg_1", "webhook-timestamp": "1900000000"})

    def test_secrets_that_cannot_sign(self):
        for scheme, proofs in (
            ("standard", shared("not base64!")),
            ("github", [http_auth.SigningKey(SEED)]),
            ("template", shared("hush")),
        ):
            with self.subTest(scheme), self.assertRaises(ConfigurationError) as caught:
                signing.signer(scheme, proofs)
            self.assertNotIn("not base64", caught.exception.message)
