"""The mappings of HL7 v2 as the addon installs them, without Odoo and without a database."""

import ast
import json
import re
from pathlib import Path
from xml.etree import ElementTree

from core_tools.mapping import CompiledMapping, MappingSpec, Section, compile_mapping

from tests.unit.load_ehr import load

DATA = Path(__file__).resolve().parents[2] / "addons" / "integration_ehr_bridge" / "data"
CONTEXT = {"system": "EHR", "zone": "Europe/Berlin", "company": 1}
_ROW = re.compile(r"Command\.create\((\{.*?\})\)")

load("hl7.mapping_functions").register()


def _records(model: str):
    for path in sorted(DATA.glob("*.xml")):
        if "fhir" in path.stem:
            continue
        for record in ElementTree.parse(path).getroot().iter("record"):
            if record.get("model") == model:
                yield record.get("id"), {one.get("name"): one for one in record.iter("field")}


def value_maps() -> dict[str, dict[str, str]]:
    """The value maps by code."""
    return {
        values["code"].text: {
            row["source"]: row["target"]
            for row in map(ast.literal_eval, _ROW.findall(values["line_ids"].get("eval")))
        }
        for _name, values in _records("integration.value.map")
    }


def specs() -> dict[str, MappingSpec]:
    """The mappings by the ends of their external ids, such as ``visit``."""
    sections: dict[str, list[Section]] = {}
    for _name, values in _records("integration.mapping.section"):
        sections.setdefault(values["mapping_id"].get("ref"), []).append(
            Section(
                values["target"].text,
                values["source"].text,
                values["expression"].text,
                "optional" in values,
            )
        )
    return {
        name.removeprefix("mapping_hl7_"): MappingSpec(
            values["header"].text, tuple(sections.get(name, ()))
        )
        for name, values in _records("integration.mapping")
    }


SPECS = specs()
MAPS = value_maps()
MAPPINGS: dict[str, CompiledMapping] = {name: compile_mapping(spec) for name, spec in SPECS.items()}
#: Which mapping each message type takes, by the rules of the routing.
ROUTES = {
    values["message_type"].text: values["mapping_id"].get("ref").removeprefix("mapping_hl7_")
    for _name, values in _records("integration.routing.line")
}


def canonical(raw: bytes, trial=None, maps=None, **context):
    """Canonical JSON of a message, by the mapping of its type."""
    document = load("hl7.document")
    root = document.view(load("hl7.message").parse(raw))
    mapping = MAPPINGS[ROUTES[f"{root['type']}^{root['trigger']}"]]
    return mapping.apply(root, maps or MAPS, {**CONTEXT, **context}, trial)


#: The contract of each mapping's handler.
CONTRACTS = {
    "visit": "ehr.encounter",
    "bed": "ehr.bed",
    "patient": "ehr.patient",
    "patient_merge": "ehr.patient_merge",
    "appointment": "ehr.appointment",
    "appointment_ended": "ehr.appointment",
    "staff": "ehr.staff_list",
    "location": "ehr.location_list",
}


def contracts() -> dict[str, dict]:
    """Schemas of the addon's contracts by code."""
    codes = {name: values["code"].text for name, values in _records("integration.contract")}
    return {
        codes[values["contract_id"].get("ref")]: json.loads(values["schema"].text)
        for _name, values in _records("integration.contract.version")
    }
