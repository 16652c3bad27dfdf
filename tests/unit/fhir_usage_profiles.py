"""The mappings of dispenses, ordered services and charges over FHIR as the addons install them,
without Odoo."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from core_tools.contracts import compile_schema
from core_tools.errors import ContractError
from core_tools.mapping import CompiledMapping, MappingSpec, compile_mapping

from tests.unit import fhir_profiles
from tests.unit.load_ehr import load

ADDONS = Path(__file__).resolve().parents[2] / "addons"
FILES = (
    *(ADDONS / "integration_ehr_supply" / "data").glob("*_fhir_usage.xml"),
    ADDONS / "integration_ehr_supply" / "data" / "integration_value_map_fhir_units.xml",
    *(ADDONS / "integration_ehr_billing" / "data").glob("*_fhir_charges.xml"),
)
_ROW = re.compile(r"Command\.create\((\{.*?\})\)")

load("fhir.usage").register()


def _records(model: str) -> Iterator[tuple[str, dict[str, ElementTree.Element]]]:
    for path in sorted(FILES):
        for record in ElementTree.parse(path).getroot().iter("record"):
            if record.get("model") == model:
                yield record.get("id"), {one.get("name"): one for one in record.iter("field")}


MAPS = {
    "fhir_assigner": fhir_profiles.AnyAssigner(),
    **{
        values["code"].text: {
            row["source"]: row["target"]
            for row in map(ast.literal_eval, _ROW.findall(values["line_ids"].get("eval")))
        }
        if "line_ids" in values
        else {}
        for _name, values in _records("integration.value.map")
    },
}
MAPPINGS: dict[str, CompiledMapping] = {
    name: compile_mapping(MappingSpec(values["header"].text, ()))
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
_CODES = {name: values["code"].text for name, values in _records("integration.contract")}
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
    found = MAPPINGS[mapping].apply(resource, maps or MAPS, fhir_profiles.CONTEXT)
    if broken := CONTRACTS[contract][0].violations(found):
        raise ContractError("; ".join(broken))
    return found
