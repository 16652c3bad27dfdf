"""Genuine deliveries of every scheme, signed by code of the tests' own."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import jwt
from core_tools import jwks
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

from tests.unit.load_webhooks import load

registry = load("schemes.registry")
requests = load("request")
signature = load("signature")

NOW = 1_760_000_000
URL = "https://odoo.example.com/integration/webhook/0123456789abcdef?site=a"
SECRET = "0123456789abcdef-secret"
STANDARD_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
P256 = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
TOPIC = "arn:aws:sns:eu-central-1:123456789012:orders"
CERTIFICATE_URL = (
    "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-"
    "0123456789abcdef0123456789abcdef.pem"
)


def pem(key: Any) -> str:
    """The public key of a private one."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def key_set(**keys: Any) -> str:
    """A JSON Web Key Set with private keys' public ones, by their ids."""
    entries = [{**jwks.public_jwk(key.public_key()), "kid": kid} for kid, key in keys.items()]
    for entry in entries:
        del entry["alg"]
    return json.dumps({"keys": entries})


def certificate(key: Any = RSA, name: str = "orders", days: int = 30) -> x509.Certificate:
    """A self-signed certificate around :data:`NOW`."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example, Ltd"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    moment = datetime.fromtimestamp(NOW, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


def certificate_pem(one: x509.Certificate) -> str:
    return one.public_bytes(serialization.Encoding.PEM).decode()


CERTIFICATE = certificate()
SCHEMES = registry.schemes(lambda _url: certificate_pem(CERTIFICATE))


@dataclass(frozen=True)
class Case:
    """A delivery with what it is verified by.

    ``covered`` are the headers that the proof covers, in lower case; ``covers_body`` and
    ``covers_url`` say the rest.
    """

    scheme: Any
    request: Any
    secrets: Sequence[str]
    options: Any
    covered: tuple[str, ...] = ()
    covers_body: bool = True
    covers_url: bool = False

    def verify(self, **changes: Any) -> Any:
        now = changes.pop("now", NOW)
        secrets = changes.pop("secrets", self.secrets)
        options = changes.pop("options", self.options)
        request = replace(self.request, **changes)
        return self.scheme.verify(request, secrets, options, now)

    def headers(self, **changes: str | None) -> Any:
        """The request's headers with some changed, or taken away."""
        fields = dict(self.request.headers.items())
        fields.update({name.replace("_", "-"): value for name, value in changes.items()})
        return requests.Headers({k: v for k, v in fields.items() if v is not None})


def request(headers: Mapping[str, str], body: bytes, **fields: Any) -> Any:
    fields = {"method": "POST", "url": URL, **fields}
    return requests.InboundRequest(headers=requests.Headers(headers), body=body, **fields)


def case(
    code: str,
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    options: Mapping[str, Any] | None = None,
    **rest: Any,
) -> Case:
    scheme = SCHEMES[code]
    fields = {k: rest.pop(k) for k in ("url", "peer", "method") if k in rest}
    checked = scheme.check_options(options or {})
    return Case(scheme, request(headers, body, **fields), secrets, checked, **rest)


def mac(content: bytes, algorithm: str = "sha256", key: bytes = SECRET.encode()) -> bytes:
    return hmac.new(key, content, getattr(hashlib, algorithm)).digest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


# -- one for each scheme -----------------------------------------------------------------------


def standard_v1(body: bytes) -> Case:
    raw = mac(b"msg_1.%d.%s" % (NOW, body), key=bytes(range(32)))
    return _standard(body, f"v1,{b64(raw)}", STANDARD_SECRET)


def standard_v1a(body: bytes) -> Case:
    raw = ED25519.sign(b"msg_1.%d.%s" % (NOW, body))
    public = "whpk_" + b64(ED25519.public_key().public_bytes_raw())
    return _standard(body, f"v1a,{b64(raw)}", public)


def _standard(body: bytes, value: str, secret: str) -> Case:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": value}
    return case(
        "standard_webhooks",
        headers,
        body,
        [secret],
        covered=("webhook-id", "webhook-timestamp"),
    )


def stripe(body: bytes) -> Case:
    value = f"t={NOW},v1={mac(b'%d.%s' % (NOW, body)).hex()},v0=00"
    return case("stripe", {"Stripe-Signature": value}, body, [SECRET])


def github(body: bytes) -> Case:
    headers = {
        "X-Hub-Signature-256": f"sha256={mac(body).hex()}",
        "X-GitHub-Delivery": "72d3162e",
        "X-GitHub-Event": "push",
    }
    return case("github", headers, body, [SECRET])


def shopify(body: bytes) -> Case:
    headers = {"X-Shopify-Hmac-Sha256": b64(mac(body)), "X-Shopify-Webhook-Id": "b54557e4"}
    return case("shopify", headers, body, [SECRET])


def slack(body: bytes) -> Case:
    headers = {
        "X-Slack-Request-Timestamp": str(NOW),
        "X-Slack-Signature": f"v0={mac(b'v0:%d:%s' % (NOW, body)).hex()}",
    }
    return case("slack", headers, body, [SECRET], covered=("x-slack-request-timestamp",))


def zoom(body: bytes) -> Case:
    made = slack(body)
    headers = {
        "x-zm-request-timestamp": str(NOW),
        "x-zm-signature": made.request.headers.one("x-slack-signature"),
    }
    return case("zoom", headers, body, [SECRET], covered=("x-zm-request-timestamp",))


def twilio_form(fields: Sequence[tuple[str, str]]) -> Case:
    content = URL + "".join(name + value for name, value in sorted(set(fields)))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": b64(mac(content.encode(), "sha1")),
    }
    return case("twilio", headers, urlencode(fields).encode(), [SECRET], covers_url=True)


def twilio_json(body: bytes) -> Case:
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {
        "Content-Type": "application/json",
        "X-Twilio-Signature": b64(mac(url.encode(), "sha1")),
    }
    return case("twilio", headers, body, [SECRET], url=url, covers_url=True)


def generic(body: bytes) -> Case:
    content = b"POST %s %d.d-1.%s" % (URL.encode(), NOW, body)
    headers = {
        "X-Sent": str(NOW),
        "X-Id": "d-1",
        "X-Signature": f"h1={b64(mac(content, 'sha512'))}",
    }
    options = {
        "algorithm": "sha512",
        "encoding": "base64",
        "prefix": "h1=",
        "template": "{method} {url} {ts}.{id}.{body}",
        "timestamp_header": "X-Sent",
        "id_header": "X-Id",
    }
    covered = ("x-sent", "x-id")
    return case("hmac", headers, body, [SECRET], options, covered=covered, covers_url=True)


def json_web_token(body: bytes) -> Case:
    claims = {
        "iss": "https://partner.example.com",
        "aud": "odoo",
        "iat": NOW,
        "exp": NOW + 300,
        "jti": "t-1",
        "body": {"sha256": hashlib.sha256(body).hexdigest()},
    }
    token = jwt.encode(claims, P256, "ES256", headers={"kid": "k1"})
    options = {
        "issuers": ["https://partner.example.com"],
        "audiences": ["odoo"],
        "body_hash_claim": "body.sha256",
    }
    headers = {"Authorization": f"Bearer {token}"}
    return case("jwt", headers, body, [key_set(k1=P256)], options, covered=("authorization",))


def signature_headers(
    body: bytes,
    sign: Callable[[bytes], bytes],
    parameters: str = f';created={NOW};keyid="k1"',
) -> dict[str, str]:
    """The headers of RFC 9421 over method, address, digest and content type."""
    digest = f"sha-256=:{b64(hashlib.sha256(body).digest())}:"
    covered = f'("@method" "@target-uri" "content-digest" "content-type"){parameters}'
    lines = [
        '"@method": POST',
        f'"@target-uri": {URL}',
        f'"content-digest": {digest}',
        '"content-type": application/json',
        f'"@signature-params": {covered}',
    ]
    value = b64(sign("\n".join(lines).encode()))
    return {
        "Content-Type": "application/json",
        "Content-Digest": digest,
        "Signature-Input": f"sig1={covered}",
        "Signature": f"sig1=:{value}:",
    }


def http_signature_ed25519(body: bytes) -> Case:
    return _http_signature(signature_headers(body, ED25519.sign), body, pem(ED25519))


def http_signature_hmac(body: bytes) -> Case:
    return _http_signature(signature_headers(body, mac), body, SECRET)


def http_signature_rsa(body: bytes) -> Case:
    pss = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    headers = signature_headers(body, lambda content: RSA.sign(content, pss, hashes.SHA512()))
    return _http_signature(headers, body, pem(RSA))


def _http_signature(headers: Mapping[str, str], body: bytes, secret: str) -> Case:
    covered = ("content-digest", "content-type", "signature-input")
    return case("http_signature", headers, body, [secret], covered=covered, covers_url=True)


def sns(message: str, version: str = "2", **changes: str) -> Case:
    moment = datetime.fromtimestamp(NOW, UTC).isoformat(timespec="milliseconds")
    members = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Subject": "My First Message",
        "Message": message,
        "Timestamp": moment.replace("+00:00", "Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        **changes,
    }
    sign_sns(members)
    return case("aws_sns", {}, json.dumps(members).encode(), [], {"topics": [TOPIC]})


def sign_sns(members: dict[str, str]) -> None:
    """Sign as the provider does, in the order that its documentation gives."""
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn"]
    signed = "".join(f"{n}\n{members[n]}\n" for n in [*names, "Type"] if n in members)
    algorithm = hashes.SHA1() if members["SignatureVersion"] == "1" else hashes.SHA256()
    raw = RSA.sign(signed.encode(), padding.PKCS1v15(), algorithm)
    members["Signature"] = b64(raw)


def client_certificate(body: bytes) -> Case:
    headers = {"X-SSL-Client-Cert": quote(certificate_pem(CERTIFICATE))}
    return _certificate(body, headers, {})


def xfcc(body: bytes) -> Case:
    digest = CERTIFICATE.fingerprint(hashes.SHA256()).hex()
    value = f'By=spiffe://a/b;Hash={digest};Subject="O=Example\\, Ltd,CN=orders";URI='
    return _certificate(body, {"X-Forwarded-Client-Cert": value}, {"form": "xfcc"})


def _certificate(body: bytes, headers: Mapping[str, str], options: Mapping[str, Any]) -> Case:
    return case(
        "client_certificate",
        headers,
        body,
        [certificate_pem(CERTIFICATE)],
        {"trusted_networks": ["10.1.0.0/24"], **options},
        peer="10.1.0.7",
        covers_body=False,
    )


def bearer(body: bytes) -> Case:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return case("bearer", headers, body, [SECRET], covered=("authorization",), covers_body=False)


def basic(body: bytes) -> Case:
    headers = {"Authorization": f"Basic {b64(b'partner:' + SECRET.encode())}"}
    secrets = [f"partner:{SECRET}"]
    return case("basic", headers, body, secrets, covered=("authorization",), covers_body=False)


def api_key(body: bytes) -> Case:
    headers = {"X-API-Key": SECRET}
    return case("api_key", headers, body, [SECRET], covered=("x-api-key",), covers_body=False)


#: Makers that take any bytes as body.
OF_BYTES: Sequence[Callable[[bytes], Case]] = (
    standard_v1,
    standard_v1a,
    stripe,
    github,
    shopify,
    slack,
    zoom,
    twilio_json,
    generic,
    json_web_token,
    http_signature_ed25519,
    http_signature_hmac,
    http_signature_rsa,
    client_certificate,
    xfcc,
    bearer,
    basic,
    api_key,
)


def everything(body: bytes = b'{"id": "evt_1", "type": "order.created"}') -> list[Case]:
    """One delivery or more of each scheme."""
    return [
        *(make(body) for make in OF_BYTES),
        twilio_form([("MessageSid", "SM1"), ("Body", "Grüße")]),
        sns("Hello\nworld"),
    ]
