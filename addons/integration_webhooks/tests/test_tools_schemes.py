import base64
import hashlib
import hmac
import json

from odoo.tests import BaseCase

from odoo.addons.integration_webhooks.tools.options import OptionsInvalid
from odoo.addons.integration_webhooks.tools.request import Headers, InboundRequest
from odoo.addons.integration_webhooks.tools.schemes.base import Needs, SecretInvalid
from odoo.addons.integration_webhooks.tools.schemes.http_signature import HttpSignatureOptions
from odoo.addons.integration_webhooks.tools.schemes.registry import schemes
from odoo.addons.integration_webhooks.tools.signature import Reason, SignatureInvalid

SCHEMES = schemes()
URL = "https://example.com/foo?param=Value&Pet=dog"

# https://docs.slack.dev/authentication/verifying-requests-from-slack
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&"
    b"channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&"
    b"command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F"
    b"T1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
    b"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
# RFC 9421, B.2: the request of its examples.
RFC_HEADERS = {
    "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "Content-Type": "application/json",
    "Content-Length": "18",
    "Content-Digest": "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BN"
    "NyealdVLvRwEmTHWXvJwew==:",
}
RFC_TIME = 1618884473


class SchemeCase(BaseCase):
    def verify(self, code, headers, body, secrets, options=None, now=0, url=URL):
        scheme = SCHEMES[code]
        checked = options if options and not isinstance(options, dict) else None
        request = InboundRequest("POST", url, Headers(headers), body)
        checked = checked or scheme.check_options(options or {})
        return scheme.verify(request, secrets, checked, now)

    def refused(self, *arguments, **options):
        with self.assertRaises(SignatureInvalid) as caught:
            self.verify(*arguments, **options)
        return caught.exception.reason


class TestPublishedVectors(SchemeCase):
    def test_github(self):
        digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        headers = {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Delivery": "72d3162e"}
        verified = self.verify("github", headers, b"Hello, World!", ["It's a Secret to Everybody"])
        self.assertEqual((verified.id, verified.timestamp), ("72d3162e", None))
        # Whoever replays it may choose another id.
        self.assertFalse(verified.id_signed)

    def test_slack(self):
        digest = "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        headers = {
            "X-Slack-Request-Timestamp": "1531420618",
            "X-Slack-Signature": f"v0={digest}",
        }
        secrets = ["8f742231b10e8888abcd99yyyzzz85a5"]
        verified = self.verify("slack", headers, SLACK_BODY, secrets, now=1531420618)
        self.assertEqual((verified.id, verified.timestamp), (None, 1531420618))

    def test_twilio(self):
        body = (
            b"CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&"
            b"To=%2B18005551212"
        )
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
        }
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        self.assertTrue(self.verify("twilio", headers, body, ["12345"], url=url))
        self.assertEqual(
            self.refused("twilio", headers, body + b"0", ["12345"], url=url), Reason.NO_MATCH
        )

    def test_standard_webhooks_v1a(self):
        # The reference vector of the asymmetric scheme; its public key is the private one's end.
        private = base64.b64decode(
            "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
        )
        public = "whpk_" + base64.b64encode(private[32:]).decode()
        headers = {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
        }
        body = b'{"test": 2432232314}'
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        for number, secrets in enumerate([[public], [secret], ["whsec_bad", public, secret]]):
            verified = self.verify("standard_webhooks", headers, body, secrets, now=1614265330)
            self.assertEqual(verified.secret_index, number // 2)
        other = "whpk_" + base64.b64encode(private[:32]).decode()
        self.assertEqual(
            self.refused("standard_webhooks", headers, body, [other], now=1614265330),
            Reason.NO_MATCH,
        )

    def rfc(self, name, covered, parameters, value, secret, **options):
        headers = {
            **RFC_HEADERS,
            "Signature-Input": f"{name}={covered};created={RFC_TIME};{parameters}",
            "Signature": f"{name}=:{value}:",
        }
        # The examples cover less than what a delivery has to cover.
        checked = HttpSignatureOptions(required=(), **options)
        arguments = ("http_signature", headers, b'{"hello": "world"}', [secret], checked, RFC_TIME)
        self.assertEqual(self.verify(*arguments).timestamp, RFC_TIME)
        self.assertEqual(self.refused(*arguments[:4], None, RFC_TIME), Reason.NOT_COVERED)
        self.assertEqual(self.refused(*arguments[:2], b"{}", *arguments[3:]), Reason.BODY_MISMATCH)

    def test_rfc_9421_ed25519(self):
        self.rfc(
            "sig-b26",
            '("date" "@method" "@path" "@authority" "content-type" "content-length")',
            'keyid="test-key-ed25519"',
            "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
            "-----BEGIN PUBLIC KEY-----\n"
            "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
            "-----END PUBLIC KEY-----\n",
        )

    def test_rfc_9421_hmac(self):
        self.rfc(
            "sig-b25",
            '("date" "@authority" "content-type")',
            'keyid="test-shared-secret"',
            "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
            "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==",
            secret_encoding="base64",
        )

    def test_basic(self):
        # RFC 7617, 2
        headers = {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}
        self.assertTrue(self.verify("basic", headers, b"", ["Aladdin:open sesame"]))
        self.assertEqual(self.refused("basic", headers, b"", ["Aladdin:x"]), Reason.NO_MATCH)


class TestRegistry(SchemeCase):
    def test_every_scheme_says_what_it_needs(self):
        for code, scheme in SCHEMES.items():
            self.assertEqual(scheme.code, code)
            self.assertLessEqual(set(scheme.needs), set(Needs))

    def test_options_are_checked_when_entered(self):
        for code, options, words in (
            ("github", {"signature": "x"}, "There is no option “signature”"),
            ("stripe", {"max_age": "5"}, "max_age: must be a number"),
            ("stripe", {"max_age": 0}, "max_age: must be from 1"),
            ("slack", {"id_path": "a["}, "id_path: is not a usable JMESPath"),
            ("hmac", {"template": "{ts}"}, "template: must hold {body}"),
            ("hmac", {"template": "{ts}.{body}"}, "timestamp_header"),
            ("hmac", {"template": "{id}.{body}"}, "id_header"),
            ("hmac", {"template": "{body}{"}, "braces"),
            ("hmac", {"algorithm": "md5"}, "algorithm: must be one of"),
            ("jwt", {"algorithms": ["none"]}, "algorithms: must be one of"),
            ("http_signature", {"required": ["@method"]}, "required: must hold"),
            ("client_certificate", {}, "trusted_networks: name"),
            ("aws_sns", {}, "topics: name"),
        ):
            with self.assertRaises(OptionsInvalid) as caught:
                SCHEMES[code].check_options(options)
            self.assertIn(words, str(caught.exception))

    def test_secrets_are_checked_when_entered(self):
        for code, text in (
            ("standard_webhooks", "whsec_short"),
            ("standard_webhooks", "whpk_short"),
            ("github", ""),
            ("jwt", "secret"),
            ("basic", "login"),
            ("client_certificate", "no certificate"),
            ("aws_sns", "anything"),
        ):
            with self.assertRaises(SecretInvalid) as caught:
                SCHEMES[code].check_secret(text)
            self.assertNotIn(f"“{text}”", str(caught.exception))
            self.assertTrue(str(caught.exception).endswith("."))


class TestGenericHmac(SchemeCase):
    SECRET = "0123456789abcdef"

    def signed(self, content, algorithm="sha256"):
        return hmac.new(self.SECRET.encode(), content, getattr(hashlib, algorithm))

    def test_several_signatures_while_a_secret_is_rotated(self):
        good = self.signed(b"{}").hexdigest()
        options = {"prefix": "v1=", "separator": ","}
        headers = {"X-Signature": f"v1={'0' * 64}, v1={good}, v2={good}, odd"}
        self.assertTrue(self.verify("hmac", headers, b"{}", [self.SECRET], options))
        headers = {"X-Signature": f"v2={good}"}
        self.assertEqual(
            self.refused("hmac", headers, b"{}", [self.SECRET], options),
            Reason.NO_USABLE_SIGNATURE,
        )
        headers = {"X-Signature": ",".join(["v1=00"] * 17)}
        self.assertEqual(
            self.refused("hmac", headers, b"{}", [self.SECRET], options),
            Reason.TOO_MANY_SIGNATURES,
        )

    def test_values_that_would_blur_where_one_ends(self):
        """With "." between id and body, an id with a dot could take over a part of the body."""
        options = {"template": "{id}.{body}", "id_header": "X-Id"}
        headers = {"X-Id": "a.b", "X-Signature": self.signed(b"a.b.c").hexdigest()}
        for msg_id, body in (("a.b", b"c"), ("a", b"b.c")):
            arguments = ("hmac", {**headers, "X-Id": msg_id}, body, [self.SECRET], options)
            if msg_id == "a":
                self.assertTrue(self.verify(*arguments).id_signed)
            else:
                self.assertEqual(self.refused(*arguments), Reason.BAD_HEADER)

    def test_times_in_each_format(self):
        for name, text in (
            ("unix", "1760000000"),
            ("unix_ms", "1760000000999"),
            ("rfc3339", "2025-10-09T08:53:20.5Z"),
            ("rfc3339", "2025-10-09T10:53:20+02:00"),
        ):
            options = {
                "template": "{ts}.{body}",
                "timestamp_header": "X-Time",
                "timestamp_format": name,
            }
            signature = self.signed(f"{text}.{{}}".encode()).hexdigest()
            headers = {"X-Time": text, "X-Signature": signature}
            arguments = ("hmac", headers, b"{}", [self.SECRET], options)
            self.assertEqual(self.verify(*arguments, now=1760000000).timestamp, 1760000000)
            self.assertEqual(self.refused(*arguments, now=1760000400), Reason.TOO_OLD)

    def test_weaknesses_are_told(self):
        scheme = SCHEMES["hmac"]
        weak = scheme.check_options({"algorithm": "sha1", "template": "{method}{body}"})
        self.assertEqual(len(scheme.warnings(weak)), 3)
        strong = {"template": "{ts}.{body}", "timestamp_header": "X-Time"}
        self.assertEqual(scheme.warnings(scheme.check_options(strong)), ())

    def test_keys_in_other_spellings(self):
        options = {"secret_encoding": "hex", "encoding": "base64url"}
        value = base64.urlsafe_b64encode(self.signed(b"{}").digest()).rstrip(b"=").decode()
        secret = self.SECRET.encode().hex()
        headers = {"X-Signature": value}
        self.assertTrue(self.verify("hmac", headers, b"{}", [secret], options))
        self.assertEqual(
            self.refused("hmac", headers, b"{}", ["not hex"], options), Reason.BAD_SECRET
        )


class TestNames(SchemeCase):
    def test_where_the_id_is_found(self):
        body = json.dumps({"id": "b-1", "meta": {"kind": "order.created"}}).encode()
        options = {"id_header": "X-Id", "id_path": "id", "type_path": "meta.kind"}
        headers = {"Authorization": "Bearer 0123456789abcdef"}
        secrets = ["0123456789abcdef"]
        verified = self.verify("bearer", headers, body, secrets, options)
        self.assertEqual((verified.id, verified.message_type), ("b-1", "order.created"))
        headers["X-Id"] = "h-1"
        self.assertEqual(self.verify("bearer", headers, body, secrets, options).id, "h-1")
        headers["X-Id"] = "é"
        self.assertEqual(self.refused("bearer", headers, body, secrets, options), Reason.BAD_ID)

    def test_a_body_that_is_not_json_has_no_id(self):
        headers = {"Authorization": "Bearer 0123456789abcdef"}
        options = {"id_path": "id"}
        for body in (b"", b"<a/>", b"[]", b'{"id": null}', b'{"id": true}', b'{"id": {}}'):
            verified = self.verify("bearer", headers, body, ["0123456789abcdef"], options)
            self.assertIsNone(verified.id)
