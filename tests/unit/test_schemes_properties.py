"""What holds for every scheme: genuine deliveries pass, changed ones and garbage never do."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit import signed_requests
from tests.unit.load_webhooks import load
from tests.unit.signed_requests import NOW, OF_BYTES, SCHEMES, SECRET, Case, everything

signature = load("signature")
requests = load("request")
SignatureInvalid = signature.SignatureInvalid
Reason = signature.Reason

CASES = everything()
NAMES = [f"{case.scheme.code}-{number}" for number, case in enumerate(CASES)]
bodies = st.binary(max_size=200)
anything = st.text(max_size=60)
# Of which the values of headers are made, so that parsers get past their first check.
PIECES = (
    "t=", "v1=", "v0=", "sha256=", "v1,", "v1a,", ",", ";", " ", ".", "=", ":", '"', "\\", "(", ")",
    "0", "1760000000", "a1b2", "QUJD", "Bearer ", "Basic ", "sig1", "sig1=", "@method",
    '"@method"', ";created=1760000000", ";alg", "Hash=", "Cert=", "Subject=", "%", "eyJ9",
    "algorithm=", "HMAC_SHA1", "-----BEGIN", " CERTIFICATE-----", "\n", "\0", "é", "\ud800",
    SECRET, "{}", "eyJhbGciOiJFUzI1NiJ9", "eyJhbGciOiJub25lIn0", "sha-256=:QUJD:",
)  # fmt: skip
OPTION_NAMES = (
    "max_age", "max_skew", "id_header", "id_path", "template", "topics", "algorithms", "x",
    "trusted_networks", "required", "issuers", "audiences", "form", "encoding",
)  # fmt: skip
pieces = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def refused(case: Case, **changes: object) -> None:
    with pytest.raises(SignatureInvalid) as caught:
        case.verify(**changes)
    assert isinstance(caught.value.reason, Reason)
    assert str(caught.value) == "The signature of this delivery is not valid."


def flipped(raw: bytes, data: st.DataObject) -> bytes:
    """One bit of it changed, or a byte put in or taken out."""
    changed = bytearray(raw)
    act = data.draw(st.sampled_from(["flip", "insert", "delete"] if raw else ["insert"]))
    position = data.draw(st.integers(0, max(len(raw) - 1, 0)))
    if act == "flip":
        changed[position] ^= 1 << data.draw(st.integers(0, 7))
    elif act == "insert":
        changed.insert(position, data.draw(st.integers(0, 255)))
    else:
        del changed[position]
    return bytes(changed)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_genuine_delivery_passes(case):
    verified = case.verify()
    assert verified.secret_index == (0 if case.secrets else None)


@pytest.mark.parametrize("code", SCHEMES)
def test_there_is_a_genuine_delivery_of_each_scheme(code):
    """Otherwise what follows would say nothing of it."""
    assert code in {case.scheme.code for case in CASES}


@pytest.mark.parametrize("make", OF_BYTES, ids=lambda make: make.__name__)
@settings(max_examples=20)
@given(data=st.data())
def test_a_changed_body_is_never_accepted(make, data):
    body = data.draw(bodies)
    case = make(body)
    changed = flipped(body, data)
    if not case.covers_body:
        assert case.verify(body=changed).id_signed is False
    elif changed != body:
        refused(case, body=changed)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
@settings(max_examples=15)
@given(data=st.data())
def test_a_changed_header_that_is_covered_is_never_accepted(case, data):
    for name in case.covered:
        value = case.request.headers.one(name)
        changed = flipped(value.encode(), data).decode("latin-1")
        # Blanks around a value are no part of it, and names of schemes have no case.
        if changed.strip(" \t") != value and not (
            name == "authorization" and changed.lower() == value.lower()
        ):
            refused(case, headers=case.headers(**{name: changed}))
        refused(case, headers=case.headers(**{name: None}))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
@settings(max_examples=15)
@given(data=st.data())
def test_a_changed_address_is_never_accepted(case, data):
    if case.covers_url:
        changed = flipped(case.request.url.encode(), data).decode("latin-1")
        if changed != case.request.url:
            refused(case, url=changed)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_every_header_but_those_for_information_is_needed(case):
    for name, _value in case.request.headers.items():
        if name not in ("x-github-delivery", "x-github-event", "x-shopify-webhook-id"):
            changed = case.headers(**{name: None})
            if name == "content-type" and case.scheme.code == "twilio":
                continue  # without it the body counts as JSON, which the address has to cover
            refused(case, headers=changed)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_header_that_comes_twice_is_refused(case):
    pairs = list(case.request.headers.items())
    for name, value in pairs:
        if name != "content-type":
            refused(case, headers=requests.Headers([*pairs, (name, value)]))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
@settings(max_examples=30)
@given(data=st.data())
def test_garbage_in_the_headers_that_are_read_never_crashes(case, data):
    names = [name for name, _value in case.request.headers.items()]
    changes = {
        name: data.draw(st.none() | anything | pieces)
        for name in data.draw(st.lists(st.sampled_from(names or ["x"]), unique=True))
    }
    with contextlib.suppress(SignatureInvalid):
        case.verify(
            headers=case.headers(**changes),
            url=data.draw(st.just(case.request.url) | anything),
            method=data.draw(st.just("POST") | anything),
            peer=data.draw(st.just(case.request.peer) | anything),
            body=data.draw(st.just(case.request.body) | bodies),
            now=data.draw(st.just(NOW) | st.floats(allow_nan=True, allow_infinity=True)),
        )


@pytest.mark.parametrize("case", CASES, ids=NAMES)
@settings(max_examples=20)
@given(data=st.data())
def test_garbage_everywhere_is_refused(case, data):
    headers = data.draw(st.dictionaries(anything, anything | pieces, max_size=5))
    refused(
        case,
        headers=requests.Headers(headers),
        url=data.draw(anything),
        method=data.draw(anything),
        peer=data.draw(anything),
        body=data.draw(bodies),
    )


@pytest.mark.parametrize("case", [c for c in CASES if c.secrets], ids=lambda c: c.scheme.code)
@settings(max_examples=15)
@given(data=st.data())
def test_garbage_among_our_secrets_never_crashes_and_never_accepts(case, data):
    """Not what a sender can do, but what would lock every partner out."""
    secrets = data.draw(st.lists(anything | pieces.filter(lambda t: SECRET not in t), max_size=3))
    refused(case, secrets=secrets)
    position = data.draw(st.integers(0, len(secrets)))
    secrets.insert(position, case.secrets[0])
    assert case.verify(secrets=secrets).secret_index == position


@pytest.mark.parametrize("case", [c for c in CASES if c.secrets], ids=lambda c: c.scheme.code)
def test_without_secrets_nothing_is_accepted(case):
    with pytest.raises(SignatureInvalid) as caught:
        case.verify(secrets=[])
    assert caught.value.reason is Reason.NO_SECRET
    refused(case, secrets=[""])
    refused(case, secrets=["", " ", "\ud800"])


@pytest.mark.parametrize("case", CASES, ids=NAMES)
@pytest.mark.parametrize("late", [True, False])
def test_age_and_skew_are_limits_of_their_own(case, late):
    if not hasattr(case.options, "max_age"):
        # Such schemes sign no time, and say so.
        assert case.verify(now=NOW + 10**8 if case.scheme.code != "client_certificate" else NOW)
        assert case.verify().timestamp is None
        return
    limit = case.options.max_age if late else -case.options.max_skew
    beyond = 1.5 if late else -1.5
    if case.scheme.code == "jwt" and late:
        limit = case.options.max_age - 1  # it expires as well
    assert case.verify(now=NOW + limit).timestamp == NOW
    with pytest.raises(SignatureInvalid) as caught:
        case.verify(now=NOW + limit + beyond)
    assert caught.value.reason is (Reason.TOO_OLD if late else Reason.IN_FUTURE)


@pytest.mark.parametrize("code", SCHEMES)
@settings(max_examples=25)
@given(
    raw=st.dictionaries(
        st.sampled_from(OPTION_NAMES),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | anything | pieces,
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=4,
        ),
    )
)
def test_options_are_taken_or_refused_with_a_text(code, raw):
    try:
        options = SCHEMES[code].check_options(raw)
    except ValueError as error:
        assert type(error).__name__ == "OptionsInvalid"
        assert str(error)
    else:
        assert SCHEMES[code].check_options(json.loads(json.dumps(raw))) == options
        assert all(isinstance(text, str) for text in SCHEMES[code].warnings(options))


@pytest.mark.parametrize("code", SCHEMES)
@settings(max_examples=25)
@given(text=anything | pieces)
def test_secrets_are_taken_or_refused_with_a_text_that_does_not_quote_them(code, text):
    try:
        SCHEMES[code].check_secret(text)
    except ValueError as error:
        assert type(error).__name__ == "SecretInvalid"
        assert len(text) < 12 or text not in str(error)


def test_everything_is_tried_before_the_answer():
    """The duration must not tell which of the secrets matched."""
    base = load("schemes.base")
    tried = []
    assert base.first_proof(["a", "b", "c"], lambda text: tried.append(text) or text != "a") == 1
    assert tried == ["a", "b", "c"]
    assert signed_requests.github(b"x").verify(secrets=["x", SECRET, SECRET]).secret_index == 1
