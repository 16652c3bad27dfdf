"""What senders ask before they send: is the owner of this address willing to receive?

Each handshake takes a request and gives the answer, or ``None`` if the request is not this
handshake, which then is a delivery. Nothing here calls out. What a stranger sends is echoed only
within narrow limits, as plain text that no browser takes for a page.

Some handshakes come signed like any delivery, and answer only what has been verified: Zoom's asks
for the HMAC of a text, which answered blindly would sign whatever a stranger wants to have signed.
"""

import hmac
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar, Final, Protocol
from urllib.parse import parse_qsl

from odoo.addons.integration_core.tools import canonical_json

from .answer import Answer
from .encodings import encode_text
from .options import (
    Options,
    OptionsInvalid,
    check_range,
)
from .request import InboundRequest
from .schemes import aws_sns, sns_certificates
from .schemes.base import SecretInvalid, text_key
from .signature import SignatureInvalid

MAX_CHALLENGE: Final = 1024

_PLAIN: Final = {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_JSON: Final = {"Content-Type": "application/json", "Cache-Control": "no-store"}
_MAX_PAIRS: Final = 50
_ORIGIN: Final = re.compile(r"[A-Za-z0-9._-]{1,253}", re.ASCII)
_PLAIN_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Confirmation(Answer):
    """An answer to a request that wants its address to be visited.

    :ivar url: a checked address of the provider. A person decides, or an outbound call that an
        interface makes; it is never followed at once.
    :ivar subject: what it confirms
    """

    url: str = ""
    subject: str = ""


class Handshake(Protocol):
    """One way to ask.

    :cvar signed: answer only after the interface's scheme has verified the request
    :cvar methods: HTTP methods that can be this handshake
    """

    code: ClassVar[str]
    signed: ClassVar[bool]
    methods: ClassVar[frozenset[str]]
    options: ClassVar[type[Options]]

    def answer(
        self, request: InboundRequest, secrets: Sequence[str], options: Any
    ) -> Answer | None:
        """The answer; ``None`` if the request is something else. Raises nothing.

        :param secrets: as the interface's scheme gets them, of a signed request the one that proved
            it first.
        """


def _query(request: InboundRequest) -> dict[str, str]:
    """The query's parameters; none of those that occur twice."""
    try:
        text = request.url_parts().query.removeprefix("?")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PAIRS)
    except (SignatureInvalid, ValueError):
        return {}
    names = [name for name, _value in pairs]
    return {name: value for name, value in pairs if names.count(name) == 1}


def _document(request: InboundRequest) -> Mapping[str, Any]:
    try:
        value = canonical_json.loads(request.body)
    except canonical_json.JsonError:
        return {}
    return value if isinstance(value, dict) else {}


def _echo(challenge: str) -> Answer | None:
    """A challenge as plain text."""
    if not challenge.isprintable() or not 0 < len(challenge) <= MAX_CHALLENGE:
        return None
    # The senders' challenges hold nothing to escape; what does is not from them.
    return Answer(200, _PLAIN, html.escape(challenge).encode())


def _among(text: str, accepted: Sequence[str]) -> bool:
    """Whether a text is one of those accepted, in constant time for each."""
    digest = sha256(encode_text(text) or b"").digest()
    digests = [sha256(encode_text(one) or b"").digest() for one in accepted]
    return sum(hmac.compare_digest(digest, one) for one in digests) > 0 and text != ""


@dataclass(frozen=True)
class HubOptions(Options):
    """:param verify_tokens: what Meta was told to send as ``hub.verify_token``. Whoever knows one
        gets an echo, and nothing else.
    :param topics: addresses of topics that may be subscribed to (WebSub)."""

    verify_tokens: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    def _check(self) -> None:
        if not (any(self.verify_tokens) or any(self.topics)):
            raise OptionsInvalid("Name the verify_tokens (Meta) or the topics (WebSub).")


class Hub:
    """``hub.challenge`` of Meta and of WebSub, which tell what they know in other parameters.

    Sources: https://developers.facebook.com/docs/graph-api/webhooks/getting-started and
    https://www.w3.org/TR/websub/#hub-verifies-intent
    """

    code = "hub"
    signed = False
    methods = frozenset({"GET"})
    options = HubOptions

    def answer(
        self, request: InboundRequest, secrets: Sequence[str], options: HubOptions
    ) -> Answer | None:
        query = _query(request)
        if request.method != "GET" or "hub.mode" not in query or "hub.challenge" not in query:
            return None
        known = _among(query.get("hub.verify_token", ""), options.verify_tokens) or _among(
            query.get("hub.topic", ""), options.topics
        )
        if query["hub.mode"] not in ("subscribe", "unsubscribe") or not known:
            return Answer(403, _PLAIN)
        return _echo(query["hub.challenge"]) or Answer(400, _PLAIN)


@dataclass(frozen=True)
class CloudEventsOptions(Options):
    """:param origins: names that may ask, as they call themselves, such as
    ``eventgrid.azure.net``.
    :param rate: requests a minute that are promised; 0 for no limit."""

    origins: tuple[str, ...] = ()
    rate: float = 0

    def _check(self) -> None:
        if not self.origins or not all(_ORIGIN.fullmatch(origin) for origin in self.origins):
            raise OptionsInvalid("origins: name who may ask, such as eventgrid.azure.net.")
        check_range("rate", self.rate, 0, 1_000_000)


class CloudEvents:
    """``OPTIONS`` with ``WebHook-Request-Origin``: abuse protection of CloudEvents and Azure.

    Source: https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection

    A callback address is not visited: the answer itself says yes or no.
    """

    code = "cloudevents"
    signed = False
    methods = frozenset({"OPTIONS"})
    options = CloudEventsOptions

    def answer(
        self, request: InboundRequest, secrets: Sequence[str], options: CloudEventsOptions
    ) -> Answer | None:
        if request.method != "OPTIONS":
            return None
        try:
            origin = request.headers.one("WebHook-Request-Origin")
            wanted = request.headers.one("WebHook-Request-Rate")
        except SignatureInvalid:
            return Answer(400, _PLAIN)
        if not origin:
            return None
        allowed = [one for one in options.origins if one.lower() == origin.lower()]
        if not allowed:
            # Without the headers that would allow it: that is how the specification says no.
            return Answer(403, {**_PLAIN, "Allow": "POST"})
        headers = {**_PLAIN, "Allow": "POST", "WebHook-Allowed-Origin": allowed[0]}
        if wanted or options.rate:
            headers["WebHook-Allowed-Rate"] = _rate(wanted, int(options.rate))
        return Answer(200, headers)


def _rate(wanted: str | None, limit: int) -> str:
    """The rate that is granted: what is asked for, at most what is allowed."""
    asked = int(wanted) if wanted and re.fullmatch(r"[1-9][0-9]{0,8}", wanted, re.ASCII) else 0
    if not limit:
        return str(asked) if asked else "*"
    return str(min(asked or limit, limit))


class Graph:
    """``validationToken`` of Microsoft Graph: POST with the token in the query, echoed decoded.

    Source: https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks
    """

    code = "graph"
    signed = False
    methods = frozenset({"POST"})
    options = Options

    def answer(
        self, request: InboundRequest, secrets: Sequence[str], options: Options
    ) -> Answer | None:
        token = _query(request).get("validationToken")
        if request.method != "POST" or token is None:
            return None
        return _echo(token) or Answer(400, _PLAIN)


class Zoom:
    """``endpoint.url_validation`` of Zoom: the HMAC of a token, with the secret of the scheme.

    Source: https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint
    """

    code = "zoom"
    signed = True
    methods = frozenset({"POST"})
    options = Options

    def answer(
        self, request: InboundRequest, secrets: Sequence[str], options: Options
    ) -> Answer | None:
        document = _document(request)
        if request.method != "POST" or document.get("event") != "endpoint.url_validation":
            return None
        payload = document.get("payload")
        token = payload.get("plainToken") if isinstance(payload, dict) else None
        # Without a colon it cannot be the text that signs a delivery.
        if not isinstance(token, str) or not _PLAIN_TOKEN.fullmatch(token):
            return Answer(400, _PLAIN)
        for secret in secrets:
            try:
                digest = hmac.digest(text_key(secret), token.encode(), "sha256").hex()
            except SecretInvalid:
                continue
            body = {"plainToken": token, "encryptedToken": digest}
            return Answer(200, _JSON, canonical_json.dumps(body))
        return Answer(503, _PLAIN)


class Slack:
    """``url_verification`` of Slack: a challenge in JSON, echoed as plain text.

    Source: https://docs.slack.dev/reference/events/url_verification
    """

    code = "slack"
    signed = True
    methods = frozenset({"POST"})
    options = Options

    def answer(
        self, request: InboundRequest, secrets: Sequence[str], options: Options
    ) -> Answer | None:
        document = _document(request)
        if request.method != "POST" or document.get("type") != "url_verification":
            return None
        challenge = document.get("challenge")
        answer = _echo(challenge) if isinstance(challenge, str) else None
        return answer or Answer(400, _PLAIN)


class Sns:
    """``SubscriptionConfirmation`` of Amazon SNS: an address to be visited to confirm.

    Source: https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html

    The end of a subscription is told alike; its address would begin it again, so it is only
    acknowledged.
    """

    code = "aws_sns"
    signed = True
    methods = frozenset({"POST"})
    options = Options

    def answer(
        self, request: InboundRequest, secrets: Sequence[str], options: Options
    ) -> Answer | None:
        try:
            message = aws_sns.read_message(request.body)
            if message.type == aws_sns.NOTIFICATION or request.method != "POST":
                return None
            sns_certificates.check_confirmation_url(message.subscribe_url, message.region)
        except SignatureInvalid:
            return None
        if message.type != aws_sns.CONFIRMATION:
            return Answer(200, _PLAIN)
        return Confirmation(200, _PLAIN, b"", message.subscribe_url, message.topic)


#: All of them by code.
HANDSHAKES: Final[Mapping[str, Handshake]] = {
    handshake.code: handshake
    for handshake in (Hub(), CloudEvents(), Graph(), Zoom(), Slack(), Sns())
}
