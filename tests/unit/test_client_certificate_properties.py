"""Client certificates as proxies tell of them: who is believed, and what is recognised."""

import base64
import contextlib
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.load_webhooks import load
from tests.unit.signed_requests import (
    CERTIFICATE,
    NOW,
    P256,
    SCHEMES,
    case,
    certificate,
    certificate_pem,
)

signature = load("signature")
SignatureInvalid, Reason = signature.SignatureInvalid, signature.Reason

PEM = certificate_pem(CERTIFICATE)
DER = CERTIFICATE.public_bytes(serialization.Encoding.DER)
FINGERPRINT = CERTIFICATE.fingerprint(hashes.SHA256()).hex()
SUBJECT = "CN=orders,O=Example\\, Ltd"
COLONS = ":".join(FINGERPRINT[at : at + 2] for at in range(0, 64, 2)).upper()
OTHER = certificate(P256, "billing")


def made(value, form="certificate", pins=(PEM,), peer="10.1.0.7", **options):
    header = options.pop("header", "X-Cert")
    headers = {header: value, **options.pop("headers", {})}
    options = {"trusted_networks": ["10.1.0.0/24", "fd00::/64"], "form": form, **options}
    return case("client_certificate", headers, b"", pins, {"header": header, **options}, peer=peer)


def reason(one, **changes):
    with pytest.raises(SignatureInvalid) as caught:
        one.verify(**changes)
    return caught.value.reason


FORMS = [
    ("certificate", quote(PEM)),
    ("certificate", quote(PEM, safe="")),
    ("certificate", PEM.replace("\n", " ")),
    ("certificate", PEM.replace("\n", "\t")),
    ("certificate", base64.b64encode(DER).decode()),
    ("certificate", f":{base64.b64encode(DER).decode()}:"),
    ("fingerprint", FINGERPRINT),
    ("fingerprint", FINGERPRINT.upper()),
    ("fingerprint", COLONS),
    ("xfcc", f"Hash={FINGERPRINT}"),
    ("xfcc", f'By=spiffe://x;Hash={FINGERPRINT};Cert="{quote(PEM)}";Subject="CN=x";URI=,'[:-1]),
    ("xfcc", f'Subject="{SUBJECT.replace(chr(92), chr(92) * 2)}";Hash={FINGERPRINT}'),
]


@pytest.mark.parametrize(("form", "value"), FORMS)
@pytest.mark.parametrize("pin", [PEM, FINGERPRINT, COLONS, f"sha256:{FINGERPRINT}"])
def test_the_forms_in_which_proxies_tell(form, value, pin):
    assert made(value, form, [pin]).verify().secret_index == 0
    stranger = certificate_pem(OTHER)
    assert reason(made(value, form, [stranger])) is Reason.NO_MATCH
    assert made(value, form, [stranger, pin]).verify().secret_index == 1


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("certificate", quote(PEM)),
        ("subject", SUBJECT),
        ("subject", "CN=orders,O=Example\\2C Ltd"),
        ("xfcc", 'Subject="CN=orders,O=Example\\\\, Ltd"'),
    ],
)
def test_a_subject_is_compared_by_its_parts(form, value):
    assert made(value, form, [SUBJECT]).verify()
    for pin in ("CN=orders", "CN=orders,O=Example", "CN=order,O=Example\\, Ltd"):
        assert reason(made(value, form, [pin])) is Reason.NO_MATCH
    assert reason(made(SUBJECT, "subject", [PEM])) is Reason.NO_MATCH


def test_a_subject_is_no_fingerprint_that_is_missing():
    """A proxy that tells a subject only does not match a pinned certificate, nor the reverse."""
    assert reason(made('Subject="CN=orders"', "xfcc", [FINGERPRINT])) is Reason.NO_MATCH
    assert reason(made(f"Hash={FINGERPRINT}", "xfcc", [SUBJECT])) is Reason.NO_MATCH


@pytest.mark.parametrize(
    "peer", ["10.1.1.7", "127.0.0.1", "::1", "fd01::1", "", "proxy", "10.1.0.7, 1.2.3.4", "10.1.0"]
)
def test_only_trusted_proxies_are_believed(peer):
    assert reason(made(quote(PEM), peer=peer)) is Reason.UNTRUSTED_PEER


@pytest.mark.parametrize("peer", ["10.1.0.7", "::ffff:10.1.0.7", "fd00::7"])
def test_the_proxy_s_address_in_all_its_forms(peer):
    assert made(quote(PEM), peer=peer).verify()


def test_what_a_client_sent_may_not_stand_beside_what_the_proxy_says():
    """Envoy appends when it is not told to replace; the first element is then the client's."""
    element = f"Hash={FINGERPRINT}"
    for value in (f"{element},{element}", f"Hash={'0' * 64},{element}", f"{element};{element}"):
        assert reason(made(value, "xfcc")) in (Reason.BAD_HEADER, Reason.AMBIGUOUS_HEADER)


def test_the_proxy_says_whether_it_verified():
    options = {"verify_header": "X-SSL-Client-Verify"}
    verified = {"headers": {"X-SSL-Client-Verify": "SUCCESS"}, **options}
    assert made(quote(PEM), **verified).verify()
    for value in ("NONE", "FAILED:expired", "success", "SUCCESS "[:-1] + "!"):
        one = made(quote(PEM), headers={"X-SSL-Client-Verify": value}, **options)
        assert reason(one) is Reason.BAD_CERTIFICATE
    assert reason(made(quote(PEM), **options)) is Reason.MISSING_HEADER


@pytest.mark.parametrize("days", [-2, 31])
def test_a_certificate_has_its_time(days):
    assert reason(made(quote(PEM)), now=NOW + days * 86400) is Reason.BAD_CERTIFICATE
    assert made(FINGERPRINT, "fingerprint").verify(now=NOW + days * 86400)


def test_networks_have_to_be_named():
    scheme = SCHEMES["client_certificate"]
    for networks in ([], [""], ["0.0.0.0/0"], ["10.1.0.1/24"], ["proxy"]):
        with pytest.raises(ValueError, match="trusted_networks"):
            scheme.check_options({"trusted_networks": networks})


@pytest.mark.parametrize("text", ["", "orders", "CN=", "-----BEGIN CERTIFICATE-----", "00" * 31])
def test_pins_that_cannot_be(text):
    with pytest.raises(ValueError, match="certificate"):
        SCHEMES["client_certificate"].check_secret(text)


@settings(max_examples=100)
@given(data=st.data())
def test_a_damaged_certificate_is_refused_and_never_crashes(data):
    """Parsers of certificates meet what they do not expect behind a valid beginning."""
    raw = bytearray(DER)
    for _number in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    if bytes(raw) != DER:
        assert reason(made(base64.b64encode(raw).decode()))


@given(text=st.text(max_size=60), form=st.sampled_from(["xfcc", "subject", "fingerprint"]))
def test_no_text_crashes(text, form):
    with contextlib.suppress(SignatureInvalid):
        made(text, form, [SUBJECT]).verify()
    with contextlib.suppress(SignatureInvalid):
        made(f'Subject="{text}"', "xfcc", [text]).verify()
