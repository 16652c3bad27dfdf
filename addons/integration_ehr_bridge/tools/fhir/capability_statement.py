# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a server says of itself (FHIR 4.0.1, capabilitystatement.html): what is served, no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from . import written
from .search import MODIFIERS, Param
from .search_values import PREFIXES

R4: Final = "4.0.1"
R5: Final = "5.0.0"
_BASE: Final = "http://hl7.org/fhir/StructureDefinition/"
_SECURITY: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"


@dataclass(frozen=True, slots=True)
class Served:
    """A type of resource and what can be done with it.

    :ivar reads: whether it is read and searched here
    :ivar creates: what else is accepted of it, as codes of type-restful-interaction
    :ivar doc: what it shows, in Markdown
    :ivar dated: whether its moment of change tells of all that it says, so that
        ``If-Modified-Since`` can be answered
    """

    resource: str
    version: str = R4
    params: tuple[Param, ...] = ()
    includes: tuple[str, ...] = ()
    doc: str = ""
    reads: bool = True
    creates: tuple[str, ...] = ()
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of one address.

    :ivar security: Basic, or what else is known of how a client proves itself; as texts
    :ivar interactions: of the whole system, such as transaction and batch
    :ivar messages: events of messages that are accepted, as ``(code, Bundle.type)``
    """

    base: str
    name: str
    moment: datetime
    resources: Sequence[Served] = ()
    security: Mapping[str, str] = field(default_factory=dict)
    interactions: Sequence[str] = ()
    remarks: Sequence[str] = ()


def statement(said: Statement, version: str = R4) -> dict[str, Any]:
    """The CapabilityStatement for clients of one version of FHIR.

    Types that are served in another version are named in the documentation, and have no entry: in
    this version they are no types.
    """
    here = [one for one in said.resources if one.version == version]
    rest: dict[str, Any] = {
        "mode": "server",
        "documentation": _documentation(said, version),
        "security": _security(said.security),
        "resource": [_resource(one, version) for one in here],
        "interaction": [{"code": code} for code in said.interactions],
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": written.moment(said.moment),
        "kind": "instance",
        "software": {"name": "Odoo Integration Suite"},
        "implementation": {"description": said.name, "url": said.base},
        "fhirVersion": version,
        "format": ["json", "application/fhir+json"],
        "rest": [written.without_nothing(rest)],
    }


def _documentation(said: Statement, version: str) -> str:
    lines = [
        "Nothing is ignored in silence: unknown search parameters are refused, unless the client "
        "sends “Prefer: handling=lenient”, and then they are named in the answer.",
        "For polling: `_sort=_lastUpdated&_lastUpdated=gt<meta.lastUpdated of the last answer>`. "
        "Nothing is missed then, and nothing is told twice.",
        "No search takes a name of a patient, and no resource holds one.",
        *said.remarks,
    ]
    others = sorted({one.resource for one in said.resources if one.version != version})
    if others:
        other = R5 if version == R4 else R4
        lines.append(
            f"{', '.join(others)}: served in the shape of FHIR {other[:3]}. Ask for "
            f"`metadata` with `fhirVersion={other[:3]}` to see how."
        )
    return "\n\n".join(lines)


def _security(known: Mapping[str, str]) -> dict[str, Any]:
    """How a client proves itself."""
    if not known:
        return {}
    services: list[dict[str, Any]] = []
    for code, text in known.items():
        one: dict[str, Any] = {"text": text}
        if code in ("Basic", "Certificates", "OAuth"):
            one["coding"] = [{"system": _SECURITY, "code": code}]
        services.append(one)
    return {
        "cors": False,
        "service": services,
        "description": " ".join(known.values()),
    }


def _resource(one: Served, version: str) -> dict[str, Any]:
    reading = ("read", "search-type") if one.reads else ()
    found: dict[str, Any] = {
        "type": one.resource,
        "profile": f"{_BASE}{one.resource}",
        "documentation": one.doc,
        "interaction": [{"code": code} for code in (*reading, *one.creates)],
    }
    if one.reads:
        found |= {
            # Versions have names, and only the latest is kept.
            "versioning": "versioned",
            "readHistory": False,
            # What is taken is taken under the id that its system gave it.
            "updateCreate": "update" in one.creates,
            "conditionalRead": "full-support" if one.dated else "not-match",
            "searchInclude": list(one.includes),
            "searchParam": [_param(param) for param in one.params],
        }
    # False is an answer here, and no answer is none.
    return {name: value for name, value in found.items() if value not in ("", [], ())}


def _param(one: Param) -> dict[str, str]:
    words = [one.doc]
    if one.own:
        words.append("A parameter of this server, not of the standard.")
    if one.codes:
        words.append(f"One of {', '.join(one.codes)}.")
    if MODIFIERS[one.kind]:
        words.append("Modifiers: " + ", ".join(f":{name}" for name in MODIFIERS[one.kind]) + ".")
    if one.kind == "date":
        words.append(f"Prefixes: {', '.join(PREFIXES)}.")
    return {"name": one.name, "type": one.kind, "documentation": " ".join(words)}


def joined(served: Iterable[Served]) -> list[Served]:
    """One entry for each type: what is read of it, and what else is accepted."""
    found: dict[tuple[str, str], Served] = {}
    for one in served:
        key = (one.resource, one.version)
        known = found.get(key)
        found[key] = _both(known, one) if known else one
    return [found[key] for key in sorted(found)]


def _both(one: Served, other: Served) -> Served:
    reading = one if one.reads else other
    return Served(
        one.resource,
        one.version,
        reading.params,
        reading.includes,
        "\n\n".join(text for text in (one.doc, other.doc) if text),
        one.reads or other.reads,
        tuple(dict.fromkeys((*one.creates, *other.creates))),
        reading.dated,
    )
