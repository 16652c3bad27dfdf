# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a server says in an OperationOutcome (operationoutcome.html), for an operator.

``diagnostics`` and ``details.text`` are the server's own sentences and may quote what they are
about: names, numbers, whole resources. They are repeated of content that is not private only. Of
private content what remains is how bad it is (``severity``), what kind of problem (``code``, one of
the standard's) and where (``expression``), without any value of what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from odoo.addons.integration_core.tools import canonical_json, masking, redact

#: Issues that are told; a server that validates may find hundreds.
MAX_ISSUES: Final = 5
MAX_TEXT: Final = 200
MAX_BYTES: Final = 1 << 20
_SEVERITIES: Final = ("fatal", "error", "warning", "information")
#: A FHIRPath as servers write it: names, indices, no literals.
_PATH: Final = re.compile(r"[A-Za-z][A-Za-z0-9_\-\[\].:]{0,199}")
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9\-_.]{0,63}")

#: valueset-issue-type.html, in plain words.
_WORDS: Final = {
    "invalid": "the content is not valid",
    "structure": "the structure is not valid",
    "required": "something that is required is missing",
    "value": "a value is not valid",
    "invariant": "a rule is broken",
    "security": "access is refused",
    "login": "we are not signed in",
    "unknown": "the user or client is not known",
    "expired": "our sign-in has expired",
    "forbidden": "we are not allowed to do this",
    "suppressed": "something is withheld",
    "processing": "it could not be processed",
    "not-supported": "the server does not support this",
    "duplicate": "there is such a resource already",
    "multiple-matches": "several resources match, and it must be one",
    "not-found": "something that is referred to was not found",
    "deleted": "it was deleted",
    "too-long": "it is too long",
    "code-invalid": "a code is not known",
    "extension": "an extension is not known",
    "too-costly": "it would take the server too much",
    "business-rule": "a rule of the server forbids it",
    "conflict": "somebody else changed it meanwhile",
    "transient": "the server has a passing problem",
    "lock-error": "it is locked just now",
    "no-store": "the server cannot store just now",
    "exception": "the server failed",
    "timeout": "the server took too long",
    "incomplete": "the server's data is incomplete",
    "throttled": "the server asks for less traffic",
    "informational": "a remark",
}
#: Codes that say that the same may succeed later, whatever the status.
PASSING: Final = frozenset({"transient", "lock-error", "no-store", "timeout", "throttled"})
#: Codes that say nothing about a cause.
_NO_CAUSE: Final = frozenset({"informational", "success"})


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue, with nothing in it but what has the form that the standard says.

    :ivar places: FHIRPaths (or XPaths of older servers, which are left out)
    :ivar coded: ``details.coding.code``, which servers use for numbers of their own errors
    :ivar text: the server's own sentence, for content that is not private only
    """

    severity: str
    code: str
    places: tuple[str, ...] = ()
    coded: str = ""
    text: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity in ("fatal", "error")

    def sentence(self, hidden: Any = None) -> str:
        """``error, duplicate: there is such a resource already (at Task.identifier)``.

        :param hidden: private content that was sent, of which nothing may be repeated; ``None`` if
            it is not private
        """
        words = _WORDS.get(self.code)
        known = self.code if words or hidden is None else "processing"
        told = f"{self.severity}, {known}" + (f": {words}" if words else "")
        if self.coded and hidden is None:
            told += f" [{self.coded}]"
        places = self.places if hidden is None else tuple(filter(None, self._hiding(hidden)))
        if places:
            told += f" (at {', '.join(places)})"
        if self.text and hidden is None:
            told += f": {self.text}"
        return told

    def _hiding(self, hidden: Any) -> Iterable[str]:
        """The places, without what stands in the content; the type of the resource does."""
        for place in self.places:
            head, dot, rest = place.partition(".")
            clean = masking.scrub(rest, hidden)
            if head.isalpha() and dot and head in (_type(hidden), "Bundle"):
                yield head + dot + clean
            elif dot:
                yield clean


def read(body: bytes) -> tuple[Issue, ...]:
    """The issues of an answer, the worst first; none if it is no OperationOutcome."""
    if not body or len(body) > MAX_BYTES:
        return ()
    try:
        value = canonical_json.loads(body)
    except canonical_json.JsonError:
        return ()
    return of(value)


def of(value: Any) -> tuple[Issue, ...]:
    """As :func:`read`, of a value that was read already."""
    if not isinstance(value, dict) or value.get("resourceType") != "OperationOutcome":
        return ()
    issues = value.get("issue")
    found = [_issue(one) for one in issues if isinstance(one, dict)] if _is_list(issues) else []
    return tuple(sorted(found, key=lambda one: _SEVERITIES.index(one.severity)))


def told(issues: Sequence[Issue], hidden: Any = None) -> str:
    """What the server says, in one text; empty if it says nothing of a cause.

    :param hidden: see :meth:`Issue.sentence`
    """
    causes = [one for one in issues if one.is_error] or [
        one for one in issues if one.code not in _NO_CAUSE
    ]
    sentences = list(dict.fromkeys(one.sentence(hidden) for one in causes))
    if len(sentences) > MAX_ISSUES:
        sentences[MAX_ISSUES:] = [f"and {len(sentences) - MAX_ISSUES} more"]
    return "; ".join(sentences)


def codes(issues: Iterable[Issue]) -> frozenset[str]:
    """The codes of what is an error."""
    return frozenset(one.code for one in issues if one.is_error)


def _issue(value: dict[str, Any]) -> Issue:
    severity = value.get("severity")
    details = value.get("details") if isinstance(value.get("details"), dict) else {}
    places = value.get("expression") or value.get("location") or []
    text = value.get("diagnostics") or details.get("text") or ""
    return Issue(
        severity=severity if severity in _SEVERITIES else "error",
        code=_coded(value.get("code")) or "processing",
        places=_places(places),
        coded=_first_coding(details.get("coding")),
        text=redact.redact_text(text, MAX_TEXT) if isinstance(text, str) else "",
    )


def _type(value: Any) -> str:
    return str(value.get("resourceType")) if isinstance(value, dict) else ""


def _places(value: Any) -> tuple[str, ...]:
    found = value[:3] if _is_list(value) else ()
    return tuple(one for one in found if isinstance(one, str) and _PATH.fullmatch(one))


def _first_coding(value: Any) -> str:
    if not _is_list(value):
        return ""
    found = (_coded(one.get("code")) for one in value if isinstance(one, dict))
    return next(filter(None, found), "")


def _coded(value: Any) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _is_list(value: Any) -> bool:
    return isinstance(value, list)
