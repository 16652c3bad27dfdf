# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the server of a subscription tells us: that it works, that it lives, what happened.

The R5 Subscriptions Backport for R4 (hl7.org/fhir/uv/subscriptions-backport) sends Bundles whose
first entry is a Parameters, or with R4B a SubscriptionStatus. Both count the events since the
subscription began, so that the receiver sees whether he missed one.

>>> progress(4, Notice("event-notification", "Subscription/1", numbers=(5,)))
Progress(last=5, missed=0, restarted=False)
>>> progress(4, Notice("event-notification", "Subscription/1", numbers=(7,))).missed
2
>>> progress(4, Notice("heartbeat", "Subscription/1", events=6)).missed
2
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from . import references
from .arriving import Arrived, Refused, gone
from .values import elements

HANDSHAKE: Final = "handshake"
HEARTBEAT: Final = "heartbeat"
EVENT: Final = "event-notification"
KINDS: Final = (HANDSHAKE, HEARTBEAT, EVENT, "query-status", "query-event")
_NAMES: Final = {
    "events-since-subscription-start": "events",
    "eventsSinceSubscriptionStart": "events",
    "notification-event": "notificationEvent",
    "event-number": "eventNumber",
    "additional-context": "additionalContext",
}


@dataclass(frozen=True)
class Notice:
    """A notification.

    :ivar subscription: name of the subscription at its server, such as ``Subscription/1``
    :ivar status: of the subscription, as its server sees it
    :ivar events: how many there were since it began; ``None`` if it is not said
    :ivar numbers: those of the events that it tells, in their order
    :ivar focus: names of the resources that they are about
    :ivar is_error: whether the server tells of a failure of its own
    """

    kind: str
    subscription: str
    status: str = ""
    topic: str = ""
    events: int | None = None
    numbers: tuple[int, ...] = ()
    focus: tuple[str, ...] = ()
    is_error: bool = False


class Progress(NamedTuple):
    """What a notification says of those before it.

    :ivar last: number of the last event that is known
    :ivar missed: how many events were not told
    :ivar restarted: whether the server counts anew
    """

    last: int | None
    missed: int = 0
    restarted: bool = False


def read(bundle: Mapping[str, Any]) -> Notice | None:
    """The notification that a Bundle is; ``None`` if it is none.

    :raises Refused: it is one, and does not say of what
    """
    first = next(iter(elements(bundle.get("entry"))), {}).get("resource")
    if not isinstance(first, Mapping):
        return None
    if first.get("resourceType") == "SubscriptionStatus":
        return _notice(first)
    if first.get("resourceType") == "Parameters":
        said = _members(first.get("parameter"))
        return _notice(said) if "subscription" in said and "type" in said else None
    return None


def _members(parameters: Any) -> dict[str, Any]:
    """Parameters as SubscriptionStatus has them."""
    found: dict[str, Any] = {}
    for one in elements(parameters):
        name = _NAMES.get(str(one.get("name")), str(one.get("name")))
        value = next((one[key] for key in one if key.startswith("value")), None)
        if "part" in one:
            parts = found.get(name)
            found[name] = [*(parts if isinstance(parts, list) else ()), _members(one["part"])]
        else:
            found[name] = value
    return found


def _notice(said: Mapping[str, Any]) -> Notice:
    meant = said.get("subscription")
    text = meant.get("reference") if isinstance(meant, Mapping) else None
    name = references.split(text)[1] if isinstance(text, str) else ""
    if not name or said.get("type") not in KINDS:
        raise Refused(
            400, "required", "The notification does not say which subscription or what it is."
        )
    told = elements(said.get("notificationEvent"))
    numbers = sorted(n for one in told if (n := _number(one.get("eventNumber"))) is not None)
    return Notice(
        kind=str(said["type"]),
        subscription=name,
        status=str(said.get("status") or ""),
        topic=str(said.get("topic") or "")[:200],
        events=_number(said.get("events", said.get("eventsSinceSubscriptionStart"))),
        numbers=tuple(numbers),
        focus=tuple(_focus(told)),
        is_error=bool(said.get("error")) or said.get("status") == "error",
    )


def deleted(entry: Mapping[str, Any], notice: Notice) -> Arrived | None:
    """What an entry says that is no more, see :func:`.arriving.gone`; ``None`` if it says nothing
    of that, or of something that the notification is not about."""
    request = entry.get("request")
    if not isinstance(request, Mapping) or request.get("method") != "DELETE":
        return None
    urls = (request.get("url"), entry.get("fullUrl"))
    names = [references.split(one)[1] for one in urls if isinstance(one, str)]
    event = str(notice.numbers[-1] if notice.numbers else notice.events)
    return next((gone(name, event) for name in names if name in notice.focus), None)


def _focus(told: list[Mapping[str, Any]]) -> Iterator[str]:
    for one in told:
        text = one["focus"].get("reference") if isinstance(one.get("focus"), Mapping) else None
        if isinstance(text, str) and (name := references.split(text)[1]):
            yield name


def _number(value: Any) -> int | None:
    """A number that may be written as text, since it may be larger than an integer of JSON."""
    text = str(value) if value is not None and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def progress(last: int | None, notice: Notice) -> Progress:
    """What a notification means, if ``last`` was the number of the last event that is known.

    :param last: ``None``: nothing is known, so nothing was missed that anybody could know of
    """
    if notice.kind == EVENT:
        numbers = notice.numbers or ((notice.events,) if notice.events is not None else ())
        if not numbers:
            return Progress(last)
        first, newest = numbers[0], numbers[-1]
        if last is None:
            return Progress(newest, max(first - 1, 0))
        if newest <= last:
            # What was told before is told again; a counter that begins anew begins with its first.
            restarted = first == 1 and (notice.events or newest) < last
            return Progress(newest if restarted else last, restarted=restarted)
        inside = max(newest - max(first - 1, last) - len([n for n in numbers if n > last]), 0)
        return Progress(newest, max(first - 1 - last, 0) + inside)
    if notice.events is None:
        return Progress(last)
    if last is None or (notice.kind == HANDSHAKE and notice.events == 0):
        return Progress(notice.events, restarted=bool(last))
    if notice.events < last:
        return Progress(notice.events, restarted=True)
    return Progress(notice.events, notice.events - last)
