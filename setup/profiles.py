"""The profiles of HL7 v2 messages in ``docs/ehr.md``, made from the addon's routing and mappings.

What a mapping reads stands in its expressions, as ``root.PV1[0].f19`` for PV1-19. A member of which
no field can be told stops the making: the document is complete or not there.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ADDON = "integration_ehr_bridge"
_PATH = re.compile(
    r"\b([A-Z][A-Z0-9]{2})(?:\[0\]|\[\?[^\]]*\[0\][^\]]*\])?(?:\s*\|\s*\[0\])?\)?"
    r"\.f(\d+)\b(?:\[0\])?(?:\.c(\d+))?"
)
_LABEL = re.compile(r"'([A-Z][A-Z0-9]{2}-\d+(?:\.\d+)?)[^']*'")
_ALIAS = re.compile(r"\bitem\.([a-z_]+)")
_LOOKUP = re.compile(r"lookup\(\s*'([a-z0-9_]+)'")
_BLOCK = re.compile(r"([A-Z][A-Z0-9]{2})\[[^{]*?\.\{([^}]*)\}", re.S)
_MEMBER = re.compile(r"\b([a-z_]+):\s*([^,}]+)")
_FIELD = re.compile(r"\bf(\d+)(?:\[0\])?(?:\.c(\d+))?")
_CREATED = re.compile(r"'source': '([^']*)', 'target': '([^']*)'")
#: What messages bring and nothing reads. Reading one of these stops the making of the document.
PRIVATE = (
    ("PID", (5, 6, 9), "names"),
    ("PID", (7, 8, 10, 15, 16, 17, 22, 26), "birth date, sex, origin, language, religion"),
    ("PID", (11, 13, 14), "addresses and telephone numbers"),
    ("PID", (2, 4, 19, 20), "other and national numbers, driver's licence"),
    ("PV1", (8, 9, 17, 52), "doctors other than the attending one"),
    ("PV2", (3,), "reason of admission"),
    ("SCH", (6, 7), "reasons of an appointment: codes of diagnoses stand there as well"),
    ("IN1", (16, 17, 18, 19, 36), "who is insured, and the number of the policy"),
    ("STF", (3, 5, 6, 10, 11), "names, sex, birth date, telephone numbers and addresses of staff"),
)
#: Segments of which no field is read.
UNREAD = "NK1, DG1, PR1, OBX, AL1, GT1, NTE, ROL and all Z segments"


@dataclass(frozen=True)
class Mapping:
    """A mapping as its data file has it."""

    name: str
    description: str
    header: str
    sections: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Row:
    """A member of the canonical object and the fields that make it."""

    member: str
    fields: tuple[str, ...]
    maps: tuple[str, ...]


def _records(data: Path, model: str) -> Iterator[tuple[str, dict[str, ElementTree.Element]]]:
    for path in sorted(data.glob("*.xml")):
        for record in ElementTree.parse(path).getroot().iter("record"):
            if record.get("model") == model:
                found = {one.get("name", ""): one for one in record.iter("field")}
                yield record.get("id", ""), found


def mappings(addons: Path) -> dict[str, Mapping]:
    """The mappings by external id."""
    data = addons / ADDON / "data"
    sections: dict[str, list[tuple[str, str, str]]] = {}
    for _name, values in _records(data, "integration.mapping.section"):
        parts = (values[name].text or "" for name in ("target", "source", "expression"))
        target, source, expression = parts
        owner = values["mapping_id"].get("ref", "")
        sections.setdefault(owner, []).append((target, source, expression))
    return {
        name: Mapping(
            values["name"].text or "",
            values["description"].text or "",
            values["header"].text or "",
            tuple(sections.get(name, ())),
        )
        for name, values in _records(data, "integration.mapping")
    }


def routes(addons: Path) -> list[tuple[str, str, str]]:
    """Message type, mapping and note of each rule of the routing."""
    return [
        (
            values["message_type"].text or "",
            values["mapping_id"].get("ref", ""),
            values["note"].text or "",
        )
        for _name, values in _records(addons / ADDON / "data", "integration.routing.line")
    ]


# -- what a mapping reads ------------------------------------------------------------------------


def rows(mapping: Mapping) -> list[Row]:
    """Members and fields.

    :raises ValueError: a member of which no field can be told, or one that must not be read
    """
    found = [_row(name, text, {}) for name, text in _members(mapping.header)]
    for target, source, expression in mapping.sections:
        aliases = _aliases(source)
        found += [_row(f"{target}[].{name}", text, aliases) for name, text in _members(expression)]
    for row in found:
        _require_harmless(row)
    return found


def _members(expression: str) -> list[tuple[str, str]]:
    """Names and expressions of the outermost object of an expression."""
    start = expression.find("{")
    if start < 0 or expression[start : start + 2] == "{}":
        return []
    parts, depth, quote, begin = [], 0, "", start + 1
    for position, mark in enumerate(expression[start:], start):
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "'`\"":
            quote = mark
        elif mark in "{[(":
            depth += 1
        elif mark in "}])":
            depth -= 1
        if not quote and ((mark == "," and depth == 1) or depth == 0):
            parts.append(expression[begin:position])
            begin = position + 1
        if depth == 0:
            break
    pairs = (part.partition(":") for part in parts)
    return [(name.strip(), text.strip()) for name, _colon, text in pairs]


def _aliases(source: str) -> dict[str, list[str]]:
    """Fields by the names that a source gives them: ``AIS[].{code: f3}``."""
    found: dict[str, list[str]] = {}
    for segment, members in _BLOCK.findall(source):
        for name, text in _MEMBER.findall(members):
            fields = [_named(segment, *one) for one in _FIELD.findall(text)]
            # A text that is always the same says which segment it was, or names a field in errors.
            constant = [] if name.endswith("_field") else [segment]
            found.setdefault(name, []).extend(fields or constant)
    return found


def _named(segment: str, field: str, component: str = "") -> str:
    return f"{segment}-{field}" + (f".{component}" if component not in ("", "1") else "")


def _row(name: str, text: str, aliases: dict[str, list[str]]) -> Row:
    fields = [_named(*one) for one in _PATH.findall(text)]
    fields += [one for one in _LABEL.findall(text) if one not in fields]
    if "root.trigger" in text:
        fields.append("MSH-9.2")
    for alias in _ALIAS.findall(text):
        fields += aliases.get(alias, [])
    named = tuple(dict.fromkeys(_without_parts(fields)))
    if not named:
        raise ValueError(f"it cannot be told which fields make {name}: {text}")
    return Row(name, named, tuple(dict.fromkeys(_LOOKUP.findall(text))))


def _without_parts(fields: list[str]) -> list[str]:
    """SCH-2.1 says nothing beside SCH-2."""
    return [one for one in fields if one.partition(".")[0] == one or _whole(one) not in fields]


def _whole(field: str) -> str:
    return field.partition(".")[0]


def _require_harmless(row: Row) -> None:
    private = {f"{segment}-{number}" for segment, numbers, _what in PRIVATE for number in numbers}
    read = {_whole(field) for field in row.fields}
    if forbidden := sorted(read & private):
        raise ValueError(f"{row.member} is made of {forbidden[0]}, which must not be read")


# -- markdown ------------------------------------------------------------------------------------


def render(addons: Path) -> list[str]:
    """The part of the document about messages, line by line."""
    known = mappings(addons)
    used: dict[str, list[tuple[str, str]]] = {}
    for message_type, mapping, note in routes(addons):
        used.setdefault(mapping, []).append((message_type, note))
    out = ["### Message profiles", ""]
    out += ["| message | what it tells | profile |", "|---|---|---|"]
    for mapping, rules in used.items():
        link = f"[{known[mapping].name}](#{_anchor(known[mapping].name)})"
        out += [f"| {kind.replace('^', ' ')} | {note} | {link} |" for kind, note in rules]
    out.append("")
    for mapping in used:
        out += _profile(known[mapping])
    return out + _unread() + _codes(addons)


def _profile(mapping: Mapping) -> list[str]:
    out = [f"### {mapping.name}", "", mapping.description, ""]
    out += ["| canonical member | fields | value map |", "|---|---|---|"]
    for row in rows(mapping):
        maps = ", ".join(f"[`{name}`](#codes)" for name in row.maps)
        out.append(f"| `{row.member}` | {', '.join(row.fields)} | {maps} |")
    return [*out, ""]


def _unread() -> list[str]:
    out = ["### What is not read", ""]
    out += ["| fields | what they hold |", "|---|---|"]
    for segment, numbers, what in PRIVATE:
        out.append(f"| {segment}-{', '.join(map(str, numbers))} | {what} |")
    return [*out, "", f"No field is read of {UNREAD}.", ""]


def _codes(addons: Path) -> list[str]:
    out = ["### Codes", "", "| value map | what it translates | values |", "|---|---|---|"]
    for _name, values in _records(addons / ADDON / "data", "integration.value.map"):
        pairs = _CREATED.findall(values["line_ids"].get("eval", ""))
        told = ", ".join(f"{source} → {target}" for source, target in pairs)
        description = values["description"].text or ""
        out.append(f"| `{values['code'].text}` | {description} | {told} |")
    return [*out, ""]


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def unread_but_listed(addons: Path) -> Iterable[str]:
    """Segments that :data:`UNREAD` names although a mapping reads one of their fields."""
    read = {
        _whole(field).partition("-")[0]
        for mapping in mappings(addons).values()
        for row in rows(mapping)
        for field in row.fields
    }
    return sorted(read & set(re.findall(r"\b[A-Z][A-Z0-9]{2}\b", UNREAD)))
