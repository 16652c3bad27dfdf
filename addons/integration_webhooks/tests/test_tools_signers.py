import base64
import pickle

from odoo.tests import BaseCase

from odoo.addons.integration_core.tools import credential_keys
from odoo.addons.integration_core.tools.errors import CredentialError
from odoo.addons.integration_core.tools.http_auth import (
    Bearer,
    JwtClient,
    SharedSecret,
    SigningKey,
)
from odoo.addons.integration_webhooks.tools.signers import http_signature
from odoo.addons.integration_webhooks.tools.signers.base import (
    Delivery,
    KeyEncoding,
    Unsigned,
    key_bytes,
)
from odoo.addons.integration_webhooks.tools.signers.hmac_template import (
    PRESETS,
    HmacSigner,
    HmacTemplate,
)
from odoo.addons.integration_webhooks.tools.signers.http_signature import (
    HttpSignatureSigner,
    SignatureKey,
)
from odoo.addons.integration_webhooks.tools.signers.standard import StandardSigner

# The published vectors of Standard Webhooks, v1 and v1a.
SECRET = SharedSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
PRIVATE = (
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
)
KEY = SigningKey(credential_keys.ed25519_seed(PRIVATE))
V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
V1A = "v1a,hnO3f9T8Ytu9HwrXslvlumUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
DELIVERY = Delivery(
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1614265330,
    "https://partner.example/hook?a=1",
    b'{"test": 2432232314}',
    {"content-type": "application/json"},
    message_type="order.confirmed",
)

# RFC 9421, B.1.4, B.1.5 and B.2.
REQUEST = Delivery(
    "msg_1",
    1618884473,
    "https://example.com/foo?param=Value&Pet=dog",
    b'{"hello": "world"}',
    {
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "content-length": "18",
    },
)
RFC_ED25519 = base64.b64decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF")
RFC_HMAC = (
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
)


def changed(**changes):
    values = {name: getattr(DELIVERY, name) for name in Delivery.__slots__}
    return Delivery(**{**values, **changes})


class TestStandard(BaseCase):
    def test_published_vectors(self):
        for proofs, expected in (
            ([SECRET], V1),
            ([KEY], V1A),
            ([SECRET, KEY], f"{V1} {V1A}"),
            ([KEY, Bearer("x"), SECRET], f"{V1A} {V1}"),
        ):
            headers = StandardSigner.from_proofs(proofs).headers(DELIVERY)
            self.assertEqual(
                headers,
                {
                    "webhook-id": DELIVERY.message_id,
                    "webhook-timestamp": "1614265330",
                    "webhook-signature": expected,
                },
            )

    def test_credentials_that_cannot_sign(self):
        for proofs in ([], [Bearer("x" * 40)], [SharedSecret("x" * 40 + "!")], [SigningKey(b"x")]):
            with self.assertRaises(CredentialError) as caught:
                StandardSigner.from_proofs(proofs)
            self.assertNotIn("xxx", str(caught.exception))
            self.assertTrue(caught.exception.holds)
        with self.assertRaises(CredentialError):
            StandardSigner.from_proofs([SECRET] * 17)

    def test_what_a_receiver_would_refuse_is_not_sent(self):
        signer = StandardSigner.from_proofs([SECRET, KEY])
        for change in (
            {"message_id": "a.b"},
            {"message_id": ""},
            {"message_id": "a b"},
            {"timestamp": 0},
            {"timestamp": -1},
        ):
            with self.assertRaises(ValueError):
                signer.headers(changed(**change))

    def test_unsigned(self):
        self.assertEqual(
            Unsigned().headers(DELIVERY),
            {"webhook-id": DELIVERY.message_id, "webhook-timestamp": "1614265330"},
        )


class TestHttpSignature(BaseCase):
    def signed(self, key, covered, label):
        signer = HttpSignatureSigner([key], covered, label, with_algorithm=False)
        return signer.headers(REQUEST)

    def test_published_hmac(self):
        key = SignatureKey.hmac_sha256("test-shared-secret", base64.b64decode(RFC_HMAC))
        headers = self.signed(key, ("date", "@authority", "content-type"), "sig-b25")
        self.assertEqual(
            headers["signature-input"],
            'sig-b25=("date" "@authority" "content-type");created=1618884473'
            ';keyid="test-shared-secret"',
        )
        self.assertEqual(
            headers["signature"], "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"
        )

    def test_published_ed25519(self):
        key = SignatureKey.ed25519(RFC_ED25519[-32:], "test-key-ed25519")
        covered = ("date", "@method", "@path", "@authority", "content-type", "content-length")
        headers = self.signed(key, covered, "sig-b26")
        self.assertEqual(
            headers["signature"],
            "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lI"
            "p5WPpBKRCw==:",
        )

    def test_published_digests(self):
        for algorithm, expected in (
            ("sha-256", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"),
            (
                "sha-512",
                "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVL"
                "vRwEmTHWXvJwew==:",
            ),
        ):
            self.assertEqual(http_signature.content_digest(REQUEST.body, algorithm), expected)

    def test_what_is_sent_by_default(self):
        key = SignatureKey.of(SharedSecret("x" * 32), 'key "2"\\')
        old = SignatureKey.of(KEY)
        headers = HttpSignatureSigner([key, old], tag="odoo").headers(DELIVERY)
        covered = '("@method" "@target-uri" "content-digest" "content-type" "webhook-id")'
        self.assertEqual(
            headers["signature-input"],
            f'sig={covered};created=1614265330;keyid="key \\"2\\"\\\\";alg="hmac-sha256";tag="odoo"'
            f', sig2={covered};created=1614265330;keyid="{old.key_id}";alg="ed25519";tag="odoo"',
        )
        self.assertEqual(
            sorted(headers), ["content-digest", "signature", "signature-input", "webhook-id"]
        )

    def test_keys_of_credentials(self):
        for algorithm, expected in (("ES384", "ecdsa-p384-sha384"), ("RS384", None)):
            pem = credential_keys.new_jwt_key(algorithm)
            proof = JwtClient("https://a.example", "odoo", pem, algorithm)
            if expected is None:
                with self.assertRaises(CredentialError) as caught:
                    SignatureKey.of(proof)
                self.assertNotIn(pem[40:60], str(caught.exception))
                continue
            key = SignatureKey.of(proof)
            self.assertEqual(key.algorithm, expected)
            self.assertEqual(key.key_id, credential_keys.jwt_key_id(pem, algorithm))
        for proof in (SharedSecret("x" * 32), Bearer("x"), SigningKey(b"x")):
            with self.assertRaises(CredentialError):
                SignatureKey.of(proof)

    def test_what_cannot_be_signed(self):
        signer = HttpSignatureSigner([SignatureKey.of(KEY)])
        for change in ({"headers": {}}, {"headers": {"content-type": "é"}}):
            with self.assertRaises(ValueError):
                signer.headers(changed(**change))

    def test_options_that_are_refused(self):
        key = SignatureKey.of(KEY)
        for arguments in (
            {"keys": []},
            {"keys": [key, key]},
            {"covered": ()},
            {"covered": ("@method", "@method")},
            {"covered": ("Content-Type",)},
            {"covered": ("@query-param",)},
            {"covered": ('content-type";x="',)},
            {"covered": ("signature",)},
            {"label": "Sig"},
            {"label": ""},
            {"digest": "md5"},
            {"tag": "é"},
        ):
            with self.subTest(arguments), self.assertRaises(ValueError):
                HttpSignatureSigner(**{"keys": [key], **arguments})


class TestTemplates(BaseCase):
    def test_published_github(self):
        secret = SharedSecret("It's a Secret to Everybody")
        signer = HmacSigner.from_proofs(PRESETS["github"], [secret])
        self.assertEqual(
            signer.headers(changed(body=b"Hello, World!")),
            {
                "x-hub-signature-256": "sha256="
                "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
                "x-github-delivery": DELIVERY.message_id,
                "x-github-event": "order.confirmed",
            },
        )

    def test_published_slack(self):
        """The example of https://docs.slack.dev/authentication/verifying-requests-from-slack"""
        secret = SharedSecret("8f742231b10e8888abcd99yyyzzz85a5")
        body = (
            b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
            b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
            b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2F"
            b"commands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id="
            b"398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
        )
        signer = HmacSigner.from_proofs(PRESETS["slack"], [secret])
        headers = signer.headers(changed(body=body, timestamp=1531420618))
        self.assertEqual(
            headers["x-slack-signature"],
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        )
        self.assertEqual(headers["x-slack-request-timestamp"], "1531420618")

    def test_rotation(self):
        secrets = [SharedSecret("n" * 32), SharedSecret("o" * 32)]
        both, new, old = (
            HmacSigner.from_proofs(PRESETS["stripe"], some).headers(DELIVERY)["stripe-signature"]
            for some in (secrets, secrets[:1], secrets[1:])
        )
        head = "t=1614265330,"
        self.assertEqual(both, f"{new},{old.removeprefix(head)}")
        # A receiver that reads one signature gets that of the newest secret.
        single = [
            HmacSigner.from_proofs(PRESETS["shopify"], some).headers(DELIVERY)
            for some in (secrets, secrets[:1])
        ]
        self.assertEqual(single[0], single[1])

    def test_all_parts(self):
        template = HmacTemplate(
            "x-signature",
            content="{{v1}}:{id}:{ts}:{method}:{url}:{body}",
            algorithm="sha512",
            encoding="base64url",
            timestamp_header="x-time",
            id_header="x-id",
        )
        headers = HmacSigner(template, [b"key"]).headers(DELIVERY)
        plain = HmacTemplate("x-signature", algorithm="sha512", encoding="base64url")
        content = (
            b"{v1}:msg_p5jXN8AQM9LWM0D4loKWxJek:1614265330:POST:https://partner.example/hook?a=1:"
        ) + DELIVERY.body
        expected = HmacSigner(plain, [b"key"]).headers(changed(body=content))
        self.assertEqual(headers, {**expected, "x-time": "1614265330", "x-id": DELIVERY.message_id})
        self.assertRegex(headers["x-signature"], r"^[A-Za-z0-9_-]{86}$")

    def test_templates_that_are_refused(self):
        for arguments, reason in (
            ({"content": "{ts}"}, "{body}"),
            ({"content": "{ts}.{body}"}, "{ts}"),
            ({"content": "{id}{body}"}, "{id}"),
            ({"content": "{id}{body}", "head": "t={ts}"}, "{id}"),
            ({"content": "{secret}{body}"}, "knows"),
            ({"content": "{body!r}"}, "knows"),
            ({"content": "{body:>10}"}, "knows"),
            ({"content": "{body.__class__}"}, "knows"),
            ({"content": "{}{body}"}, "knows"),
            ({"content": "{body"}, "twice"),
            ({"content": "body}"}, "twice"),
            ({"content": "{body}" + "x" * 500}, "at most"),
            ({"head": "{body}"}, "knows"),
            ({"head": "é"}, "plain"),
            ({"prefix": "a\r\nX: "}, "plain"),
            ({"algorithm": "md5"}, "not supported"),
            ({"encoding": "base32"}, "not supported"),
            ({"signature_header": "X-Signature"}, "lower case"),
            ({"signature_header": ""}, "character"),
            ({"signature_header": "x signature"}, "character"),
            ({"signature_header": "content-length"}, "client"),
            ({"signature_header": "authorization"}, "another thing"),
            ({"timestamp_header": "x-signature"}, "one header"),
            ({"id_header": "x-a", "type_header": "x-a"}, "one header"),
        ):
            with self.subTest(arguments), self.assertRaises(ValueError) as caught:
                HmacTemplate(**{"signature_header": "x-signature", **arguments})
            self.assertIn(reason, str(caught.exception))

    def test_ids_cannot_break_out_of_a_header(self):
        signer = HmacSigner(PRESETS["github"], [b"key"])
        for change in ({"message_id": "a\r\nX: y"}, {"message_id": ""}, {"message_type": "a b"}):
            with self.assertRaises(ValueError):
                signer.headers(changed(**change))

    def test_keys(self):
        for secret, encoding, expected in (
            ("whsec_AAEC", KeyEncoding.TEXT, b"whsec_AAEC"),
            ("whsec_AAEC", KeyEncoding.BASE64, b"\0\1\2"),
            ("AAEC", KeyEncoding.BASE64, b"\0\1\2"),
            ("000102", KeyEncoding.HEX, b"\0\1\2"),
            ("é", KeyEncoding.TEXT, "é".encode()),
        ):
            self.assertEqual(key_bytes(secret, encoding), expected)
        for secret, encoding in (
            ("sécret", KeyEncoding.BASE64),
            ("secret!", KeyEncoding.BASE64),
            ("secret", KeyEncoding.HEX),
            ("", KeyEncoding.HEX),
        ):
            with self.assertRaises(CredentialError) as caught:
                HmacSigner.from_proofs(PRESETS["github"], [SharedSecret(secret)], encoding)
            self.assertNotIn("cret!", str(caught.exception))
        for proofs in ([], [Bearer("x")]):
            with self.assertRaises(CredentialError):
                HmacSigner.from_proofs(PRESETS["github"], proofs)


class TestSecretsDoNotShow(BaseCase):
    def test_signers(self):
        shared = SharedSecret("hunter2hunter2hunter2hunter2hunt")
        for signer in (
            StandardSigner.from_proofs([SECRET, KEY]),
            HmacSigner.from_proofs(PRESETS["slack"], [shared]),
            HttpSignatureSigner([SignatureKey.of(shared, "k"), SignatureKey.of(KEY)]),
            SignatureKey.of(shared, "k"),
            SignatureKey.of(KEY),
        ):
            for shown in (repr(signer), str(signer), f"{[signer]}"):
                self.assertNotIn("hunter2", shown)
                self.assertNotIn("MfKQ9r8GKYqr", shown)
                self.assertNotIn(repr(KEY.seed)[2:8], shown)
            with self.assertRaises(TypeError):
                pickle.dumps(signer)
        self.assertNotIn("2432232314", repr(DELIVERY))
