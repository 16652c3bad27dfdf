"""Schemes against the senders' own public libraries, in both directions where they offer it."""

import json
from datetime import UTC, datetime

import pytest
import standardwebhooks
import stripe
import svix.webhooks
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier
from twilio.request_validator import RequestValidator, get_signature_algorithm

from tests.unit import signed_requests
from tests.unit.load_webhooks import load
from tests.unit.signed_requests import NOW, SECRET, STANDARD_SECRET, URL, case

SignatureInvalid = load("signature").SignatureInvalid
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
# What a form can carry: the library and ours agree on everything else by construction.
fields = st.lists(st.tuples(texts.filter(bool), texts), max_size=5)
few = settings(max_examples=30)


# -- Standard Webhooks and Svix ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("library", "prefix"), [(standardwebhooks, "webhook-"), (svix.webhooks, "svix-")]
)
@few
@given(text=texts)
def test_standard_webhooks_as_its_libraries_sign(library, prefix, text):
    value = library.Webhook(STANDARD_SECRET).sign("m", datetime.fromtimestamp(NOW, UTC), text)
    headers = {f"{prefix}id": "m", f"{prefix}timestamp": str(NOW), f"{prefix}signature": value}
    made = case("standard_webhooks", headers, text.encode(), ["whsec_AAAA", STANDARD_SECRET])
    verified = made.verify()
    assert (verified.id, verified.timestamp, verified.secret_index) == ("m", NOW, 1)


# -- Stripe ------------------------------------------------------------------------------------


@few
@given(text=texts)
def test_stripe_as_its_library_signs(text):
    header = stripe.WebhookSignature.generate_signature_header(text, SECRET, NOW)
    made = case("stripe", {"Stripe-Signature": header}, text.encode(), ["x", SECRET])
    assert made.verify().secret_index == 1


@few
@given(text=texts)
def test_stripe_library_verifies_what_we_verify(text):
    made = signed_requests.stripe(text.encode())
    header = made.request.headers.one("stripe-signature")
    assert stripe.WebhookSignature.verify_header(text, header, SECRET)
    assert made.verify()


def test_stripe_library_reads_more_times_than_we_do():
    """Its last word on a doubled time is the first one; ours is no."""
    header = stripe.WebhookSignature.generate_signature_header("{}", SECRET, NOW)
    assert stripe.WebhookSignature.verify_header("{}", f"{header},t=1", SECRET)
    with pytest.raises(SignatureInvalid):
        case("stripe", {"Stripe-Signature": f"{header},t=1"}, b"{}", [SECRET]).verify()


# -- Slack -------------------------------------------------------------------------------------


@few
@given(text=texts)
def test_slack_as_its_library_signs(text):
    headers = {
        "x-slack-request-timestamp": str(NOW),
        "x-slack-signature": SignatureVerifier(SECRET).generate_signature(
            timestamp=str(NOW), body=text
        ),
    }
    assert case("slack", headers, text.encode(), [SECRET]).verify().timestamp == NOW


@few
@given(text=texts)
def test_slack_library_verifies_what_we_verify(text):
    made = signed_requests.slack(text.encode())
    clock = Clock()
    clock.now = lambda: NOW
    verifier = SignatureVerifier(SECRET, clock)
    assert verifier.is_valid_request(text, dict(made.request.headers.items()))
    assert made.verify()


# -- Twilio ------------------------------------------------------------------------------------


class Fields(dict):
    """As web frameworks hand a form over."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.pairs = pairs

    def getall(self, name):
        return [value for key, value in self.pairs if key == name]


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
@few
@given(pairs=fields)
def test_twilio_as_its_library_signs_forms(algorithm, pairs):
    made = signed_requests.twilio_form(pairs)
    value = RequestValidator(SECRET).compute_signature(URL, Fields(pairs), algorithm)
    named = f"key=k,algorithm={algorithm}"
    headers = made.headers(
        **{"x-twilio-signature": value, "x-twilio-webhooks-signature-settings": named}
    )
    assert get_signature_algorithm(named) == algorithm
    assert made.verify(headers=headers)


@few
@given(pairs=fields)
def test_twilio_library_verifies_what_we_verify(pairs):
    made = signed_requests.twilio_form(pairs)
    value = made.request.headers.one("x-twilio-signature")
    assert RequestValidator(SECRET).validate(URL, Fields(pairs), value)
    assert made.verify()


@few
@given(text=texts)
def test_twilio_as_its_library_signs_json(text):
    validator = RequestValidator(SECRET)
    url = f"{URL}&bodySHA256={validator.compute_hash(text)}"
    value = validator.compute_signature(url, {})
    made = signed_requests.twilio_json(text.encode())
    assert made.request.url == url
    assert made.verify(headers=made.headers(**{"x-twilio-signature": value}))
    assert validator.validate(url, text, made.request.headers.one("x-twilio-signature"))


@pytest.mark.parametrize("port", ["", ":443", ":8443"])
@pytest.mark.parametrize("signed", ["", ":443", ":8443"])
def test_twilio_signs_with_the_port_or_without(port, signed):
    """Whether ours agrees with the library on each pair of addresses."""
    used, written = (f"https://odoo.example.com{p}/x?a=1" for p in (port, signed))
    validator = RequestValidator(SECRET)
    value = validator.compute_signature(written, {})
    made = case("twilio", {"X-Twilio-Signature": value}, b"", [SECRET], url=used)
    try:
        ours = bool(made.verify())
    except SignatureInvalid:
        ours = False
    assert ours == validator.validate(used, {}, value)


@few
@given(pairs=fields, data=st.data())
def test_a_changed_form_is_refused_unless_it_signs_the_same(pairs, data):
    """What Twilio's form cannot tell apart is all that passes: the module says so."""
    made = signed_requests.twilio_form(pairs)
    other = data.draw(fields)
    changed = signed_requests.twilio_form(other)
    same = changed.request.headers.one("x-twilio-signature") == made.request.headers.one(
        "x-twilio-signature"
    )
    try:
        accepted = bool(made.verify(body=changed.request.body))
    except SignatureInvalid:
        accepted = False
    assert accepted == same


def test_a_form_without_fields_does_not_pass_for_a_body_in_the_address():
    made = signed_requests.twilio_json(b'{"a": 1}')
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in (b"", b"&&&", b"a=1"):
        with pytest.raises(SignatureInvalid):
            made.verify(body=body, headers=made.headers(**form))


# -- what the pure tools hand over -------------------------------------------------------------


def test_names_of_messages_are_found():
    found = {}
    event = json.dumps({"id": "evt_1", "event_id": "Ev1", "type": "x", "event": {"type": "y"}})
    for made in (
        signed_requests.stripe(event.encode()),
        signed_requests.slack(event.encode()),
        signed_requests.github(event.encode()),
        signed_requests.shopify(event.encode()),
        signed_requests.twilio_form([("MessageSid", "SM1"), ("MessageStatus", "sent")]),
        signed_requests.sns("x"),
        signed_requests.json_web_token(b"x"),
        signed_requests.bearer(event.encode()),
    ):
        verified = made.verify()
        found[made.scheme.code] = (verified.id, verified.message_type, verified.id_signed)
    assert found == {
        "stripe": ("evt_1", "x", True),
        "slack": ("Ev1", "y", True),
        "github": ("72d3162e", "push", False),
        "shopify": ("b54557e4", None, False),
        "twilio": ("SM1:sent", None, True),
        "aws_sns": ("22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "Notification", True),
        "jwt": ("t-1", None, True),
        "bearer": (None, None, False),
    }
