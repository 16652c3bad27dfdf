# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Transaction Bundles that are sent, and what came of their entries (http.html#transaction).

Entries refer to each other by ``urn:uuid:`` addresses. An entry without ``fullUrl`` gets one that a
repetition of its message has as well.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from odoo.addons.integration_core.tools.errors import ContractError

from . import address, resource

MAX_ENTRIES: Final = 1000
_URN: Final = "urn:uuid:"
#: Names what is made from a message (RFC 9562, 5.5).
_SPACE: Final = uuid.UUID("6f0e4b0a-7d5e-5a86-9a0e-3a4d5f1c2b7e")
_STATUS: Final = re.compile(r"[1-5][0-9][0-9]")
_METHODS: Final = frozenset({"POST", "PUT"})


@dataclass(frozen=True, slots=True)
class Made:
    """What the server says of one entry.

    :ivar place: which entry of a Bundle it is, such as ``#0``; empty for a resource alone
    """

    type: str
    id: str
    version: str
    place: str = ""


def urn(*names: str) -> str:
    """A ``urn:uuid:`` address that is the same for the same names.

    >>> urn("order", "7") == urn("order", "7") != urn("order", "8")
    True
    """
    return _URN + str(uuid.uuid5(_SPACE, "\x1f".join(names)))


def completed(bundle: Mapping[str, Any], message_uuid: str) -> dict[str, Any]:
    """The Bundle as it is sent.

    :raises ContractError: it is no transaction, or one that no server could take
    """
    if bundle.get("type") != "transaction":
        raise _wrong(
            "its type is transaction: of a batch one part may succeed and another fail, and a "
            "message has one fate"
        )
    entries = bundle.get("entry")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_ENTRIES:
        raise _wrong(f"it has 1 to {MAX_ENTRIES} entries")
    made = [_entry(one, message_uuid, place) for place, one in enumerate(entries)]
    places = [one["fullUrl"] for one in made]
    if len(set(places)) < len(places):
        raise _wrong("two of its entries have the same fullUrl")
    _require_resolved(made, set(places))
    return {**bundle, "entry": made}


def types(bundle: Mapping[str, Any]) -> set[str]:
    """The types of resources in a Bundle."""
    entries = bundle.get("entry")
    return {
        resource.type_of(one.get("resource"))
        for one in (entries if isinstance(entries, list) else ())
        if isinstance(one, dict)
    }


def is_repeatable(bundle: Mapping[str, Any]) -> bool:
    """Whether each entry is one that the server recognises when it is sent again."""
    requests = [one["request"] for one in bundle["entry"]]
    return all(one["method"] == "PUT" or one.get("ifNoneExist") for one in requests)


def made(sent: Mapping[str, Any], answer: Any) -> list[Made]:
    """What became of the entries of a transaction, in their order.

    The answer has the entries of the request, in the same order (#transaction-response).

    :return: those of which the server tells the id
    """
    entries = answer.get("entry") if isinstance(answer, dict) else None
    if not isinstance(entries, list) or len(entries) != len(sent["entry"]):
        return []
    found = []
    for number, told in enumerate(entries):
        response = told.get("response") if isinstance(told, dict) else None
        response = response if isinstance(response, dict) else {}
        place = address.location(str(response.get("location") or ""))
        if place is None:
            continue
        name, known, version = place
        version = version or address.version_of(str(response.get("etag") or ""))
        found.append(Made(name, known, version, f"#{number}"))
    return found


def failed(answer: Any) -> tuple[int, int] | None:
    """The first entry of an answer that says of itself that it failed: its number and status.

    An answer to a transaction holds no such entry (#transaction-response); to a batch it may.
    """
    entries = answer.get("entry") if isinstance(answer, dict) else None
    for number, told in enumerate(entries if isinstance(entries, list) else ()):
        response = told.get("response") if isinstance(told, dict) else None
        text = response.get("status") if isinstance(response, dict) else None
        code = _STATUS.match(text) if isinstance(text, str) else None
        if code and int(code[0]) >= 400:
            return number, int(code[0])
    return None


def _entry(entry: Any, message_uuid: str, place: int) -> dict[str, Any]:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict) or request.get("method") not in _METHODS:
        raise _wrong(f"entry {place} has a request with a method, POST or PUT")
    name = resource.type_of(entry.get("resource"))
    url = request.get("url")
    if not isinstance(url, str) or url.partition("?")[0].split("/")[0] != name:
        raise _wrong(f"the url of entry {place} is not that of its resource")
    return {"fullUrl": urn(message_uuid, str(place)), **entry}


def _require_resolved(entries: list[dict[str, Any]], places: set[str]) -> None:
    for number, entry in enumerate(entries):
        for reference in _references(entry["resource"]):
            if reference.startswith(_URN) and reference not in places:
                raise _wrong(f"entry {number} refers to an entry that is not there")


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        found = value.get("reference")
        if isinstance(found, str):
            yield found
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _wrong(reason: str) -> ContractError:
    return ContractError(
        f"The Bundle that the mapping makes cannot be sent: {reason}. Correct the mapping, then "
        "retry.",
        code="fhir_bundle",
    )
