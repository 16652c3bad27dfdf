"""What the mappings of usage make of messages, without Odoo and without a database."""

import ast
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from core_tools.contracts import compile_schema
from core_tools.errors import MappingError
from core_tools.mapping import MappingSpec, Section, compile_mapping
from core_tools.mapping_functions import MissingValue

from tests.unit.load_ehr import load
from tests.unit.load_supply import register_functions

ADDON = Path(__file__).resolve().parents[2] / "addons" / "integration_ehr_supply"
CONTEXT = {"system": "EHR", "zone": "Europe/Berlin", "company": 1}
_ROW = re.compile(r"Command\.create\((\{.*?\})\)")


load("hl7.mapping_functions").register()
register_functions()


def _records(model: str):
    for path in sorted((ADDON / "data").glob("*.xml")):
        for record in ElementTree.parse(path).getroot().iter("record"):
            if record.get("model") == model:
                yield record.get("id"), {one.get("name"): one for one in record.iter("field")}


def _rows(values) -> list[str]:
    return _ROW.findall(values["line_ids"].get("eval")) if "line_ids" in values else []


MAPS = {
    values["code"].text: {
        row["source"]: row["target"] for row in map(ast.literal_eval, _rows(values))
    }
    for _name, values in _records("integration.value.map")
}


def mapping(name: str):
    """A mapping of the addon, as it is installed."""
    header = dict(_records("integration.mapping"))[name]["header"].text
    sections = tuple(
        Section(
            values["target"].text,
            values["source"].text,
            values["expression"].text,
            "optional" in values,
        )
        for _name, values in _records("integration.mapping.section")
        if values["mapping_id"].get("ref") == name
    )
    return compile_mapping(MappingSpec(header, sections))


def routes(routing: str):
    """The rules of a routing, by type of message."""
    return {
        values["message_type"].text: values
        for _name, values in _records("integration.routing.line")
        if values["routing_id"].get("ref") == f"routing_hl7_v2_{routing}"
    }


ROUTES = routes("radiology") | routes("usage")
SCHEMA = compile_schema(
    json.loads(
        dict(_records("integration.contract.version"))["contract_ehr_consumption_1_0_0"][
            "schema"
        ].text
    )
)


def canonical(kind: str, *segments: str, maps=MAPS):
    """Canonical JSON of a message."""
    header = f"MSH|^~\\&|CARE|MAIN|ODOO|HUB|20260302090000||{kind}|C1|P|2.5.1"
    raw = ("\r".join([header, *segments]) + "\r").encode()
    root = load("hl7.document").view(load("hl7.message").parse(raw))
    return mapping(ROUTES[kind]["mapping_id"].get("ref")).apply(root, maps, CONTEXT)


PID = "PID|1||4711^^^MAIN^MR||Canary^Carol||19700102|F"
PV1 = f"PV1|1|I|3W^301^1^MAIN{'|' * 16}V1^^^MAIN"
RXD = "RXD|1|SWAB^Swab|20260302083000|2|EA||RX9||||||OR^OR1^^MAIN|||||L7|20270630"


def test_each_rxd_of_an_order_is_a_line() -> None:
    second = RXD.replace("RXD|1|", "RXD|2|").replace("|L7|", "|L8|")
    found = canonical("RDS^O13", PID, PV1, "ORC|RE|O1^CARE|D1^PHARM", RXD, second)
    assert [(one["number"], one["line"], one["lot"]) for one in found["lines"]] == [
        ("D1", "1", "L7"),
        ("D1", "2", "L8"),
    ]


@pytest.mark.parametrize(
    ("orc", "returns"),
    [
        ("ORC|CA|O1^CARE|R1^PHARM", None),
        ("ORC|CA|O1^CARE|R1^PHARM|||||O1&CARE^D1&PHARM", {"number": "D1", "line": "1"}),
        ("ORC|CA|O1^CARE|R1^PHARM|||||D1", {"number": "D1", "line": "1"}),
        # the parent of an order that is dispensed is another order
        ("ORC|RE|O1^CARE|R1^PHARM|||||O1&CARE^D1&PHARM", None),
    ],
)
def test_which_dispense_comes_back(orc: str, returns: dict[str, str] | None) -> None:
    found = canonical("RDS^O13", PID, PV1, orc, RXD)
    assert SCHEMA.violations(found) == []
    assert found["lines"][0].get("returns") == returns
    assert found["lines"][0]["number"] == "R1"


def test_a_number_of_the_patient_is_no_visit() -> None:
    with pytest.raises(MappingError) as caught:
        canonical("RDS^O13", PID, PV1.replace("V1^", "4711^"), "ORC|RE|O1^CARE|D1^PHARM", RXD)
    assert caught.value.code == "visit_is_record_number"


def test_dispense() -> None:
    found = canonical("RDS^O13", PID, PV1, "ORC|RE|O1^CARE|D1^PHARM", RXD, "NTE|1||secret")
    assert SCHEMA.violations(found) == []
    assert found == {
        "visit": {"number": "V1", "assigner": "MAIN"},
        "location": {"facility": "MAIN", "point_of_care": "3W", "room": "301", "bed": "1"},
        "lines": [
            {
                "action": "use",
                "source": "dispense",
                "number": "D1",
                "line": "1",
                "order": "O1",
                "item": "SWAB",
                "quantity": "2",
                "unit": "C62",
                "lot": "L7",
                "expiry": "2027-06-30",
                "consumed_at": "2026-03-02T07:30:00Z",
                "location": {"facility": "MAIN", "point_of_care": "OR", "room": "OR1"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("segment", "place"),
    [
        (RXD.replace("|EA|", "||"), "RXD-5 (unit of the amount) is required"),
        (RXD.replace("|2|EA", "||EA"), "RXD-4 (dispensed amount) is required"),
        (RXD.replace("RXD|1|", "RXD||"), "RXD-1 (dispense sub-id) is required"),
        (RXD.replace("SWAB^Swab", ""), "RXD-2 (item) is required"),
        (RXD.replace("|20260302083000|", "||"), "RXD-3"),
        (RXD.replace("20270630", "soon"), "RXD-19: not a date"),
        ("RXR|PO", "RXD-1 (dispense sub-id) is required"),
    ],
)
def test_fault_names_the_field(segment: str, place: str) -> None:
    with pytest.raises(MappingError) as caught:
        canonical("RDS^O13", PID, PV1, "ORC|RE|O1^CARE|D1^PHARM", segment)
    assert place in caught.value.message


def test_an_unknown_unit_waits_to_be_mapped() -> None:
    with pytest.raises(MissingValue) as caught:
        canonical("RDS^O13", "ORC|RE|O1|D1", RXD.replace("|EA|", "|HANDFUL|"))
    assert (caught.value.map_name, caught.value.value) == ("hl7_unit", "HANDFUL")


def test_tests_with_their_orders() -> None:
    maps = {**MAPS, "hl7_test": {"1988-5": "CRP", "ECG": "-"}}
    found = canonical(
        "OML^O21",
        PID,
        PV1,
        "ORC|NW|O1^CARE|T1^LAB||||||20260302080000",
        "OBR|1|O1^CARE|T1^LAB|1988-5^CRP||||||||pain in the hip",
        "OBR|2|O1^CARE|T1^LAB|ECG^ECG",
        "NTE|1||secret",
        maps=maps,
    )
    schema = compile_schema(
        json.loads(
            dict(_records("integration.contract.version"))["contract_ehr_kit_request_1_0_0"][
                "schema"
            ].text
        )
    )
    assert schema.violations(found) == []
    told = [(one["number"], one["line"], one["test"], one["order"]) for one in found["tests"]]
    assert told == [("T1", "1", "CRP", "O1"), ("T1", "2", "-", "O1")]
    assert "hip" not in json.dumps(found)
    with pytest.raises(MissingValue):
        canonical("OMG^O19", "ORC|NW|O1|T1", "OBR|1|||UNHEARD")


def _obx(sub: str, code: str, value: str, unit: str = "", status: str = "F") -> str:
    return f"OBX|1|ST|{code}^Text|{sub}|{value}|{unit}|||||{status}|||20260302090000"


def test_devices_by_their_sub_ids() -> None:
    found = canonical(
        "ORU^R01",
        PID,
        PV1,
        "OBR|1|O1|I1^THEATRE|IMPLANT",
        _obx("1", "ITEM", "STEM"),
        _obx("1", "SERIAL", "SN1"),
        _obx("1", "QUANTITY", "1", "EA"),
        _obx("", "718-7", "13.1", "g/dL"),
        _obx("2", "ITEM", "SCREW", status="D"),
        _obx("2", "LOT", "L1"),
        _obx("2", "QUANTITY", "4", "EA"),
        "OBR|2|O1|I2^THEATRE|IMPLANT",
        _obx("1", "ITEM", "CEMENT"),
        _obx("1", "QUANTITY", "1", "BX"),
    )
    assert SCHEMA.violations(found) == []
    told = [
        (one["number"], one["line"], one["action"], one["item"], one["quantity"], one["unit"])
        for one in found["lines"]
    ]
    assert told == [
        ("I1", "1", "use", "STEM", "1", "C62"),
        ("I1", "2", "return", "SCREW", "4", "C62"),
        ("I2", "1", "use", "CEMENT", "1", "BX"),
    ]
    assert (found["lines"][0]["serial"], found["lines"][1]["lot"]) == ("SN1", "L1")


def test_results_of_a_laboratory_say_nothing_of_devices() -> None:
    found = canonical("ORU^R01", PID, PV1, "OBR|1||9^LAB|CBC", _obx("", "718-7", "13.1"))
    assert "lines" not in found
    assert SCHEMA.violations(found) == []


def test_one_device_does_not_say_a_thing_twice() -> None:
    with pytest.raises(MappingError) as caught:
        canonical("ORU^R01", "OBR|1||I1", _obx("1", "ITEM", "A"), _obx("1", "ITEM", "B"))
    assert caught.value.code == "repeated_observation"


def test_what_an_encoded_order_means_is_chosen_and_not_guessed() -> None:
    """The rules of usage name none, so it waits; each of three routings says one thing."""
    assert "RDE^O11" not in ROUTES
    chosen = {
        name: routes(name)["RDE^O11"]
        for name in ("encoded_orders", "encoded_orders_kept", "pharmacy_orders")
    }
    assert chosen["encoded_orders_kept"]["action"].text == "filter"
    assert chosen["encoded_orders"]["handler"].text == "integration.handler.ehr_consumption"
    assert chosen["pharmacy_orders"]["handler"].text == "integration.handler.ehr_encoded_order"


def test_no_type_belongs_to_usage_and_to_orders_of_supplies() -> None:
    assert routes("usage").keys() & routes("supply").keys() == set()
    assert routes("radiology").keys() == {"OMG^O19"}


def test_a_dispense_told_as_an_encoded_order() -> None:
    (route,) = routes("encoded_orders").values()
    rxe = "RXE|1^Q8H|SWAB^Swab|1||EA|||||6|EA||||RX77|||20260302083000"
    header = "MSH|^~\\&|CARE|MAIN|ODOO|HUB|20260302090000||RDE^O11|C1|P|2.5.1"

    def told(segment: str):
        raw = "\r".join([header, PID, PV1, "ORC|NW|O1^CARE|D1^PHARM", segment]) + "\r"
        root = load("hl7.document").view(load("hl7.message").parse(raw.encode()))
        return mapping(route["mapping_id"].get("ref")).apply(root, MAPS, CONTEXT)

    found = told(rxe)
    assert SCHEMA.violations(found) == []
    (line,) = found["lines"]
    assert (line["number"], line["line"], line["quantity"]) == ("RX77", "1", "6")
    assert line["consumed_at"] == "2026-03-02T07:30:00Z"
    with pytest.raises(MappingError, match="RXE-10"):
        told(rxe.replace("|6|", "||"))


def test_the_example_keeps_its_contract() -> None:
    values = dict(_records("integration.contract.version"))["contract_ehr_consumption_1_0_0"]
    assert SCHEMA.violations(json.loads(values["example"].text)) == []
