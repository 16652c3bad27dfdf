"""Properties of the Standard Webhooks code, with the public library as an independent oracle."""

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tests.unit.load_webhooks import load

signature = load("signature")
webhooks = load("standard_webhooks")

ID_ALPHABET = [chr(code) for code in range(0x21, 0x7F) if chr(code) != "."]
ids = st.text(ID_ALPHABET, min_size=1, max_size=255)
timestamps = st.integers(min_value=1, max_value=10**11 - 1)
bodies = st.binary(max_size=400)
secrets = st.binary(min_size=24, max_size=64).map(webhooks.Secret)
secret_lists = st.lists(secrets, min_size=1, max_size=4, unique=True)


@given(secrets, ids, st.integers(1, 4 * 10**9), st.text(max_size=200))
def test_signs_as_the_public_library_does(secret, msg_id, timestamp, text):
    theirs = Webhook(secret.serialise()).sign(msg_id, datetime.fromtimestamp(timestamp, UTC), text)
    assert webhooks.sign(secret, msg_id, timestamp, text.encode()) == theirs


@given(secret_lists, ids, st.text(max_size=200), st.data())
def test_public_library_verifies_what_we_sign(keys, msg_id, text, data):
    """Every holder of one of the rotated secrets accepts the delivery."""
    now = int(time.time())
    sent = webhooks.signed_headers(keys, msg_id, now, text.encode())
    key = data.draw(st.sampled_from(keys))
    Webhook(key.serialise()).verify(text, sent, json_parse=False)


@given(secret_lists, ids, st.text(max_size=200), st.data())
def test_we_verify_what_the_public_library_signs(keys, msg_id, text, data):
    now = int(time.time())
    index = data.draw(st.integers(0, len(keys) - 1))
    value = Webhook(keys[index].serialise()).sign(msg_id, datetime.fromtimestamp(now, UTC), text)
    headers = {"webhook-id": msg_id, "webhook-timestamp": str(now), "webhook-signature": value}
    verified = webhooks.verify(headers, text.encode(), keys, now)
    assert verified == signature.VerifiedDelivery(msg_id, now, index)


@given(secrets, ids, timestamps, bodies, st.floats(-300, 60))
def test_round_trip_within_the_window(key, msg_id, timestamp, body, ahead):
    sent = webhooks.signed_headers(key, msg_id, timestamp, body)
    assert webhooks.verify(sent, body, [key], timestamp - ahead).id == msg_id


@given(secrets, ids, timestamps, bodies, st.data())
def test_any_changed_byte_is_noticed(key, msg_id, timestamp, body, data):
    """Flip one bit of the id, the timestamp or the body: never accepted."""
    sent = webhooks.signed_headers(key, msg_id, timestamp, body)
    part = data.draw(st.sampled_from(["webhook-id", "webhook-timestamp", "body"]))
    original = body if part == "body" else sent[part].encode()
    changed = bytearray(original or b"\0")
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position] ^= 1 << data.draw(st.integers(0, 7))
    if part == "body":
        body = bytes(changed)
    else:
        sent[part] = changed.decode("latin-1")
    with pytest.raises(signature.SignatureInvalid):
        webhooks.verify(sent, body, [key], timestamp, max_age=1e12, max_skew=1e12)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40)), bodies)
def test_arbitrary_headers_never_crash(headers, body):
    with pytest.raises(signature.SignatureInvalid):
        webhooks.verify(headers, body, [webhooks.Secret(b"k" * 24)], 1.0)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=200), bodies)
def test_arbitrary_values_never_crash(msg_id, timestamp, value, body):
    headers = {"svix-id": msg_id, "svix-timestamp": timestamp, "svix-signature": value}
    with pytest.raises(signature.SignatureInvalid):
        webhooks.verify(headers, body, [webhooks.Secret(b"k" * 24)], 1.0)


@given(ids, st.text(max_size=60), st.text(max_size=200))
def test_junk_after_a_good_signature_does_not_matter(msg_id, junk, text):
    """A receiver passes over versions and spellings that it does not know, up to the limit."""
    key = webhooks.Secret(b"s" * 32)
    now = int(time.time())
    sent = webhooks.signed_headers(key, msg_id, now, text.encode())
    token = sent["webhook-signature"]
    sent["webhook-signature"] = f"{token} {junk}"
    if junk.count(" ") >= webhooks.MAX_SIGNATURES - 1:
        with pytest.raises(signature.SignatureInvalid):
            webhooks.verify(sent, text.encode(), [key], now)
        return
    webhooks.verify(sent, text.encode(), [key], now)
    Webhook(key.serialise()).verify(text, sent, json_parse=False)


@given(st.binary(max_size=80))
def test_secret_text_has_one_spelling(raw):
    text = "whsec_" + base64.b64encode(raw).decode()
    if 24 <= len(raw) <= 64:
        assert webhooks.Secret.parse(text).serialise() == text
    else:
        with pytest.raises(ValueError, match="24 to 64 bytes"):
            webhooks.Secret.parse(text)


@given(st.text(max_size=100))
def test_arbitrary_secret_text_raises_value_error_or_round_trips(text):
    try:
        secret = webhooks.Secret.parse(text)
    except ValueError:
        return
    assert secret.serialise().removeprefix("whsec_") == text.removeprefix("whsec_")


@pytest.mark.parametrize("size", [24, 32, 64])
def test_generated_secrets_work_in_the_public_library(size):
    secret = webhooks.Secret.generate(size)
    now = int(time.time())
    headers = webhooks.signed_headers(secret, "msg_1", now, b"{}")
    assert Webhook(secret.serialise()).verify(b"{}", headers) == {}
