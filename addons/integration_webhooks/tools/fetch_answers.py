# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a partner's answer to a request for content means.

Other than with a delivery, a 2xx is no success without its body, and 404 and 410 speak of the
content and not of the address: it was deleted, or is not there yet.
"""

from __future__ import annotations

from typing import Final

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.http_client import HttpResponse

from . import answers

#: Statuses of 200 to 299 that promise no whole content: none at all (204, 205), or a part (206).
_WITHOUT: Final = frozenset({204, 205, 206})
_MISSING: Final = "The partner has no such content (HTTP {}). It may have been deleted there{}."


class ContentMissing(errors.TransientError):
    """The content is not there (404). What was notified a moment ago may not be there *yet*, so
    it is asked for again."""

    default_code = "content_missing"
    of_message = True


class ContentGone(errors.PermanentError):
    """The content was there and will not come back (410)."""

    default_code = "content_missing"
    of_message = True


class ContentUnusable(errors.PermanentError):
    """The partner answered, but with nothing that could be handled."""

    default_code = "content_unusable"
    of_message = True


def refusal(answer: HttpResponse, limit: int) -> errors.IntegrationError | None:
    """Why an answer gives no content; ``None`` if it does.

    :param limit: of its body, in bytes, as the request had it
    """
    status = answer.status
    if status == 404:
        return ContentMissing(_MISSING.format(status, ", or not be there yet"))
    if status == 410:
        return ContentGone(_MISSING.format(status, ""))
    if status == 304:
        return ContentUnusable(
            "The partner answered that nothing has changed (HTTP 304), which nobody asked."
        )
    if not 200 <= status < 300:
        return answers.refusal(answer)
    if status == 202:
        return errors.TransientError(
            "The partner is still preparing the content (HTTP 202).", code="http_202"
        )
    if status in _WITHOUT:
        return ContentUnusable(f"The partner answered without the whole content (HTTP {status}).")
    return _unreadable(answer, limit)


def _unreadable(answer: HttpResponse, limit: int) -> errors.IntegrationError | None:
    """What is wrong with the body of a success."""
    if answer.truncated and len(answer.body) >= limit:
        return ContentUnusable(
            f"The content is larger than the {limit // 1024} KiB that the interface takes.",
            code="answer_too_large",
        )
    if answer.truncated:
        return errors.TransientError("The content broke off.", code="answer_broken_off")
    if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        return ContentUnusable("The partner compressed its answer, which was asked to be plain.")
    if not answer.body:
        return ContentUnusable("The partner answered without content.")
    return None


def is_missing(error: errors.IntegrationError | None) -> bool:
    """Whether the partner said that there is no such content (any more)."""
    return isinstance(error, (ContentMissing, ContentGone))
