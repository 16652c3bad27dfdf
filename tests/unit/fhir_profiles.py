"""The mappings of FHIR as the addon installs them, without Odoo and without a database."""

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

from tests.unit.load_ehr import load

DATA = Path(__file__).resolve().parents[2] / "addons" / "integration_ehr_bridge" / "data"
CONTEXT = {
    "system": "EHR",
    "zone": "Europe/Berlin",
    "company": 1,
    "moment": "2026-03-02T10:00:00Z",
}
_ROW = re.compile(r"Command\.create\((\{.*?\})\)")

load("fhir.mapping_functions").register()


class AnyAssigner(dict[str, str]):
    """Naming systems of whom nobody cares here which they are."""

    def __missing__(self, system: str) -> str:
        return "A" + str(abs(hash(system)) % 1000)


def _records(model: str) -> Iterator[tuple[str, dict[str, ElementTree.Element]]]:
    for path in sorted(DATA.glob("*.xml")):
        if "fhir" not in path.stem and path.stem != "integration_contract_state":
            continue
        for record in ElementTree.parse(path).getroot().iter("record"):
            if record.get("model") == model:
                yield record.get("id"), {one.get("name"): one for one in record.iter("field")}


def value_maps() -> dict[str, Mapping[str, str]]:
    """The value maps by code; that of naming systems knows all of them."""
    return {
        values["code"].text: {
            row["source"]: row["target"]
            for row in map(ast.literal_eval, _ROW.findall(values["line_ids"].get("eval")))
        }
        for _name, values in _records("integration.value.map")
        if "line_ids" in values
    } | {"fhir_assigner": AnyAssigner()}


def _sections() -> dict[str, list[Section]]:
    found: dict[str, list[Section]] = {}
    for _name, values in _records("integration.mapping.section"):
        found.setdefault(values["mapping_id"].get("ref"), []).append(
            Section(
                values["target"].text,
                values["source"].text,
                values["expression"].text,
                "optional" in values,
            )
        )
    return found


MAPS = value_maps()
MAPPINGS: dict[str, CompiledMapping] = {
    name: compile_mapping(MappingSpec(values["header"].text, tuple(_sections().get(name, ()))))
    for name, values in _records("integration.mapping")
}
#: Mapping and handler of each type of resource.
ROUTES = {
    values["message_type"].text: (values["mapping_id"].get("ref"), values["handler"].text)
    for _name, values in _records("integration.routing.line")
}
_CODES = {name: values["code"].text for name, values in _records("integration.contract")}
CONTRACTS = {
    _CODES[values["contract_id"].get("ref")]: (
        compile_schema(json.loads(values["schema"].text)),
        json.loads(values["example"].text),
    )
    for _name, values in _records("integration.contract.version")
}


def contract_of(name: str) -> Any:
    """The contract that the handler of a type of resource accepts."""
    handler = ROUTES[name][1].removeprefix("integration.handler.ehr_")
    return CONTRACTS[f"ehr.{handler}"][0]


def canonical(resource: Mapping[str, Any], maps: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Canonical JSON of a resource, by the mapping of its type; it keeps its contract.

    :raises IntegrationError: it cannot be translated, or does not keep its contract
    """
    found = MAPPINGS[ROUTES[resource["resourceType"]][0]].apply(resource, maps or MAPS, CONTEXT)
    if broken := contract_of(resource["resourceType"]).violations(found):
        raise ContractError("; ".join(broken))
    return found
