import base64

from odoo.tests import BaseCase, tagged

from odoo.addons.integration_core.tools import http_auth
from odoo.addons.integration_core.tools.errors import CredentialError
from odoo.addons.integration_webhooks.engine import signing
from odoo.addons.integration_webhooks.tools.signers.base import Delivery
from odoo.addons.integration_webhooks.tools.signers.hmac_template import HmacTemplate

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
SEED = bytes(range(32))
TEMPLATE = HmacTemplate("x-signature", content="{body}")
#: Secrets in the form in which partners hand them out.
PARTNERS = {
    "github": "It's a Secret to Everybody",
    "stripe": "whsec_5f0PZ1s2cV9yXq3LrT8mN4wB7kD6jH0a",
    "slack": "8f742231b10e8888abcd99yyyzzz85a5",
    "shopify": "shpss_0123456789abcdef0123456789abcdef",
    "template": "Geheimnis für alle, 2026",
    "rfc9421": "no base64 at all: ~!",
}
DELIVERY = Delivery(
    "msg_1",
    1_900_000_000,
    "https://partner.example/hook",
    b"Hello, World!",
    {"content-type": "application/json"},
    message_type="test.thing",
)


def shared(*texts):
    return [http_auth.SharedSecret(text) for text in texts]


@tagged("post_install", "-at_install")
class TestSigning(BaseCase):
    """Each choice of the form leads to its signer; what signers do is tested with them."""

    def _headers(self, scheme, proofs, template=None):
        return signing.signer(scheme, proofs, template).headers(DELIVERY)

    def test_standard_carries_all_keys_that_are_accepted(self):
        proofs = [*shared(SECRET, OTHER), http_auth.SigningKey(SEED)]
        signatures = self._headers("standard", proofs)["webhook-signature"].split()
        self.assertEqual([one.partition(",")[0] for one in signatures], ["v1", "v1", "v1a"])

    def test_presets(self):
        secret = shared("It's a Secret to Everybody")
        self.assertEqual(
            self._headers("github", secret)["x-hub-signature-256"],
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        )
        for scheme, header in (
            ("shopify", "x-shopify-hmac-sha256"),
            ("stripe", "stripe-signature"),
            ("slack", "x-slack-signature"),
        ):
            self.assertIn(header, self._headers(scheme, secret))

    def test_message_signatures_tell_keys_apart(self):
        headers = self._headers("rfc9421", [*shared(SECRET, OTHER), http_auth.SigningKey(SEED)])
        inputs = headers["signature-input"].split(", ")
        self.assertEqual(len({one.partition("keyid=")[2] for one in inputs}), 3)

    def test_own_template(self):
        template = HmacTemplate("x-signature", content="{ts}.{body}", timestamp_header="x-time")
        headers = self._headers("template", shared(SECRET), template)
        self.assertEqual(headers["x-time"], "1900000000")
        self.assertEqual(len(headers["x-signature"]), 64)

    def test_what_does_not_sign_leaves_requests_unsigned(self):
        headers = self._headers("standard", [http_auth.Bearer("t")])
        self.assertEqual(headers, {"webhook-id": "msg_1", "webhook-timestamp": "1900000000"})

    def test_secrets_that_cannot_sign_hold_traffic(self):
        for scheme, proofs in (
            ("standard", shared("not base64!")),
            ("github", [http_auth.SigningKey(SEED)]),
            ("template", shared("hush")),
        ):
            with self.subTest(scheme), self.assertRaises(CredentialError) as caught:
                signing.signer(scheme, proofs)
            self.assertTrue(caught.exception.holds)
            self.assertNotIn("not base64", caught.exception.message)

    def test_secrets_have_the_form_of_their_scheme(self):
        for scheme, secret in PARTNERS.items():
            with self.subTest(scheme):
                signing.check_secret(scheme, secret)
                signing.signer(scheme, shared(secret), TEMPLATE).headers(DELIVERY)
                signing.check_secret(scheme, SECRET)
                for wrong in (f"{secret}\nsecond line", "\x00" * 20, "long" * 200):
                    with self.assertRaises(ValueError) as caught:
                        signing.check_secret(scheme, wrong)
                    self.assertNotIn(wrong[:20], str(caught.exception))
        # The others happen to be base64 as well.
        for scheme in ("github", "shopify", "template", "rfc9421"):
            with self.assertRaisesRegex(ValueError, "another signature"):
                signing.check_secret("standard", PARTNERS[scheme])
