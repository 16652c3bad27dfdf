# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from odoo.tests import BaseCase, tagged

from ..tools import credential_keys, jwks

# RFC 7638, 3.1.
RSA = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
    "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
    "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI"
    "4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
RSA_THUMBPRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
# RFC 8037, A.2 and A.3.
ED25519 = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
ED25519_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
# RFC 7515, A.3.
P256 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


def key_set(*keys):
    return json.dumps({"keys": keys}).encode()


@tagged("post_install", "-at_install")
class TestPublished(BaseCase):
    """Our own keys."""

    def test_published_thumbprints(self):
        for entry, expected in ((RSA, RSA_THUMBPRINT), (ED25519, ED25519_THUMBPRINT)):
            (jwk,) = jwks.parse(key_set(entry)).keys
            self.assertEqual(jwk.thumbprint, expected)
            self.assertEqual(jwks.public_jwk(jwk.key)["kid"], expected)

    def test_a_published_ed25519_key(self):
        (jwk,) = jwks.read_public("whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
        self.assertEqual(
            jwk,
            {
                **ED25519,
                "kid": ED25519_THUMBPRINT,
                "alg": "EdDSA",
                "use": "sig",
                "key_ops": ["verify"],
            },
        )

    def test_what_credentials_keep_is_read(self):
        for algorithm in credential_keys.JWT_ALGORITHMS:
            pem = credential_keys.new_jwt_key(algorithm)
            stored, public = credential_keys.jwt_key(pem, algorithm)
            (jwk,) = jwks.read_public(public)
            self.assertEqual(jwk, json.loads(public)["keys"][0])
            self.assertEqual(jwk["kid"], credential_keys.jwt_key_id(stored, algorithm))
        self.assertEqual(jwks.read_public(" "), [])

    def test_old_and_new_key_in_one_order(self):
        old, new = (
            jwks.read_public(credential_keys.ed25519_public(bytes([number]) * 32))[0]
            for number in (1, 2)
        )
        document = jwks.document([new, old, new])
        self.assertEqual(document, jwks.document([old, new]))
        ids = [jwk["kid"] for jwk in json.loads(document)["keys"]]
        self.assertEqual(ids, sorted([old["kid"], new["kid"]]))
        self.assertEqual(jwks.document([]), b'{"keys":[]}')

    def test_no_private_key_is_published(self):
        secret = credential_keys.new_ed25519()
        for text in (
            secret,
            credential_keys.new_jwt_key("ES384"),
            "whpk_AA==",
            "whpk_é",
            "nothing of it",
        ):
            with self.assertRaises(jwks.InvalidKeySet) as caught:
                jwks.read_public(text)
            self.assertNotIn(text[5:], str(caught.exception))


@tagged("post_install", "-at_install")
class TestPartner(BaseCase):
    """A partner's keys."""

    def test_keys_are_found_by_id_and_algorithm(self):
        found = jwks.parse(key_set(RSA, {**ED25519, "kid": "e"}, P256))
        self.assertEqual(found.ignored, ())
        self.assertEqual([jwk.kid for jwk in found.find("2011-04-29", "RS256")], ["2011-04-29"])
        # It says that it signs with RS256 only.
        self.assertEqual(found.find("2011-04-29", "RS384"), [])
        self.assertEqual(found.find("e", "ES256"), [])
        self.assertEqual([jwk.kid for jwk in found.find("", "ES256")], [""])
        self.assertEqual(found.find("f", "EdDSA"), [])
        self.assertEqual(found.find("", "none"), [])

    def test_an_odd_key_does_not_spoil_the_others(self):
        for odd, reason in (
            ({"kty": "OKP", "crv": "X25519", "x": ED25519["x"]}, "kind"),
            ({**P256, "crv": "P-521"}, "kind"),
            ({**P256, "crv": ["P-256"]}, "kind"),
            ({"kty": "AKP"}, "kind"),
            ({}, "kind"),
            ({**P256, "x": P256["y"]}, "make no key"),
            ({**P256, "x": P256["x"][:-1]}, "length"),
            ({**P256, "x": P256["x"] + "="}, "base64url"),
            ({**P256, "x": 7}, "base64url"),
            # The last character has bits that belong to no byte.
            ({**ED25519, "x": ED25519["x"][:-1] + "p"}, "length"),
            ({**RSA, "e": "Ag"}, "range"),
            ({**RSA, "e": RSA["n"]}, "range"),
            ({**RSA, "n": "AQAB"}, "make no key"),
            ({**RSA, "n": "_" * 1400}, "range"),
            ({**RSA, "alg": "HS256"}, "algorithm"),
            ({**RSA, "alg": "none"}, "algorithm"),
            ({**RSA, "alg": []}, "algorithm"),
            ({**RSA, "use": "enc"}, "signatures"),
            ({**RSA, "key_ops": ["sign"]}, "signatures"),
            ({**RSA, "key_ops": "verify"}, "signatures"),
            ({**RSA, "kid": "é"}, "its id"),
            ({**RSA, "kid": 1}, "its id"),
        ):
            with self.subTest(odd=odd):
                found = jwks.parse(key_set(odd, ED25519))
                self.assertEqual([jwk.thumbprint for jwk in found.keys], [ED25519_THUMBPRINT])
                self.assertEqual(len(found.ignored), 1)
                self.assertTrue(found.ignored[0].startswith("key 1: "))
                self.assertIn(reason, found.ignored[0])

    def test_sets_that_are_refused(self):
        for raw, reason in (
            (b"", "JSON"),
            (b"[]", "list"),
            (b'{"keys":{}}', "list"),
            (b'{"keys":[1]}', "list"),
            (b'{"keys":[{"kty":{"a":{"b":{}}}}]}', "nested"),
            (key_set({**RSA, "x5c": "A" * jwks.MAX_BYTES}), "longer"),
            (key_set(*[{}] * (jwks.MAX_KEYS + 1)), "at most"),
            (key_set(RSA, {**ED25519, "d": "secret"}), "private"),
            (key_set(RSA, {"kty": "oct", "k": "secret"}), "private"),
            (key_set({**P256, "kid": "a"}, {**ED25519, "kid": "a"}), "same id"),
        ):
            with self.subTest(raw=raw[:60]), self.assertRaises(jwks.InvalidKeySet) as caught:
                jwks.parse(raw)
            self.assertIn(reason, str(caught.exception))
            self.assertNotIn("secret", str(caught.exception))

    def test_one_key_twice_is_one_key(self):
        self.assertEqual(len(jwks.parse(key_set(RSA, RSA)).keys), 1)
