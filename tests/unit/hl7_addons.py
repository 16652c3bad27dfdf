"""The mappings of HL7 v2 of an addon beside the bridge, without Odoo and without a database."""

import ast
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from core_tools.contracts import compile_schema
from core_tools.mapping import CompiledMapping, MappingSpec, Section, compile_mapping

from tests.unit import hl7_profiles
from tests.unit.load_ehr import load

ADDONS = hl7_profiles.DATA.parents[1]
_ALIKE = re.compile(r"'source': code, 'target': code\}\)\s+for code in (\(.*?\))", re.DOTALL)


def _records(addon: str, model: str) -> Iterator[tuple[str, dict[str, ElementTree.Element]]]:
    for path in sorted((ADDONS / addon / "data").glob("*.xml")):
        for record in ElementTree.parse(path).getroot().iter("record"):
            if record.get("model") == model:
                yield record.get("id"), {one.get("name"): one for one in record.iter("field")}


@lru_cache
def mapping(addon: str, name: str) -> CompiledMapping:
    """The mapping with an external id."""
    sections = [
        Section(
            values["target"].text,
            values["source"].text,
            values["expression"].text,
            "optional" in values,
        )
        for _name, values in _records(addon, "integration.mapping.section")
        if values["mapping_id"].get("ref") == name
    ]
    header = next(
        values["header"].text
        for found, values in _records(addon, "integration.mapping")
        if found == name
    )
    return compile_mapping(MappingSpec(header, tuple(sections)))


@lru_cache
def value_maps(addon: str) -> dict[str, dict[str, str]]:
    """The value maps of an addon, and of the bridge, by code."""
    found = dict(hl7_profiles.MAPS)
    for _name, values in _records(addon, "integration.value.map"):
        lines = values["line_ids"].get("eval") if "line_ids" in values else ""
        found[values["code"].text] = dict(_pairs(lines))
    return found


def _pairs(lines: str) -> Iterator[tuple[str, str]]:
    """Sources and targets of the lines of a value map: written out, or made of a list of codes."""
    if alike := _ALIKE.search(lines):
        yield from ((code, code) for code in ast.literal_eval(alike[1]))
        return
    # What is made of records, such as currencies, each database has its own.
    rows = (row for row in hl7_profiles._ROW.findall(lines) if "'source': '" in row)
    for row in map(ast.literal_eval, rows):
        yield row["source"], row["target"]


def read(addon: str, name: str, raw: bytes) -> Any:
    """Canonical JSON of a message by a mapping."""
    root = load("hl7.document").view(load("hl7.message").parse(raw))
    return mapping(addon, name).apply(root, value_maps(addon), hl7_profiles.CONTEXT)


def written(addon: str, name: str, canonical: Any) -> list[str]:
    """The segments that a mapping writes, without MSH."""
    document = mapping(addon, name).apply(canonical, value_maps(addon), hl7_profiles.CONTEXT)
    segments = [{"id": "MSH"}, *document["segments"]]
    made = load("hl7.document").build({**document, "segments": segments})
    return [segment.text for segment in made][1:]


def contract(addon: str, file: str, name: str) -> tuple[Any, Any]:
    """Validator and example of a version of a contract."""
    path = ADDONS / addon / "data" / file
    for record in ElementTree.parse(path).getroot().iter("record"):
        if record.get("id") == name:
            values = {one.get("name"): one.text for one in record.iter("field")}
            return compile_schema(json.loads(values["schema"])), json.loads(values["example"])
    raise AssertionError(f"{name} is not in {Path(path).name}")
