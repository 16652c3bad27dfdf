# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a FHIR server's answer means for what was sent (http.html), in words for an operator.

An error made here holds nothing of private content, so it says so (``discreet``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from odoo.addons.integration_core.tools import canonical_json, errors, retry_after
from odoo.addons.integration_core.tools.http_client import HttpResponse

from . import address, bundle, outcome, resource
from .bundle import Made
from .conditional import Exchange

_THROTTLED: Final = frozenset({429, 502, 503, 504})
_PASSING: Final = frozenset({408, 421, 425})
#: They meet every message alike: nothing is given up for them.
_CLOSED: Final = frozenset({401, 403, 404})
#: Codes of an OperationOutcome by which a 404 speaks of what was asked, and not of the address.
_OF_CONTENT: Final = frozenset({"not-found", "deleted", "not-supported", "business-rule"})

_HINTS: Final = {
    401: "our sign-in is not accepted. Check the credential, or have it registered there",
    403: "we are not allowed to do this. Have the scope or the rights of our client extended there",
    404: "there is nothing at this address. Check the base address, with “Test connection”",
    405: "the server does not offer this interaction. See “Test connection”",
    406: "the server does not speak FHIR's JSON",
    415: "the server does not take FHIR's JSON",
    428: "the server wants a version with each update. Turn on “Only over the known version”",
}


class VersionConflict(errors.ConflictError):
    """The server has another version than the one that the update was made for (If-Match)."""

    default_code = "fhir_version_conflict"


class SeveralMatches(errors.ConflictError):
    """More than one resource matches the criteria of a conditional interaction."""

    default_code = "fhir_several_matches"


class Busy(errors.TransientError):
    """Two of us at once, or a lock: the same succeeds a moment later."""

    default_code = "fhir_busy"
    of_message = True


class Refused(errors.PermanentError):
    """The server refuses this content."""

    default_code = "fhir_refused"
    of_message = True


def refusal(
    exchange: Exchange, answer: HttpResponse, now: datetime, *, private: bool
) -> errors.IntegrationError | None:
    """Why what was sent was not taken; ``None`` if it was.

    :param private: whether nothing of the content may be repeated
    :param now: the current time with its zone
    """
    if 200 <= answer.status < 300:
        return _entry_refused(exchange, answer)
    issues = outcome.read(answer.body)
    error = _refusal(exchange, answer, issues, now)
    hidden = exchange.body if private else None
    said = outcome.told(issues, hidden)
    if said:
        error.message = f"{error.message} The server says: {said}."
        error.args = (error.message,)
    error.discreet = True
    error.fault = _fault(answer.status)
    return error


def _entry_refused(exchange: Exchange, answer: HttpResponse) -> errors.IntegrationError | None:
    """Why a transaction failed whose answer says that it did not: some servers take it apart."""
    failed = bundle.failed(_json(answer)) if exchange.type == "Bundle" else None
    if failed is None:
        return None
    number, status = failed
    error = Refused(
        f"The server says that it took the transaction, and that entry {number + 1} of it failed "
        f"(HTTP {status}): it does not keep to all or none. Look there what was made. Correct the "
        "mapping or the data, then retry.",
        code="fhir_entry_refused",
    )
    error.discreet = True
    error.fault = errors.Fault.PARTNER
    return error


def _refusal(
    exchange: Exchange,
    answer: HttpResponse,
    issues: tuple[outcome.Issue, ...],
    now: datetime,
) -> errors.IntegrationError:
    status, found = answer.status, outcome.codes(issues)
    code = f"http_{status}"
    if status in _THROTTLED:
        wait = retry_after.parse(answer.headers.get("retry-after"), now)
        return errors.ThrottledError(
            f"The server asks to send later (HTTP {status}).", wait, code=code
        )
    if status >= 500 or status in _PASSING:
        return errors.TransientError(f"The server failed (HTTP {status}).", code=code)
    if status in (409, 412):
        return _conflict(exchange, status)
    if found & outcome.PASSING:
        return Busy(f"The server could not do this just now (HTTP {status}).")
    if status in _CLOSED and not (status == 404 and (exchange.id or found & _OF_CONTENT)):
        return errors.TransientError(
            f"The server's door is closed (HTTP {status}): {_HINTS[status]}.", code=code
        )
    if 300 <= status < 400:
        return errors.PermanentError(
            f"The server redirects (HTTP {status}); enter the new base address in the interface.",
            code=code,
        )
    return _refused(exchange, status)


def _conflict(exchange: Exchange, status: int) -> errors.IntegrationError:
    if exchange.matched:
        return VersionConflict(
            f"Somebody else changed this {exchange.type} at the server after version "
            f"{exchange.matched}, which we know. Look at it there, and decide: “Retry” puts our "
            "content in its place, “Resolve” leaves it as it is."
        )
    if status == 409:
        # Servers answer so to conditional interactions that meet each other.
        return Busy("Somebody else changes the same at the server just now (HTTP 409).")
    if exchange.condition:
        return SeveralMatches(
            f"Several resources at the server match what we recognise this {exchange.type} by, and "
            "it must be one. Have the surplus ones removed or merged there, then retry."
        )
    return SeveralMatches(
        "A condition in the content is not met at the server (HTTP 412): something that must be "
        "there once is there several times, or in another version. Have it mended there, then "
        "retry."
    )


def _refused(exchange: Exchange, status: int) -> errors.IntegrationError:
    code = f"http_{status}"
    if status == 410 and not exchange.id:
        return errors.PermanentError(
            "The server says that this address is gone for good (HTTP 410).", code=code
        )
    if status in (404, 410):
        return Refused(
            f"The server has no {exchange.type} under the id that it gave us: it was deleted "
            "there. Decide: “Retry” makes it anew, “Resolve” leaves it so.",
            code=code,
        )
    hint = _HINTS.get(status, f"it refuses this {exchange.type}. Correct the mapping or the data")
    return Refused(f"The server did not take it (HTTP {status}): {hint}, then retry.", code=code)


def _fault(status: int) -> errors.Fault:
    """Whose part it is to act first: the statuses 400 to 499 find fault with the client."""
    if status >= 500 or status in _PASSING or status in (409, 410, 412, 429):
        return errors.Fault.PARTNER
    return errors.Fault.OWN


def made(exchange: Exchange, answer: HttpResponse) -> list[Made]:
    """What the server calls what it has made or changed, as far as it tells.

    For a Bundle one for each entry; else one, or none.
    """
    body = _json(answer)
    if exchange.type == "Bundle":
        return bundle.made(exchange.body, body)
    headers = answer.headers
    place = address.location(headers.get("location") or headers.get("content-location") or "")
    version = address.version_of(headers.get("etag") or "")
    if place and place[0] == exchange.type:
        return [Made(exchange.type, place[1], place[2] or version)]
    if isinstance(body, Mapping) and body.get("resourceType") == exchange.type:
        found, version = _named(body, version)
        if found:
            return [Made(exchange.type, found, version)]
    return [Made(exchange.type, exchange.id, version)] if exchange.id else []


def _named(body: Mapping[str, Any], version: str) -> tuple[str, str]:
    found = body.get("id")
    meta = body.get("meta")
    told = meta.get("versionId") if isinstance(meta, Mapping) else None
    known = found if isinstance(found, str) and resource.ID.fullmatch(found) else ""
    told = told if isinstance(told, str) and resource.ID.fullmatch(told) else ""
    return known, version or told


def is_ours(exchange: Exchange, answer: HttpResponse) -> Made | None:
    """Whether the server's present version, which was read, is what we sent before.

    So it is when an earlier attempt took effect and its answer was lost.
    """
    body = _json(answer)
    if answer.status != 200 or not isinstance(body, Mapping):
        return None
    if _content(body) != _content(exchange.body):
        return None
    found, version = _named(body, address.version_of(answer.headers.get("etag") or ""))
    return Made(exchange.type, found, version) if found == exchange.id else None


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    """What both sides mean; what the server adds by itself is left out."""
    return {key: value for key, value in body.items() if key not in ("meta", "text", "id")}


def _json(answer: HttpResponse) -> Any:
    if not answer.body or answer.truncated:
        return None
    try:
        return canonical_json.loads(answer.body)
    except canonical_json.JsonError:
        return None
