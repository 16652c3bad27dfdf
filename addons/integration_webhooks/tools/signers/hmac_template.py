"""Signatures that a partner describes itself: an HMAC over a template, written into a header.

The template names what is covered: ``{id}``, ``{ts}``, ``{method}``, ``{url}`` and ``{body}``;
a brace is written twice. :data:`PRESETS` has the templates of well-known senders, whose receivers
can be served without a change.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from types import MappingProxyType
from typing import Final

from odoo.addons.integration_core.tools.errors import CredentialError
from odoo.addons.integration_core.tools.http_auth import Proof, SharedSecret
from odoo.addons.integration_core.tools.http_wire import check_headers

from .base import Delivery, KeyEncoding, Signer, base64_text, key_bytes

ALGORITHMS: Final = ("sha256", "sha384", "sha512")
PARTS: Final = ("id", "ts", "method", "url", "body")
MAX_TEMPLATE: Final = 500

_ENCODINGS: Final[Mapping[str, Callable[[bytes], str]]] = MappingProxyType(
    {
        "hex": bytes.hex,
        "base64": base64_text,
        # Without padding, as in JSON Web Signatures.
        "base64url": lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
    }
)
#: What a header may hold around a signature.
_DECORATION: Final = re.compile(r"[\x20-\x7e]{0,100}")
#: Headers that mean something else to every receiver.
_TAKEN: Final = frozenset({"authorization", "content-type", "cookie", "date"})
#: A delivery's id and type go into headers.
_PLAIN: Final = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class HmacTemplate:
    """How a partner wants to be signed to.

    :param signature_header: where the signature goes. All names of headers are in lower case.
    :param content: template of what is signed.
    :param algorithm: one of :data:`ALGORITHMS`.
    :param encoding: ``hex``, ``base64`` or ``base64url`` (without padding).
    :param prefix: stands before each signature, such as ``sha256=``.
    :param head: stands before them all; a template over ``{id}`` and ``{ts}``.
    :param separator: stands between signatures during a rotation; empty if the receiver reads a
        single one, which then is that of the newest key.
    :param timestamp_header: where the time goes; empty for nowhere.
    :param id_header: where the id goes; empty for nowhere.
    :param type_header: where the type of the message goes; empty for nowhere.
    :raises ValueError: with a text for the administrator.
    """

    signature_header: str
    content: str = "{body}"
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    head: str = ""
    separator: str = ""
    timestamp_header: str = ""
    id_header: str = ""
    type_header: str = ""

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS or self.encoding not in _ENCODINGS:
            raise ValueError("the algorithm or the encoding of the signature is not supported")
        covered = {part for _text, part in split_template(self.content, PARTS) if part}
        told = {part for _text, part in split_template(self.head, ("id", "ts")) if part}
        told |= {"ts"} if self.timestamp_header else set()
        told |= {"id"} if self.id_header else set()
        if "body" not in covered:
            raise ValueError("a signature that does not cover the {body} proves nothing about it")
        untold = sorted(covered & {"id", "ts"} - told)
        if untold:
            raise ValueError(f"the receiver needs a header with the {{{untold[0]}}} that is signed")
        if not all(map(_DECORATION.fullmatch, (self.prefix, self.head, self.separator))):
            raise ValueError("what stands around a signature is up to 100 plain characters")
        self._check_names()

    def _check_names(self) -> None:
        names = [self.signature_header]
        names += [n for n in (self.timestamp_header, self.id_header, self.type_header) if n]
        check_headers(dict.fromkeys(names, ""))
        if any(name != name.lower() or name in _TAKEN for name in names):
            raise ValueError(
                "a header of the signature is not in lower case, or means another thing"
            )
        if len(set(names)) < len(names):
            raise ValueError("two things would go into one header")


def split_template(text: str, parts: Sequence[str]) -> list[tuple[str, str]]:
    """A template as pairs of literal text and the name of the part behind it, ``""`` for none.

    :param parts: names that may occur.
    :raises ValueError: another name, a lone brace, or too long.
    """
    if len(text) > MAX_TEMPLATE:
        raise ValueError(f"a template has at most {MAX_TEMPLATE} characters")
    names = ", ".join(f"{{{part}}}" for part in parts)
    try:
        parsed = list(Formatter().parse(text))
    except ValueError:
        raise ValueError(f"a brace that belongs to none of {names} is written twice") from None
    result = []
    for literal, name, spec, conversion in parsed:
        if name is not None and (name not in parts or spec or conversion):
            raise ValueError(f"a template knows {names} only")
        result.append((literal, name or ""))
    return result


class HmacSigner(Signer):
    """Signs as a template says.

    :param keys: 1 to 16, the newest first. Without a separator only that one signs.
    """

    def __init__(self, template: HmacTemplate, keys: Sequence[bytes]) -> None:
        if not 1 <= len(keys) <= 16 or not all(keys):
            raise ValueError("a delivery is signed with 1 to 16 keys that are not empty")
        self._template = template
        self._keys = tuple(keys) if template.separator else tuple(keys[:1])
        self._content = split_template(template.content, PARTS)
        self._head = split_template(template.head, ("id", "ts"))

    @classmethod
    def from_proofs(
        cls,
        template: HmacTemplate,
        proofs: Sequence[Proof],
        encoding: KeyEncoding = KeyEncoding.TEXT,
    ) -> HmacSigner:
        """With the shared secrets of a credential; proofs of other kinds are left out.

        :raises CredentialError: there is none, or one is not encoded like that.
        """
        secrets = [proof.secret for proof in proofs if isinstance(proof, SharedSecret)]
        try:
            return cls(template, [key_bytes(secret, encoding) for secret in secrets])
        except ValueError as error:
            # These texts quote nothing.
            raise CredentialError(
                f"The credential cannot sign: {error}", code="cannot_sign"
            ) from None

    def headers(self, delivery: Delivery) -> dict[str, str]:
        template = self._template
        values = _values(delivery)
        content = _filled(self._content, values)
        encode = _ENCODINGS[template.encoding]
        signatures = template.separator.join(
            template.prefix + encode(hmac.digest(key, content, template.algorithm))
            for key in self._keys
        )
        head = _filled(self._head, values).decode()
        headers = {template.signature_header: head + signatures}
        for name, value in (
            (template.timestamp_header, str(delivery.timestamp)),
            (template.id_header, delivery.message_id),
            (template.type_header, delivery.message_type),
        ):
            if name and value:
                headers[name] = value
        return headers


def _values(delivery: Delivery) -> dict[str, bytes]:
    """What the parts of a template stand for."""
    for text in (delivery.message_id, delivery.message_type or "-"):
        if not _PLAIN.fullmatch(text):
            raise ValueError("the id and the type of a delivery are plain characters")
    return {
        "id": delivery.message_id.encode(),
        "ts": b"%d" % delivery.timestamp,
        "method": delivery.method.encode(),
        "url": delivery.url.encode(),
        "body": delivery.body,
    }


def _filled(template: Sequence[tuple[str, str]], values: Mapping[str, bytes]) -> bytes:
    return b"".join(
        literal.encode() + (values[part] if part else b"") for literal, part in template
    )


#: Templates of well-known senders. Where they send no id, ours goes along, so that receivers can
#: recognise a repetition.
PRESETS: Final[Mapping[str, HmacTemplate]] = MappingProxyType(
    {
        # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
        "github": HmacTemplate(
            "x-hub-signature-256",
            prefix="sha256=",
            id_header="x-github-delivery",
            type_header="x-github-event",
        ),
        # https://shopify.dev/docs/apps/build/webhooks/subscribe/https
        "shopify": HmacTemplate(
            "x-shopify-hmac-sha256",
            encoding="base64",
            id_header="x-shopify-webhook-id",
            type_header="x-shopify-topic",
        ),
        # https://docs.stripe.com/webhooks#verify-manually
        "stripe": HmacTemplate(
            "stripe-signature",
            content="{ts}.{body}",
            head="t={ts},",
            prefix="v1=",
            separator=",",
            id_header="webhook-id",
        ),
        # https://docs.slack.dev/authentication/verifying-requests-from-slack
        "slack": HmacTemplate(
            "x-slack-signature",
            content="v0:{ts}:{body}",
            prefix="v0=",
            timestamp_header="x-slack-request-timestamp",
            id_header="webhook-id",
        ),
    }
)
