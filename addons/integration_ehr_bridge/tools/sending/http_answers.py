# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""HL7 over HTTP: content types, and what an HTTP status means where no acknowledgement came."""

from typing import Final

from odoo.addons.integration_core.tools import errors

MEDIA_TYPE: Final = "application/hl7-v2"
_THROTTLED: Final = frozenset({429, 502, 503, 504})
#: They say more about the partner's set-up today than about this message.
_PASSING: Final = frozenset({401, 403, 404, 408, 421, 425})


def content_type(charset: str) -> str:
    """The content type of a message.

    :param charset: its MSH-18; empty for ASCII
    """
    if charset == "UNICODE UTF-8":
        name = "utf-8"
    elif charset.startswith("8859/"):
        name = f"iso-8859-{charset.removeprefix('8859/')}"
    else:
        name = "us-ascii"
    return f"{MEDIA_TYPE}; charset={name}"


def refusal(status: int, wait: float | None) -> errors.IntegrationError:
    """What an answer without an acknowledgement means.

    :param wait: seconds that its Retry-After asks for
    """
    code = f"http_{status}"
    if 200 <= status < 300:
        return errors.UnknownOutcomeError(
            "The partner answered without an acknowledgement of this message.", code="no_ack"
        )
    if status in _THROTTLED:
        return errors.ThrottledError(
            f"The partner asks to send later (HTTP {status}).", wait, code=code
        )
    if status >= 500 or status in _PASSING:
        return errors.TransientError(f"The partner did not take it (HTTP {status}).", code=code)
    if 300 <= status < 400:
        return errors.PermanentError(
            f"The partner redirects (HTTP {status}); enter the new address in the interface.",
            code=code,
        )
    return errors.PermanentError(f"The partner refused the message (HTTP {status}).", code=code)
