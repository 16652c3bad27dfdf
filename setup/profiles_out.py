"""What Odoo sends as HL7 v2, in ``docs/ehr.md``: made from the mappings that write segments."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from setup import expressions

_SEGMENT = re.compile(r"\{\s*id:\s*'([A-Z][A-Z0-9]{2})'")
_FIELD = re.compile(r"f(\d+)")
_TEXT = re.compile(r"'([^']*)'|`([^`]*)`")
_LOOKUP = re.compile(r"lookup\(\s*'([a-z0-9_]+)'")
_CALL = re.compile(r"\b[a-z_0-9]+\(")
_NAME = re.compile(
    r"(?<![.\w])(?:root|item)\.([a-z_]+(?:\.[a-z_]+)*)|(?<![.\w'])([a-z_]{2,})\b(?!:)"
)
#: Names in expressions that are no members of a document.
_OTHERS = frozenset({"root", "item", "index", "context", "null", "true", "false"})
#: What is told of values that are in no document.
_ELSEWHERE = {"index": "position", r"context\.moment": "when it became so"}


class Mapping(Protocol):
    """A mapping as its data file has it; see :class:`.profiles.Mapping`."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def header(self) -> str: ...
    @property
    def sections(self) -> tuple[tuple[str, str, str], ...]: ...


@dataclass(frozen=True)
class Row:
    """A field of a segment and what it is made of.

    :ivar members: of the canonical object
    :ivar texts: what is written as it stands
    """

    field: str
    members: tuple[str, ...]
    texts: tuple[str, ...]
    maps: tuple[str, ...]


def rows(mapping: Mapping) -> list[Row]:
    """Fields in the order in which the mapping writes them; each is told once.

    :raises ValueError: a field of which nothing can be told
    """
    found: dict[str, Row] = {}
    for expression in (mapping.header, *(section[2] for section in mapping.sections)):
        for start in _SEGMENT.finditer(expression):
            for name, text in expressions.members(expression[start.start() :]):
                if number := _FIELD.fullmatch(name):
                    row = _row(f"{start[1]}-{number[1]}", text)
                    found[row.field] = _joined(found.get(row.field), row)
    return list(found.values())


def _row(field: str, text: str) -> Row:
    maps = _LOOKUP.findall(text)
    texts = [one for one, _literal in _TEXT.findall(text)]
    bare = _CALL.sub("(", _TEXT.sub("", text))
    members = [
        dotted or name for dotted, name in _NAME.findall(bare) if dotted or name not in _OTHERS
    ]
    counted = [said for name, said in _ELSEWHERE.items() if re.search(rf"\b{name}\b", bare)]
    said = [one for one in texts if one and one not in maps]
    if not (members or said or counted):
        raise ValueError(f"it cannot be told what {field} is made of: {text}")
    return Row(
        field,
        tuple(dict.fromkeys(members)),
        tuple(dict.fromkeys([*counted, *said])),
        tuple(dict.fromkeys(maps)),
    )


def _joined(known: Row | None, row: Row) -> Row:
    """What a field is made of, where a segment is written in several ways."""
    if known is None:
        return row
    return Row(
        row.field,
        tuple(dict.fromkeys((*known.members, *row.members))),
        tuple(dict.fromkeys((*known.texts, *row.texts))),
        tuple(dict.fromkeys((*known.maps, *row.maps))),
    )


def render(mappings: Iterable[Mapping]) -> list[str]:
    """The part of the document about messages that Odoo sends; nothing without any."""
    found = list(mappings)
    if not found:
        return []
    out = ["### What is sent", ""]
    out += ["MSH is written by the interface ([Sending HL7 v2](hl7-sending.md)).", ""]
    for mapping in found:
        out += [f"### {mapping.name}", "", mapping.description, ""]
        out += ["| field | canonical members | as it stands | value map |", "|---|---|---|---|"]
        for row in rows(mapping):
            members = ", ".join(f"`{one}`" for one in row.members)
            maps = ", ".join(f"[`{name}`](#codes)" for name in row.maps)
            texts = ", ".join(one.replace("|", "\\|") for one in row.texts)
            out.append(f"| {row.field} | {members} | {texts} | {maps} |")
        out.append("")
    return out
