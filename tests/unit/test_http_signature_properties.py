"""HTTP message signatures and structured fields, with the public libraries as oracles."""

import base64
import contextlib
import hashlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import http_message_signatures as library
import http_sf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit import signed_requests
from tests.unit.load_webhooks import load
from tests.unit.signed_requests import ED25519, NOW, P256, RSA, SCHEMES, SECRET, URL, case

fields = load("structured_fields")
components = load("schemes.http_components")
signature = load("signature")
requests = load("request")
SignatureInvalid, Reason = signature.SignatureInvalid, signature.Reason

few = settings(max_examples=30)
bodies = st.binary(max_size=100)
P384 = ec.generate_private_key(ec.SECP384R1())
ALGORITHMS = {
    "ed25519": (library.algorithms.ED25519, ED25519, signed_requests.pem(ED25519)),
    "ecdsa-p256-sha256": (
        library.algorithms.ECDSA_P256_SHA256,
        P256,
        signed_requests.key_set(k1=P256),
    ),
    "ecdsa-p384-sha384": (library.algorithms.ECDSA_P384_SHA384, P384, signed_requests.pem(P384)),
    "rsa-pss-sha512": (library.algorithms.RSA_PSS_SHA512, RSA, signed_requests.pem(RSA)),
    "rsa-v1_5-sha256": (library.algorithms.RSA_V1_5_SHA256, RSA, signed_requests.pem(RSA)),
    "hmac-sha256": (library.algorithms.HMAC_SHA256, SECRET.encode(), SECRET),
}
COMPONENTS = ["@method", "@target-uri", "content-digest", "@authority", "@path", "@query"]
ALL_COMPONENTS = [*COMPONENTS, "@scheme", "@request-target", "content-type", "x-order"]


def resolver(key, public):
    return library.MappingKeyResolver(private_keys={"k1": key}, public_keys={"k1": public})


def public_key(key):
    return key if isinstance(key, bytes) else key.public_key()


def message(body, **headers):
    """A message as the library takes it."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    fields = {"Content-Digest": f"sha-256=:{digest}:", "X-Order": "a, b", **headers}
    fields["Content-Type"] = "application/json"
    return SimpleNamespace(method="POST", url=URL, headers=fields)


def signed_by_library(algorithm, body, covered=tuple(COMPONENTS), **parameters):
    maker, key, secret = ALGORITHMS[algorithm]
    sent = message(body)
    signer = library.HTTPMessageSigner(
        signature_algorithm=maker, key_resolver=resolver(key, public_key(key))
    )
    signer.sign(
        sent,
        key_id="k1",
        created=datetime.fromtimestamp(NOW, UTC),
        covered_component_ids=covered,
        use_existing_digest=True,
        **parameters,
    )
    options = {"algorithms": [algorithm]}
    return case("http_signature", sent.headers, body, [secret], options, covers_url=True)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("include_alg", [True, False])
@settings(max_examples=10)
@given(body=bodies, extra=st.lists(st.sampled_from(ALL_COMPONENTS), unique=True))
def test_we_verify_what_the_library_signs(algorithm, include_alg, body, extra):
    covered = list(dict.fromkeys([*extra, *COMPONENTS[:3]]))
    made = signed_by_library(algorithm, body, covered, include_alg=include_alg, nonce="n")
    assert made.verify().timestamp == NOW


@few
@given(body=bodies)
def test_the_library_verifies_what_we_build(body):
    """The text that our side builds, signed, passes there."""
    covered = fields.InnerList(
        tuple(fields.Item(name) for name in ALL_COMPONENTS),
        {"created": int(datetime.now(UTC).timestamp()), "keyid": "k1", "alg": "ed25519"},
    )
    sent = message(body)
    ours = requests.InboundRequest("POST", URL, requests.Headers(sent.headers), body)
    value = ED25519.sign(components.signature_base(ours, covered))
    sent.headers["Signature-Input"] = f"sig1={fields.serialise(covered)}"
    sent.headers["Signature"] = f"sig1=:{base64.b64encode(value).decode()}:"
    verifier = library.HTTPMessageVerifier(
        signature_algorithm=library.algorithms.ED25519,
        key_resolver=resolver(ED25519, ED25519.public_key()),
    )
    (result,) = verifier.verify(sent, max_age=timedelta(minutes=5), body=body)
    assert result.body == body


texts = st.lists(st.sampled_from(["a", "B", "%20", "%7E", "=", ".", "~"]), max_size=5).map("".join)
urls = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["h", "odoo.Example.COM", "10.0.0.1", "[::1]"]),
    st.sampled_from(["", ":80", ":443", ":8443"]),
    st.just("") | texts.map("/{}".format),
)


@few
@given(body=bodies, url=urls, query=st.none() | texts)
def test_components_are_what_the_library_says(body, url, query):
    url = url if query is None else f"{url}?{query}"
    names = ["@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"]
    sent = SimpleNamespace(method="POST", url=url, headers={})
    theirs = library.HTTPSignatureComponentResolver(sent)
    expected = [f'"{name}": {theirs.resolve(http_sf.compat.Item(name))}' for name in names]
    ours = requests.InboundRequest("POST", url, requests.Headers({}), body)
    covered = fields.InnerList(tuple(fields.Item(name) for name in names))
    assert components.signature_base(ours, covered).decode().split("\n")[:-1] == expected


# -- what must not pass ------------------------------------------------------------------------


def reason(made, **changes):
    with pytest.raises(SignatureInvalid) as caught:
        made.verify(**changes)
    return caught.value.reason


@pytest.mark.parametrize("missing", ["@method", "@target-uri", "content-digest"])
def test_too_little_covered(missing):
    covered = [name for name in COMPONENTS if name != missing]
    made = signed_by_library("ed25519", b"{}", covered)
    assert reason(made) is Reason.NOT_COVERED


@pytest.mark.parametrize("covered", ['"content-digest";sf', '"content-digest";key="sha-256"'])
def test_parameters_make_a_component_another_one(covered):
    names = [*COMPONENTS[:2], covered]
    made = signed_by_library("ed25519", b"{}", names)
    assert reason(made) is Reason.BAD_HEADER


def test_a_key_is_no_secret_and_a_secret_no_key():
    """The public key's text as the secret of an HMAC, and the other way round."""
    public = signed_requests.pem(ED25519)
    headers = signed_requests.signature_headers(
        b"{}", lambda content: signed_requests.mac(content, key=public.encode())
    )
    made = case("http_signature", headers, b"{}", [public])
    assert reason(made) is Reason.NO_MATCH
    alg = signed_requests.signature_headers(
        b"{}",
        lambda content: signed_requests.mac(content, key=public.encode()),
        f';created={NOW};keyid="k1";alg="hmac-sha256"',
    )
    assert reason(case("http_signature", alg, b"{}", [public])) is Reason.UNKNOWN_KEY
    made = signed_by_library("ed25519", b"{}")
    assert reason(made, secrets=[SECRET]) is Reason.UNKNOWN_KEY


def test_an_algorithm_that_is_not_allowed():
    made = signed_by_library("rsa-v1_5-sha256", b"{}")
    options = SCHEMES["http_signature"].check_options({})
    assert reason(made, options=options) is Reason.WRONG_ALGORITHM


def test_a_key_set_is_searched_by_id():
    made = signed_by_library("ecdsa-p256-sha256", b"{}")
    other = signed_requests.key_set(k2=P256, k1=P384)
    assert reason(made, secrets=[other]) is Reason.UNKNOWN_KEY
    assert made.verify(secrets=[other, made.secrets[0]]).secret_index == 1


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (';keyid="k1"', Reason.BAD_TIMESTAMP),
        (f";created={NOW};created={NOW}", Reason.BAD_HEADER),
        (f";created={NOW - 301}", Reason.TOO_OLD),
        (f";created={NOW + 61}", Reason.IN_FUTURE),
        (f";created={NOW};expires={NOW - 61}", Reason.TOO_OLD),
        (f';created="{NOW}"', Reason.BAD_HEADER),
        (f";created={NOW};odd=1", Reason.BAD_HEADER),
        (f";created={NOW};alg=ed25519", Reason.BAD_HEADER),
        (f';created={NOW};alg="none"', Reason.WRONG_ALGORITHM),
    ],
)
def test_parameters_of_a_signature(parameters, expected):
    headers = signed_requests.signature_headers(b"{}", ED25519.sign, parameters)
    made = case("http_signature", headers, b"{}", [signed_requests.pem(ED25519)])
    assert reason(made) is expected


def test_label_tag_and_key_id_can_be_fixed():
    parameters = f';created={NOW};keyid="k1";tag="orders"'
    headers = signed_requests.signature_headers(b"{}", ED25519.sign, parameters)
    secrets = [signed_requests.pem(ED25519)]
    for name, good, bad in (
        ("label", "sig1", Reason.NO_USABLE_SIGNATURE),
        ("tag", "orders", Reason.WRONG_AUDIENCE),
        ("key_id", "k1", Reason.UNKNOWN_KEY),
    ):
        assert case("http_signature", headers, b"{}", secrets, {name: good}).verify()
        assert reason(case("http_signature", headers, b"{}", secrets, {name: "other"})) is bad


def test_a_signature_of_a_proxy_beside_the_sender_s():
    made = signed_requests.http_signature_ed25519(b"{}")
    both = made.headers(
        **{
            "signature-input": 'proxy=("@method");created=1, '
            + made.request.headers.one("signature-input"),
            "signature": "proxy=:AAAA:, " + made.request.headers.one("signature"),
        }
    )
    assert made.verify(headers=both)


def test_every_digest_of_a_known_kind_has_to_fit():
    body = b'{"a": 1}'
    sha256, sha512 = (
        base64.b64encode(hashlib.new(name, body).digest()).decode() for name in ("sha256", "sha512")
    )
    wrong = base64.b64encode(hashlib.sha512(b"").digest()).decode()
    for value, expected in (
        (f"sha-512=:{sha512}:", None),
        (f"sha-256=:{sha256}:, sha-512=:{sha512}:", None),
        (f"sha-256=:{sha256}:, md5=:AAAA:", None),
        (f"sha-256=:{sha256}:, sha-512=:{wrong}:", Reason.BODY_MISMATCH),
        ("md5=:AAAA:", Reason.WRONG_ALGORITHM),
        (f'sha-256="{sha256}"', Reason.BAD_HEADER),
    ):
        sent = message(body)
        sent.headers["Content-Digest"] = value
        covered = fields.InnerList(
            tuple(fields.Item(name) for name in COMPONENTS[:3]), {"created": NOW}
        )
        ours = requests.InboundRequest("POST", URL, requests.Headers(sent.headers), body)
        raw = ED25519.sign(components.signature_base(ours, covered))
        sent.headers["Signature-Input"] = f"s={fields.serialise(covered)}"
        sent.headers["Signature"] = f"s=:{base64.b64encode(raw).decode()}:"
        made = case("http_signature", sent.headers, body, [signed_requests.pem(ED25519)])
        assert (reason(made) if expected else made.verify().timestamp) == (expected or NOW)


# -- structured fields -------------------------------------------------------------------------

PIECES = (
    "a", "sig1", "=", "(", ")", ";", ",", " ", '"', '"x"', "\\", ":", ":QUJD:", "1", "-", "?1",
    "?0", "created", "=1", "tok/en", "*", "A", ".", "@1", "%", "\t", "é",
)  # fmt: skip


def plain(member):
    """A member as the library shows it."""
    parameters = dict(member.parameters)
    if isinstance(member, fields.InnerList):
        return [plain(item) for item in member.items], parameters
    return member.value, parameters


@settings(max_examples=150)
@given(text=st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=20))
def test_what_we_read_the_library_reads_alike(text):
    try:
        ours = fields.parse_dictionary(text)
    except fields.Malformed:
        return
    theirs = http_sf.parse(text.encode(), tltype="dictionary")
    assert {key: plain(member) for key, member in ours.items()} == theirs
    if ours:
        written = ", ".join(f"{key}={fields.serialise(m)}" for key, m in ours.items())
        assert http_sf.parse(written.encode(), tltype="dictionary") == theirs
        assert fields.parse_dictionary(written) == ours


keys = st.builds(str.__add__, st.sampled_from("az*"), st.text("az09_-.*", max_size=4))
token_texts = st.text("aZ09:/!#$%&'*+.^_`|~-", max_size=8)
tokens = st.builds(str.__add__, st.sampled_from("aZ*"), token_texts).map(http_sf.Token)
values = (
    st.integers(-(10**15) + 1, 10**15 - 1)
    | st.booleans()
    | st.binary(max_size=12)
    | st.text([chr(code) for code in range(0x20, 0x7F)], max_size=12)
    | st.builds(
        str.__add__, st.sampled_from("aZ*"), st.text("aZ09:/!#$%&'*+.^_`|~-", max_size=8)
    ).map(http_sf.Token)
)
items = st.tuples(values, st.dictionaries(keys, values, max_size=3))
members = items | st.tuples(st.lists(items, max_size=4), st.dictionaries(keys, values, max_size=3))


@settings(max_examples=60)
@given(value=st.dictionaries(keys, members, min_size=1, max_size=4))
def test_what_the_library_writes_we_read_and_write_alike(value):
    text = http_sf.ser(value)
    ours = fields.parse_dictionary(text)
    assert {key: plain(member) for key, member in ours.items()} == value
    for key, member in ours.items():
        if isinstance(member, fields.InnerList) or member.value is not True:
            assert f"{key}={fields.serialise(member)}" in text


@given(text=st.text(max_size=60))
def test_no_text_crashes_the_parser(text):
    with contextlib.suppress(fields.Malformed):
        fields.parse_dictionary(text)
