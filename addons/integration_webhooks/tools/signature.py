"""What every webhook signature scheme shares: its verdict, its refusal, its reading of headers.

Schemes are in :mod:`.schemes`. Each offers ``verify(request, ...) -> VerifiedDelivery`` and raises
:class:`SignatureInvalid` for everything it does not accept, so that the receiving door treats
all schemes alike.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class Reason(StrEnum):
    """Why a delivery was refused: for the operator's log, never for the sender."""

    #: a header that the scheme needs is not there
    MISSING_HEADER = "missing_header"
    #: a header that may be there once is there several times
    AMBIGUOUS_HEADER = "ambiguous_header"
    #: the value of a header does not have the form that the scheme prescribes
    BAD_HEADER = "bad_header"
    BAD_ID = "bad_id"
    BAD_TIMESTAMP = "bad_timestamp"
    #: the address as the sender used it is not known well enough to be checked
    BAD_URL = "bad_url"
    #: the body lacks what the scheme signs, or is not of the kind that it signs
    BAD_BODY = "bad_body"
    TOO_MANY_SIGNATURES = "too_many_signatures"
    NO_USABLE_SIGNATURE = "no_usable_signature"
    NO_SECRET = "no_secret"  # noqa: S105 (a word, not a password)
    #: none of our own secrets or keys can be used with this scheme
    BAD_SECRET = "bad_secret"  # noqa: S105 (a word, not a password)
    NO_MATCH = "no_match"
    #: an authentic digest is not the digest of this body
    BODY_MISMATCH = "body_mismatch"
    #: the signature does not cover all that it has to
    NOT_COVERED = "not_covered"
    #: an algorithm or a version that is not on the list of those allowed
    WRONG_ALGORITHM = "wrong_algorithm"
    #: signed with a key that is not in the key set; a newer key set may have it
    UNKNOWN_KEY = "unknown_key"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_TOPIC = "wrong_topic"
    #: the key is said to be at an address that is not the provider's
    WRONG_KEY_ADDRESS = "wrong_key_address"
    #: the key could not be fetched now: our trouble, not the sender's
    KEY_UNAVAILABLE = "key_unavailable"
    #: a client certificate is told of by somebody who is not a trusted proxy
    UNTRUSTED_PEER = "untrusted_peer"
    #: the proxy says that the client certificate was not verified, or it is not valid now
    BAD_CERTIFICATE = "bad_certificate"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"


#: The delivery may be genuine and cannot be proven now: answer 503, so that it is sent again.
TEMPORARY: Final = frozenset({Reason.KEY_UNAVAILABLE})


class HeaderFields(Protocol):
    """Header fields: a mapping, or anything else that yields ``(name, value)`` pairs."""

    def items(self) -> Iterable[tuple[str, str]]: ...


class SignatureInvalid(Exception):
    """The delivery is not proven to be authentic and fresh.

    Its text is the same for every cause, because whoever answers the sender tends to send the
    text along, and a sender who learns the cause can probe for it. ``reason`` is for the log.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__("The signature of this delivery is not valid.")
        self.reason = reason

    @property
    def temporary(self) -> bool:
        """Whether the same delivery may be proven later."""
        return self.reason in TEMPORARY


@dataclass(frozen=True, slots=True)
class VerifiedDelivery:
    """What a verified delivery proves.

    :ivar id: the sender's identifier of the message, the same for every retry; ``None`` if it gives
        none, when a digest of the body has to serve instead
    :ivar timestamp: when it was signed, in whole seconds since the epoch (UTC); ``None`` if the
        scheme signs no time, so that only the id tells a replay
    :ivar secret_index: position, in the sequence given to ``verify``, of the (first) secret that
        matched. During a rotation it tells whether the sender still signs with the old one.
        ``None`` if the scheme has no secrets of ours.
    :ivar message_type: what the sender calls this kind of message, if it says so
    :ivar id_signed: whether the proof covers the id. An id that it does not cover is good against
        repetitions by the sender, not against somebody who replays a captured delivery.
    """

    id: str | None
    timestamp: int | None
    secret_index: int | None
    message_type: str | None = None
    id_signed: bool = True


def find_headers(headers: HeaderFields, names: Collection[str]) -> dict[str, str]:
    """Return those of the headers ``names`` (lower case) that are there, by name.

    :param headers: names in any case; read once, because servers compute it as they go
    :raises SignatureInvalid: two keys differ in case only. The signature would cover one of them,
        and the next reader might take the other.
    """
    found: dict[str, str] = {}
    for key, value in headers.items():
        name = key.lower()
        if name in names:
            if name in found:
                raise SignatureInvalid(Reason.AMBIGUOUS_HEADER)
            found[name] = value
    return found


def check_age(timestamp: int, now: float, max_age: float, max_skew: float) -> None:
    """Refuse a delivery that was signed too long ago or too far in the future.

    The two limits are apart on purpose: one symmetric tolerance doubles the window in which a
    captured delivery can be replayed, while a fast clock only needs a little room.

    :param timestamp: signing time, seconds since the epoch
    :param now: the receiver's clock, seconds since the epoch
    :param max_age: seconds into the past that are accepted, inclusive
    :param max_skew: seconds into the future that are accepted, inclusive
    :raises SignatureInvalid: outside of the two limits
    """
    age = now - timestamp
    if not age <= max_age:
        raise SignatureInvalid(Reason.TOO_OLD)
    if not age >= -max_skew:
        raise SignatureInvalid(Reason.IN_FUTURE)
