# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a FHIR server says that is no resource of its own: refusals and remarks (outcome resources).

FHIR 4.0.1, operationoutcome.html. A text never repeats the value of a parameter: values may be what
nobody is to write into a log.

>>> refusal = Refusal(400, "invalid", "bad_count", "_count is a number of 0 to 100.")
>>> refusal.outcome()["issue"][0]["details"]["coding"][0]["code"]
'bad_count'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

#: Type of an issue (value set issue-type) by HTTP status, where a refusal says no other.
TYPES: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "invalid",
        401: "login",
        403: "forbidden",
        404: "not-found",
        405: "not-supported",
        406: "not-supported",
        410: "deleted",
        412: "conflict",
        413: "too-long",
        415: "not-supported",
        422: "processing",
        429: "throttled",
        500: "exception",
        503: "transient",
    }
)


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is said.

    :ivar severity: fatal, error, warning or information
    :ivar type: of the value set issue-type
    :ivar code: ours, in letters of the alphabet and underscores: for programs
    :ivar text: what to do, for people
    :ivar places: names of the parameters or elements that it is about
    """

    severity: str
    type: str
    code: str
    text: str
    places: tuple[str, ...] = ()

    def value(self) -> dict[str, Any]:
        """This issue as an element of an OperationOutcome."""
        found: dict[str, Any] = {
            "severity": self.severity,
            "code": self.type,
            "details": {"coding": [{"code": self.code}], "text": self.text},
            "diagnostics": self.text,
        }
        if self.places:
            found["expression"] = list(self.places)
        return found


def outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The resource that says these things."""
    return {"resourceType": "OperationOutcome", "issue": [one.value() for one in issues]}


class Refusal(Exception):
    """A request is refused, with a status of HTTP and what the partner can do.

    :param type_: of the value set issue-type
    :param code: ours, for programs
    :param text: for people; it quotes no value
    :param places: names of the parameters that it is about
    :param headers: further headers of the answer
    """

    def __init__(
        self,
        status: int,
        type_: str,
        code: str,
        text: str,
        places: Sequence[str] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(text)
        self.status = status
        self.issue = Issue("error", type_, code, text, tuple(places))
        self.headers = tuple(headers)

    def outcome(self) -> dict[str, Any]:
        """The body of the answer."""
        return outcome([self.issue])


def refused_by_door(status: int, text: str) -> dict[str, Any]:
    """What the door of all interfaces refuses, as FHIR has it.

    :param text: of the refusal, may be empty
    """
    kind = TYPES.get(status, "processing")
    words = text or _WORDS.get(status, "The request was refused.")
    return outcome([Issue("error", kind, f"http_{status}", words)])


_WORDS: Final[Mapping[int, str]] = MappingProxyType(
    {
        401: "Prove who asks: the interface has a credential for this partner.",
        404: "There is nothing at this address.",
        500: "The server failed. Try again; if it fails on, tell whoever runs it.",
        503: "The server cannot answer now. Try again later.",
    }
)
