"""Standard Webhooks 1.0.0, symmetric scheme ``v1`` (HMAC-SHA256): signing and verifying.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

A delivery carries three headers: ``webhook-id`` (names the message, the same on every retry),
``webhook-timestamp`` (whole seconds, of this attempt) and ``webhook-signature`` (a list, separated
by spaces, of ``version,base64``). Signed are the bytes ``id.timestamp.body``; the body is opaque
and may be anything, UTF-8 or not.

:func:`read_envelope` and :func:`signed_content` do not depend on the key type, so that the
asymmetric ``v1a`` can become a sibling module which adds nothing but its own keys.
"""

import base64
import hashlib
import hmac
import re
import secrets as random_source
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .encodings import decode_base64
from .signature import (
    HeaderFields,
    Reason,
    SignatureInvalid,
    VerifiedDelivery,
    check_age,
    find_headers,
)

SECRET_PREFIX = "whsec_"  # noqa: S105 (what secrets begin with)
MIN_SECRET_BYTES = 24
MAX_SECRET_BYTES = 64
MAX_SIGNATURES = 16
VERSION = "v1"

# "svix-" is what the standard grew out of; many senders still use those names.
HEADER_FAMILIES = (
    ("webhook-id", "webhook-timestamp", "webhook-signature"),
    ("svix-id", "svix-timestamp", "svix-signature"),
)

# Printable ASCII without space and without the dot, which separates the parts that are signed:
# with dots allowed, ("a", "1.2") and ("a.1", "2") would sign the same bytes.
_ID = re.compile(r"[!-\-/-~]{1,255}")
# No sign, fraction, leading zero or foreign digit: each moment has one spelling. Eleven digits
# last until the year 5138.
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,10}")
_DIGEST_BYTES = hashlib.sha256().digest_size


class Secret:
    """A symmetric signing secret of 24 to 64 bytes.

    Neither ``repr`` nor ``str`` nor a pickle shows the key: a secret that lands in a log line, an
    error text or a job argument by mistake stays secret. :meth:`serialise` is the one way out.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """:raises ValueError: the key is shorter than 24 or longer than 64 bytes."""
        if not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
            raise ValueError(
                f"A webhook secret has {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes; "
                f"this one has {len(key)}."
            )
        self._key = bytes(key)

    @classmethod
    def parse(cls, text: str) -> "Secret":
        """Read ``whsec_`` followed by base64; the prefix may be missing, as in many consoles.

        :raises ValueError: not strict base64, or a wrong length; the text never quotes the value
        """
        raw = decode_base64(text.removeprefix(SECRET_PREFIX))
        if raw is None:
            raise ValueError(f"A webhook secret is '{SECRET_PREFIX}' followed by padded base64.")
        return cls(raw)

    @classmethod
    def generate(cls, size: int = 32) -> "Secret":
        """Return a new random secret of ``size`` bytes (24 to 64, else ValueError)."""
        return cls(random_source.token_bytes(size))

    def serialise(self) -> str:
        """Return the ``whsec_…`` text to store encrypted or to hand to the partner, once."""
        return SECRET_PREFIX + base64.b64encode(self._key).decode()

    def digest(self, content: bytes) -> bytes:
        """Return the HMAC-SHA256 of ``content`` (32 bytes)."""
        return hmac.digest(self._key, content, "sha256")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._key, other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return "Secret('whsec_***')"

    def __reduce__(self) -> tuple:
        raise TypeError("A webhook secret is not pickled; use serialise() and encrypt it.")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The three headers of a delivery, well-formed but not yet proven.

    :ivar id: identifier of the message
    :ivar timestamp: seconds since the epoch
    :ivar signatures: ``(version, base64 text)`` pairs in the order sent, malformed ones left out
    """

    id: str
    timestamp: int
    signatures: tuple[tuple[str, str], ...]


def signed_content(msg_id: str, timestamp: int, body: bytes) -> bytes:
    """Return the bytes that a signature of this standard covers."""
    return b"%s.%d.%s" % (msg_id.encode("ascii"), timestamp, body)


def sign(secrets: Secret | Sequence[Secret], msg_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of the ``webhook-signature`` header.

    :param secrets: one secret, or several while they are rotated: the header then lists one
        signature per secret, and a receiver that knows any of them accepts the delivery
    :param msg_id: 1 to 255 printable ASCII characters, no space, no dot; the same on every retry
    :param timestamp: seconds since the epoch of this attempt
    :param body: the exact bytes that are sent
    :raises ValueError: no secret or more than 16, or an id or timestamp that a receiver refuses
    """
    keys = (secrets,) if isinstance(secrets, Secret) else tuple(secrets)
    if not 1 <= len(keys) <= MAX_SIGNATURES:
        raise ValueError(f"A delivery is signed with 1 to {MAX_SIGNATURES} secrets.")
    if not _ID.fullmatch(msg_id):
        raise ValueError("A webhook id is 1 to 255 printable ASCII characters without a dot.")
    if not _TIMESTAMP.fullmatch(str(timestamp)):
        raise ValueError("A webhook timestamp is a positive whole number of seconds.")
    content = signed_content(msg_id, timestamp, body)
    return " ".join(f"{VERSION},{base64.b64encode(key.digest(content)).decode()}" for key in keys)


def signed_headers(
    secrets: Secret | Sequence[Secret], msg_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the three headers of a signed delivery; see :func:`sign` for arguments and errors."""
    return {
        "webhook-id": msg_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secrets, msg_id, timestamp, body),
    }


def _read_headers(headers: HeaderFields) -> tuple[str, str, str]:
    """Return id, timestamp and signature from one family of header names, never from a mixture."""
    for family in HEADER_FAMILIES:
        found = find_headers(headers, family)
        if len(found) == len(family):
            msg_id, timestamp, signature = (found[name] for name in family)
            return msg_id, timestamp, signature
        if found:
            break
    raise SignatureInvalid(Reason.MISSING_HEADER)


def _read_signatures(text: str) -> Iterable[tuple[str, str]]:
    """Yield the well-formed ``version,value`` tokens of a signature header.

    A token without a comma is ignored, not an error: the standard lets senders add versions that
    this receiver has never heard of.
    """
    # One split more than the limit is enough to know that it is exceeded.
    tokens = text.split(" ", MAX_SIGNATURES)
    if len(tokens) > MAX_SIGNATURES:
        raise SignatureInvalid(Reason.TOO_MANY_SIGNATURES)
    for token in tokens:
        version, comma, value = token.partition(",")
        if version and comma and value:
            yield version, value


def read_envelope(headers: HeaderFields) -> Envelope:
    """Read the headers of a delivery, in any case, under ``webhook-`` or ``svix-`` names.

    :raises SignatureInvalid: a header is missing or doubled, the id or the timestamp is malformed,
        or there are more than 16 signatures
    """
    msg_id, timestamp, signature = _read_headers(headers)
    if not _ID.fullmatch(msg_id):
        raise SignatureInvalid(Reason.BAD_ID)
    if not _TIMESTAMP.fullmatch(timestamp):
        raise SignatureInvalid(Reason.BAD_TIMESTAMP)
    return Envelope(msg_id, int(timestamp), tuple(_read_signatures(signature)))


def _match(candidates: Sequence[bytes], expected: Sequence[bytes]) -> int | None:
    """Return the position in ``expected`` of the first digest that is among the candidates.

    All pairs are compared, in constant time each, so that the duration tells neither which secret
    matched nor how close a forgery came.
    """
    matches = [
        sum(hmac.compare_digest(digest, candidate) for candidate in candidates)
        for digest in expected
    ]
    return next((index for index, hits in enumerate(matches) if hits), None)


def verify(
    headers: HeaderFields,
    body: bytes,
    secrets: Sequence[Secret],
    now: float,
    max_age: float = 300,
    max_skew: float = 60,
) -> VerifiedDelivery:
    """Prove that a delivery was signed with one of the secrets, lately, over exactly these bytes.

    :param headers: request headers; names are compared without regard to case
    :param body: the raw bytes as received, before any decoding
    :param secrets: all secrets that are valid now (more than one while they are rotated)
    :param now: the receiver's clock, seconds since the epoch
    :param max_age: seconds that may have passed since signing
    :param max_skew: seconds that the sender's clock may be ahead
    :raises SignatureInvalid: in every other case; ``reason`` is for the log only
    """
    envelope = read_envelope(headers)
    decoded = (decode_base64(text) for version, text in envelope.signatures if version == VERSION)
    candidates = [raw for raw in decoded if raw is not None and len(raw) == _DIGEST_BYTES]
    if not candidates:
        raise SignatureInvalid(Reason.NO_USABLE_SIGNATURE)
    if not secrets:
        raise SignatureInvalid(Reason.NO_SECRET)
    content = signed_content(envelope.id, envelope.timestamp, body)
    index = _match(candidates, [secret.digest(content) for secret in secrets])
    if index is None:
        raise SignatureInvalid(Reason.NO_MATCH)
    # Last, so that "too old" in the log means an authentic delivery and points to a clock or a
    # slow queue, never to a forgery.
    check_age(envelope.timestamp, now, max_age, max_skew)
    return VerifiedDelivery(envelope.id, envelope.timestamp, index)
