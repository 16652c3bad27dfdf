# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Typed failures: the class of an error decides what happens to its message.

Messages of these exceptions are shown to operators, logged and grouped by fingerprint, so
they never contain payload. Data that a person needs to act on (a missing mapping value, the
violated fields) travels in attributes.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar, Final

from .states import State


class ErrorClass(StrEnum):
    """What kind of failure it was. Values are what the database stores."""

    TRANSIENT = "transient"  #: may work later: network, lock, server error
    THROTTLED = "throttled"  #: may work later, and the partner said when
    PERMANENT = "permanent"  #: the partner refused it for good
    CONTRACT = "contract"  #: the content breaks the agreed schema
    MAPPING = "mapping"  #: the content cannot be translated
    CONFLICT = "conflict"  #: contradicts what is already known or owned elsewhere
    UNKNOWN_OUTCOME = "unknown_outcome"  #: sent, but nobody knows whether it took effect
    CONFIGURATION = "configuration"  #: our own set-up prevents it


class Fault(StrEnum):
    """On whose side the cause of a failure lies: whom an operator has to talk to."""

    PARTNER = "partner"  #: the other side: its servers, its answers, what it sent
    OWN = "own"  #: our own: set-up, documents, mappings, our server


#: Classes that speak of the other side, by direction. All others speak of ours: what cannot be
#: translated or approved is for us to mend, whoever caused it.
_PARTNERS: Final = {
    "outbound": frozenset(
        {
            ErrorClass.TRANSIENT,
            ErrorClass.THROTTLED,
            ErrorClass.PERMANENT,
            ErrorClass.UNKNOWN_OUTCOME,
        }
    ),
    "inbound": frozenset({ErrorClass.CONTRACT, ErrorClass.CONFLICT}),
}
#: Codes that speak of our side, whatever their class.
_OURS: Final = frozenset({"event_missing", "internal_error", "payload_missing", "worker_lost"})


def fault_of(error_class: ErrorClass | str, code: str | None, direction: str) -> Fault:
    """Whose fault a failure is, by its class.

    :param direction: ``outbound`` or ``inbound``, of the message that failed.
    """
    partners = ErrorClass(error_class) in _PARTNERS[direction] and code not in _OURS
    return Fault.PARTNER if partners else Fault.OWN


class IntegrationError(Exception):
    """Base of all typed failures.

    :param message: one sentence for an operator, without payload or secrets.
    :param code: stable machine code such as ``http_503``; the class supplies a default.
    :ivar fault: whose fault it is, where more is known than its class tells (:func:`fault_of`).
    """

    error_class: ClassVar[ErrorClass] = ErrorClass.TRANSIENT
    default_code: ClassVar[str] = "internal_error"
    #: it concerns every message of the interface: they wait, untried, until it is mended
    holds: bool = False
    #: it speaks of this one message, and says nothing about how well the partner's endpoint is
    of_message: bool = False
    fault: Fault | None = None
    #: its text was made with private content in mind: no value has to be taken out of it any more
    discreet: bool = False
    #: a person decides whether it is sent again, however many attempts are left
    asks: bool = False
    #: with ``holds``: it passes by itself within so many seconds, and nobody need be told
    passes_in: float | None = None

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code


class TransientError(IntegrationError):
    """May succeed when tried again."""

    default_code = "transient"


class ThrottledError(IntegrationError):
    """The partner asks for less. ``retry_after`` is a lower bound in seconds, if it gave one."""

    error_class = ErrorClass.THROTTLED
    default_code = "throttled"

    def __init__(
        self, message: str, retry_after: float | None = None, *, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class PermanentError(IntegrationError):
    """The partner refused this message for good; trying again would change nothing."""

    error_class = ErrorClass.PERMANENT
    default_code = "permanent"


class ContractError(IntegrationError):
    """The content breaks its contract.

    ``violations`` are texts such as ``/lines/0/quantity: is required``: they name places and
    rules, never values.
    """

    error_class = ErrorClass.CONTRACT
    default_code = "contract_violation"

    def __init__(
        self, message: str, violations: Sequence[str] = (), *, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.violations = tuple(violations)


class MappingError(IntegrationError):
    """The content cannot be translated into, or out of, its canonical form."""

    error_class = ErrorClass.MAPPING
    default_code = "mapping_failed"


class ConflictError(IntegrationError):
    """The content contradicts what is known, or a field that another system owns."""

    error_class = ErrorClass.CONFLICT
    default_code = "conflict"


class UnknownOutcomeError(IntegrationError):
    """The request left, no answer came: it may or may not have taken effect."""

    error_class = ErrorClass.UNKNOWN_OUTCOME
    default_code = "unknown_outcome"


class ConfigurationError(IntegrationError):
    """Our own configuration prevents the exchange; a person must correct it."""

    error_class = ErrorClass.CONFIGURATION
    default_code = "configuration"


class CredentialError(ConfigurationError):
    """The credential has no version that can be used now."""

    default_code = "no_secret"
    holds = True


#: Trying again without a person's help cannot succeed.
_NEEDS_A_PERSON = frozenset(
    {
        ErrorClass.CONTRACT,
        ErrorClass.MAPPING,
        ErrorClass.CONFLICT,
        ErrorClass.CONFIGURATION,
    }
)


def next_state(
    error_class: ErrorClass | str,
    attempts: int,
    max_attempts: int | None,
    *,
    idempotent: bool = True,
) -> State:
    """The state of a message after a failed attempt.

    :param attempts: attempts made so far, the failed one included.
    :param max_attempts: attempts allowed in all; ``None`` means no limit.
    :param idempotent: whether the partner recognises a repetition. If not, an unknown outcome
        must be looked up by a person instead of being sent twice.
    """
    error_class = ErrorClass(error_class)
    if error_class in _NEEDS_A_PERSON:
        return State.QUARANTINED
    if error_class is ErrorClass.UNKNOWN_OUTCOME and not idempotent:
        return State.QUARANTINED
    if error_class is ErrorClass.PERMANENT:
        return State.DEAD
    if max_attempts is not None and attempts >= max_attempts:
        return State.DEAD
    return State.RETRY


def classify(exc: BaseException) -> IntegrationError:
    """Give any exception a class.

    A typed failure is returned as it is. Anything else becomes a transient ``internal_error``
    that tells only the exception's type: the text of a foreign exception may quote payload
    (``invalid literal for int(): 'Jane Doe'``) or a secret. ``__cause__`` keeps the original
    for a debugger.
    """
    if isinstance(exc, IntegrationError):
        return exc
    wrapped = TransientError(f"unexpected {type(exc).__name__}", code="internal_error")
    wrapped.__cause__ = exc
    return wrapped
