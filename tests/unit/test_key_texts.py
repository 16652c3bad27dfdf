"""Keys as people paste them and servers publish them."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_webhooks import load

texts = load("key_texts")

PEM = (
    Ed25519PrivateKey.generate()
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
    .strip()
)
JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def test_a_mixture_of_blocks_lines_and_remarks():
    text = f"# the old one\nwhpk_abc\n\n{PEM}\n  # the new one\n  AB:CD  \n"
    assert texts.split(text) == (PEM, "whpk_abc", "AB:CD")


def test_a_key_set_is_one_text():
    text = json.dumps({"keys": [JWK]}, indent=1)
    assert texts.split(f"\n{text}\n") == (text,)


@pytest.mark.parametrize("text", ["", " \n ", "# only a remark"])
def test_nothing(text):
    assert texts.split(text) == ()


def test_half_a_block_is_a_mistake():
    with pytest.raises(ValueError, match="not complete"):
        texts.split(PEM[:-10])


def test_too_many():
    with pytest.raises(ValueError, match="More than"):
        texts.split("\n".join(f"key{number}" for number in range(texts.MAX_KEYS + 1)))


@given(st.text(max_size=200))
def test_no_text_makes_it_fail_otherwise(text):
    try:
        found = texts.split(text)
    except ValueError:
        return
    assert all(found)


def test_published_key_set():
    assert texts.accept_key_set(json.dumps({"keys": [JWK]}).encode())


@pytest.mark.parametrize(
    "body",
    [b"", b"<html></html>", b"{}", b'{"keys": []}', b'{"keys": 1}', b"\xff", b"[]", b"{" * 9999],
)
def test_what_is_no_key_set(body):
    with pytest.raises(ValueError):
        texts.accept_key_set(body)


def test_a_published_secret_is_no_key():
    secret = {"kty": "oct", "k": "c2VjcmV0LXRoYXQtaXMtc2VjcmV0LW5vLW1vcmU"}
    with pytest.raises(ValueError):
        texts.accept_key_set(json.dumps({"keys": [secret]}).encode())


@given(st.binary(max_size=200))
def test_published_certificates(body):
    with pytest.raises(ValueError, match="no certificate"):
        texts.accept_certificate(body)
