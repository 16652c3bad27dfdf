"""Shopify: ``X-Shopify-Hmac-Sha256`` is the base64 of the HMAC-SHA256 of the body.

Source: https://shopify.dev/docs/apps/build/webhooks/subscribe/https

No time is signed, and the id stands in a header that is not signed: a captured delivery can be
replayed under another id.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..encodings import decode_base64
from ..options import Naming
from ..request import InboundRequest
from ..signature import VerifiedDelivery
from .base import HmacScheme, delivery, hmac_proof, names_of


@dataclass(frozen=True)
class ShopifyOptions(Naming):
    """Defaults of Shopify."""

    id_header: str = "X-Shopify-Webhook-Id"
    type_header: str = "X-Shopify-Topic"


class Shopify(HmacScheme[ShopifyOptions]):
    """See the module."""

    code = "shopify"
    options = ShopifyOptions

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: ShopifyOptions, now: float
    ) -> VerifiedDelivery:
        digest = decode_base64(request.headers.required("X-Shopify-Hmac-Sha256"))
        index = hmac_proof(secrets, request.body, "sha256", [digest] if digest else [])
        return delivery(names_of(request, options), None, index)
