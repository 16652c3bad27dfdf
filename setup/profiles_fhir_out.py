"""What Odoo sends over FHIR, in ``docs/ehr.md``: made from the mappings that write resources."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from setup import expressions, profiles_fhir

_TYPE = re.compile(r"\bresourceType:\s*'([A-Za-z]+)'")
_MEMBER = re.compile(r"\b(?:root|item)\.([a-z_]+(?:\.[a-z_]+)*)")
_MOMENT = "context.moment"
_TEXT = re.compile(r"'([^']*)'|`([^`]*)`")
_LOOKUP = re.compile(r"lookup\(\s*'([a-z0-9_]+)'")
#: What would tell who a patient is, by whatever name it is written.
_PRIVATE = re.compile(r"\b(?:birthDate|family|given|telecom|address|diagnosis|reasonCode|note)\b")


@dataclass(frozen=True)
class Row:
    """An element and what it is made of.

    :ivar members: of the canonical object
    :ivar texts: what is written as it stands
    :ivar moment: whether it says when it became so
    """

    element: str
    members: tuple[str, ...]
    maps: tuple[str, ...]
    texts: tuple[str, ...]
    moment: bool


@dataclass(frozen=True)
class Sent:
    """A resource that is sent."""

    resource: str
    name: str
    description: str
    rows: tuple[Row, ...]


def sent(addons: Path) -> list[Sent]:
    """The resources in the order of their types.

    :raises ValueError: of an element nobody can tell what it is made of, or it must not be sent
    """
    sections: dict[str, list[tuple[str, str]]] = {}
    for _name, values in profiles_fhir.records(addons, "integration.mapping.section"):
        mapping = values["mapping_id"].get("ref", "").rpartition(".")[2]
        target, text = (values[one].text or "" for one in ("target", "expression"))
        sections.setdefault(mapping, []).append((target, text))
    found = []
    for name, values in profiles_fhir.records(addons, "integration.mapping"):
        header = values["header"].text or ""
        if kind := _TYPE.search(header):
            own = sections.get(name, ())
            rows = tuple(_rows(header, own))
            title, description = (values[one].text or "" for one in ("name", "description"))
            found.append(Sent(kind[1], title, description, rows))
            found += _entries(title, own)
    return sorted(found, key=lambda one: (one.resource, one.name))


def _entries(title: str, sections: Iterable[tuple[str, str]]) -> Iterator[Sent]:
    """The resources that a Bundle carries."""
    for _target, text in sections:
        for member, one in expressions.members(text):
            if member == "resource" and (kind := _TYPE.search(one)):
                yield Sent(
                    kind[1],
                    f"{title}: {kind[1]}",
                    "What an entry of the Bundle carries.",
                    tuple(_rows(one, ())),
                )


def _rows(header: str, sections: Iterable[tuple[str, str]]) -> Iterator[Row]:
    for member, text in expressions.members(header):
        yield _row(member, text)
    for target, text in sections:
        for member, one in expressions.members(text):
            yield _row(f"{target}[].{member}", one)


def _row(element: str, text: str) -> Row:
    if wrong := _PRIVATE.search(f"{element}: {text}"):
        raise ValueError(f"{element} holds {wrong[0]}, which must not be sent")
    maps = tuple(dict.fromkeys(_LOOKUP.findall(text)))
    members = tuple(dict.fromkeys(_MEMBER.findall(text)))
    texts = tuple(
        one or literal for one, literal in _TEXT.findall(text) if (one or literal) not in maps
    )
    moment = _MOMENT in text
    if not (members or texts or moment):
        raise ValueError(f"nobody can tell of what {element} is made")
    return Row(element, members, maps, texts, moment)


def render(addons: Path) -> list[str]:
    """The part of the document about what is sent, line by line."""
    found = sent(addons)
    out = ["### FHIR resources that are sent", ""]
    for one in found:
        out += [f"#### Sent: {one.name}", "", one.description, ""]
        out += ["| element | canonical members | value map |", "|---|---|---|"]
        for row in one.rows:
            made = [f"`{member}`" for member in row.members]
            made += ["when it became so"] if row.moment else []
            made = made or [f"always {', '.join(row.texts)}"]
            maps = ", ".join(f"`{name}`" for name in row.maps)
            out.append(f"| `{row.element}` | {', '.join(made)} | {maps} |")
        out.append("")
    return out
