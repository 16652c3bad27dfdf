"""HTTP Message Signatures (RFC 9421) with a digest of the body (RFC 9530), strictly.

A signature lists what it covers; what it has to cover at least is an option, and the digest of
the body is always part of it. Supported are plain header fields and the components ``@method``,
``@target-uri``, ``@authority``, ``@scheme``, ``@request-target``, ``@path`` and ``@query``, all of
them without parameters: parameters make a component cover less than its name says.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256, sha512
from typing import Any, Final

from ..encodings import decode_base64, encode_text
from ..options import (
    Freshness,
    Naming,
    OptionsInvalid,
    check_choice,
    check_choices,
    check_header,
)
from ..request import InboundRequest
from ..signature import Reason, SignatureInvalid, VerifiedDelivery, check_age
from ..structured_fields import InnerList, Item, Malformed, parse_dictionary
from .base import Needs, Scheme, SecretInvalid, first_proof, is_among, names_of, text_key
from .http_components import KNOWN_COMPONENTS, signature_base
from .public_keys import is_public, key_verdict, read_public_keys

DIGEST: Final = "content-digest"
MAX_SIGNATURES: Final = 8

HMAC: Final = "hmac-sha256"
#: Algorithms of RFC 9421 by what JOSE calls them; an HMAC is none of JOSE's here.
_JOSE: Final[Mapping[str, tuple[str, ...]]] = {
    "ed25519": ("Ed25519", "EdDSA"),
    "ecdsa-p256-sha256": ("ES256",),
    "ecdsa-p384-sha384": ("ES384",),
    "rsa-pss-sha512": ("PS512",),
    "rsa-v1_5-sha256": ("RS256",),
    HMAC: (),
}
ALGORITHMS: Final = tuple(_JOSE)
_SECRETS: Final = {"text": encode_text, "base64": decode_base64}
_PARAMETERS: Final[Mapping[str, type]] = {
    "created": int, "expires": int, "nonce": str, "alg": str, "keyid": str, "tag": str,
}  # fmt: skip
_DIGESTS: Final = {"sha-256": sha256, "sha-512": sha512}
_ADDRESSES: Final = frozenset({"@target-uri", "@path", "@request-target"})


@dataclass(frozen=True)
class HttpSignatureOptions(Naming, Freshness):
    """:param required: what a signature has to cover at least: components of the request such as
    ``@method``, and header names in lower case.
    :param algorithms: those of :data:`ALGORITHMS` that are accepted.
    :param label: the only label that counts; empty for any.
    :param tag: the only application tag that counts; empty for any.
    :param key_id: the only ``keyid`` that counts; empty for any.
    :param secret_encoding: how a shared secret is written: ``text`` or ``base64``.
    """

    required: tuple[str, ...] = ("@method", "@target-uri", DIGEST)
    algorithms: tuple[str, ...] = (HMAC, "ed25519", "ecdsa-p256-sha256", "rsa-pss-sha512")
    label: str = ""
    tag: str = ""
    key_id: str = ""
    secret_encoding: str = "text"  # noqa: S105 (how it is written, not what it is)

    def _check(self) -> None:
        check_choices("algorithms", self.algorithms, ALGORITHMS)
        check_choice("secret_encoding", self.secret_encoding, _SECRETS)
        for name in self.required:
            if name.startswith("@"):
                check_choice("required", name, KNOWN_COMPONENTS)
            else:
                check_header("required", name)
                if name != name.lower():
                    raise OptionsInvalid("required: header names are written in lower case here.")
        if not {"@method", DIGEST} <= set(self.required) or not _ADDRESSES & set(self.required):
            raise OptionsInvalid(
                "required: must hold @method, content-digest, and one of "
                f"{', '.join(sorted(_ADDRESSES))}."
            )


class HttpSignature(Scheme[HttpSignatureOptions]):
    """See the module."""

    code = "http_signature"
    options = HttpSignatureOptions
    needs = (Needs.HMAC, Needs.PUBLIC_KEY)

    def check_secret(self, text: str) -> None:
        if is_public(text):
            read_public_keys(text)
        else:
            text_key(text)

    def verify(
        self,
        request: InboundRequest,
        secrets: Sequence[str],
        options: HttpSignatureOptions,
        now: float,
    ) -> VerifiedDelivery:
        refusal = SignatureInvalid(Reason.NO_USABLE_SIGNATURE)
        for claimed, signature in _signatures(request, options):
            try:
                index = _prove(request, secrets, options, claimed, signature)
                _check_times(claimed, options, now)
                _check_digest(request)
            except SignatureInvalid as reason:
                # A proxy on the way may have added a signature of its own.
                refusal = reason
                continue
            return _delivery(request, options, claimed, index)
        raise refusal


def _signatures(
    request: InboundRequest, options: HttpSignatureOptions
) -> list[tuple[InnerList, bytes]]:
    """What each signature claims to cover, with the signature, for the labels that count."""
    claims = _dictionary(request, "signature-input")
    values = _dictionary(request, "signature")
    if len(claims) > MAX_SIGNATURES:
        raise SignatureInvalid(Reason.TOO_MANY_SIGNATURES)
    found = []
    for label, claimed in claims.items():
        if options.label and label != options.label:
            continue
        value = values.get(label)
        if not isinstance(claimed, InnerList) or not isinstance(value, Item):
            raise SignatureInvalid(Reason.BAD_HEADER)
        if not isinstance(value.value, bytes) or value.parameters:
            raise SignatureInvalid(Reason.BAD_HEADER)
        found.append((claimed, value.value))
    return found


def _dictionary(request: InboundRequest, name: str) -> dict[str, InnerList | Item]:
    text = request.headers.combined(name)
    if not text:
        raise SignatureInvalid(Reason.MISSING_HEADER)
    try:
        return parse_dictionary(text)
    except Malformed:
        raise SignatureInvalid(Reason.BAD_HEADER) from None


def _prove(
    request: InboundRequest,
    secrets: Sequence[str],
    options: HttpSignatureOptions,
    claimed: InnerList,
    signature: bytes,
) -> int:
    """:raises SignatureInvalid: it covers too little, or is of none of our keys."""
    parameters = _checked_parameters(claimed, options)
    if not set(options.required) <= {item.value for item in claimed.items}:
        raise SignatureInvalid(Reason.NOT_COVERED)
    content = signature_base(request, claimed)
    algorithms = [parameters["alg"]] if "alg" in parameters else options.algorithms
    if not set(algorithms) <= set(options.algorithms):
        raise SignatureInvalid(Reason.WRONG_ALGORITHM)
    names = [name for algorithm in algorithms for name in _JOSE[algorithm]]

    def proves(text: str) -> bool | None:
        if is_public(text):
            return key_verdict(text, parameters.get("keyid", ""), names, signature, content)
        key = _SECRETS[options.secret_encoding](text)
        if not key:
            raise SecretInvalid("The secret is empty, or not written as the options say.")
        if HMAC not in algorithms:
            return None
        return is_among(hmac.digest(key, content, "sha256"), [signature])

    return first_proof(secrets, proves)


def _checked_parameters(claimed: InnerList, options: HttpSignatureOptions) -> dict[str, Any]:
    parameters = dict(claimed.parameters)
    for name, value in parameters.items():
        if name not in _PARAMETERS or type(value) is not _PARAMETERS[name]:
            raise SignatureInvalid(Reason.BAD_HEADER)
    if options.tag and parameters.get("tag") != options.tag:
        raise SignatureInvalid(Reason.WRONG_AUDIENCE)
    if options.key_id and parameters.get("keyid") != options.key_id:
        raise SignatureInvalid(Reason.UNKNOWN_KEY)
    return parameters


def _check_times(claimed: InnerList, options: HttpSignatureOptions, now: float) -> None:
    created, expires = claimed.parameters.get("created"), claimed.parameters.get("expires")
    if not isinstance(created, int):
        raise SignatureInvalid(Reason.BAD_TIMESTAMP)
    check_age(created, now, options.max_age, options.max_skew)
    if isinstance(expires, int) and not now <= expires + options.max_skew:
        raise SignatureInvalid(Reason.TOO_OLD)


def _check_digest(request: InboundRequest) -> None:
    """Compare every digest of a known kind; one at least there must be (RFC 9530, 2)."""
    members = _dictionary(request, DIGEST)
    known = [(_DIGESTS[name], member) for name, member in members.items() if name in _DIGESTS]
    if not known:
        raise SignatureInvalid(Reason.WRONG_ALGORITHM)
    for digest, member in known:
        value = member.value if isinstance(member, Item) else None
        if not isinstance(value, bytes):
            raise SignatureInvalid(Reason.BAD_HEADER)
        if not is_among(digest(request.body).digest(), [value]):
            raise SignatureInvalid(Reason.BODY_MISMATCH)


def _delivery(
    request: InboundRequest, options: HttpSignatureOptions, claimed: InnerList, index: int
) -> VerifiedDelivery:
    names = names_of(request, options)
    covered = {item.value for item in claimed.items}
    # The body is covered always, a header only where the signature says so.
    signed = names.id is None or names.id_in_body or options.id_header.lower() in covered
    created = claimed.parameters["created"]
    return VerifiedDelivery(names.id, int(created), index, names.message_type, signed)
