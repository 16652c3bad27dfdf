"""The mappings between orders over FHIR and canonical JSON as the addon installs them, without
Odoo."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from core_tools.contracts import compile_schema
from core_tools.errors import ContractError
from core_tools.mapping import CompiledMapping, MappingSpec, Section, compile_mapping

from tests.unit import fhir_profiles, load_billing, load_supply
from tests.unit.load_ehr import load as load_bridge

DATA = Path(__file__).resolve().parents[2] / "addons" / "integration_ehr_supply" / "data"
CONTEXT = fhir_profiles.CONTEXT
_ROW = re.compile(r"Command\.create\((\{.*?\})\)")

load_billing.load("charges")  # the tools of the core and of the bridge go before
load_supply.load("fhir_orders").register()
writing = load_bridge("fhir.writing")
writing.register()


def _records(model: str) -> Iterator[tuple[str, dict[str, ElementTree.Element]]]:
    answer = DATA / "integration_contract_requisition_answer_1_1.xml"
    units = DATA / "integration_value_map_fhir_units.xml"
    for path in sorted([*DATA.glob("*_fhir_orders.xml"), units, answer]):
        for record in ElementTree.parse(path).getroot().iter("record"):
            if record.get("model") == model:
                yield record.get("id"), {one.get("name"): one for one in record.iter("field")}


def _sections(mapping: str) -> tuple[Section, ...]:
    return tuple(
        Section(
            values["target"].text,
            values["source"].text,
            values["expression"].text,
            "optional" in values,
        )
        for _name, values in _records("integration.mapping.section")
        if values["mapping_id"].get("ref") == mapping
    )


class AnySystem(dict[str, str]):
    """Code systems of which nobody cares here whose they are."""

    def __missing__(self, system: str) -> str:
        return "item"


SHIPPED = {
    values["code"].text: {
        row["source"]: row["target"]
        for row in map(ast.literal_eval, _ROW.findall(values["line_ids"].get("eval")))
    }
    for _name, values in _records("integration.value.map")
}
MAPS = {**SHIPPED, "fhir_assigner": fhir_profiles.AnyAssigner()}
MAPPINGS: dict[str, CompiledMapping] = {
    name: compile_mapping(MappingSpec(values["header"].text, _sections(name)))
    for name, values in _records("integration.mapping")
}
#: Mapping of each type of resource, and the contract of its canonical JSON.
ROUTES = {
    values["message_type"].text: (
        values["mapping_id"].get("ref"),
        "ehr." + values["handler"].text.removeprefix("integration.handler.ehr_"),
    )
    for _name, values in _records("integration.routing.line")
}
_CODES = {
    "contract_ehr_requisition_answer": "ehr.requisition_answer",
    **{name: values["code"].text for name, values in _records("integration.contract")},
}
CONTRACTS = {
    _CODES[values["contract_id"].get("ref")]: (
        compile_schema(json.loads(values["schema"].text)),
        json.loads(values["example"].text),
    )
    for _name, values in _records("integration.contract.version")
}


def canonical(resource: Mapping[str, Any], maps: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Canonical JSON of a resource, by the mapping of its type; it keeps its contract.

    :raises IntegrationError: it cannot be translated, or does not keep its contract
    """
    mapping, contract = ROUTES[resource["resourceType"]]
    found = MAPPINGS[mapping].apply(resource, maps or MAPS, CONTEXT)
    if broken := CONTRACTS[contract][0].violations(found):
        raise ContractError("; ".join(broken))
    return found


def written(mapping: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """The resource that is sent of a canonical document."""
    return writing.resolved(MAPPINGS[mapping].apply(document, MAPS, CONTEXT))
