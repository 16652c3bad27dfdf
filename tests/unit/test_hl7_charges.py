"""What the mappings of charges and accounts make of HL7 v2, without Odoo and without a database."""

import ast
import json
import re
from xml.etree import ElementTree

import pytest
from core_tools.contracts import compile_schema
from core_tools.errors import MappingError
from core_tools.mapping import MappingSpec, Section, compile_mapping
from core_tools.mapping_functions import MissingValue

from tests.unit.load_billing import ADDON
from tests.unit.load_ehr import load as load_bridge

load_bridge("hl7.mapping_functions").register()
message, document = load_bridge("hl7.message"), load_bridge("hl7.document")
CONTEXT = {
    "system": "EHR",
    "zone": "Europe/Berlin",
    "company": 1,
    "moment": "2026-03-04T11:00:00.250Z",
}
CODES = ("EUR", "JPY", "KWD")
PRIVATE = ("Muster", "Jana", "19700102", "Gonarthrosis", "M17.1", "Knee", "Strasse", "MUSTERNOTE")


def records(model):
    # Those of resources have their own tests.
    for path in sorted(one for one in (ADDON / "data").glob("*.xml") if "fhir" not in one.name):
        for record in ElementTree.parse(path).getroot().iter("record"):
            if record.get("model") == model:
                yield record.get("id"), {one.get("name"): one for one in record.iter("field")}


def _mappings():
    sections = {}
    for _name, values in records("integration.mapping.section"):
        texts = [values[name].text for name in ("target", "source", "expression")]
        sections.setdefault(values["mapping_id"].get("ref"), []).append(
            Section(*texts, "optional" in values)
        )
    return {
        name: compile_mapping(MappingSpec(values["header"].text, tuple(sections.get(name, ()))))
        for name, values in records("integration.mapping")
    }


def _maps():
    found = {}
    for _name, values in records("integration.value.map"):
        text = values["line_ids"].get("eval")
        rows = map(ast.literal_eval, re.findall(r"create\((\{'source': '.*?\})\)", text))
        found[values["code"].text] = {row["source"]: row["target"] for row in rows}
    found["hl7_currency"] = {code: code for code in CODES}
    return found


MAPPINGS, MAPS = _mappings(), _maps()
ROUTES = {
    values["message_type"].text: values["mapping_id"].get("ref")
    for _name, values in records("integration.routing.line")
}
CONTRACTS = {
    values["contract_id"].get("ref"): (values["schema"].text, values["example"].text)
    for _name, values in records("integration.contract.version")
}

DFT = r"""MSH|^~\&|EPIC|STMARY|ODOO|HUB|20261104170000||DFT^P03^DFT_P03|600003|P|2.5.1
EVN|P03|20261104170000
PID|1||4711001^^^STMARY^MR||Muster^Jana||19700102|F|||Strasse 5|||||||ACC-1^^^STMARY^AN
PV1|1|I|3W^312^1||||||||||||||||V2026-0001
FT1|1|TX-1||20261104100000|20261104|CG|27447^Knee replacement^C4|Knee alt||2|4500.00&EUR^|@
NTE|1||MUSTERNOTE
DG1|1||M17.1^Gonarthrosis^I10
FT1|2|TX-2||20261104|20261104|CD|BONECEM^Bone cement^L|||-1|-90.00&EUR||||||||||||||||||||TX-0
IN1|1|P1|AOK01|AOK Musterland|||||||||||||Muster^Jana
IN1|2|P2|PKV9|Privat AG
""".replace(
    "@",
    "2250.00&EUR|SUR|||3W^^^MAIN|||M17.1|D1|D1|1200.00|ORD-1||27447^Knee^C4|50^~RT^|||0278^^NDC",
)
BAR = r"""MSH|^~\&|EPIC|STMARY|ODOO|HUB|20261104210000||BAR^P01^BAR_P01|800001|P|2.5.1
EVN|P01|20261104210000
PID|1||4711001^^^STMARY^MR||Muster^Jana|||||||||||||ACC-1^^^STMARY^AN
PV1|1|I|3W^312^1||||||||||||||||V2026-0001
DG1|1||M17.1^Gonarthrosis^I10
PR1|1||27447^Total knee^C4
PR1|2||27446^Knee^C4
GT1|1||Muster^Paul
IN1|1|P1|AOK01|AOK Musterland
"""


def canonical(text, **context):
    root = document.view(message.parse(text.strip().replace("\n", "\r").encode()))
    mapping = MAPPINGS[ROUTES[f"{root['type']}^{root['trigger']}"]]
    return mapping.apply(root, MAPS, {**CONTEXT, **context})


def test_charges():
    found = canonical(DFT)
    assert found == {
        "visit": {"number": "V2026-0001", "assigner": "EHR"},
        "account": {"number": "ACC-1", "assigner": "STMARY"},
        "patient": {"number": "4711001", "assigner": "STMARY"},
        "payer": "AOK01",
        "plan": "P1",
        "charges": [
            {
                "number": "TX-1",
                "kind": "charge",
                "at": "2026-11-04T09:00:00Z",
                "code": "27447",
                "quantity": "2",
                "amount": "4500",
                "unit_amount": "2250",
                "currency": "EUR",
                "department": "SUR",
                "location": {"point_of_care": "3W", "facility": "MAIN"},
                "unit_cost": "1200",
                "order": "ORD-1",
                "procedure": "27447",
                "modifiers": ["50", "RT"],
                "drug": "0278",
            },
            {
                "number": "TX-2",
                "kind": "credit",
                "reverses": "TX-0",
                "at": "2026-11-03T23:00:00Z",
                "code": "BONECEM",
                "quantity": "-1",
                "amount": "-90",
                "currency": "EUR",
            },
        ],
    }
    schema = json.loads(CONTRACTS["contract_ehr_charge"][0])
    assert compile_schema(schema).violations(found) == []


def test_p11_is_read_alike():
    assert canonical(DFT.replace("P03", "P11")) == canonical(DFT)


@pytest.mark.parametrize("text", [DFT, BAR, BAR.replace("P01", "P12")])
def test_what_is_private_is_not_read(text):
    result = json.dumps(canonical(text))
    assert not [word for word in PRIVATE if word in result]


@pytest.mark.parametrize(
    ("trigger", "event"),
    [("P01", "open"), ("P02", "close"), ("P05", "update"), ("P06", "close")],
)
def test_accounts(trigger, event):
    found = canonical(BAR.replace("P01", trigger))
    assert found == {
        "event": event,
        "occurred_at": "2026-11-04T20:00:00Z",
        "account": {"number": "ACC-1", "assigner": "STMARY"},
        "visit": {"number": "V2026-0001", "assigner": "EHR"},
        "payer": "AOK01",
        "plan": "P1",
    }


def test_procedures_of_an_account():
    found = canonical(BAR.replace("P01", "P12"))
    assert (found["event"], found["procedures"]) == ("update", ["27447", "27446"])
    without = re.sub(r"PR1\|[^\r\n]*[\r\n]+", "", BAR.replace("P01", "P12"))
    assert "PR1" not in without
    assert "procedures" not in canonical(without)
    assert "payer" not in found
    schema = json.loads(CONTRACTS["contract_ehr_account"][0])
    assert compile_schema(schema).violations(found) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("|TX-1|", "||", "number of the charge (FT1-2) is required"),
        ("|CG|", "||", "whether it is a charge or a credit (FT1-6) is required"),
        ("|20261104100000|20261104|CG", "||20261104|CG", "date of the charge (FT1-4) is required"),
        ("|27447^Knee replacement^C4|", "||", "charge code (FT1-7) is required"),
        ("||2|4500", "|||4500", "quantity (FT1-10) is required"),
        ("||2|4500", "||two|4500", "decimal()"),
        ("|4500.00&", "|4.500,00&", "decimal()"),
    ],
)
def test_fault_names_the_field(old, new, fault):
    assert old in DFT
    with pytest.raises(MappingError) as caught:
        canonical(DFT.replace(old, new))
    assert fault in caught.value.message


def test_neither_visit_nor_account():
    with pytest.raises(MappingError) as caught:
        canonical(DFT.replace("ACC-1^^^STMARY^AN", "").replace("V2026-0001", ""))
    assert "PV1-19 or PID-18" in caught.value.message
    assert "visit" not in canonical(DFT.replace("V2026-0001", ""))


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ("|CG|", "|PY|", ("hl7_charge_kind", "PY")),
        ("-90.00&EUR", "-90.00", ("hl7_currency", "NONE")),
        ("-90.00&EUR", "-90.00&XTS", ("hl7_currency", "XTS")),
    ],
)
def test_what_is_not_known_waits_to_be_mapped(old, new, missing):
    with pytest.raises(MissingValue) as caught:
        canonical(DFT.replace(old, new))
    assert (caught.value.map_name, caught.value.value) == missing


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_examples_keep_their_contracts(name):
    schema, example = map(json.loads, CONTRACTS[name])
    assert compile_schema(schema).violations(example) == []


def test_the_routing_names_all_messages_of_the_scope():
    assert set(ROUTES) == {f"DFT^P{n}" for n in ("03", "11")} | {
        f"BAR^P{n}" for n in ("01", "02", "05", "06", "12")
    }


# -- written -----------------------------------------------------------------------------------


def written(name, contract, **changes):
    example = json.loads(CONTRACTS[contract][1]) | changes
    made = MAPPINGS[name].apply(example, MAPS, CONTEXT)
    segments = [{"id": "MSH", "f9": [{"c1": made["type"], "c2": made["trigger"]}]}]
    return document.build({**made, "segments": [*segments, *made["segments"]]})


def test_what_became_of_a_charge_is_written():
    found = written("mapping_charge_status_hl7", "contract_ehr_charge_status")
    assert found.get("FT1-2") == "TX-1"
    assert (found.get("FT1-6"), found.get("FT1-8")) == ("ST", "invoiced")
    assert found.raw("FT1-11") == "900&EUR"
    assert found.get("FT1-30") == "INV/2026/00012"
    assert found.get("FT1-4") == "20260302100000+0100"
    assert found.get("EVN-2") == "20260304120000.2500+0100", "since when it is so"
    assert (found.get("PV1-19"), found.get("PID-18")) == ("V-100234", "A-5512")


@pytest.mark.parametrize(("status", "net"), [("drafted", "450"), ("credited", "0")])
def test_a_status_is_taken_for_no_posting(status, net):
    """What is told of a charge that was credited says how much of it is still billed."""
    found = written(
        "mapping_charge_status_hl7", "contract_ehr_charge_status", status=status, net=net
    )
    assert (found.get("FT1-6"), found.get("FT1-8")) == ("ST", status)
    assert found.raw("FT1-11") == f"{net}&EUR"


def test_a_charge_of_odoo_is_written_as_it_would_be_read():
    found = written("mapping_charge_posted_hl7", "contract_ehr_charge_posted")
    root = document.view(message.parse(found.encode()))
    back = MAPPINGS["mapping_hl7_charges"].apply(root, MAPS, CONTEXT)
    assert back["visit"] == {"number": "V-100234", "assigner": "HOSPITAL"}
    [charge] = back["charges"]
    assert (charge["number"], charge["kind"], charge["code"]) == ("ODOO-77", "charge", "SCREW-4")
    assert (charge["quantity"], charge["amount"], charge["currency"]) == ("2", "58", "EUR")
    assert charge["at"] == "2026-03-02T09:00:00Z"
