"""Signatures of the partners, made and checked by the public ``standardwebhooks`` library."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook, WebhookVerificationError


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether one of the ``whsec_…`` secrets signed this request within five minutes."""
    for secret in secrets:
        try:
            Webhook(secret).verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            # ValueError: the library raises it for malformed tokens and bodies that are not UTF-8.
            continue
        return True
    return False


def signed_headers(secret: str, msg_id: str, body: bytes) -> dict[str, str]:
    """Return the three headers of a delivery that is signed now."""
    now = datetime.fromtimestamp(int(time.time()), UTC)
    return {
        "webhook-id": msg_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(msg_id, now, body.decode()),
    }
