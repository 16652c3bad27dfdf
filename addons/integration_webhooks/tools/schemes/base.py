"""What all schemes share.

A scheme has no state but what it was made with, and is safe to use from several threads. Whatever
a sender puts into a request, ``verify`` returns or raises :class:`.signature.SignatureInvalid`,
and nothing else.
"""

import hmac
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from ..answer import Answer
from ..encodings import encode_text
from ..identity import Names, read_names
from ..options import Naming, Options, TypeNaming, read_options
from ..request import InboundRequest
from ..signature import Reason, SignatureInvalid, VerifiedDelivery

O = TypeVar("O", bound=Options)  # noqa: E741 (a type variable)


class Needs(StrEnum):
    """What a scheme verifies with. The first five are kinds of the core's credentials."""

    HMAC = "hmac"  #: a secret text that both sides know
    BEARER = "bearer"  #: a token
    BASIC = "basic"  #: ``login:password``
    HEADER = "header"  #: a key in a header
    #: public keys of the sender: ``whpk_…``, PEM, or a JSON Web Key Set
    PUBLIC_KEY = "public_key"
    #: certificates of the sender: PEM, a SHA-256 fingerprint, or a subject (RFC 4514)
    CERTIFICATE = "certificate"


class SecretInvalid(ValueError):
    """A secret or key cannot be used with a scheme. The text says why and never quotes it."""


class Scheme(ABC, Generic[O]):
    """How senders of one kind prove their deliveries."""

    #: what interfaces store
    code: ClassVar[str]
    options: ClassVar[type[Options]] = Options
    #: kinds of secrets, of which an interface has one; empty if the scheme needs none
    needs: ClassVar[tuple[Needs, ...]] = (Needs.HMAC,)
    #: codes of the handshakes (see :mod:`..handshakes`) that these senders begin with
    handshakes: ClassVar[tuple[str, ...]] = ()
    #: what these senders want to get instead of 202 with a receipt
    accepted: ClassVar[Answer | None] = None

    def check_options(self, raw: Mapping[str, Any]) -> O:
        """Options from plain JSON.

        :raises OptionsInvalid: with a text for the person who entered them.
        """
        return read_options(self.options, raw)  # type: ignore[return-value]  # the class' own

    def warnings(self, options: O) -> tuple[str, ...]:
        """What an approver should know of these options: weaknesses, one sentence each."""
        return ()

    @abstractmethod
    def check_secret(self, text: str) -> None:
        """Check a secret or key when it is entered.

        :raises SecretInvalid: this scheme cannot work with it.
        """

    @abstractmethod
    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: O, now: float
    ) -> VerifiedDelivery:
        """Prove that a request is the partner's.

        :param secrets: all that are valid now, in the form that ``needs`` says.
        :param now: seconds since the epoch.
        :raises SignatureInvalid: in every other case.
        """


def text_key(text: str) -> bytes:
    """A secret text as key of an HMAC.

    :raises SecretInvalid: empty (anybody can sign with that), or not Unicode.
    """
    key = encode_text(text)
    if not key:
        raise SecretInvalid("The secret is empty, or not valid text.")
    return key


def first_proof(secrets: Sequence[str], proves: Callable[[str], bool | None]) -> int:
    """Position of the first secret that proves the delivery. All are tried.

    That the duration does not tell which one matched is for ``proves`` to continue: it compares in
    constant time.

    :param proves: ``None`` says that the signature names a key which is not among those of this
        secret; raises :class:`SecretInvalid` for a secret that cannot be used.
    :raises SignatureInvalid: there is none.
    """
    if not secrets:
        raise SignatureInvalid(Reason.NO_SECRET)
    verdicts: list[bool | SecretInvalid | None] = []
    for secret in secrets:
        try:
            verdicts.append(proves(secret))
        except SecretInvalid as error:
            # The others may do: a secret that is of no use must not lock the partner out.
            verdicts.append(error)
    if True in verdicts:
        return verdicts.index(True)
    if False in verdicts:
        raise SignatureInvalid(Reason.NO_MATCH)
    raise SignatureInvalid(Reason.UNKNOWN_KEY if None in verdicts else Reason.BAD_SECRET)


def is_among(digest: bytes, candidates: Collection[bytes]) -> bool:
    """Whether a digest is one of the candidates; each is compared in constant time."""
    return sum(hmac.compare_digest(digest, candidate) for candidate in candidates) > 0


def names_of(request: InboundRequest, options: Naming | TypeNaming) -> Names:
    """Id and type of the message, from where the options say.

    :raises SignatureInvalid: see :func:`..identity.read_names`.
    """
    if isinstance(options, Naming):
        return read_names(
            request,
            options.id_header,
            options.id_path,
            options.type_header,
            options.type_path,
        )
    return read_names(request, type_header=options.type_header, type_path=options.type_path)


def delivery(
    names: Names, timestamp: int | None, secret_index: int | None, *, body_signed: bool = True
) -> VerifiedDelivery:
    """The verdict of a scheme that signs the body at most, and no header with the id."""
    return VerifiedDelivery(
        names.id,
        timestamp,
        secret_index,
        names.message_type,
        id_signed=body_signed and (names.id is None or names.id_in_body),
    )


class HmacScheme(Scheme[O]):
    """A scheme whose key is the secret text, as it stands in the sender's console."""

    def check_secret(self, text: str) -> None:
        text_key(text)


def hmac_proof(
    secrets: Sequence[str], content: bytes, algorithm: str, candidates: Collection[bytes]
) -> int:
    """Position of the first secret whose HMAC of ``content`` is among the candidates.

    :param algorithm: as :mod:`hashlib` names it.
    :raises SignatureInvalid: none is, or there are no candidates.
    """
    if not candidates:
        raise SignatureInvalid(Reason.NO_USABLE_SIGNATURE)
    return first_proof(
        secrets,
        lambda text: is_among(hmac.digest(text_key(text), content, algorithm), candidates),
    )
