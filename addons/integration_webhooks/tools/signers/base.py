"""What is signed, and what all signers share."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..standard_webhooks import SECRET_PREFIX


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to deliver, before it is signed.

    :param message_id: names the message; the same on every retry. 1 to 255 printable ASCII
        characters, without a dot where Standard Webhooks are signed.
    :param timestamp: when this attempt is made, whole seconds since the epoch.
    :param url: as it is called.
    :param body: the exact bytes that are sent.
    :param headers: what else is sent, such as ``content-type``; names in lower case.
    :param message_type: what happened; some schemes say so in a header.
    """

    message_id: str
    timestamp: int
    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "POST"
    message_type: str = ""


class Signer:
    """Signs deliveries. Holds secrets, which neither ``repr`` nor a pickle shows. Thread-safe."""

    def headers(self, delivery: Delivery) -> dict[str, str]:
        """The headers to add, names in lower case.

        :raises ValueError: a receiver would refuse this delivery (its id, its timestamp), or a
            header that is to be signed is not there. No value is quoted.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    def __reduce__(self) -> str:
        raise TypeError("a signer holds secrets and is not to be pickled")


class Unsigned(Signer):
    """For partners who know us by something else (a token, a certificate): names the message, so
    that they recognise a repetition."""

    def headers(self, delivery: Delivery) -> dict[str, str]:
        return {
            "webhook-id": delivery.message_id,
            "webhook-timestamp": str(delivery.timestamp),
        }


class KeyEncoding(StrEnum):
    """How the bytes of the key are got from the text of a secret. Values are what the database
    stores."""

    TEXT = "text"  #: the text itself in UTF-8: what most partners do, whatever it looks like
    BASE64 = "base64"  #: decoded, a ``whsec_`` before it left out
    HEX = "hex"


def base64_text(raw: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(raw).decode()


def key_bytes(secret: str, encoding: KeyEncoding) -> bytes:
    """The bytes of a key.

    :raises ValueError: the secret is not encoded like that; the text quotes nothing.
    """
    if encoding is KeyEncoding.TEXT:
        return secret.encode()
    try:
        if encoding is KeyEncoding.HEX:
            return binascii.unhexlify(secret)
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        raise ValueError(f"the secret is not {encoding.value}") from None
