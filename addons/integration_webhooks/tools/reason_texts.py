"""What a person who tries a request reads of a refusal. English, marked for translation.

Only administrators see this; a sender is never told.
"""

# Pure code has no environment to translate with.
# pylint: disable=prefer-env-translation

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .signature import Reason


def _(text: str) -> str:
    """Mark ``text`` for translation; it is translated where it is shown."""
    return text


REASONS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.MISSING_HEADER: _("A header that this proof needs is missing."),
        Reason.AMBIGUOUS_HEADER: _("A header is there several times."),
        Reason.BAD_HEADER: _("A header does not have the form that this proof prescribes."),
        Reason.BAD_ID: _("The id of the message does not have the right form."),
        Reason.BAD_TIMESTAMP: _("The time does not have the right form."),
        Reason.BAD_URL: _("The address that was called does not have the right form."),
        Reason.BAD_BODY: _("The body lacks what this proof signs."),
        Reason.TOO_MANY_SIGNATURES: _("There are too many signatures."),
        Reason.NO_USABLE_SIGNATURE: _("There is no signature in the right form."),
        Reason.NO_SECRET: _("There is no secret and no key that is valid now."),
        Reason.BAD_SECRET: _("None of the secrets and keys can be used with this proof."),
        Reason.NO_MATCH: _(
            "The signature is not one of this content with any of the secrets or keys."
        ),
        Reason.BODY_MISMATCH: _("The body is not the one that was signed."),
        Reason.NOT_COVERED: _("The signature does not cover all that it has to."),
        Reason.WRONG_ALGORITHM: _("The algorithm is not one of those that are accepted."),
        Reason.UNKNOWN_KEY: _("It is signed with a key that is not among the partner's keys."),
        Reason.WRONG_ISSUER: _("The issuer is not one of those that are accepted."),
        Reason.WRONG_AUDIENCE: _("It is meant for somebody else (audience)."),
        Reason.WRONG_TOPIC: _("The topic is not one of those that are accepted."),
        Reason.WRONG_KEY_ADDRESS: _("The key is said to be at an address of somebody else."),
        Reason.KEY_UNAVAILABLE: _("The key has not been fetched yet; partners get 503 meanwhile."),
        Reason.UNTRUSTED_PEER: _("Who delivers it is not a trusted proxy (trusted_proxies)."),
        Reason.BAD_CERTIFICATE: _("The certificate was not verified, or is not valid now."),
        Reason.TOO_OLD: _("It was signed too long ago."),
        Reason.IN_FUTURE: _("It was signed in the future: a clock is wrong."),
    }
)
