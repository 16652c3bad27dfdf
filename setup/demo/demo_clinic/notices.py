"""What the clinic sends: its lists as a transaction, and notifications of its subscription.

Notifications are those of the R5 Subscriptions Backport for R4: a Bundle whose first entry says
which event it is, so that whoever receives them sees whether one is missing.
"""

from collections.abc import Sequence
from typing import Any, Final

from .records import Resource, instant

SUBSCRIPTION: Final = "Subscription/odoo"
TOPIC: Final = "http://riverside.example/topics/visits"
_PROFILE: Final = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
    "backport-subscription-status-r4"
)


def lists(base: str, resources: Sequence[Resource]) -> Resource:
    """A transaction that puts resources where they are.

    :param base: address of the clinic's server, without a slash at its end
    """
    entries = [_entry(base, one, {"method": "PUT", "url": name(one)}) for one in resources]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def handshake(base: str, now: int) -> Resource:
    """The question whether somebody listens."""
    return _notification(base, "handshake", 0, now)


def heartbeat(base: str, events: int, now: int) -> Resource:
    """A sign of life; it says how many events there were."""
    return _notification(base, "heartbeat", events, now)


def event(base: str, number: int, resources: Sequence[Resource], now: int) -> Resource:
    """Something that has happened, with the resources that it changed."""
    focus = next((one for one in resources if one["resourceType"] == "Encounter"), resources[0])
    parts = [
        {"name": "event-number", "valueString": str(number)},
        {"name": "timestamp", "valueInstant": instant(now * 1000)},
        {"name": "focus", "valueReference": {"reference": f"{base}/{name(focus)}"}},
    ]
    entries = [
        {
            **_entry(base, one, {"method": "PUT", "url": name(one)}),
            "response": {"status": "200", "lastModified": one["meta"]["lastUpdated"]},
        }
        for one in resources
    ]
    told = [{"name": "notification-event", "part": parts}]
    return _notification(base, "event-notification", number, now, told, entries)


def name(resource: Resource) -> str:
    """Such as ``Encounter/7``."""
    return f"{resource['resourceType']}/{resource['id']}"


def _notification(
    base: str,
    kind: str,
    events: int,
    now: int,
    told: Sequence[dict[str, Any]] = (),
    entries: Sequence[dict[str, Any]] = (),
) -> Resource:
    status = {
        "resourceType": "Parameters",
        "id": f"status-{kind}-{events}",
        "meta": {"profile": [_PROFILE]},
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": f"{base}/{SUBSCRIPTION}"}},
            {"name": "topic", "valueCanonical": TOPIC},
            {"name": "status", "valueCode": "requested" if kind == "handshake" else "active"},
            {"name": "type", "valueCode": kind},
            {"name": "events-since-subscription-start", "valueString": str(events)},
            *told,
        ],
    }
    asked = {"method": "GET", "url": f"{SUBSCRIPTION}/$status"}
    first = {
        "fullUrl": f"{base}/Parameters/{status['id']}",
        "resource": status, "request": asked, "response": {"status": "200"},
    }  # fmt: skip
    return {
        "resourceType": "Bundle", "type": "history", "timestamp": instant(now * 1000),
        "entry": [first, *entries],
    }  # fmt: skip


def _entry(base: str, resource: Resource, request: dict[str, str]) -> dict[str, Any]:
    return {"fullUrl": f"{base}/{name(resource)}", "resource": resource, "request": request}
