"""Signatures of deliveries, with the senders' own public libraries as independent verifiers."""

import base64
import hashlib
import hmac
import time

import pytest
import standardwebhooks
import stripe
import svix
from core_tools import credential_keys, http_auth
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier

from tests.unit.load_webhooks import load

base = load("signers.base")
standard = load("signers.standard")
templates = load("signers.hmac_template")
webhooks = load("standard_webhooks")

ids = st.text([chr(c) for c in range(0x21, 0x7F) if chr(c) != "."], min_size=1, max_size=80)
texts = st.text(st.characters(codec="utf-8"), max_size=200)
shared = st.binary(min_size=24, max_size=64).map(
    lambda raw: http_auth.SharedSecret("whsec_" + base64.b64encode(raw).decode())
)
pairs = st.binary(min_size=32, max_size=32).map(http_auth.SigningKey)
lines = st.text([chr(code) for code in range(0x20, 0x7F)], min_size=16, max_size=60).filter(
    str.strip
)


def delivery_of(text, message_id="m-1", timestamp=None):
    return base.Delivery(
        message_id,
        timestamp or int(time.time()),
        "https://partner.example/hook",
        text.encode(),
        {"content-type": "application/json"},
        message_type="order.confirmed",
    )


# -- Standard Webhooks -----------------------------------------------------------------------


@given(st.lists(shared | pairs, min_size=1, max_size=5), ids, texts)
def test_every_receiver_of_a_rotation_verifies(proofs, message_id, text):
    """Whoever knows one of the keys, by whichever scheme and with whichever library."""
    delivery = delivery_of(text, message_id)
    headers = standard.StandardSigner.from_proofs(proofs).headers(delivery)
    ours = [
        webhooks.Secret.parse(p.secret) for p in proofs if isinstance(p, http_auth.SharedSecret)
    ]
    for proof in proofs:
        if isinstance(proof, http_auth.SharedSecret):
            standardwebhooks.Webhook(proof.secret).verify(text, headers, json_parse=False)
            svix.Webhook(proof.secret).verify(text, headers)
        else:
            assert verifies_v1a(credential_keys.ed25519_public(proof.seed), headers, delivery.body)
    if ours:
        webhooks.verify(headers, delivery.body, ours, time.time())


def verifies_v1a(public, headers, body):
    """A receiver of v1a as the standard describes it, on nothing but the public key."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for token in headers["webhook-signature"].split(" "):
        version, _, value = token.partition(",")
        if version != "v1a":
            continue
        try:
            key.verify(base64.b64decode(value), content)
            return True
        except InvalidSignature:
            continue
    return False


@given(pairs, ids, texts, st.sampled_from(["webhook-id", "webhook-timestamp", "body"]))
def test_a_changed_delivery_is_not_verified_by_v1a(proof, message_id, text, part):
    delivery = delivery_of(text, message_id)
    headers = standard.StandardSigner.from_proofs([proof]).headers(delivery)
    public = credential_keys.ed25519_public(proof.seed)
    assert verifies_v1a(public, headers, delivery.body)
    body = delivery.body + b"1" if part == "body" else delivery.body
    if part != "body":
        headers[part] += "1"
    assert not verifies_v1a(public, headers, body)


@given(st.text(max_size=20), st.integers(-(10**12), 10**12))
def test_what_we_send_is_well_formed_or_refused(message_id, timestamp):
    signer = standard.StandardSigner.from_proofs([http_auth.SigningKey(b"k" * 32)])
    delivery = base.Delivery(message_id, timestamp, "https://a.example/", b"")
    try:
        headers = signer.headers(delivery)
    except ValueError:
        return
    assert webhooks.read_envelope(headers).id == message_id


# -- well-known senders ------------------------------------------------------------------------


@given(st.lists(lines, min_size=1, max_size=3, unique=True), texts)
def test_stripe_verifies_with_the_old_and_the_new_secret(secrets, text):
    proofs = [http_auth.SharedSecret(secret) for secret in secrets]
    signer = templates.HmacSigner.from_proofs(templates.PRESETS["stripe"], proofs)
    header = signer.headers(delivery_of(text))["stripe-signature"]
    for secret in secrets:
        assert stripe.WebhookSignature.verify_header(text, header, secret, tolerance=300)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(text + " ", header, secrets[0], tolerance=300)


@given(lines, texts, st.integers(1, 10**10))
def test_stripe_signs_alike(secret, text, timestamp):
    signer = templates.HmacSigner(templates.PRESETS["stripe"], [secret.encode()])
    header = signer.headers(delivery_of(text, timestamp=timestamp))["stripe-signature"]
    theirs = stripe.WebhookSignature.generate_signature_header(text, secret, timestamp)
    assert header == theirs


class At(Clock):
    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment


@given(lines, texts, st.integers(1, 10**10))
def test_slack_verifies(secret, text, timestamp):
    signer = templates.HmacSigner(templates.PRESETS["slack"], [secret.encode()])
    headers = signer.headers(delivery_of(text, timestamp=timestamp))
    verifier = SignatureVerifier(secret, At(timestamp))
    assert verifier.is_valid_request(text, headers)
    assert not verifier.is_valid_request(text + " ", headers)
    assert not SignatureVerifier(secret + "x", At(timestamp)).is_valid_request(text, headers)


@given(lines, texts)
def test_github_and_shopify_as_their_documentation_verifies(secret, text):
    """Neither publishes a Python library; these are the examples of their documentation."""
    delivery = delivery_of(text)
    digest = hmac.new(secret.encode(), delivery.body, hashlib.sha256)
    github = templates.HmacSigner(templates.PRESETS["github"], [secret.encode()])
    assert github.headers(delivery)["x-hub-signature-256"] == "sha256=" + digest.hexdigest()
    shopify = templates.HmacSigner(templates.PRESETS["shopify"], [secret.encode()])
    assert base64.b64decode(shopify.headers(delivery)["x-shopify-hmac-sha256"]) == digest.digest()


# -- any template ------------------------------------------------------------------------------

pieces = st.sampled_from(
    ["{id}", "{ts}", "{method}", "{url}", "{body}", "{{", "}}", ".", "é", "\n"]
)


@given(st.lists(pieces, max_size=8).map("".join), st.sampled_from(templates.ALGORITHMS), texts)
def test_what_is_signed_is_the_template_filled_in(content, algorithm, text):
    """Python's own format() tells what it should be."""
    arguments = {
        "content": content,
        "algorithm": algorithm,
        "timestamp_header": "x-time",
        "id_header": "x-id",
    }
    if "{body}" not in content:
        with pytest.raises(ValueError):
            templates.HmacTemplate("x-signature", **arguments)
        return
    template = templates.HmacTemplate("x-signature", **arguments)
    delivery = delivery_of(text)
    headers = templates.HmacSigner(template, [b"key"]).headers(delivery)
    filled = content.format(
        id=delivery.message_id,
        ts=delivery.timestamp,
        method="POST",
        url=delivery.url,
        body=text,
    )
    expected = hmac.new(b"key", filled.encode(), algorithm).hexdigest()
    assert headers["x-signature"] == expected


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_any_template_is_usable_or_refused(content, head, prefix):
    try:
        template = templates.HmacTemplate(
            "x-signature", content=content, head=head, prefix=prefix, id_header="x-id"
        )
    except ValueError:
        return
    headers = templates.HmacSigner(template, [b"key"]).headers(delivery_of("{}"))
    assert all(value.isascii() and value.isprintable() for value in headers.values())


@given(st.sampled_from(["id", "ts", "method", "url", "body"]), st.text(max_size=12))
def test_no_template_reaches_into_python(name, rest):
    for text in (
        f"{{{name}.{rest}}}",
        f"{{{name}[{rest}]}}",
        f"{{{name}!r}}",
        f"{{{name}:{rest}1}}",
    ):
        with pytest.raises(ValueError):
            templates.HmacTemplate("x-signature", content="{body}" + text)
