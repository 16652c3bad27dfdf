"""What a person enters for each kind of credential, and what it yields."""

import base64
import json
import pickle

import pytest
from core_tools import credential_keys, http_auth
from core_tools.credential_keys import InvalidSecret
from core_tools.credential_kinds import KINDS, Entered, Terms
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire_server import Authority

TERMS = Terms(
    client_id="odoo",
    token_url="https://partner.example/token",
    header_name="X-API-Key",
)
MADE = [code for code, kind in KINDS.items() if kind.can_generate]


def pem(key, password=None) -> str:
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()


@pytest.fixture(scope="module")
def client():
    """A client certificate with its key, both PEM."""
    return Authority.make().client_certificate("odoo.hospital.example")


@pytest.mark.parametrize("code", MADE)
def test_what_is_made_is_accepted_and_never_the_same(code):
    kind = KINDS[code]
    first, second = kind.generate(TERMS), kind.generate(TERMS)
    assert first != second
    accepted = kind.accept(Entered(first, login="odoo"), TERMS)
    proof = kind.proof(Entered(accepted.secret, login="odoo"), TERMS)
    for shown in (repr(accepted), repr(proof), repr(Entered(first))):
        assert first[-20:].strip() not in shown
        assert accepted.secret[-60:-30] not in shown
    with pytest.raises(TypeError):
        pickle.dumps(proof)


@pytest.mark.parametrize("code", ["oauth2", "mtls"])
def test_what_the_other_side_issues_is_not_made_here(code):
    with pytest.raises(InvalidSecret, match="other side"):
        KINDS[code].generate(TERMS)


@given(st.sampled_from(sorted(KINDS)), st.text(min_size=1, max_size=300), st.text(max_size=40))
def test_refusals_never_quote_what_was_entered(code, secret, login):
    secret = f"canary-{secret}"
    try:
        KINDS[code].accept(Entered(secret, login, certificate=secret), TERMS)
    except InvalidSecret as error:
        assert "canary" not in str(error)
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None


def test_basic():
    kind = KINDS["basic"]
    proof = kind.proof(Entered("p:äss", login="odoo"), TERMS)
    assert proof.headers() == {
        "authorization": "Basic " + base64.b64encode("odoo:p:äss".encode()).decode()
    }
    for entered in (Entered("x"), Entered("x", "a:b"), Entered("x\ny", "a"), Entered("", "a")):
        with pytest.raises(InvalidSecret):
            kind.accept(entered, TERMS)


def test_bearer():
    kind = KINDS["bearer"]
    assert kind.proof(Entered("abc.def=="), TERMS).headers() == {
        "authorization": "Bearer abc.def=="
    }
    for secret in ("Bearer abc", "a b", "a\r\nx: y", "ä"):
        with pytest.raises(InvalidSecret):
            kind.accept(Entered(secret), TERMS)


def test_header():
    kind = KINDS["header"]
    kind.accept(Entered("key 1"), TERMS)
    assert kind.proof(Entered("key"), TERMS).headers() == {"x-api-key": "key"}
    for secret, name in (("a\r\nb", "X-Key"), ("a", ""), ("a", "X Key"), ("a", "X:Key")):
        with pytest.raises(InvalidSecret):
            kind.accept(Entered(secret), Terms(header_name=name))


def test_ed25519_from_every_form():
    kind = KINDS["ed25519"]
    key = ed25519.Ed25519PrivateKey.generate()
    seed, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    forms = (
        pem(key),
        "whsk_" + base64.b64encode(seed).decode(),
        "whsk_" + base64.b64encode(seed + public).decode(),
    )
    for form in forms:
        accepted = kind.accept(Entered(form), TERMS)
        assert accepted.public == "whpk_" + base64.b64encode(public).decode()
        proof = kind.proof(Entered(accepted.secret), TERMS)
        assert isinstance(proof, http_auth.SigningKey)
        assert proof.seed == seed
    wrong = (
        accepted.public, "whsk_AAAA", "whsk_!", pem(ec.generate_private_key(ec.SECP256R1())),
        pem(key, b"passphrase"),
    )  # fmt: skip
    for form in wrong:
        with pytest.raises(InvalidSecret):
            kind.accept(Entered(form), TERMS)


def test_key_pairs_for_tokens():
    kind = KINDS["private_key_jwt"]
    for algorithm, fields in (("ES384", {"x", "y", "crv"}), ("RS384", {"n", "e"})):
        terms = Terms(algorithm=algorithm, client_id="odoo", token_url="https://a.example/t")
        secret = kind.generate(terms)
        accepted = kind.accept(Entered(secret), terms)
        (public,) = json.loads(accepted.public)["keys"]
        assert fields <= set(public)
        assert not {"d", "p", "q"} & set(public)
        assert public["alg"] == algorithm
        assert kind.proof(Entered(accepted.secret), terms).key_id == public["kid"]
        other = Terms(algorithm="RS384" if algorithm == "ES384" else "ES384")
        with pytest.raises(InvalidSecret, match="algorithm"):
            kind.accept(Entered(secret), other)
    weak = pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))
    with pytest.raises(InvalidSecret, match="2048"):
        kind.accept(Entered(weak), Terms(algorithm="RS384"))


def test_client_certificate(client):
    certificate, key = client
    kind = KINDS["mtls"]
    accepted = kind.accept(Entered(key, certificate=certificate), TERMS)
    assert accepted.ends is not None
    proof = kind.proof(Entered(accepted.secret, certificate=certificate), TERMS)
    assert proof.tls().certificate_pem == certificate
    assert "odoo.hospital.example" in credential_keys.describe(certificate)
    assert accepted.secret[40:80] not in repr(proof.tls())
    other = pem(ec.generate_private_key(ec.SECP256R1()))
    for entered, reason in (
        (Entered(other, certificate=certificate), "do not belong together"),
        (Entered(key), "Paste the certificate"),
        (Entered(key, certificate=certificate + key), "alone"),
        (Entered("rubbish", certificate=certificate), "not a private key"),
        (Entered(key, certificate="rubbish"), "not valid PEM"),
    ):
        with pytest.raises(InvalidSecret, match=reason):
            kind.accept(entered, TERMS)


def test_a_certificate_that_has_ended():
    certificate, key = Authority.make().client_certificate("odoo", days=-1)
    with pytest.raises(InvalidSecret, match="expired"):
        KINDS["mtls"].accept(Entered(key, certificate=certificate), TERMS)
