"""The FHIR resources that are taken, in ``docs/ehr.md``, made from routings and mappings.

What a mapping reads of a resource stands in its expressions, as ``root.period.start``. A member of
which no element can be told stops the making: the document is complete or not there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from setup import expressions

ADDONS = (
    "integration_ehr_bridge",
    "integration_ehr_supply",
    "integration_ehr_billing",
    "integration_ehr_payer",
)
_PATH = re.compile(r"\b(?:root|item)\.([A-Za-z][A-Za-z0-9.\[\]]*)")
_SOURCE = re.compile(r"(?:fhir_actors\(|\([^&]*&& )?([a-z][A-Za-z]*)")
_LOOKUP = re.compile(r"lookup\(\s*'([a-z0-9_]+)'")
_CONSTANT = re.compile(r"`[^`]*`")
#: Functions that read the whole resource, and which elements of it.
_WHOLE = {"fhir_record(root)": ("id", "identifier")}
#: Functions that translate by a value map themselves.
_TRANSLATING = re.compile(r"fhir_(?:identifier|record_number|patient|person|place|visit|account)\(")
#: The same of orders of supplies, with the value map.
_OF_ORDERS = {
    "fhir_order(": "fhir_assigner",
    "fhir_order_visit(": "fhir_assigner",
    "fhir_items(": "fhir_item_system",
}
#: Never read, whatever a version of a mapping says: what makes the document makes sure of it.
PRIVATE = (
    "name.family", "name.given", "birthDate", "address", "telecom", "photo", "contact", "note",
    "reasonCode", "reasonReference", "diagnosis", "description", "comment", "patientInstruction",
    "text", "link", "deceasedBoolean", "multipleBirthBoolean", "maritalStatus", "gender",
)  # fmt: skip


@dataclass(frozen=True)
class Mapping:
    """A mapping as its data file has it; ``sections`` are target, source and expression."""

    name: str
    description: str
    header: str
    sections: tuple[tuple[str, str, str], ...]


def records(addons: Path, model: str) -> Iterator[tuple[str, dict[str, ElementTree.Element]]]:
    """Records of a model in the data files about FHIR: their ids and their fields."""
    for addon in ADDONS:
        for path in sorted((addons / addon / "data").glob("*fhir*.xml")):
            for record in ElementTree.parse(path).getroot().iter("record"):
                if record.get("model") == model:
                    yield record.get("id", ""), {f.get("name", ""): f for f in record.iter("field")}


def mappings(addons: Path) -> dict[str, Mapping]:
    """The mappings of resources by external id, without the name of their addon."""
    sections: dict[str, list[tuple[str, str, str]]] = {}
    for _name, values in records(addons, "integration.mapping.section"):
        target, source, text = (
            values[one].text or "" for one in ("target", "source", "expression")
        )
        sections.setdefault(_local(values["mapping_id"]), []).append((target, source, text))
    return {
        name: Mapping(
            values["name"].text or "",
            values["description"].text or "",
            values["header"].text or "",
            tuple(sections.get(name, ())),
        )
        for name, values in records(addons, "integration.mapping")
        if "fhir_said" in (values["header"].text or "")
    }


def _local(field: ElementTree.Element) -> str:
    return field.get("ref", "").rpartition(".")[2]


def routes(addons: Path) -> list[tuple[str, str, str]]:
    """Type of resource, mapping and note of each rule."""
    return [
        (values["message_type"].text or "", _local(values["mapping_id"]), values["note"].text or "")
        for _name, values in records(addons, "integration.routing.line")
        if "mapping_id" in values
    ]


def rows(mapping: Mapping) -> list[tuple[str, list[str], list[str]]]:
    """Members of the canonical object, with the elements and value maps that make them.

    :raises ValueError: nobody can tell of what a member is made, or it is made of what must not be
        read
    """
    found = [_row(member, text, "") for member, text in expressions.members(mapping.header)]
    for target, source, text in mapping.sections:
        parted = expressions.members(text)
        start = _SOURCE.match(source)
        inside = start[1] if start else ""
        found += [_row(f"{target}[].{member}", one, inside) for member, one in parted]
        if not parted:
            found.append(_row(f"{target}[]", text, inside))
    return found


def _row(member: str, text: str, inside: str) -> tuple[str, list[str], list[str]]:
    elements: list[str] = []
    for call, read in _WHOLE.items():
        if call in text:
            elements += read
    for path in _PATH.findall(text):
        name = re.sub(r"\[\d*\]", "", path).rstrip(".[]")
        prefix = f"{inside}." if inside and f"item.{path}" in text else ""
        if name != "contained":
            elements.append(prefix + name)
    if inside and not elements:
        elements.append(inside)
    if not elements and not _CONSTANT.fullmatch(text):
        raise ValueError(f"nobody can tell of what {member} is made")
    wrong = [one for one in elements if one in PRIVATE]
    if wrong:
        raise ValueError(f"{member} is made of {wrong[0]}, which must not be read")
    maps = _LOOKUP.findall(text) + (["fhir_assigner"] if _TRANSLATING.search(text) else [])
    maps += [name for call, name in _OF_ORDERS.items() if call in text]
    return member, list(dict.fromkeys(elements)), list(dict.fromkeys(maps))


def render(addons: Path) -> list[str]:
    """The part of the document about resources, line by line."""
    known = mappings(addons)
    out = ["### FHIR resources that are taken", "", "| resource | what it tells |", "|---|---|"]
    every = routes(addons)
    out += [f"| [{kind}](#{_anchor(known[one].name)}) | {note} |" for kind, one, note in every]
    out.append("")
    for one in dict.fromkeys(mapping for _kind, mapping, _note in every):
        out += _profile(known[one])
    out += ["Of all resources, none of these elements is read: " + ", ".join(PRIVATE) + ".", ""]
    return out


def _profile(mapping: Mapping) -> list[str]:
    out = [f"#### {mapping.name}", "", mapping.description, ""]
    out += ["| canonical member | elements | value map |", "|---|---|---|"]
    for member, elements, maps in rows(mapping):
        told = ", ".join(f"`{one}`" for one in maps)
        out.append(f"| `{member}` | {', '.join(elements) or 'always'} | {told} |")
    return [*out, ""]


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
