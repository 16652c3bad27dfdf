"""Orders of supplies as HL7 v2, by the mappings that integration_ehr_supply installs."""

import ast
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from core_tools.contracts import compile_schema
from core_tools.errors import MappingError
from core_tools.mapping import CompiledMapping, MappingSpec, Section, compile_mapping
from core_tools.mapping_functions import MissingValue

from tests.unit.load_ehr import load

load("hl7.mapping_functions").register()
document = load("hl7.document")
message = load("hl7.message")
acknowledgement = load("hl7.acknowledgement")
header = load("sending.header")

DATA = Path(__file__).resolve().parents[2] / "addons" / "integration_ehr_supply" / "data"
TOPIC = ("requisition", "units", "supply")
CONTEXT = {"system": "EHR", "zone": "Europe/Brussels", "company": 1}
_ROW = re.compile(r"Command\.create\((\{.*?\})\)")


def _records(model: str):
    for path in sorted(DATA.glob("*.xml")):
        if path.stem.rpartition("_")[2] in TOPIC:
            for record in ElementTree.parse(path).getroot().iter("record"):
                if record.get("model") == model:
                    yield record.get("id"), {one.get("name"): one for one in record.iter("field")}


MAPS = {
    values["code"].text: {
        row["source"]: row["target"]
        for row in map(ast.literal_eval, _ROW.findall(values["line_ids"].get("eval")))
    }
    for _name, values in _records("integration.value.map")
}
SCHEMAS = {
    values["contract_id"].get("ref"): json.loads(values["schema"].text)
    for _name, values in _records("integration.contract.version")
}
EXAMPLES = {
    values["contract_id"].get("ref"): json.loads(values["example"].text)
    for _name, values in _records("integration.contract.version")
}


def _mapping(name: str) -> CompiledMapping:
    values = dict(_records("integration.mapping"))[name]
    sections = tuple(
        Section(one["target"].text, one["source"].text, one["expression"].text)
        for _name, one in _records("integration.mapping.section")
        if one["mapping_id"].get("ref") == name
    )
    return compile_mapping(MappingSpec(values["header"].text, sections))


INBOUND = _mapping("mapping_hl7_requisition")
ANSWER = _mapping("mapping_hl7_requisition_answer")
STATUS = _mapping("mapping_hl7_requisition_status")


def sent(*segments: str, kind: str = "OMS^O05") -> bytes:
    head = f"MSH|^~\\&|CARE|MAIN|ODOO|HUB|20261203120000||{kind}|1|P|2.5.1"
    return "\r".join([head, *segments, ""]).encode()


def canonical(raw: bytes) -> Any:
    found = INBOUND.apply(document.view(message.parse(raw)), MAPS, CONTEXT)
    assert compile_schema(SCHEMAS["contract_ehr_requisition"]).violations(found) == []
    return found


VISIT = (
    "PID|1||4711^^^MAIN^MR||Canary^Carol||19700102|F",
    "PV1|1|I|4W^401^2^MAIN||||||||||||||||V7^^^MAIN",
)
NEW = "ORC|NW|PO1^CARE||G1^CARE||||||||||||DOUBLE^Twice"
RQD = "RQD|1|INT|EXT|HOS|2.50|bx|4120||4W|20261204"


def test_a_requisition() -> None:
    found = canonical(sent(*VISIT, NEW, RQD, "BLG|D|CH|ACC1^^^MAIN"))
    assert found == {
        "kind": "stock",
        "sent_at": "2026-12-03T11:00:00Z",
        "visit": {"number": "V7", "assigner": "MAIN"},
        "location": {"facility": "MAIN", "point_of_care": "4W", "room": "401", "bed": "2"},
        "orders": [
            {
                "action": "new",
                "order": {"number": "PO1", "assigner": "CARE"},
                "group": "G1",
                "reason": "DOUBLE",
                "set_id": "1",
                "items": ["INT", "EXT", "HOS"],
                "quantity": "2.5",
                "unit": "BX",
                "cost_centre": "4120",
                "deliver_to": "4W",
                "needed_by": "2026-12-03T23:00:00Z",
                "account": {"number": "ACC1", "assigner": "MAIN"},
            }
        ],
    }
    assert "Carol" not in json.dumps(found)
    assert "4711" not in json.dumps(found)


def test_what_is_not_in_stock_says_from_whom() -> None:
    rq1 = "RQ1|12.50|MAKER|M-1|SUP1|S-1|Y|Y"
    raw = sent("ORC|NW|PO1", "RQD|1||||1|EA", rq1, kind="OMN^O07")
    (order,) = canonical(raw)["orders"]
    assert canonical(raw)["kind"] == "non_stock"
    assert order["items"] == ["S-1", "M-1"]
    told = {"price": "12.5", "manufacturer": "MAKER", "supplier": "SUP1", "substitutes": True}
    assert told.items() <= order.items()
    assert order["order"] == {"number": "PO1"}


@pytest.mark.parametrize("kind", ["OMS^O05", "OMN^O07", "ORM^O01", "OMG^O19"])
def test_an_order_of_several_items(kind: str) -> None:
    raw = sent("ORC|NW|PO1", RQD, "RQD|2|A|||1|EA", "ORC|NW|PO2", "RQD|1|B|||1|EA", kind=kind)
    orders = canonical(raw)["orders"]
    assert [(one["order"]["number"], one["set_id"]) for one in orders] == [
        ("PO1", "1"),
        ("PO1", "2"),
        ("PO2", "1"),
    ]


def test_a_general_order() -> None:
    raw = sent("ORC|NW|PO1", "TQ1|1|3^EA", "OBR|1|PO1||MATTRESS^Soft", kind="OMG^O19")
    (order,) = canonical(raw)["orders"]
    assert (order["items"], order["quantity"], order["unit"]) == (["MATTRESS"], "3", "C62")


@pytest.mark.parametrize(
    ("code", "action"), [("CA", "cancel"), ("DC", "discontinue"), ("RP", "replace")]
)
def test_what_is_taken_back_needs_no_item(code: str, action: str) -> None:
    (order,) = canonical(sent(f"ORC|{code}|PO1"))["orders"]
    assert order == {"action": action, "order": {"number": "PO1"}}


@pytest.mark.parametrize(
    ("segments", "says"),
    [
        (["ORC|NW|PO1", "RQD|1|A|||2|"], "RQD-6 (unit of the quantity) is required"),
        (["ORC|NW|PO1", "RQD|1|A||||EA"], "RQD-5 (quantity) is required"),
        (["ORC|NW|PO1", "RQD|1||||2|EA"], "RQD-2, RQD-3 or RQD-4 (item) is required"),
        (["ORC|NW|", "RQD|1|A|||2|EA"], "ORC-2 (placer order number) is required"),
        (["ORC||PO1", "RQD|1|A|||2|EA"], "ORC-1 (order control) is required"),
        (["ORC|XO|PO1"], "is required"),
    ],
)
def test_what_is_missing_is_named(segments: list[str], says: str) -> None:
    with pytest.raises(MappingError) as caught:
        canonical(sent(*segments))
    assert says in caught.value.message


def test_no_unit_is_guessed() -> None:
    with pytest.raises(MissingValue) as caught:
        canonical(sent("ORC|NW|PO1", "RQD|1|A|||2|ELL"))
    assert caught.value.map_name == "hl7_unit"


def test_all_units_can_be_told() -> None:
    assert set(MAPS["hl7_unit"].values()) == set(MAPS["hl7_unit_out"])
    assert all(MAPS["hl7_unit"][one] == code for code, one in MAPS["hl7_unit_out"].items())


# -- what is told ---------------------------------------------------------------------------


def _line(**changes: Any) -> dict[str, Any]:
    return {**EXAMPLES["contract_ehr_requisition_answer"]["lines"][0], **changes}


def _written(mapping: CompiledMapping, root: Any) -> list[str]:
    asked = message.parse(sent("ORC|NW|1", kind="OMS^O05"))
    content = acknowledgement.Content(
        acknowledgement.ANSWERS["OMS^O05"], mapping.apply(root, MAPS, CONTEXT)
    )
    made = acknowledgement.acknowledge(
        asked,
        acknowledgement.Outcome.ACCEPTED,
        control_id="A",
        now=datetime.now(UTC),
        content=content,
    )
    return made.encode().decode().split("\r")[2:-1]


def test_examples_satisfy_their_contracts() -> None:
    for name, example in EXAMPLES.items():
        assert compile_schema(SCHEMAS[name]).violations(example) == []


def test_an_answer() -> None:
    root = {**EXAMPLES["contract_ehr_requisition_answer"], "request": "OMS"}
    assert _written(ANSWER, root) == [
        "ORC|OK|PO-1001^CARE|REQ00012-1^ODOO|PO-1001|IP|||||||||||no_stock^Not enough stock^L",
        "RQD|1|GLV-M|||18|EA",
        "NTE|1|L|6 EA|BO^Back ordered^L",
    ]
    refused = _line(outcome="rejected", status="rejected", refused="2", back_ordered="0", unit="BX")
    assert _written(ANSWER, {"lines": [refused], "request": "OMG"})[1:] == [
        "NTE|2|L|2 BX|RJ^Refused^L"
    ]


def test_every_outcome_and_status_can_be_told() -> None:
    properties = SCHEMAS["contract_ehr_requisition_answer"]["properties"]["lines"]["items"]
    told = {name: one.get("enum") for name, one in properties["properties"].items()}
    assert set(MAPS["hl7_requisition_status"]) == set(told["status"])
    assert set(MAPS["hl7_requisition_event_control"]) == set(told["status"])
    assert set(MAPS["hl7_requisition_reason"]) == set(told["reason"]) - {None}
    answers = {tuple(one.split("/")) for one in MAPS["hl7_requisition_control"]}
    assert {action for action, _outcome in answers} == set(told["action"]) - {None}
    assert {outcome for _action, outcome in answers} == set(told["outcome"]) - {None}


@pytest.mark.parametrize(
    ("kind", "status", "type_", "control"),
    [
        ("stock", "delivered", "OMS^O05^OMS_O05", "SC"),
        ("non_stock", "cancelled", "OMN^O07^OMN_O07", "OC"),
        ("order", "ended", "ORM^O01^ORM_O01", "OD"),
    ],
)
def test_a_status(kind: str, status: str, type_: str, control: str) -> None:
    line = _line(action=None, status=status, reason=None, back_ordered="0")
    written = STATUS.apply({"kind": kind, "lines": [line]}, MAPS, CONTEXT)
    rules = header.HeaderRules(application="ODOO", zone=UTC)
    made = header.complete(written, rules, "key", datetime(2026, 12, 3))
    found = message.parse(made)
    assert found.raw("MSH-9") == type_
    assert found.get("ORC-1") == control
    assert found.get("RQD-5") == "18"
