"""The profiles of HL7 v2 messages in ``docs/ehr.md``, made from the addons' routings and mappings.

What a mapping reads stands in its expressions, as ``root.PV1[0].f19`` for PV1-19. A member of which
no field can be told stops the making: the document is complete or not there. What Odoo sends is in
:mod:`.profiles_out`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from setup import expressions, profiles_out

#: Addons with routings and mappings of HL7 v2, in the order in which they are told of.
ADDONS = (
    "integration_ehr_bridge",
    "integration_ehr_supply",
    "integration_ehr_billing",
    "integration_ehr_payer",
)
_PATH = re.compile(
    r"\b([A-Z][A-Z0-9]{2})(?:\[0\]|\[\?[^\]]*\[0\][^\]]*\])?(?:\s*\|\s*\[0\])?\)?"
    r"\.f(\d+)\b(?:\[0\])?(?:\.c(\d+))?"
)
_LABEL = re.compile(r"'([A-Z][A-Z0-9]{2}-\d+(?:\.\d+)?)[^']*'")
_ALIAS = re.compile(r"\bitem\.([a-z_]+)")
_LOOKUP = re.compile(r"lookup\(\s*'([a-z0-9_]+)'")
_BLOCK = re.compile(r"([A-Z][A-Z0-9]{2})\[[^{]*?\.\{([^}]*)\}", re.S)
#: Each segment of a kind as an object: ``root.PKG[*].hl7_said({unit: f2[0].c1})``.
_EACH = re.compile(
    r"([A-Z][A-Z0-9]{2})\[(?:[^\[\]]|\[\d\])*\]\.(?:hl7_said\()?\{((?:[^{}])*)\}", re.S
)
_MEMBER = re.compile(r"\b([a-z_]+):\s*([^,}]+)")
_FIELD = re.compile(r"\bf(\d+)(?:\[0\])?(?:\.c(\d+))?")
#: A field of an item that is a segment, or that has one under a name.
_ITEM = re.compile(r"\bitem(?:\.([a-z_]+))?\.f(\d+)\b(?:\[[^\]]*\])?(?:\.c(\d+))?")
_SEGMENT_OF = re.compile(r"\b([a-z_]+):\s*([A-Z][A-Z0-9]{2})\[0\]")
_PLAIN = re.compile(r"(?:root\.)?([A-Z][A-Z0-9]{2})(?:\[\])?")
_CONSTANT = re.compile(r"'[^']*'")
#: ``hl7_rows(OBX, {name: 'CODE'}, OBR[0])``: rows of one kind, and what they are rows of.
_ROWS = re.compile(r"hl7_rows\(\s*([A-Z][A-Z0-9]{2})\b(.*?)(?:([A-Z][A-Z0-9]{2})\[0\])?\s*\)", re.S)
#: ``hl7_with(OBR, ORC[0])``: segments, each with what it belongs to.
_WITH = re.compile(r"hl7_with\(\s*([A-Z][A-Z0-9]{2})\s*,\s*([A-Z][A-Z0-9]{2})\[0\]\s*\)")
_CREATED = re.compile(r"'source': '([^']*)', 'target': '([^']*)'")
#: What messages bring and nothing reads. Reading one of these stops the making of the document.
PRIVATE = (
    ("PID", (5, 6, 9), "names"),
    ("PID", (7, 8, 10, 15, 16, 17, 22, 26), "birth date, sex, origin, language, religion"),
    ("PID", (11, 13, 14), "addresses and telephone numbers"),
    ("PID", (2, 4, 19, 20), "other and national numbers, driver's licence: compared, never kept"),
    ("PV1", (8, 9, 17, 52), "doctors other than the attending one"),
    ("PV2", (3,), "reason of admission"),
    ("SCH", (6, 7), "reasons of an appointment: codes of diagnoses stand there as well"),
    ("IN1", (16, 17, 18, 19, 36), "who is insured, and the number of the policy"),
    ("STF", (3, 5, 6, 10, 11), "names, sex, birth date, telephone numbers and addresses of staff"),
)
#: Segments of which no field is read.
UNREAD = ("NK1", "DG1", "AL1", "GT1", "NTE", "ROL")
#: Segments of which a few fields may be read, which the document then counts up.
SELDOM_READ = ("OBX", "PR1")


@dataclass(frozen=True)
class Mapping:
    """A mapping as its data file has it."""

    name: str
    description: str
    header: str
    sections: tuple[tuple[str, str, str], ...]

    @property
    def is_outgoing(self) -> bool:
        """Whether it writes a message, or a part of one."""
        return bool(re.search(r"\bsegments:", self.header))


@dataclass(frozen=True)
class Row:
    """A member of the canonical object and the fields that make it."""

    member: str
    fields: tuple[str, ...]
    maps: tuple[str, ...]


def _records(addons: Path, model: str) -> Iterator[tuple[str, dict[str, ElementTree.Element]]]:
    """External ids, with the name of their addon, and fields of records."""
    for addon in ADDONS:
        for path in sorted((addons / addon / "data").glob("*.xml")):
            if "fhir" in path.stem:
                continue  # of resources, not of messages: :mod:`.profiles_fhir`
            for record in ElementTree.parse(path).getroot().iter("record"):
                if record.get("model") == model:
                    found = {one.get("name", ""): one for one in record.iter("field")}
                    for field in found.values():
                        if field.get("ref"):
                            field.set("ref", _qualified(addon, field.get("ref", "")))
                    yield _qualified(addon, record.get("id", "")), found


def _qualified(addon: str, name: str) -> str:
    return name if "." in name else f"{addon}.{name}"


def mappings(addons: Path) -> dict[str, Mapping]:
    """The mappings by external id."""
    sections: dict[str, list[tuple[str, str, str]]] = {}
    for _name, values in _records(addons, "integration.mapping.section"):
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
        for name, values in _records(addons, "integration.mapping")
    }


def routes(addons: Path) -> list[tuple[str, str, str]]:
    """Message type, mapping and note of each rule of the routings; each said once."""
    found = [
        (
            values["message_type"].text or "",
            values["mapping_id"].get("ref", ""),
            (values["note"].text or "") if "note" in values else "",
        )
        for _name, values in _records(addons, "integration.routing.line")
        if "mapping_id" in values
    ]
    known: dict[tuple[str, str], tuple[str, str, str]] = {}
    for rule in found:
        known.setdefault(rule[:2], rule)
    return list(known.values())


# -- what a mapping reads ------------------------------------------------------------------------


def rows(mapping: Mapping) -> list[Row]:
    """Members and fields.

    :raises ValueError: a member of which no field can be told, or one that must not be read
    """
    found = [_row(name, text, {}, {}) for name, text in expressions.members(mapping.header)]
    for target, source, expression in mapping.sections:
        aliases, segments = _aliases(source), _segments(source)
        found += [
            _row(f"{target}[].{name}", text, aliases, segments)
            for name, text in expressions.members(expression)
        ]
    for row in found:
        _require_harmless(row)
    return found


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


def _segments(source: str) -> dict[str, str]:
    """The segments that a source gives, by the names under which an item has them.

    Under no name the item itself is one.
    """
    found = dict(_SEGMENT_OF.findall(source))
    if plain := _PLAIN.fullmatch(source.strip()):
        found[""] = plain[1]
    for kind, names, parent in _ROWS.findall(source):
        found |= dict.fromkeys(re.findall(r"\b([a-z_]+):", names), kind)
        found |= {"of": parent} if parent else {}
    for kind, parent in _WITH.findall(source):
        found |= {"": kind, "of": parent}
    return found


def _named(segment: str, field: str, component: str = "") -> str:
    return f"{segment}-{field}" + (f".{component}" if component not in ("", "1") else "")


def _row(name: str, text: str, aliases: dict[str, list[str]], segments: dict[str, str]) -> Row:
    fields = [_named(*one) for one in _PATH.findall(text)]
    fields += [one for one in _LABEL.findall(text) if one not in fields]
    for segment, members in _EACH.findall(text):
        fields += [_named(segment, *one) for one in _FIELD.findall(members)]
    for alias, field, component in _ITEM.findall(text):
        if alias in segments:
            fields.append(_named(segments[alias], field, component))
    if "root.trigger" in text:
        fields.append("MSH-9.2")
    for alias in _ALIAS.findall(text):
        fields += [] if alias in segments else aliases.get(alias, [])
    named = tuple(dict.fromkeys(_without_parts(fields)))
    if _CONSTANT.fullmatch(text):
        named = (f"always {text[1:-1]}",)
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
    outgoing = [one for one in known.values() if one.is_outgoing]
    return out + _unread(addons) + profiles_out.render(outgoing) + _codes(addons)


def _profile(mapping: Mapping) -> list[str]:
    out = [f"### {mapping.name}", "", mapping.description, ""]
    out += ["| canonical member | fields | value map |", "|---|---|---|"]
    for row in rows(mapping):
        maps = ", ".join(f"[`{name}`](#codes)" for name in row.maps)
        out.append(f"| `{row.member}` | {', '.join(row.fields)} | {maps} |")
    return [*out, ""]


def _unread(addons: Path) -> list[str]:
    out = ["### What is not read", ""]
    out += ["| fields | what they hold |", "|---|---|"]
    for segment, numbers, what in PRIVATE:
        out.append(f"| {segment}-{', '.join(map(str, numbers))} | {what} |")
    few = {name: _read_of(addons, name) for name in SELDOM_READ}
    never = ", ".join([*UNREAD, *(name for name, fields in few.items() if not fields)])
    out += ["", f"No field is read of {never} and all Z segments."]
    out += [
        f"Of {name} only {', '.join(map(str, fields))} {'is' if len(fields) == 1 else 'are'} read."
        for name, fields in few.items()
        if fields
    ]
    return [*out, ""]


def _codes(addons: Path) -> list[str]:
    out = ["### Codes", "", "| value map | what it translates | values |", "|---|---|---|"]
    for _name, values in _records(addons, "integration.value.map"):
        pairs = _CREATED.findall(values["line_ids"].get("eval", "") if "line_ids" in values else "")
        told = ", ".join(f"{source} → {target}" for source, target in pairs)
        description = values["description"].text or ""
        out.append(f"| `{values['code'].text}` | {description} | {told} |")
    return [*out, ""]


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _fields_read(addons: Path) -> set[str]:
    return {
        _whole(field)
        for mapping in mappings(addons).values()
        if not mapping.is_outgoing
        for row in rows(mapping)
        for field in row.fields
    }


def _read_of(addons: Path, segment: str) -> list[int]:
    """Numbers of the fields of a segment that are read."""
    parted = (field.partition("-") for field in _fields_read(addons))
    return sorted(int(number) for name, _dash, number in parted if name == segment and number)


def unread_but_listed(addons: Path) -> Iterable[str]:
    """Segments that :data:`UNREAD` names although a mapping reads one of their fields."""
    read = {field.partition("-")[0] for field in _fields_read(addons)}
    return sorted(read & set(UNREAD))
