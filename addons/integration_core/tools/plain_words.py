# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Why a document did not get through, for the people who work with the document.

A buyer or a storekeeper knows the document and the other side, and nothing of interfaces: the
operators' advice is in :mod:`.advice`. Sentences are English and marked for translation; whoever
shows them translates them (``env._``). They hold nothing of a message.
"""

# Pure code has no environment to translate with.
# pylint: disable=prefer-env-translation

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from .errors import ErrorClass


def _(text: str) -> str:
    """Mark ``text`` for translation; it is translated where it is shown."""
    return text


class Words(NamedTuple):
    """What happened, and what the reader should do next."""

    reason: str
    next_step: str


_AGAIN = _(
    "Nothing is wrong with this document. Those who look after the connection can send it again. "
    "If it is urgent, tell the other side by phone or mail."
)
_ADMINISTRATOR = _(
    "Nothing is wrong with this document. Tell those who look after the connection; they send it "
    "again when they have mended it. If it is urgent, tell the other side by phone or mail."
)
#: While it is still tried again.
PATIENCE: Final = _("There is nothing to do: it is tried again without your help.")

_BY_CLASS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        ErrorClass.TRANSIENT: Words(_("The other side could not be reached."), _AGAIN),
        ErrorClass.THROTTLED: Words(
            _("The other side is too busy to take more at present."), _AGAIN
        ),
        ErrorClass.PERMANENT: Words(
            _("The other side refused it."),
            _(
                "Ask the other side what is wrong. Correct the document, then have it sent again "
                "by those who look after the connection."
            ),
        ),
        ErrorClass.CONTRACT: Words(
            _("Something that the other side needs is missing here, or not as agreed."),
            _(
                "Look at the identifiers, units, dates and addresses of this document and of its "
                "items. Correct what is missing, then have it sent again by those who look after "
                "the connection."
            ),
        ),
        ErrorClass.MAPPING: Words(
            _("Something in this document has no counterpart at the other side yet."),
            _(
                "Those who look after the connection have to say what it is called there. Tell "
                "them which document it is; they send it again."
            ),
        ),
        ErrorClass.CONFLICT: Words(
            _("The other side and Odoo contradict each other."),
            _(
                "Compare both sides and decide which one is right. Correct it there, then have the "
                "document sent again."
            ),
        ),
        ErrorClass.UNKNOWN_OUTCOME: Words(
            _("It was sent, but no answer came: it may have arrived, or not."),
            _("Ask the other side whether it has arrived. Have it sent again only if it has not."),
        ),
        ErrorClass.CONFIGURATION: Words(
            _("The connection to the other side is not set up completely."), _ADMINISTRATOR
        ),
    }
)

_DOOR: Final = Words(_("The other side does not let us in."), _ADMINISTRATOR)
_BY_CODE: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "content_missing": Words(
            _("The other side does not have it, or not any more."),
            _("Ask the other side. If it was deleted there on purpose, nothing is left to do."),
        ),
        "event_missing": Words(
            _("What was to be sent is gone."),
            _("Change and save the document once more: then it is sent anew."),
        ),
        "http_401": _DOOR,
        "http_403": _DOOR,
        "http_404": _DOOR,
        "http_410": _DOOR,
        "http_413": Words(
            _("It is larger than the other side takes."),
            _("Split the document into smaller ones, or tell the other side in another way."),
        ),
        "snapshot_failed": Words(
            _("What this document says could not be read completely."), _ADMINISTRATOR
        ),
        "internal_error": Words(_("Something failed that nobody foresaw."), _ADMINISTRATOR),
        "worker_lost": Words(_("Odoo was stopped while it was being sent."), _AGAIN),
    }
)

#: Of a failure of which nothing else is known.
UNKNOWN: Final = Words(_("It was not delivered."), _AGAIN)
#: Of a contradiction that somebody has to decide.
CONTRADICTION: Final = _("Open what differs, compare both sides and decide which one is right.")


def of_failure(error_class: str | None, code: str | None) -> Words | None:
    """The words for a failure; ``None`` without an error.

    :param error_class: a value of :class:`.errors.ErrorClass`
    :param code: machine code of the error, where more can be said than by its class
    """
    return _BY_CODE.get(code or "") or _BY_CLASS.get(error_class or "")
