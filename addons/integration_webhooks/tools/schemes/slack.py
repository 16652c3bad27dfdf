"""Slack: ``X-Slack-Signature: v0=`` and the hexadecimal HMAC-SHA256 of ``v0:timestamp:body``.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack

Events are JSON with an ``event_id``; commands and interactions are forms without one. Zoom signs
alike under its own header names (``x-zm-signature``, ``x-zm-request-timestamp``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..answer import Answer
from ..encodings import decode_hex
from ..options import Freshness, Naming, check_header
from ..request import InboundRequest
from ..signature import VerifiedDelivery, check_age
from .base import HmacScheme, delivery, hmac_proof, names_of
from .timestamps import unix_seconds

_PREFIX: Final = "v0="


@dataclass(frozen=True)
class SlackOptions(Naming, Freshness):
    """:param signature_header: another one for those who sign alike.
    :param timestamp_header: the same."""

    signature_header: str = "X-Slack-Signature"
    timestamp_header: str = "X-Slack-Request-Timestamp"
    id_path: str = "event_id"
    type_path: str = "event.type || type"

    def _check(self) -> None:
        check_header("signature_header", self.signature_header)
        check_header("timestamp_header", self.timestamp_header)


class Slack(HmacScheme[SlackOptions]):
    """See the module."""

    code = "slack"
    options = SlackOptions
    handshakes = ("slack",)
    # Whatever the answer to a command holds is shown to the person who typed it.
    accepted = Answer(200)

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: SlackOptions, now: float
    ) -> VerifiedDelivery:
        value = request.headers.required(options.signature_header)
        timestamp = unix_seconds(request.headers.required(options.timestamp_header))
        digest = decode_hex(value.removeprefix(_PREFIX)) if value.startswith(_PREFIX) else None
        content = b"v0:%d:%s" % (timestamp, request.body)
        index = hmac_proof(secrets, content, "sha256", [digest] if digest else [])
        check_age(timestamp, now, options.max_age, options.max_skew)
        return delivery(names_of(request, options), timestamp, index)


@dataclass(frozen=True)
class ZoomOptions(SlackOptions):
    """Zoom's names for the same. Its events carry no id."""

    signature_header: str = "x-zm-signature"
    timestamp_header: str = "x-zm-request-timestamp"
    id_path: str = ""
    type_path: str = "event"


class Zoom(Slack):
    """Zoom signs as Slack does.

    Source: https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events
    """

    code = "zoom"
    options = ZoomOptions
    handshakes = ("zoom",)
    accepted = None
