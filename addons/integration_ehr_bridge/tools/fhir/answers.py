# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the sender of resources is answered: when they are stored, before they are handled.

Answers say what became of each entry, and quote nothing of what came.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from .arriving import Refused


class Outcome(StrEnum):
    """What became of a resource that was taken."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


_STATUS: Final = {
    Outcome.STORED: "202 Accepted",
    Outcome.DUPLICATE: "200 OK",
    Outcome.CONFLICT: "409 Conflict",
}
_ISSUE: Final = {
    Outcome.STORED: ("information", "informational", "Stored. It is handled after this answer."),
    Outcome.DUPLICATE: ("information", "duplicate", "This version was stored before."),
    Outcome.CONFLICT: (
        "error",
        "conflict",
        "Another content was stored as this version before. A person decides which one is right.",
    ),
}


@dataclass(frozen=True)
class Result:
    """What became of an entry: one of both."""

    place: int
    outcome: Outcome | None = None
    refused: Refused | None = None

    @property
    def status(self) -> str:
        """As ``Bundle.entry.response.status`` has it."""
        if self.outcome:
            return _STATUS[self.outcome]
        return str(self.refused.status) if self.refused else "500"

    def issue(self, where: str = "") -> dict[str, Any]:
        """The same as an issue of an OperationOutcome.

        :param where: FHIRPath of the entry
        """
        if self.refused:
            said = ("error", self.refused.code, self.refused.text)
        else:
            said = _ISSUE[self.outcome or Outcome.STORED]
        found: dict[str, Any] = dict(zip(("severity", "code", "diagnostics"), said, strict=True))
        return found | ({"expression": [where]} if where else {})


def outcome(*issues: Mapping[str, Any]) -> dict[str, Any]:
    """An OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def refusal(refused: Refused) -> dict[str, Any]:
    """The OperationOutcome of a request that is not taken."""
    return outcome(Result(0, refused=refused).issue())


def of_entries(results: Sequence[Result]) -> dict[str, Any]:
    """The OperationOutcome of a Bundle of which something is not taken."""
    return outcome(*(one.issue(f"Bundle.entry[{one.place}]") for one in results if one.refused))


def of_requests(kind: str, results: Sequence[Result]) -> dict[str, Any]:
    """The Bundle that answers a batch or a transaction, an entry for each of its entries."""
    return {
        "resourceType": "Bundle",
        "type": f"{kind}-response",
        "entry": [
            {"response": {"status": one.status, "outcome": outcome(one.issue())}} for one in results
        ],
    }


def of_message(
    header: Mapping[str, Any], results: Sequence[Result], endpoint: str, now: datetime
) -> dict[str, Any]:
    """The message that answers a message (messaging.html): whether it was taken.

    :param header: its MessageHeader
    :param endpoint: our address, without anything secret
    """
    bad = [one for one in results if one.refused or one.outcome is Outcome.CONFLICT]
    told = outcome(*(one.issue(f"Bundle.entry[{one.place}]") for one in bad or results[:1]))
    told["id"] = "outcome"
    name = str(uuid.uuid4())
    answer: dict[str, Any] = {
        "resourceType": "MessageHeader",
        "id": name,
        "source": {"name": "Odoo", "endpoint": endpoint},
        "response": {
            "identifier": str(header.get("id") or ""),
            "code": "fatal-error" if bad else "ok",
        },
    }
    for event in ("eventCoding", "eventUri"):
        if event in header:
            answer[event] = header[event]
    found = [{"fullUrl": f"urn:uuid:{name}", "resource": answer}]
    if told["issue"]:
        answer["response"]["details"] = {"reference": "urn:uuid:" + (other := str(uuid.uuid4()))}
        found.append({"fullUrl": f"urn:uuid:{other}", "resource": told})
    return {
        "resourceType": "Bundle",
        "type": "message",
        "timestamp": now.isoformat(timespec="seconds") + "Z",
        "entry": found,
    }
