"""RFC 9421 and RFC 9530, with the public library http-message-signatures as an independent
verifier."""

import time
from dataclasses import dataclass, field

import http_message_signatures as library
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.load_webhooks import load

http_signature = load("signers.http_signature")
base = load("signers.base")

HMAC = b"shared secret of thirty-two bytes"
P256, P384 = (ec.generate_private_key(curve) for curve in (ec.SECP256R1(), ec.SECP384R1()))
PEMS = [
    key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    for key in (P256, P384)
]
SEED = b"k" * 32
SignatureKey = http_signature.SignatureKey
OURS = {
    "hmac-sha256": SignatureKey.hmac_sha256("shared-1", HMAC),
    "ed25519": SignatureKey.ed25519(SEED),
    "ecdsa-p256-sha256": SignatureKey.ecdsa(PEMS[0]),
    "ecdsa-p384-sha384": SignatureKey.ecdsa(PEMS[1], "named"),
}
THEIRS = {
    "hmac-sha256": (library.algorithms.HMAC_SHA256, HMAC),
    "ed25519": (
        library.algorithms.ED25519,
        ed25519.Ed25519PrivateKey.from_private_bytes(SEED).public_key(),
    ),
    "ecdsa-p256-sha256": (library.algorithms.ECDSA_P256_SHA256, P256.public_key()),
    "ecdsa-p384-sha384": (library.algorithms.ECDSA_P384_SHA384, P384.public_key()),
}
ALGORITHMS = list(OURS)

texts = st.text([chr(code) for code in range(0x21, 0x7F)], min_size=1, max_size=40)
paths = st.text("abcXYZ019._~!$&'()*+,;=:@/-", max_size=30)
urls = st.builds(
    lambda host, port, path, query: f"https://{host}{port}/{path}{query}",
    st.sampled_from(["partner.example", "PARTNER.example", "192.0.2.7", "[2001:db8::7]"]),
    st.sampled_from(["", ":443", ":8443"]),
    paths,
    st.one_of(st.just(""), paths.map(lambda text: f"?{text}")).filter(lambda text: text != "?"),
)
deliveries = st.builds(
    base.Delivery,
    message_id=texts,
    timestamp=st.just(0),
    url=urls,
    body=st.binary(max_size=200),
    headers=st.fixed_dictionaries({"content-type": texts}, optional={"x-a": st.text("a \tb")}),
)


@dataclass
class Received:
    """A request as the receiving framework presents it: it knows the host in lower case only."""

    method: str
    url: str
    headers: dict = field(default_factory=dict)


def received(delivery, added, **changes):
    scheme, rest = delivery.url.split("://")
    host, _, path = rest.partition("/")
    host = host.lower().removesuffix(":443")
    values = {
        "method": delivery.method,
        "url": f"{scheme}://{host}/{path}",
        "headers": {**delivery.headers, **added},
    }
    return Received(**{**values, **changes})


def verify(message, algorithm, body, label="sig"):
    kind, key = THEIRS[algorithm]
    resolver = library.MappingKeyResolver(
        public_keys={OURS[algorithm].key_id: key}, private_keys={}
    )
    verifier = library.HTTPMessageVerifier(signature_algorithm=kind, key_resolver=resolver)
    verifier.allow_label_only_selection = True
    (result,) = verifier.verify(
        message, body=body, expect_label=label, expect_tag="odoo", require_components=COVERED
    )
    return result


COVERED = http_signature.COVERED


def now(delivery):
    return base.Delivery(
        delivery.message_id, int(time.time()), delivery.url, delivery.body, delivery.headers
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@settings(max_examples=25)
@given(delivery=deliveries)
def test_the_public_library_verifies_what_we_sign(algorithm, delivery):
    delivery = now(delivery)
    signer = http_signature.HttpSignatureSigner([OURS[algorithm]], tag="odoo")
    message = received(delivery, signer.headers(delivery))
    result = verify(message, algorithm, delivery.body)
    assert result.parameters["keyid"] == OURS[algorithm].key_id
    assert result.parameters["created"] == delivery.timestamp


@settings(max_examples=25)
@given(deliveries, st.permutations(ALGORITHMS))
def test_each_signature_of_a_rotation_is_verified(delivery, order):
    delivery = now(delivery)
    signer = http_signature.HttpSignatureSigner([OURS[name] for name in order], tag="odoo")
    message = received(delivery, signer.headers(delivery))
    for number, algorithm in enumerate(order, 1):
        label = "sig" if number == 1 else f"sig{number}"
        assert verify(message, algorithm, delivery.body, label).label == label


@settings(max_examples=30)
@given(
    deliveries,
    st.lists(
        st.sampled_from([*COVERED, "@authority", "@scheme", "@path", "@query", "x-a"]),
        unique=True,
        min_size=1,
    ),
    st.booleans(),
    st.sampled_from(["sha-256", "sha-512"]),
)
def test_any_choice_of_components(delivery, covered, with_algorithm, digest):
    delivery = now(delivery)
    if "x-a" in covered:
        delivery = base.Delivery(
            **{
                **{n: getattr(delivery, n) for n in base.Delivery.__slots__},
                "headers": {"x-a": "", **delivery.headers},
            }
        )
    signer = http_signature.HttpSignatureSigner(
        [OURS["ed25519"]], covered, "*a.b-c_9", digest, "odoo", with_algorithm
    )
    message = received(delivery, signer.headers(delivery))
    kind, key = THEIRS["ed25519"]
    resolver = library.MappingKeyResolver(
        public_keys={OURS["ed25519"].key_id: key}, private_keys={}
    )
    verifier = library.HTTPMessageVerifier(signature_algorithm=kind, key_resolver=resolver)
    body = delivery.body if "content-digest" in covered else None
    (result,) = verifier.verify(message, body=body, expect_tag="odoo", expect_label="*a.b-c_9")
    assert [name.strip('"') for name in result.covered_components][:-1] == covered


CHANGES = {
    "method": lambda message: setattr(message, "method", "PUT"),
    "path": lambda message: setattr(message, "url", message.url + "x"),
    "host": lambda message: setattr(message, "url", message.url.replace("partner", "evil")),
    "type": lambda message: message.headers.update({"content-type": "text/plain"}),
    "id": lambda message: message.headers.update({"webhook-id": "another"}),
    "digest": lambda message: message.headers.update(
        {"content-digest": http_signature.content_digest(b"another")}
    ),
    "created": lambda message: message.headers.update(
        {"signature-input": message.headers["signature-input"].replace("created=1", "created=2")}
    ),
    "key": lambda message: message.headers.update(
        {"signature-input": message.headers["signature-input"].replace('keyid="', 'keyid="x')}
    ),
    "signature": lambda message: message.headers.update({"signature": "sig=:" + "A" * 86 + "==:"}),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_any_change_is_noticed_by_the_library(algorithm, change):
    delivery = base.Delivery(
        "m-1", int(time.time()), "https://partner.example/a", b"{}", {"content-type": "a/b"}
    )
    signer = http_signature.HttpSignatureSigner([OURS[algorithm]], tag="odoo")
    message = received(delivery, signer.headers(delivery))
    verify(message, algorithm, delivery.body)
    CHANGES[change](message)
    with pytest.raises(library.InvalidSignature):
        verify(message, algorithm, delivery.body)
    untouched = received(delivery, signer.headers(delivery))
    with pytest.raises(library.InvalidSignature):
        verify(untouched, algorithm, delivery.body + b" ")


@given(st.binary(max_size=300), st.sampled_from(["sha-256", "sha-512"]))
def test_the_library_verifies_our_digest(body, algorithm):
    value = http_signature.content_digest(body, algorithm)
    library.ContentDigest.verify(value, body)
    with pytest.raises(library.InvalidSignature):
        library.ContentDigest.verify(value, body + b"x")


@pytest.mark.parametrize("pem", ["", "nonsense", PEMS[0].replace("M", "N", 3)])
def test_keys_that_are_none(pem):
    with pytest.raises(ValueError) as caught:
        SignatureKey.ecdsa(pem)
    assert PEMS[0][60:80] not in str(caught.value)


def test_a_key_of_another_curve():
    key = ec.generate_private_key(ec.SECP521R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    with pytest.raises(ValueError, match="P-256 or P-384"):
        SignatureKey.ecdsa(pem)
