# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which request carries a resource to a FHIR server: create, update, and their conditions.

What a mapping makes is one of three:

* a resource: the interface says how it is sent;
* an entry as in a Bundle, ``{"request": {"method", "url", "ifNoneExist", "ifMatch"},
  "resource": {…}}``: the mapping says how;
* a Bundle of the type ``transaction`` (:mod:`.bundle`).

Pages cited: http.html of HL7 FHIR 4.0.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from odoo.addons.integration_core.tools.errors import ContractError

from . import address, bundle, resource

#: Where the unknown outcome of a message may be repeated without a second effect.
_REPEATABLE: Final = frozenset({"PUT"})


class Interaction(StrEnum):
    """How a resource is sent. Values are what the database stores."""

    CREATE = "create"  #: POST, whatever is there
    CONDITIONAL_CREATE = "conditional_create"  #: POST, unless its identifier is there (#ccreate)
    UPDATE = "update"  #: PUT at the id that the server gave, conditional create before that
    CONDITIONAL_UPDATE = "conditional_update"  #: PUT where its identifier is (#cond-update)
    TRANSACTION = "transaction"  #: a Bundle that the mapping writes (#transaction)


@dataclass(frozen=True, slots=True)
class Known:
    """What the server was heard to call a document's resource.

    :ivar version: its latest version that we have made or read; empty if unknown
    :ivar conflict_version: the one that was found to be there instead, when this message (``uuid``)
        was refused for it; a person has seen that since
    """

    id: str = ""
    version: str = ""
    conflict_version: str = ""
    conflict_uuid: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an interface says of all that it sends.

    :ivar match_version: whether an update names the version that we know (If-Match)
    :ivar types: resource types that may leave; empty for all
    """

    interaction: Interaction
    match_version: bool = True
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, without address and access.

    :ivar path: below the base, with its query; empty for the base itself
    :ivar type: of the resource; ``Bundle`` for a transaction
    :ivar matched: the version in If-Match
    :ivar condition: the criteria by which the server looks for the resource
    """

    method: str
    path: str
    type: str
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    matched: str = ""
    condition: str = ""

    @property
    def is_repeatable(self) -> bool:
        """Whether the server recognises a repetition: else one whose outcome is unknown is for a
        person to look up."""
        if self.type == "Bundle":
            return bundle.is_repeatable(self.body)
        return self.method in _REPEATABLE or bool(self.condition)


def plan(document: Any, rules: Rules, known: Known, uuid: str) -> Exchange:
    """The request for what a mapping made.

    :param known: what the server calls the resource of this document
    :param uuid: of the message; a version that it met in a conflict is taken for seen
    :raises ContractError: the mapping made something else, or what cannot be sent
    """
    if not isinstance(document, dict):
        raise _wrong("it is no JSON object")
    if "resourceType" not in document and isinstance(document.get("request"), dict):
        return _as_entry(document, rules)
    name = resource.type_of(document)
    if name == "Bundle":
        _require_types(bundle.types(document), rules)
        return Exchange("POST", "", name, bundle.completed(document, uuid))
    _require_types({name}, rules)
    return _as_said(name, document, rules, known, uuid)


def _as_said(
    name: str, document: dict[str, Any], rules: Rules, known: Known, uuid: str
) -> Exchange:
    """A resource alone, by the interaction of the interface."""
    kind = rules.interaction
    if kind == Interaction.TRANSACTION:
        raise _wrong("the interface sends transaction Bundles, and the mapping makes none")
    if kind == Interaction.UPDATE and known.id:
        return _update(name, document, rules, known, uuid)
    created = {key: value for key, value in document.items() if key != "id"}
    if kind == Interaction.CREATE:
        return Exchange("POST", name, name, created)
    found = _by_identifier(name, document)
    if kind == Interaction.CONDITIONAL_UPDATE:
        return Exchange("PUT", f"{name}?{found}", name, created, condition=found)
    return Exchange("POST", name, name, created, headers={"if-none-exist": found}, condition=found)


def _update(name: str, document: dict[str, Any], rules: Rules, known: Known, uuid: str) -> Exchange:
    version = known.version
    if known.conflict_version and known.conflict_uuid == uuid:
        version = known.conflict_version
    matched = version if rules.match_version else ""
    return Exchange(
        "PUT",
        f"{name}/{address.require_id(known.id)}",
        name,
        {**document, "id": known.id},
        headers={"if-match": f'W/"{matched}"'} if matched else {},
        id=known.id,
        matched=matched,
    )


def _by_identifier(name: str, document: Mapping[str, Any]) -> str:
    """The criteria of the first complete identifier (search.html#token)."""
    found = document.get("identifier")
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict) and one.get("system") and one.get("value"):
            return address.criteria(
                [("identifier", address.token(str(one["system"]), str(one["value"])))]
            )
    raise _wrong(
        f"the {name} has no identifier with system and value, by which the server could "
        "recognise it"
    )


def _as_entry(entry: dict[str, Any], rules: Rules) -> Exchange:
    """An entry that says itself how it is sent."""
    request, body = entry["request"], entry.get("resource")
    name = resource.type_of(body)
    _require_types({name}, rules)
    method, url = request.get("method"), request.get("url")
    if method not in ("POST", "PUT") or not isinstance(url, str):
        raise _wrong("its request has a method, POST or PUT, and a url")
    target, _mark, query = url.partition("?")
    parts = target.split("/")
    if parts[0] != name or len(parts) > (1 if method == "POST" or query else 2):
        raise _wrong("the url of its request is not that of its resource")
    exchange = Exchange(method, url, name, body, condition=query)
    if method == "POST":
        return _created(exchange, request)
    if len(parts) == 2:
        exchange = replace(exchange, id=address.require_id(parts[1]), body={**body, "id": parts[1]})
    elif not query:
        raise _wrong("an update names an id, or criteria")
    matched = address.version_of(str(request.get("ifMatch") or ""))
    if matched:
        exchange = replace(exchange, matched=matched, headers={"if-match": f'W/"{matched}"'})
    return exchange


def _created(exchange: Exchange, request: Mapping[str, Any]) -> Exchange:
    condition = str(request.get("ifNoneExist") or "").partition("?")
    found = condition[2] or condition[0]
    if any(ord(char) < 33 or ord(char) > 126 for char in found):
        raise _wrong("ifNoneExist is written as in an address, with all other signs encoded")
    return replace(exchange, headers={"if-none-exist": found} if found else {}, condition=found)


def _require_types(found: set[str], rules: Rules) -> None:
    others = sorted(found - rules.types) if rules.types else []
    if others:
        raise ContractError(
            f"The mapping makes a resource of the type {others[0]}, which is not among those that "
            "this interface sends. Correct the mapping, or propose a change of the interface.",
            code="fhir_type",
        )


def _wrong(reason: str) -> ContractError:
    return ContractError(
        f"What the mapping makes cannot be sent over FHIR: {reason}. Correct the mapping, then "
        "retry.",
        code="fhir_shape",
    )
