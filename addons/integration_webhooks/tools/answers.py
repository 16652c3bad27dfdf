"""What an endpoint's answer means for the message, and who has to act on a dead one.

Redirects are failures: following one would send signed data to an address that nobody approved.
A 2xx is a success whatever its body, also one that broke off: the status came.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from odoo.addons.integration_core.tools import errors, retry_after
from odoo.addons.integration_core.tools.http_client import HttpResponse


class GoneError(errors.PermanentError):
    """The endpoint says that it is gone for good (HTTP 410): it is to be disabled at once."""

    default_code = "http_410"


class Fault(StrEnum):
    """Who has to act first on a message that could not be delivered. Values are what the database
    stores."""

    PARTNER = "partner"
    OWN = "own"


#: Statuses that ask to wait and send the same again. 502 and 504 come from what stands in front of
#: the endpoint, and 503 from itself: as a rule it is overloaded or being started.
_THROTTLED: Final = frozenset({429, 502, 503, 504})
#: Statuses of 400 to 499 that say nothing about what was sent: it took too long (408), came too
#: early (425), or to a machine that does not serve this name (421).
_PASSING: Final = frozenset({408, 421, 425})
#: Statuses that say more about the partner's set-up today than about this message: a firewall
#: rule or a bad deployment must not turn a backlog into dead letters.
_CLOSED: Final = frozenset({401, 403, 404})

_OWN_CLASSES: Final = frozenset(
    {
        errors.ErrorClass.CONFIGURATION,
        errors.ErrorClass.CONTRACT,
        errors.ErrorClass.MAPPING,
        errors.ErrorClass.CONFLICT,
    }
)
#: Failures without an answer that are on our side of the wire: our proxy, our worker, our code.
_OWN_CODES: Final = frozenset(
    {"proxy_failed", "proxy_refused", "worker_lost", "internal_error", "event_missing"}
)


def refusal(answer: HttpResponse, now: datetime | None = None) -> errors.IntegrationError | None:
    """What an HTTP answer means for the message; ``None`` for a 2xx.

    :param now: the current time with its zone, for a Retry-After that is a date.
    """
    status = answer.status
    code = f"http_{status}"
    if 200 <= status < 300:
        return None
    if status in _THROTTLED:
        wait = retry_after.parse(answer.headers.get("retry-after"), now or datetime.now(UTC))
        return errors.ThrottledError(
            f"The partner asks to send later (HTTP {status}).", wait, code=code
        )
    if status >= 500 or status in _PASSING:
        return errors.TransientError(f"The partner failed (HTTP {status}).", code=code)
    if status in _CLOSED:
        return errors.TransientError(f"The partner's door is closed (HTTP {status}).", code=code)
    if status == 410:
        return GoneError("The partner says that this address is gone for good (HTTP 410).")
    if 300 <= status < 400:
        return errors.PermanentError(
            f"The partner redirects (HTTP {status}); enter the new address in the interface.",
            code=code,
        )
    return errors.PermanentError(f"The partner refused the message (HTTP {status}).", code=code)


def fault(error_class: errors.ErrorClass | str, code: str) -> Fault:
    """Who has to act first on a message that failed for good.

    *Own* is what we can mend without the partner: what never left (configuration, contract,
    mapping, conflict; our proxy), and answers that find fault with what we sent or where we sent
    it. Those are the statuses 400 to 499, for HTTP defines them as the client's error (RFC 9110,
    15.5): a refused signature or credential (401, 403), an address or method that is wrong (404,
    405), a body that is malformed, too large, of a type or content that is not taken (400, 413,
    415, 422), and any that a later standard adds. Redirects are ours too: the new address has to be
    entered and approved here.

    *Partner* is what would have happened to any sender: no connection, a certificate that is not
    valid, no answer in time, 500 to 599, and of the others those that do not speak of the message
    (408, 421, 425), ask for less (429), or say that the endpoint was closed (410).

    It tells where to begin, not who is guilty: a partner whose firewall answers 403 to everybody
    has caused that itself, but nobody knows before our side was looked at.

    :param error_class: of the last attempt.
    :param code: of the last attempt, such as ``http_503`` or ``connect_timeout``.
    """
    if errors.ErrorClass(error_class) in _OWN_CLASSES or code in _OWN_CODES:
        return Fault.OWN
    status = _status(code)
    if status is None or status >= 500 or status in _PASSING | {410, 429}:
        return Fault.PARTNER
    return Fault.OWN


def speaks_of_endpoint(error: errors.IntegrationError) -> bool:
    """Whether a failed attempt says that the *endpoint* is unwell, rather than this message.

    It counts towards the time of continuous failure (:mod:`.endpoint_health`). A message that is
    refused for what it holds does not; nor does what never left, or our own proxy. 401, 403 and 404
    do: they meet every message alike.
    """
    if error.code in _OWN_CODES or error.error_class in _OWN_CLASSES:
        return False
    status = _status(error.code)
    if status is None:
        return error.error_class is not errors.ErrorClass.PERMANENT
    return status >= 500 or status < 400 or status in _PASSING | _CLOSED | {410, 429}


def _status(code: str) -> int | None:
    """The status in a code such as ``http_503``."""
    number = code.removeprefix("http_")
    return int(number) if number != code and number.isascii() and number.isdigit() else None
