# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Messages (messaging.html): Bundles whose first entry, a MessageHeader, says what they are about.

>>> header({"entry": [{"resource": {"resourceType": "MessageHeader", "id": "m1"}}]})["id"]
'm1'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import bundle_entries, limits, references, values
from .arriving import Refused
from .bundle_entries import Entry


def header(bundle: Mapping[str, Any]) -> Mapping[str, Any]:
    """The header of a message.

    :raises Refused: there is none, or it has no id to answer to
    """
    entries = bundle_entries.raw_entries(bundle, limits.MAX_ENTRIES)
    found = entries[0].get("resource") if entries else None
    if not isinstance(found, Mapping) or found.get("resourceType") != "MessageHeader":
        raise Refused(400, "required", "The first entry of a message is its MessageHeader.")
    if not isinstance(found.get("id"), str):
        raise Refused(400, "required", "The MessageHeader has no id, so it cannot be answered.")
    if "response" in found:
        raise Refused(422, "not-supported", "Answers to messages are not taken here.")
    return found


def concerned(
    found: Sequence[Entry], head: Mapping[str, Any], bundle: Mapping[str, Any]
) -> list[Entry]:
    """Entries that are what a message is about; others are there so that it can be understood.

    Those are taken if the interface takes their type, and else nothing is said of them.

    :param found: all of its entries but the header
    :raises Refused: what it is about does not come along, so nobody could say that it was taken
    """
    focus = _focus(head)
    named = {one.place: _names(bundle["entry"][one.place]) for one in found}
    present = set().union(*named.values())
    if not all(one & present for one in focus):
        raise Refused(
            422,
            "not-found",
            "The MessageHeader says that the message is about something that does not come along. "
            "Nothing of it was stored.",
        )
    about = set().union(*focus)
    return [one for one in found if one.found or named[one.place] & about or not focus]


def _focus(head: Mapping[str, Any]) -> list[set[str]]:
    """What the message is about, each by the names that its reference may mean."""
    found = []
    for one in values.elements(head.get("focus")):
        text = one.get("reference")
        found.append({text, references.split(text)[1]} - {""} if isinstance(text, str) else set())
    return found


def _names(entry: Mapping[str, Any]) -> set[str]:
    """By which references may mean an entry."""
    url, body = entry.get("fullUrl"), entry.get("resource")
    names = {url, references.split(url)[1]} if isinstance(url, str) else set()
    if isinstance(body, Mapping) and isinstance(body.get("id"), str):
        names.add(f"{body.get('resourceType')}/{body['id']}")
    return names - {""}
