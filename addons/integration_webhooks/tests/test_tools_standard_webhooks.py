import base64
import pickle

from odoo.tests import BaseCase

from odoo.addons.integration_webhooks.tools.signature import Reason, SignatureInvalid
from odoo.addons.integration_webhooks.tools.standard_webhooks import (
    MAX_SIGNATURES,
    Secret,
    read_envelope,
    sign,
    signed_headers,
    verify,
)

# The published vector of the standard.
SECRET = Secret.parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
MSG_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
# The same message signed with Ed25519, which this scheme must pass over.
SIGNATURE_V1A = (
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
)
OTHER = Secret(bytes(range(32)))


def headers(prefix="webhook-", **changes):
    values = {"id": MSG_ID, "timestamp": str(TIMESTAMP), "signature": SIGNATURE, **changes}
    return {prefix + name: value for name, value in values.items() if value is not None}


class SignatureCase(BaseCase):
    def assert_refused(self, reason, headers, body=BODY, secrets=(SECRET,), now=TIMESTAMP):
        with self.assertRaises(SignatureInvalid) as caught:
            verify(headers, body, secrets, now)
        self.assertEqual(caught.exception.reason, reason)
        return caught.exception


class TestSecret(BaseCase):
    def test_prefix_is_optional(self):
        self.assertEqual(Secret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), SECRET)

    def test_length_limits(self):
        for size in (24, 64):
            secret = Secret.generate(size)
            self.assertEqual(Secret.parse(secret.serialise()), secret)
        for size in (0, 23, 65):
            with self.assertRaises(ValueError):
                Secret(b"x" * size)

    def test_refused_texts_are_not_quoted(self):
        good = base64.b64encode(bytes(range(200, 232))).decode()
        texts = {
            "missing padding": good.rstrip("="),
            "url-safe alphabet": base64.urlsafe_b64encode(b"\xfb\xff" * 16).decode(),
            "line end": good + "\n",
            "blank inside": good[:8] + " " + good[8:],
            "stray bits": good[:-2] + chr(ord(good[-2]) + 1) + "=",
            "private key": "whsk_" + good,
            "letters of another script": "é" * 32,
            "twice the prefix": "whsec_whsec_" + good,
            "nothing": "whsec_",
        }
        for name, text in texts.items():
            with self.subTest(name), self.assertRaises(ValueError) as caught:
                Secret.parse(text)
            self.assertNotIn(text.removeprefix("whsec_") or "-", str(caught.exception))

    def test_secret_does_not_show(self):
        text = SECRET.serialise().removeprefix("whsec_")
        for shown in (repr(SECRET), str(SECRET), f"{SECRET}", "%r" % [SECRET]):
            self.assertNotIn(text, shown)
        with self.assertRaises(TypeError):
            pickle.dumps(SECRET)

    def test_generated_secrets_differ(self):
        self.assertEqual(len({Secret.generate() for _ in range(50)}), 50)
        self.assertNotEqual(Secret.generate(), "whsec_")


class TestSign(BaseCase):
    def test_published_vector(self):
        self.assertEqual(sign(SECRET, MSG_ID, TIMESTAMP, BODY), SIGNATURE)

    def test_one_signature_per_secret(self):
        value = sign([OTHER, SECRET], MSG_ID, TIMESTAMP, BODY)
        self.assertEqual(value, f"{sign(OTHER, MSG_ID, TIMESTAMP, BODY)} {SIGNATURE}")

    def test_signed_headers(self):
        self.assertEqual(signed_headers(SECRET, MSG_ID, TIMESTAMP, BODY), headers())

    def test_what_a_receiver_would_refuse_is_not_signed(self):
        for msg_id in ("", "a.b", "a b", "a\n", "é", "x" * 256):
            with self.subTest(msg_id=msg_id), self.assertRaises(ValueError):
                sign(SECRET, msg_id, TIMESTAMP, BODY)
        for timestamp in (0, -1, 10**11, 1.5):
            with self.subTest(timestamp=timestamp), self.assertRaises(ValueError):
                sign(SECRET, MSG_ID, timestamp, BODY)
        for secrets in ([], [SECRET] * (MAX_SIGNATURES + 1)):
            with self.assertRaises(ValueError):
                sign(secrets, MSG_ID, TIMESTAMP, BODY)


class TestVerifyAccepts(SignatureCase):
    def assert_accepted(self, headers, body=BODY, secrets=(SECRET,), now=TIMESTAMP):
        verified = verify(headers, body, secrets, now)
        self.assertEqual((verified.id, verified.timestamp), (MSG_ID, TIMESTAMP))
        return verified

    def test_published_vector(self):
        self.assertEqual(self.assert_accepted(headers()).secret_index, 0)

    def test_header_names_in_any_case(self):
        self.assert_accepted({name.upper(): value for name, value in headers().items()})
        self.assert_accepted({name.title(): value for name, value in headers().items()})

    def test_svix_names(self):
        self.assert_accepted(headers(prefix="svix-"))

    def test_rotation_names_the_secret_that_matched(self):
        self.assertEqual(self.assert_accepted(headers(), secrets=[OTHER, SECRET]).secret_index, 1)
        both = headers(signature=sign([OTHER, SECRET], MSG_ID, TIMESTAMP, BODY))
        self.assertEqual(self.assert_accepted(both, secrets=[OTHER, SECRET]).secret_index, 0)

    def test_unknown_and_malformed_tokens_are_passed_over(self):
        for other in (SIGNATURE_V1A, "v1", "v1,", ",", "v1,!!!", "v1,AAAA", "v2,x,y", "é,é", ""):
            with self.subTest(other):
                self.assert_accepted(headers(signature=f"{other} {SIGNATURE}"))
                self.assert_accepted(headers(signature=f"{SIGNATURE} {other}"))

    def test_sixteen_signatures(self):
        padding = f"{SIGNATURE_V1A} " * (MAX_SIGNATURES - 1)
        self.assert_accepted(headers(signature=padding + SIGNATURE))

    def test_body_is_opaque(self):
        for body in (b"", b"\xff\xfe\x00", b"a.b.c", "é".encode("latin-1")):
            with self.subTest(body=body):
                self.assert_accepted(headers(signature=sign(SECRET, MSG_ID, TIMESTAMP, body)), body)

    def test_age_and_skew_are_inclusive(self):
        self.assert_accepted(headers(), now=TIMESTAMP + 300)
        self.assert_accepted(headers(), now=TIMESTAMP - 60)


class TestVerifyRefuses(SignatureCase):
    def test_missing_headers(self):
        for name in ("id", "timestamp", "signature"):
            self.assert_refused(Reason.MISSING_HEADER, headers(**{name: None}))
        self.assert_refused(Reason.MISSING_HEADER, {})

    def test_families_are_not_mixed(self):
        mixed = headers(timestamp=None) | {"svix-timestamp": str(TIMESTAMP)}
        self.assert_refused(Reason.MISSING_HEADER, mixed)

    def test_doubled_header(self):
        self.assert_refused(Reason.AMBIGUOUS_HEADER, headers() | {"Webhook-Id": "msg_other"})

    def test_bad_ids(self):
        for msg_id in ("", "a.b", "a b", "msg\t", "msg\n", "é", "x" * 256):
            with self.subTest(msg_id):
                self.assert_refused(Reason.BAD_ID, headers(id=msg_id))

    def test_dot_cannot_move_a_boundary(self):
        """id "a" with timestamp "1.2" and id "a.1" with timestamp "2" sign the same bytes."""
        signature = sign(SECRET, "a", 1614265330, b"7.body")
        moved = {"id": "a.1614265330", "timestamp": "7", "signature": signature}
        self.assert_refused(Reason.BAD_ID, headers(**moved), b"body", now=7)

    def test_bad_timestamps(self):
        texts = ("", "0", "-1", "+1614265330", "1614265330.0", "01614265330", "1e9", " 1614265330")
        for text in (*texts, "1614265330\n", "1" * 12, "0x60", "١٦١٤٢٦٥٣٣٠", "nan", "1_0"):
            with self.subTest(text):
                self.assert_refused(Reason.BAD_TIMESTAMP, headers(timestamp=text))

    def test_too_many_signatures(self):
        value = " ".join([SIGNATURE] * (MAX_SIGNATURES + 1))
        self.assert_refused(Reason.TOO_MANY_SIGNATURES, headers(signature=value))

    def test_no_usable_signature(self):
        stray_bits = SIGNATURE[:-2] + chr(ord(SIGNATURE[-2]) + 1) + "="
        lenient = ("v1, " + SIGNATURE[3:], SIGNATURE.rstrip("="), SIGNATURE + "=", stray_bits)
        for value in (*lenient, "", "v1", SIGNATURE_V1A, SIGNATURE.upper(), "v1," + "A" * 5000):
            with self.subTest(value):
                self.assert_refused(Reason.NO_USABLE_SIGNATURE, headers(signature=value))

    def test_no_secret(self):
        self.assert_refused(Reason.NO_SECRET, headers(), secrets=())

    def test_no_match(self):
        self.assert_refused(Reason.NO_MATCH, headers(), secrets=(OTHER,))
        self.assert_refused(Reason.NO_MATCH, headers(), body=BODY + b" ")
        self.assert_refused(Reason.NO_MATCH, headers(id="msg_other"))
        self.assert_refused(Reason.NO_MATCH, headers(timestamp=str(TIMESTAMP + 1)))

    def test_age_and_skew_are_separate_limits(self):
        self.assert_refused(Reason.TOO_OLD, headers(), now=TIMESTAMP + 300.5)
        self.assert_refused(Reason.IN_FUTURE, headers(), now=TIMESTAMP - 60.5)

    def test_clock_that_tells_nothing(self):
        self.assert_refused(Reason.TOO_OLD, headers(), now=float("nan"))

    def test_every_refusal_reads_the_same(self):
        texts = {
            str(self.assert_refused(Reason.MISSING_HEADER, {})),
            str(self.assert_refused(Reason.NO_MATCH, headers(), secrets=(OTHER,))),
            str(self.assert_refused(Reason.TOO_OLD, headers(), now=TIMESTAMP + 999)),
        }
        self.assertEqual(len(texts), 1)


class TestEnvelope(BaseCase):
    def test_a_sibling_scheme_finds_its_signatures(self):
        envelope = read_envelope(headers(signature=f"{SIGNATURE} {SIGNATURE_V1A}"))
        self.assertEqual([version for version, _value in envelope.signatures], ["v1", "v1a"])
