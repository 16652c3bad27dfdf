# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Subscriptions as a partner's server takes them: plain R4 (subscription.html), and the R5 backport
for R4, whose notifications are counted.

>>> wish = Wish("https://us.example/fhir", "Encounter?class=IMP", headers=("X: y",))
>>> asked(wish)["channel"]["header"]
['X: y']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from . import references
from .resource import CONTENT_TYPE

REQUESTED, OFF = "requested", "off"
#: What a notification carries: the resources, their names, or nothing.
CONTENTS: Final = ("full-resource", "id-only", "empty")
_BACKPORT: Final = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"


@dataclass(frozen=True)
class Wish:
    """What is to be told, and where.

    :ivar endpoint: our address
    :ivar criteria: a search whose matches are told; with a topic it filters what that tells
    :ivar headers: by which the server proves itself to us
    :ivar topic: canonical URL of a topic of the backport; empty: plain R4
    :ivar content: one of :data:`CONTENTS`
    :ivar heartbeat: seconds; 0: none
    """

    endpoint: str
    criteria: str
    headers: tuple[str, ...] = field(default=(), repr=False)
    topic: str = ""
    content: str = "full-resource"
    heartbeat: int = 0


class Said(NamedTuple):
    """What a server says of a subscription."""

    name: str
    status: str
    error: str


def asked(wish: Wish, status: str = REQUESTED, name: str = "") -> dict[str, Any]:
    """The Subscription that asks for something.

    :param name: its id at the server, if it has one
    """
    channel: dict[str, Any] = {"type": "rest-hook", "endpoint": wish.endpoint}
    if wish.headers:
        channel["header"] = list(wish.headers)
    if wish.topic or wish.content == CONTENTS[0]:
        channel["payload"] = CONTENT_TYPE
    found: dict[str, Any] = {
        "resourceType": "Subscription",
        "status": status,
        "reason": "Tells Odoo what has changed",
        "criteria": wish.topic or wish.criteria,
        "channel": channel,
    }
    if wish.topic:
        found["meta"] = {"profile": [f"{_BACKPORT}subscription"]}
        channel["_payload"] = _extension("payload-content", "valueCode", wish.content)
        if wish.criteria:
            found["_criteria"] = _extension("filter-criteria", "valueString", wish.criteria)
        if wish.heartbeat:
            beat = _extension("heartbeat-period", "valueUnsignedInt", wish.heartbeat)
            channel["extension"] = beat["extension"]
    return found | ({"id": name.rpartition("/")[2]} if name else {})


def _extension(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {"extension": [{"url": _BACKPORT + name, kind: value}]}


def said(found: Any, location: str = "") -> Said | None:
    """What an answer says of a subscription; ``None`` if it does not say which one it is.

    :param found: the resource that was answered, if any
    :param location: the header of that name, where what was created is
    """
    body: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    known = body.get("id") if body.get("resourceType") == "Subscription" else None
    name = f"Subscription/{known}" if isinstance(known, str) else ""
    path = location if "://" in location else location.lstrip("/")
    name = name or references.split(path)[1]
    if not name.startswith("Subscription/"):
        return None
    return Said(name, str(body.get("status") or REQUESTED), str(body.get("error") or "")[:200])
