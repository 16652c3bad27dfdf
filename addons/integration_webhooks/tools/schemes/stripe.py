"""Stripe: ``Stripe-Signature: t=<seconds>,v1=<hex>,…``.

Source: https://docs.stripe.com/webhooks/signature

``v1`` is the hexadecimal HMAC-SHA256 of ``t.body``; the key is the whole text of the secret,
``whsec_`` included. Several ``v1`` are sent while a secret is rolled; ``v0`` is no signature.
Several other senders have taken over the form under header names of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..encodings import decode_hex
from ..options import Freshness, Naming, check_header
from ..request import InboundRequest
from ..signature import Reason, SignatureInvalid, VerifiedDelivery, check_age
from .base import HmacScheme, delivery, hmac_proof, names_of
from .timestamps import unix_seconds

MAX_ELEMENTS: Final = 32


@dataclass(frozen=True)
class StripeOptions(Naming, Freshness):
    """:param signature_header: another one for those who sign alike."""

    signature_header: str = "Stripe-Signature"
    id_path: str = "id"
    type_path: str = "type"

    def _check(self) -> None:
        check_header("signature_header", self.signature_header)


class Stripe(HmacScheme[StripeOptions]):
    """See the module."""

    code = "stripe"
    options = StripeOptions

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: StripeOptions, now: float
    ) -> VerifiedDelivery:
        time_text, digests = _elements(request.headers.required(options.signature_header))
        timestamp = unix_seconds(time_text)
        content = b"%d.%s" % (timestamp, request.body)
        index = hmac_proof(secrets, content, "sha256", digests)
        check_age(timestamp, now, options.max_age, options.max_skew)
        return delivery(names_of(request, options), timestamp, index)


def _elements(value: str) -> tuple[str, list[bytes]]:
    """The time, and the digests of version 1."""
    elements = value.split(",", MAX_ELEMENTS)
    if len(elements) > MAX_ELEMENTS:
        raise SignatureInvalid(Reason.TOO_MANY_SIGNATURES)
    pairs = [element.partition("=")[::2] for element in elements]
    times = [text for name, text in pairs if name == "t"]
    if len(times) != 1:
        raise SignatureInvalid(Reason.BAD_TIMESTAMP)
    digests = [decode_hex(text) for name, text in pairs if name == "v1"]
    return times[0], [digest for digest in digests if digest]
