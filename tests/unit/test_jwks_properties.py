"""Key sets, with PyJWT as an independent reader of ours and writer of a partner's."""

import contextlib
import json

import jwt
import pytest
from core_tools import credential_keys, jwks
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

KEYS = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "RS256": rsa.generate_private_key(65537, 2048),
    "RS384": rsa.generate_private_key(65537, 2048),
    "PS256": rsa.generate_private_key(65537, 2048),
}
WRITERS = {"Ed": OKPAlgorithm, "ES": ECAlgorithm, "RS": RSAAlgorithm, "PS": RSAAlgorithm}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
members = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "use", "kid", "key_ops", "d"])
words = st.sampled_from(["EC", "OKP", "RSA", "P-256", "Ed25519", "AQAB", "AAAA", "ES256", "sig"])


def published(*algorithms):
    return jwks.document(jwks.public_jwk(KEYS[a].public_key(), a) for a in algorithms)


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_public_library_verifies_with_what_we_publish(algorithm):
    ours = jwks.public_jwk(KEYS[algorithm].public_key(), algorithm)
    token = jwt.encode({"a": 1}, KEYS[algorithm], algorithm, headers={"kid": ours["kid"]})
    theirs = jwt.PyJWKSet.from_json(published(*KEYS).decode())
    key = theirs[jwt.get_unverified_header(token)["kid"]]
    assert key.algorithm_name == algorithm
    assert jwt.decode(token, key, [algorithm]) == {"a": 1}


@pytest.mark.parametrize("algorithm", KEYS)
def test_we_read_what_the_public_library_writes(algorithm):
    public = KEYS[algorithm].public_key()
    written = WRITERS[algorithm[:2]].to_jwk(public, as_dict=True)
    (found,) = jwks.parse(json.dumps({"keys": [written]}).encode()).keys
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert found.key.public_bytes(*form) == public.public_bytes(*form)
    assert found.fits(algorithm)


@pytest.mark.parametrize("algorithm", KEYS)
def test_pem_and_key_set_tell_the_same_key(algorithm):
    pem = (
        KEYS[algorithm]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    (from_pem,) = jwks.read_public(pem.decode())
    (from_set,) = jwks.read_public(published(algorithm).decode())
    assert from_pem["kid"] == from_set["kid"]
    assert from_set["alg"] == algorithm


def test_leading_zeros_of_coordinates_are_kept():
    """One key in 128 has one; without its zero it would have another thumbprint elsewhere."""
    seen = 0
    for number in range(1, 700):
        key = ec.derive_private_key(number, ec.SECP256R1()).public_key()
        if key.public_numbers().x < 2**248:
            seen += 1
            ours = jwks.public_jwk(key)
            assert len(ours["x"]) == 43
            assert jwks.parse(jwks.document([ours])).keys[0].thumbprint == ours["kid"]
    assert seen


def test_keys_that_are_not_supported():
    for key in (ec.generate_private_key(ec.SECP521R1()), rsa.generate_private_key(65537, 1024)):
        with pytest.raises(jwks.InvalidKeySet):
            jwks.public_jwk(key.public_key())
    with pytest.raises(jwks.InvalidKeySet):
        jwks.public_jwk(KEYS["ES256"].public_key(), "ES384")


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=5), st.randoms())
def test_equal_sets_have_equal_bytes(seeds, random):
    ours = [jwks.read_public(credential_keys.ed25519_public(seed))[0] for seed in seeds]
    shuffled = [*ours, *ours[:2]]
    random.shuffle(shuffled)
    assert jwks.document(shuffled) == jwks.document(ours)
    found = jwks.parse(jwks.document(ours)) if ours else jwks.KeySet(())
    assert {jwk.kid for jwk in found.keys} == {jwk["kid"] for jwk in ours}


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_input_never_crashes(raw):
    with contextlib.suppress(jwks.InvalidKeySet):
        assert jwks.parse(raw).keys == ()


@given(st.lists(st.dictionaries(members, words | json_values, max_size=6), max_size=4))
def test_arbitrary_keys_never_crash(entries):
    try:
        found = jwks.parse(json.dumps({"keys": entries}).encode())
    except jwks.InvalidKeySet as error:
        assert any("d" in entry for entry in entries) or "JSON" in str(error)
        return
    assert len(found.keys) + len(found.ignored) == len(entries)
