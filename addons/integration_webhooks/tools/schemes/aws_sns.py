"""Amazon SNS: an RSA signature inside the JSON body, over some of its members.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html

The signed text is one line for the name and one for the value of each member, in an order that
depends on the type of the message. Values other than the message are held to a form without line
breaks, so that the text can be read in one way only. Version 1 signs with SHA-1, version 2 with
SHA-256. Deliveries in raw form are not signed at all and therefore refused; message attributes
and the address to unsubscribe are never signed, so nothing should be made of them.

Messages of somebody else's topic are signed by the provider just as well: what makes one the
partner's is the list of topics.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from odoo.addons.integration_core.tools import canonical_json

from ..encodings import decode_base64, encode_text
from ..options import Freshness, OptionsInvalid, check_choices
from ..request import InboundRequest
from ..signature import Reason, SignatureInvalid, VerifiedDelivery, check_age
from . import sns_certificates
from .base import Needs, Scheme, SecretInvalid
from .sns_certificates import CertificateCache
from .timestamps import rfc3339

NOTIFICATION: Final = "Notification"
CONFIRMATION: Final = "SubscriptionConfirmation"

_SUBSCRIPTION: Final = (
    "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
)  # fmt: skip
#: Signed members by type of message, in their order.
_SIGNED: Final[Mapping[str, tuple[str, ...]]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: _SUBSCRIPTION,
    "UnsubscribeConfirmation": _SUBSCRIPTION,
}
# SHA-1 is what topics have unless their owner chose otherwise. Making use of its weakness takes
# somebody who may publish to the topic, and who therefore needs no forgery.
_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "1": hashes.SHA1(),  # noqa: S303 (see above)
    "2": hashes.SHA256(),
}
_ARN: Final = re.compile(
    r"arn:aws[a-z-]{0,8}:sns:(?P<region>[a-z0-9-]{1,32}):[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?",
    re.ASCII,
)
_LINE: Final = re.compile(r"[^\r\n]{0,4096}")
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,100}")


@dataclass(frozen=True)
class SnsOptions(Freshness):
    """:param topics: ARNs of the topics whose messages are accepted.
    :param signature_versions: ``1``, ``2`` or both.
    :param max_age: counts from publishing, and the provider retries for an hour."""

    topics: tuple[str, ...] = ()
    signature_versions: tuple[str, ...] = ("1", "2")
    max_age: float = 2 * 3600

    def _check(self) -> None:
        if not self.topics or not all(_ARN.fullmatch(topic) for topic in self.topics):
            raise OptionsInvalid(
                "topics: name the ARN of each topic, such as "
                "arn:aws:sns:eu-central-1:123456789012:orders."
            )
        check_choices("signature_versions", self.signature_versions, tuple(_HASHES))


@dataclass(frozen=True, slots=True)
class SnsMessage:
    """The members that count, in their right form and not yet proven."""

    type: str
    id: str
    topic: str
    region: str
    timestamp: int
    certificate_url: str
    version: str
    signature: bytes
    signed_text: bytes
    subscribe_url: str


class AwsSns(Scheme[SnsOptions]):
    """See the module.

    :param certificates: shared by all requests of the process.
    """

    code = "aws_sns"
    options = SnsOptions
    needs: tuple[Needs, ...] = ()
    handshakes = ("aws_sns",)

    def __init__(self, certificates: CertificateCache) -> None:
        self._certificates = certificates

    def check_secret(self, text: str) -> None:
        raise SecretInvalid("Amazon SNS signs with keys of its own: it needs no secret of ours.")

    def warnings(self, options: SnsOptions) -> tuple[str, ...]:
        if "1" in options.signature_versions:
            return (
                "Signature version 1 uses SHA-1: set the topic to version 2, then allow it only.",
            )
        return ()

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: SnsOptions, now: float
    ) -> VerifiedDelivery:
        message = read_message(request.body)
        if message.topic not in options.topics:
            raise SignatureInvalid(Reason.WRONG_TOPIC)
        if message.version not in options.signature_versions:
            raise SignatureInvalid(Reason.WRONG_ALGORITHM)
        sns_certificates.check_certificate_url(message.certificate_url, message.region)
        key = self._certificates.public_key(message.certificate_url, now)
        try:
            key.verify(message.signature, message.signed_text, PKCS1v15(), _HASHES[message.version])
        except InvalidSignature:
            raise SignatureInvalid(Reason.NO_MATCH) from None
        except UnsupportedAlgorithm:  # SHA-1, where the machine's policy forbids it
            raise SignatureInvalid(Reason.WRONG_ALGORITHM) from None
        check_age(message.timestamp, now, options.max_age, options.max_skew)
        return VerifiedDelivery(message.id, message.timestamp, None, message.type)


def read_message(body: bytes) -> SnsMessage:
    """Read a message, without proving anything.

    :raises SignatureInvalid: it is none.
    """
    members = _members(body)
    kind = _line(members, "Type")
    topic = _ARN.fullmatch(_line(members, "TopicArn"))
    signature = decode_base64(_line(members, "Signature"))
    message_id = _line(members, "MessageId")
    if kind not in _SIGNED or topic is None or not _ID.fullmatch(message_id):
        raise SignatureInvalid(Reason.BAD_BODY)
    if not signature:
        raise SignatureInvalid(Reason.NO_USABLE_SIGNATURE)
    return SnsMessage(
        kind,
        message_id,
        topic[0],
        topic["region"],
        rfc3339(_line(members, "Timestamp")),
        _line(members, "SigningCertURL"),
        _line(members, "SignatureVersion"),
        signature,
        _signed_text(members, _SIGNED[kind]),
        "" if kind == NOTIFICATION else _line(members, "SubscribeURL"),
    )


def _members(body: bytes) -> Mapping[str, Any]:
    try:
        members = canonical_json.loads(body)
    except canonical_json.JsonError:
        raise SignatureInvalid(Reason.BAD_BODY) from None
    if not isinstance(members, dict):
        raise SignatureInvalid(Reason.BAD_BODY)
    return members


def _line(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not _LINE.fullmatch(value):
        raise SignatureInvalid(Reason.BAD_BODY)
    return value


def _signed_text(members: Mapping[str, Any], names: Sequence[str]) -> bytes:
    lines = []
    for name in names:
        if name == "Subject" and members.get(name) is None:
            continue
        value = members.get(name) if name == "Message" else _line(members, name)
        if not isinstance(value, str):
            raise SignatureInvalid(Reason.BAD_BODY)
        lines += [name, value]
    text = encode_text("".join(f"{line}\n" for line in lines))
    if text is None:
        raise SignatureInvalid(Reason.BAD_BODY)
    return text
