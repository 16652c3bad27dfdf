# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The entries of a Bundle that arrives (bundle.html): what each of them wants, and what they mean
when they refer to each other.

References within a Bundle (``urn:uuid:…``, or the address of another entry) are written as the name
under which the other entry is stored, with its identifier, so that each entry can be handled by
itself, whichever comes first, and also if the other one is not taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from odoo.addons.integration_core.tools.errors import ContractError

from . import references, resource, values
from .arriving import Arrived, Refused, Rules, arrived

#: Types of Bundles whose entries are requests (http.html#transaction).
REQUESTS: Final = ("batch", "transaction")
#: Types of Bundles whose entries are told.
TOLD: Final = ("message", "history", "collection", "subscription-notification")
_WRITING: Final = ("POST", "PUT")
#: Longest identifier that is written into references to an entry (bytes). Each reference repeats
#: it: without a limit a small Bundle would be stored as a huge one.
LONGEST: Final = 400
#: What a reference says of an identifier; nothing of it is for people.
_SAID: Final = ("use", "type", "system", "value")
#: What references to an entry say instead, by what they may call it.
Targets = dict[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Entry:
    """An entry of a Bundle.

    :ivar place: its number, from 0
    :ivar found: what it brings, if it is taken
    :ivar refused: why not, if it is not
    """

    place: int
    found: Arrived | None = None
    refused: Refused | None = None


def kind_of(bundle: Mapping[str, Any]) -> str:
    """The type of a Bundle.

    :raises Refused: none whose entries are taken
    """
    kind = bundle.get("type")
    if kind in REQUESTS or kind in TOLD:
        return str(kind)
    raise Refused(
        422,
        "not-supported",
        "Bundles of this type are not taken. Send one of type message, transaction, batch, "
        "history or collection.",
    )


def entries(bundle: Mapping[str, Any], rules: Rules, skip: int = 0) -> list[Entry]:
    """What the entries of a Bundle bring.

    :param skip: entries that are about the Bundle itself, such as the header of a message
    :raises Refused: the Bundle as a whole is none, or too large
    """
    kind = kind_of(bundle)
    found = raw_entries(bundle, rules.entries)
    targets = _targets(found)
    bases = tuple(dict.fromkeys([*rules.bases, *_bases(found)]))
    read = []
    for place, one in enumerate(found[skip:], skip):
        try:
            _check_request(one, kind)
            read.append(Entry(place, _read(one["resource"], rules, targets, bases)))
        except Refused as exc:
            read.append(Entry(place, refused=exc))
    return _once(read) if kind == "transaction" else read


def _once(read: list[Entry]) -> list[Entry]:
    """A transaction names a resource once: nobody could say which entry counts (#transaction)."""
    times = Counter(one.found.identity.partition for one in read if one.found)
    return [
        Entry(one.place, refused=Refused(400, "duplicate", "Two entries bring the same resource."))
        if one.found and times[one.found.identity.partition] > 1
        else one
        for one in read
    ]


def raw_entries(bundle: Mapping[str, Any], most: int) -> list[Any]:
    """The entries as they came.

    :raises Refused: they are none, too many, or name one thing twice
    """
    found = bundle.get("entry") or []
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise Refused(400, "structure", "The entries of the Bundle are no list of entries.")
    if len(found) > most:
        raise Refused(
            413, "too-long", f"The Bundle has more than {most} entries. Send several smaller ones."
        )
    # Several versions of one resource may stand in a history (bdl-7).
    named = [
        (one["fullUrl"], _version(one)) for one in found if isinstance(one.get("fullUrl"), str)
    ]
    if len(set(named)) != len(named):
        raise Refused(400, "duplicate", "Two entries of the Bundle have the same fullUrl.")
    return found


def _version(entry: Mapping[str, Any]) -> str:
    body = entry.get("resource")
    meta = body.get("meta") if isinstance(body, Mapping) else None
    return str(meta.get("versionId") or "") if isinstance(meta, Mapping) else ""


def _check_request(entry: Mapping[str, Any], kind: str) -> None:
    """:raises Refused: an entry that is no resource to take"""
    body, request = entry.get("resource"), entry.get("request")
    request = request if isinstance(request, Mapping) else {}
    method = request.get("method")
    if kind in REQUESTS:
        if method not in _WRITING:
            raise Refused(
                405 if method else 400,
                "not-supported" if method else "required",
                "Only POST and PUT are taken. What was entered by mistake is told by its status."
                if method
                else "The entry has no request.method.",
            )
        if request.get("ifMatch"):
            raise Refused(422, "not-supported", "ifMatch is not looked at: versions count.")
    elif method == "DELETE":
        raise Refused(
            422, "not-supported", "A deletion is not taken: tell it by the status of the resource."
        )
    if not isinstance(body, Mapping):
        raise Refused(400, "required", "The entry has no resource.")
    if kind in REQUESTS:
        _check_url(body, str(method), str(request.get("url") or ""))


def _check_url(body: Mapping[str, Any], method: str, url: str) -> None:
    """:raises Refused: the request is about another resource than the entry brings"""
    target, conditional, _query = url.partition("?")
    if method == "PUT" and not conditional:
        fits = references.split(url)[1] == f"{body.get('resourceType')}/{body.get('id')}"
    else:
        # What is created, and what is looked for by criteria, is named by its type.
        name = target.rstrip("/").rpartition("/")[2]
        fits = name == body.get("resourceType") or (method == "POST" and not url)
    if not fits:
        raise Refused(400, "invalid", "request.url names another resource than the entry brings.")


# -- what entries say of each other ----------------------------------------------------------


def _bases(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Addresses of the server that the entries are of."""
    urls = [
        references.split(one["fullUrl"])[0] for one in found if isinstance(one.get("fullUrl"), str)
    ]
    return list(dict.fromkeys(filter(None, urls)))


def _targets(found: Sequence[Mapping[str, Any]]) -> Targets:
    """What is said instead of references to entries. Made once: there may be many to each."""
    targets: Targets = {}
    for one in found:
        body = one.get("resource")
        if not isinstance(body, Mapping):
            continue
        try:
            named = resource.identity(body)
        except ContractError:
            continue  # it is refused as an entry of its own
        known = _identifier(body)
        said = {"reference": named.partition, **({"identifier": known} if known else {})}
        targets[named.partition] = said
        if isinstance(one.get("fullUrl"), str):
            targets[one["fullUrl"]] = said
    return targets


def _read(
    body: Mapping[str, Any],
    rules: Rules,
    targets: Targets,
    bases: Sequence[str],
) -> Arrived:
    one = arrived(body, rules)
    linked = references.localised(_linked(body, targets), bases)
    if linked == body:
        return one
    # Its name must not depend on what was written into it.
    text = resource.body({**linked, "id": one.identity.id})
    return Arrived(one.identity, text, one.compared, one.error)


def _linked(value: Any, targets: Targets) -> Any:
    """The same, with references to other entries as those are known outside of the Bundle."""
    if isinstance(value, list):
        return [_linked(one, targets) for one in value]
    if not isinstance(value, Mapping):
        return value
    text = value.get("reference")
    target = targets.get(text) if isinstance(text, str) else None
    if target is None:
        return {name: _linked(one, targets) for name, one in value.items()}
    return {**target, **value, "reference": target["reference"]}


def _identifier(target: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The one identifier by which an entry is known, and nothing else of it.

    :return: ``None`` as well if it is too long to be one
    """
    of_person = target.get("resourceType") == "Patient"
    named = (values.record_number if of_person else values.number)(target.get("identifier"))
    known = {name: named[name] for name in _SAID if name in named} if named else None
    return known if known and len(resource.body(known)) <= LONGEST else None
