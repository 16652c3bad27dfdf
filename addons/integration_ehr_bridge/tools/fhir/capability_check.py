# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a server says that it can do (capabilitystatement.html), against what an interface needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from odoo.addons.integration_core.tools import canonical_json, redact

from .conditional import Interaction

#: A CapabilityStatement of a large server has some megabytes.
MAX_BYTES: Final = 16 << 20
#: What is asked of the server.
RELEASES: Final = ("4.0",)

CREATE, READ, UPDATE, SEARCH = "create", "read", "update", "search-type"
CONDITIONAL_CREATE, CONDITIONAL_UPDATE = "conditional-create", "conditional-update"
VERSIONED, TRANSACTION, LAST_UPDATED = "versioned-update", "transaction", "_lastUpdated"
SYSTEM: Final = ""

_NEEDS: Final[Mapping[Interaction, tuple[str, ...]]] = {
    Interaction.CREATE: (CREATE,),
    Interaction.CONDITIONAL_CREATE: (CREATE, CONDITIONAL_CREATE),
    Interaction.UPDATE: (CREATE, CONDITIONAL_CREATE, UPDATE),
    Interaction.CONDITIONAL_UPDATE: (UPDATE, CONDITIONAL_UPDATE),
    Interaction.TRANSACTION: (),
}


@dataclass(frozen=True, slots=True)
class Need:
    """Something that an interface needs of a server.

    :ivar type: a resource type; empty for the server as a whole
    """

    type: str
    what: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server says of itself."""

    release: str = ""
    software: str = ""
    json: bool = True
    system: frozenset[str] = frozenset()
    types: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def offers(self, need: Need) -> bool:
        """Whether the server says that it can do this."""
        if need.type == SYSTEM:
            return need.what in self.system
        return need.what in self.types.get(need.type, frozenset())

    @property
    def is_r4(self) -> bool:
        return self.release.startswith(RELEASES)


def needs(
    interaction: Interaction | None,
    types: Iterable[str],
    searched: Iterable[str] = (),
    *,
    match_version: bool = False,
) -> list[Need]:
    """What an interface needs.

    :param interaction: how it sends; ``None`` if it only reads
    :param types: resource types that it sends
    :param searched: resource types that are polled through it
    """
    found = []
    if interaction == Interaction.TRANSACTION:
        found.append(Need(SYSTEM, TRANSACTION))
    for name in types:
        found += [Need(name, what) for what in (_NEEDS[interaction] if interaction else ())]
        if interaction == Interaction.UPDATE and match_version:
            found.append(Need(name, VERSIONED))
    for name in searched:
        found += [Need(name, SEARCH), Need(name, LAST_UPDATED)]
    return list(dict.fromkeys(found))


def read(raw: bytes) -> Capabilities:
    """What a CapabilityStatement says.

    :raises ValueError: it is none, with a sentence without anything of it
    """
    try:
        value = canonical_json.loads(raw, max_bytes=MAX_BYTES)
    except canonical_json.JsonError:
        raise ValueError("the answer is not JSON") from None
    if not isinstance(value, dict) or value.get("resourceType") != "CapabilityStatement":
        raise ValueError("the answer is no CapabilityStatement")
    formats = value.get("format")
    formats = formats if isinstance(formats, list) else []
    rest = _server(value.get("rest"))
    return Capabilities(
        release=_text(value.get("fhirVersion")),
        software=_software(value.get("software")),
        json=not formats or any("json" in str(one) for one in formats),
        system=_codes(rest.get("interaction")),
        types=_types(rest),
    )


def _server(value: Any) -> Mapping[str, Any]:
    for one in value if isinstance(value, list) else ():
        if isinstance(one, Mapping) and one.get("mode", "server") == "server":
            return one
    return {}


def _types(rest: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    listed = rest.get("resource")
    common = _names(rest.get("searchParam"))
    found = {}
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("type"), str):
            found[one["type"]] = _of_type(one, common)
    return found


def _of_type(told: Mapping[str, Any], common: frozenset[str]) -> frozenset[str]:
    found = set(_codes(told.get("interaction")))
    if told.get("conditionalCreate") is True:
        found.add(CONDITIONAL_CREATE)
    if told.get("conditionalUpdate") is True:
        found.add(CONDITIONAL_UPDATE)
    if told.get("versioning") == "versioned-update":
        found.add(VERSIONED)
    names = common | _names(told.get("searchParam"))
    # Many servers do not list what all resources have; nothing but silence is no refusal.
    if LAST_UPDATED in names or not any(name.startswith("_") for name in names):
        found.add(LAST_UPDATED)
    return frozenset(found)


def _codes(value: Any) -> frozenset[str]:
    found = value if isinstance(value, list) else []
    return frozenset(one["code"] for one in found
                     if isinstance(one, Mapping) and isinstance(one.get("code"), str))  # fmt: skip


def _names(value: Any) -> frozenset[str]:
    found = value if isinstance(value, list) else []
    return frozenset(one["name"] for one in found
                     if isinstance(one, Mapping) and isinstance(one.get("name"), str))  # fmt: skip


def _software(value: Any) -> str:
    if not isinstance(value, Mapping):
        return ""
    return " ".join(filter(None, (_text(value.get("name")), _text(value.get("version")))))


def _text(value: Any) -> str:
    return redact.redact_text(value, 80) if isinstance(value, str) else ""
