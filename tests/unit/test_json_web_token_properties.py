"""JSON Web Tokens as proof of a delivery, with PyJWT as signer and as second opinion."""

import base64
import hashlib
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit import signed_requests
from tests.unit.load_webhooks import load
from tests.unit.signed_requests import ED25519, NOW, P256, RSA, case, key_set, pem

signature = load("signature")
SignatureInvalid, Reason = signature.SignatureInvalid, signature.Reason

P384 = ec.generate_private_key(ec.SECP384R1())
KEYS = {
    "EdDSA": ED25519,
    "ES256": P256,
    "ES384": P384,
    "RS256": RSA,
    "RS384": RSA,
    "RS512": RSA,
    "PS256": RSA,
    "PS384": RSA,
    "PS512": RSA,
}
CLAIMS = {"iss": "https://p.example.com", "aud": "odoo", "iat": NOW, "exp": NOW + 600, "jti": "1"}
OPTIONS = {"issuers": ["https://p.example.com"], "audiences": ["odoo"]}


def token(claims=None, algorithm="ES256", key=None, **headers):
    claims = CLAIMS if claims is None else claims
    return jwt.encode(claims, key or KEYS[algorithm], algorithm, headers=headers or {"kid": "k"})


def made(text, algorithm="ES256", secrets=None, **options):
    secrets = secrets or [key_set(k=KEYS[algorithm])]
    options = {**OPTIONS, "algorithms": [algorithm], **options}
    return case("jwt", {"Authorization": f"Bearer {text}"}, b"{}", secrets, options)


def reason(one, **changes):
    with pytest.raises(SignatureInvalid) as caught:
        one.verify(**changes)
    return caught.value.reason


def encoded(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", KEYS)
@settings(max_examples=5)
@given(extra=st.dictionaries(st.text("abc", min_size=1), st.integers() | st.text("aé -")))
def test_what_the_public_library_signs_passes(algorithm, extra):
    text = token({**extra, **CLAIMS}, algorithm)
    for secret in (key_set(k=KEYS[algorithm]), pem(KEYS[algorithm])):
        verified = made(text, algorithm, [secret]).verify()
        assert (verified.id, verified.timestamp, verified.id_signed) == ("1", NOW, True)


@settings(max_examples=60)
@given(data=st.data())
def test_a_changed_token_is_refused(data):
    text = token()
    position = data.draw(st.integers(0, len(text) - 1))
    char = data.draw(st.sampled_from("ABab01-_.=/+ é"))
    changed = text[:position] + char + text[position + 1 :]
    if changed.strip() != text:
        assert reason(made(changed))


def test_none_is_no_algorithm():
    for name in ("none", "None", "NONE", ""):
        parts = [encoded({"alg": name, "typ": "JWT"}), encoded(CLAIMS)]
        assert reason(made(f"{parts[0]}.{parts[1]}.")) is Reason.NO_USABLE_SIGNATURE
        assert reason(made(f"{parts[0]}.{parts[1]}.AAAA")) is Reason.WRONG_ALGORITHM
    with pytest.raises(ValueError, match="algorithms"):
        made(token(), algorithms=["none"])


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_a_public_key_is_no_shared_secret(algorithm):
    """The confusion of HMAC and RSA: the key that everybody has, used as a secret."""
    public = pem(RSA)
    content = f"{encoded({'alg': algorithm})}.{encoded(CLAIMS)}"
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
    for secret in (public, public.strip()):
        value = hmac.new(secret.encode(), content.encode(), digest).digest()
        forged = f"{content}.{encoded(value)}"
        assert reason(made(forged, "RS256", [public])) is Reason.WRONG_ALGORITHM
    with pytest.raises(ValueError, match="algorithms"):
        made(token(), algorithms=[algorithm])


def test_the_algorithm_has_to_fit_the_key():
    text = token(algorithm="ES256")
    _header, claims, value = text.split(".")
    other = f"{encoded({'alg': 'RS256', 'kid': 'k'})}.{claims}.{value}"
    assert reason(made(other, "RS256", [key_set(k=P256)])) is Reason.UNKNOWN_KEY
    assert reason(made(text, "ES256", [key_set(k=P384)])) is Reason.UNKNOWN_KEY
    assert reason(made(text, "ES256", [key_set(k=ec.generate_private_key(ec.SECP256R1()))])) is (
        Reason.NO_MATCH
    )


def test_keys_that_the_token_brings_along_are_not_looked_at():
    stranger = ed25519.Ed25519PrivateKey.generate()
    own = json.loads(key_set(k=stranger))["keys"][0]
    text = token(algorithm="EdDSA", key=stranger, kid="k", jwk=own, jku="https://evil.example.com")
    assert reason(made(text, "EdDSA")) is Reason.NO_MATCH
    assert reason(made(text, "EdDSA", [key_set(other=ED25519)])) is Reason.UNKNOWN_KEY


def test_extensions_that_must_be_understood_are_refused():
    """``b64: false`` above all, which changes what is signed (RFC 7797)."""
    text = token(algorithm="ES256", kid="k", crit=["exp"], exp=NOW)
    assert reason(made(text)) is Reason.BAD_HEADER


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"iss": "https://other.example.com"}, Reason.WRONG_ISSUER),
        ({"iss": None}, Reason.WRONG_ISSUER),
        ({"aud": "billing"}, Reason.WRONG_AUDIENCE),
        ({"aud": ["billing", "odoo"]}, None),
        ({"aud": []}, Reason.WRONG_AUDIENCE),
        ({"aud": None}, Reason.WRONG_AUDIENCE),
        ({"exp": NOW - 60}, Reason.TOO_OLD),
        ({"exp": NOW - 59}, None),
        ({"exp": None}, Reason.BAD_TIMESTAMP),
        ({"exp": str(NOW + 60)}, Reason.BAD_TIMESTAMP),
        ({"exp": True}, Reason.BAD_TIMESTAMP),
        ({"exp": 10**399}, Reason.BAD_TIMESTAMP),
        ({"exp": NOW + 60.5}, None),
        ({"nbf": NOW + 61}, Reason.IN_FUTURE),
        ({"nbf": NOW + 60}, None),
        ({"nbf": None}, Reason.BAD_TIMESTAMP),
        ({"iat": NOW - 301}, Reason.TOO_OLD),
        ({"iat": NOW + 61}, Reason.IN_FUTURE),
        ({"iat": None}, Reason.BAD_TIMESTAMP),
        ({"jti": 5}, Reason.BAD_ID),
        ({"jti": ""}, Reason.BAD_ID),
        ({"jti": "é"}, Reason.BAD_ID),
        ({"jti": "x" * 256}, Reason.BAD_ID),
    ],
)
def test_claims(changes, expected):
    # By hand, because the library refuses to write some of these.
    content = f"{encoded({'alg': 'EdDSA', 'kid': 'k'})}.{encoded({**CLAIMS, **changes})}"
    one = made(f"{content}.{encoded(ED25519.sign(content.encode()))}", "EdDSA")
    if expected is None:
        assert one.verify().id == "1"
    else:
        assert reason(one) is expected


def test_claims_are_strict_json():
    doubled = b'{"iss":"https://p.example.com","aud":"odoo","aud":"x","iat":%d,"exp":%d}'
    content = f"{encoded({'alg': 'EdDSA', 'kid': 'k'})}.{encoded(doubled % (NOW, NOW + 9))}"
    one = made(f"{content}.{encoded(ED25519.sign(content.encode()))}", "EdDSA")
    assert reason(one) is Reason.BAD_HEADER


def test_a_token_without_the_hash_of_the_body():
    """It passes with any body, says so beforehand, and the id alone is what is proven."""
    one = made(token())
    assert one.verify(body=b"anything").id_signed
    assert "does not cover the body" in one.scheme.warnings(one.options)[0]
    without = made(token({k: v for k, v in CLAIMS.items() if k != "jti"}))
    assert without.verify().id_signed is False
    bound = signed_requests.json_web_token(b"{}")
    assert bound.scheme.warnings(bound.options) == ()
    assert reason(made(token(), body_hash_claim="body.sha256")) is Reason.NOT_COVERED


def test_other_headers_and_prefixes():
    headers = {"X-Token": token()}
    options = {**OPTIONS, "header": "X-Token", "prefix": ""}
    assert case("jwt", headers, b"", [key_set(k=P256)], options).verify()
    headers = {"Authorization": f"bearer {token()}"}
    assert case("jwt", headers, b"", [key_set(k=P256)], OPTIONS).verify()
    headers = {"Authorization": token()}
    assert reason(case("jwt", headers, b"", [key_set(k=P256)], OPTIONS)) is Reason.BAD_HEADER


def test_every_key_set_is_tried():
    """While the partner changes from one key to the next, both sets are valid."""
    stranger = key_set(k=ec.generate_private_key(ec.SECP256R1()))
    assert made(token(), secrets=[stranger, "broken", key_set(k=P256)]).verify().secret_index == 2
    assert reason(made(token(), secrets=["broken"])) is Reason.BAD_SECRET
