"""What every webhook signature scheme shares: its verdict, its refusal, its reading of headers.

A scheme is a sibling module of this one (``standard_webhooks`` today; ``v1a``, GitHub's or
Stripe's may follow). Each offers ``verify(headers, body, ...) -> VerifiedDelivery`` and raises
:class:`SignatureInvalid` for everything it does not accept, so that the receiving door treats
all schemes alike.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a delivery was refused: for the operator's log, never for the sender."""

    MISSING_HEADER = "missing_header"
    AMBIGUOUS_HEADER = "ambiguous_header"
    BAD_ID = "bad_id"
    BAD_TIMESTAMP = "bad_timestamp"
    TOO_MANY_SIGNATURES = "too_many_signatures"
    NO_USABLE_SIGNATURE = "no_usable_signature"
    NO_SECRET = "no_secret"  # noqa: S105 (a word, not a password)
    NO_MATCH = "no_match"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"


class SignatureInvalid(Exception):
    """The delivery is not proven to be authentic and fresh.

    Its text is the same for every cause, because whoever answers the sender tends to send the
    text along, and a sender who learns the cause can probe for it. ``reason`` is for the log.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__("The signature of this delivery is not valid.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class VerifiedDelivery:
    """What a verified delivery proves.

    :ivar id: the sender's identifier of the message, the same for every retry
    :ivar timestamp: when this attempt was signed, in whole seconds since the epoch (UTC)
    :ivar secret_index: position, in the sequence given to ``verify``, of the (first) secret that
        matched. During a rotation it tells whether the sender still signs with the old one.
    """

    id: str
    timestamp: int
    secret_index: int


def find_headers(headers: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
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
