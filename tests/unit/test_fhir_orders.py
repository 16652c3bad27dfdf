"""Orders of supplies over FHIR: what is read of them, and what is told of them."""

import copy
import dataclasses
import doctest
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from core_tools.errors import ConflictError, ContractError, MappingError
from core_tools.mapping_functions import MissingValue
from fhir.resources.R4B import get_fhir_model_class

from setup import javascript
from setup.settings import Settings
from tests.unit import fhir_order_profiles as profiles
from tests.unit.fhir_order_profiles import CONTRACTS, MAPS, canonical, written
from tests.unit.load_ehr import load as load_bridge
from tests.unit.load_supply import load

functions, states = load("fhir_orders"), load("requisition_state")
problems = load("supply_problems")
limits, resource = load_bridge("fhir.limits"), load_bridge("fhir.resource")
bundle = load_bridge("fhir.bundle")
GTIN = "https://www.gs1.org/gtin"
META = {"versionId": "2", "lastUpdated": "2026-03-02T09:00:00+01:00"}
SUPPLY: dict[str, Any] = {
    "resourceType": "SupplyRequest", "id": "7", "meta": META, "status": "active",
    "identifier": [
        {"type": {"coding": [{"code": "PGN"}]}, "value": "G1"},
        {"type": {"coding": [{"code": "PLAC"}]}, "value": " S-7 "},
    ],
    "category": {"coding": [{"code": "central"}]}, "priority": "stat",
    "itemCodeableConcept": {"text": "Gloves of Jana Canary", "coding": [
        {"system": "http://snomed.info/sct", "code": "713738002"},
        {"system": GTIN, "code": "4006501003638"}, {"code": "GLV-M"}]},
    "quantity": {"value": 10, "unit": "pieces", "system": "http://unitsofmeasure.org",
                 "code": "{each}"},
    "occurrenceDateTime": "2026-03-02T13:00:00+01:00", "authoredOn": "2026-03-02",
    "requester": {"reference": "Practitioner/9", "display": "Dr. Canary"},
    "reasonCode": [{"coding": [{"code": "I10"}]}],
    "reasonReference": [{"reference": "Condition/3"}],
    "deliverFrom": {"identifier": {"value": "CENTRAL"}},
    "deliverTo": {"reference": "Location/w4", "identifier": {"value": "4W"}},
}  # fmt: skip
DEVICE: dict[str, Any] = {
    "resourceType": "DeviceRequest", "id": "d1", "meta": META, "status": "active",
    "intent": "order", "groupIdentifier": {"value": "G2"},
    "codeCodeableConcept": {"coding": [{"code": "PUMP"}]},
    "subject": {"reference": "Patient/9", "display": "Jana Canary"},
    "encounter": {"reference": "Encounter/3", "identifier": {"value": "V1"}},
    "occurrencePeriod": {"start": "2026-03-02", "end": "2026-03-03"},
    "reasonCode": [{"coding": [{"code": "E10"}]}], "note": [{"text": "Canary"}],
}  # fmt: skip


def changed(one: dict[str, Any], **members: Any) -> dict[str, Any]:
    found = copy.deepcopy(one) | members
    return {name: value for name, value in found.items() if value is not None}


def code_of(one: dict[str, Any]) -> str:
    with pytest.raises((MappingError, ContractError)) as caught:
        canonical(one)
    return caught.value.code


@pytest.mark.parametrize("module", [functions, states, problems])
def test_the_words_of_the_functions(module: Any) -> None:
    found = doctest.testmod(module)
    assert (found.failed, found.attempted > 0) == (0, True)


@pytest.mark.parametrize("code", sorted(CONTRACTS))
def test_examples_keep_their_contracts(code: str) -> None:
    schema, example = CONTRACTS[code]
    assert not schema.violations(example)


def test_an_order() -> None:
    assert canonical(SUPPLY) == {
        "record": "SupplyRequest/7", "version": "2", "recorded_at": "2026-03-02T08:00:00Z",
        "status": "active", "kind": "stock", "order": {"number": "S-7", "assigner": "EHR"},
        "group": "G1", "items": ["4006501003638", "GLV-M"], "quantity": "10", "unit": "C62",
        "deliver_to": {"number": "4W", "assigner": "EHR", "record": "Location/w4"},
        "deliver_from": {"number": "CENTRAL", "assigner": "EHR"},
        "needed_by": "2026-03-02T12:00:00Z", "priority": "urgent",
    }  # fmt: skip


def test_nothing_of_people_is_read() -> None:
    for one in (SUPPLY, DEVICE):
        text = json.dumps(canonical(one))
        assert not any(word in text for word in ("Canary", "Practitioner", "I10", "E10", "Cond"))


def test_an_order_without_a_number_is_known_by_its_record() -> None:
    assert canonical(changed(SUPPLY, identifier=None))["order"]["number"] == "SupplyRequest/7"
    grouped = changed(SUPPLY, identifier=SUPPLY["identifier"][:1])
    assert canonical(grouped)["order"]["number"] == "SupplyRequest/7"
    ours = {"type": {"coding": [{"code": "FILL"}]}, "value": "REQ1-1"}
    assert canonical(changed(SUPPLY, identifier=[ours, {"value": "S9"}]))["order"]["number"] == "S9"


def test_no_quantity_and_no_unit_is_assumed() -> None:
    assert code_of(changed(SUPPLY, quantity=None)) == "missing_required"
    assert code_of(changed(SUPPLY, quantity={"value": 10})) == "missing_required"
    assert code_of(changed(SUPPLY, quantity={"code": "{box}"})) == "missing_required"
    assert code_of(changed(SUPPLY, quantity={"value": 1, "code": "{heap}"})) == "missing_value"
    about = {"value": 1, "comparator": ">", "code": "{box}"}
    assert code_of(changed(SUPPLY, quantity=about)) == "invalid_decimal"
    assert code_of(changed(SUPPLY, quantity={"value": -1, "code": "1"})) == "contract_violation"
    part = {"value": Decimal("2.50"), "code": "mL"}
    found = canonical(changed(SUPPLY, quantity=part))
    assert (found["quantity"], found["unit"]) == ("2.5", "MLT")


def test_an_item_is_named_by_the_systems_of_the_store() -> None:
    sct = {"coding": [{"system": "http://snomed.info/sct", "code": "713738002"}]}
    with pytest.raises(MissingValue) as caught:
        canonical(changed(SUPPLY, itemCodeableConcept=sct))
    assert caught.value.map_name == "fhir_item_system"
    assert caught.value.value == "http://snomed.info/sct"
    assert code_of(changed(SUPPLY, itemCodeableConcept={"text": "gloves"})) == "missing_required"
    chosen = {"coding": [{"code": "A"}, {"code": "B", "userSelected": True}, {"code": "A"}]}
    assert canonical(changed(SUPPLY, itemCodeableConcept=chosen))["items"] == ["B", "A"]


def test_an_item_that_is_referred_to() -> None:
    def items(reference: Any, contained: Any = None) -> Any:
        one = changed(SUPPLY, itemCodeableConcept=None, itemReference=reference)
        return canonical(changed(one, contained=contained))["items"]

    assert items({"reference": "Device/3"}) == ["Device/3"]
    assert items({"identifier": {"value": "STENT"}, "reference": "Device/3"}) == [
        "STENT", "Device/3",
    ]  # fmt: skip
    device = {
        "resourceType": "Device", "id": "d", "identifier": [{"value": "PUMP"}],
        "udiCarrier": [{"issuer": "http://hl7.org/fhir/NamingSystem/gs1-di",
                        "deviceIdentifier": "09504000059118"}],
        "type": {"coding": [{"system": "http://snomed.info/sct", "code": "701750000"}]},
    }  # fmt: skip
    assert items({"reference": "#d"}, [device]) == ["PUMP", "09504000059118"]
    drug = {"resourceType": "Medication", "id": "m", "code": {"coding": [{"code": "SALINE"}]}}
    assert items({"reference": "#m"}, [drug]) == ["SALINE"]
    with pytest.raises(MappingError, match="does not contain"):
        items({"reference": "#x"})


def test_where_it_goes() -> None:
    patient = {"reference": "Patient/9", "identifier": {"value": "4711"}}
    found = canonical(changed(SUPPLY, deliverTo=patient))
    assert "deliver_to" not in found
    assert found["patient"] == {"number": "4711", "assigner": "EHR", "record": "Patient/9"}
    assert "deliver_to" not in canonical(changed(SUPPLY, deliverTo={"display": "Ward of Canary"}))
    ward = {"resourceType": "Location", "id": "w", "identifier": [{"value": "5W"}]}
    found = canonical(changed(SUPPLY, deliverTo={"reference": "#w"}, contained=[ward]))
    assert found["deliver_to"] == {"number": "5W", "assigner": "EHR"}


def test_when_it_is_needed() -> None:
    def due(**members: Any) -> Any:
        return canonical(changed(SUPPLY, occurrenceDateTime=None, **members)).get("needed_by")

    assert due() is None
    assert due(occurrencePeriod={"start": "2026-03-02T08:00:00Z"}) == "2026-03-02T08:00:00Z"
    assert due(occurrenceTiming={"event": ["2026-03-02T08:00:00Z"]}) == "2026-03-02T08:00:00Z"
    again = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    timed = changed(SUPPLY, occurrenceDateTime=None, occurrenceTiming=again)
    assert code_of(timed) == "repeated_order"


def test_what_is_told_by_parameters_waits() -> None:
    size = [{"code": {"coding": [{"code": "size"}]}, "valueCodeableConcept": {"text": "M"}}]
    assert code_of(changed(SUPPLY, parameter=size)) == "item_parameters"
    assert code_of(changed(DEVICE, parameter=size)) == "item_parameters"


@pytest.mark.parametrize(
    ("status", "expected"),
    [("draft", "draft"), ("suspended", "on_hold"), ("cancelled", "cancelled"),
     ("completed", "completed"), ("entered-in-error", "mistaken")],
)  # fmt: skip
def test_what_is_not_active_needs_no_content(status: str, expected: str) -> None:
    bare = {"resourceType": "SupplyRequest", "id": "7", "status": status}
    found = canonical(bare)
    assert (found["status"], "items" in found, "unit" in found) == (expected, False, False)


def test_a_status_that_is_missing_or_unknown() -> None:
    assert code_of(changed(SUPPLY, status=None)) == "missing_required"
    assert code_of(changed(SUPPLY, status="unknown")) == "missing_value"
    assert code_of(changed(DEVICE, intent=None)) == "missing_required"


def test_a_device_is_one_piece() -> None:
    assert canonical(DEVICE) == {
        "record": "DeviceRequest/d1", "version": "2", "recorded_at": "2026-03-02T08:00:00Z",
        "status": "active", "planned": False, "kind": "order",
        "order": {"number": "DeviceRequest/d1", "assigner": "EHR"}, "group": "G2",
        "items": ["PUMP"], "kit": True, "quantity": "1", "unit": "C62",
        "visit": {"number": "V1", "assigner": "EHR", "record": "Encounter/3"},
        "patient": {"record": "Patient/9"}, "needed_by": "2026-03-02T23:00:00Z",
    }  # fmt: skip
    assert canonical(changed(DEVICE, intent="proposal"))["planned"] is True
    place = canonical(changed(DEVICE, subject={"reference": "Location/or1"}, encounter=None))
    assert (place["deliver_to"], "patient" in place) == ({"record": "Location/or1"}, False)


@pytest.mark.parametrize(
    ("now", "before", "known", "open_", "same", "asked"),
    [
        ("active", None, False, False, False, "new"),
        ("active", None, True, True, False, "change"),
        ("active", "active", True, True, True, None),
        ("active", "active", True, True, False, "change"),
        ("active", "draft", False, False, True, "new"),
        ("active", "cancelled", False, False, False, "new"),
        ("draft", None, False, False, False, None),
        ("on_hold", None, False, False, False, None),
        ("on_hold", "active", True, False, True, None),
        ("cancelled", "active", True, True, False, "cancel"),
        ("mistaken", "active", True, True, False, "cancel"),
        ("cancelled", "active", True, False, False, None),
        ("cancelled", None, False, False, False, None),
        ("completed", "active", True, True, False, "discontinue"),
        ("completed", "active", True, False, False, None),
        ("completed", None, False, False, False, None),
    ],
)
def test_what_a_version_asks_for(
    now: str, before: str | None, known: bool, open_: bool, same: bool, asked: str | None
) -> None:
    assert states.action(now, before, known=known, open_=open_, same=same) == asked


@pytest.mark.parametrize(
    ("now", "before", "code"),
    [("on_hold", "active", "order_suspended"), ("draft", "active", "order_suspended"),
     ("active", "cancelled", "order_closed"), ("active", "completed", "order_closed")],
)  # fmt: skip
def test_what_nobody_can_do_waits_for_a_person(now: str, before: str, code: str) -> None:
    with pytest.raises(ConflictError) as caught:
        states.action(now, before, known=True, open_=True, same=True)
    assert caught.value.code == code


def test_what_is_ordered_is_told_apart_from_when_it_was_written() -> None:
    one = canonical(SUPPLY)
    later = canonical(changed(SUPPLY, meta={"versionId": "3"}))
    assert states.digest(one) == states.digest(later)
    more = changed(SUPPLY, quantity={"value": 11, "code": "1"})
    assert states.digest(one) != states.digest(canonical(more))


def answers() -> list[dict[str, Any]]:
    """The example, and each status that a line may have."""
    _schema, example = CONTRACTS["ehr.requisition_answer"]
    found = [example]
    for status in profiles.SHIPPED["fhir_delivery_status"]:
        line = {**example["lines"][1], "status": status, "delivered": "0", "delivered_at": None}
        bare = {**line, "record": None, "place": None, "item": None}
        device = {**line, "record": "DeviceRequest/d1", "delivered": "2.5"}
        found.append({**example, "lines": [line, bare, device]})
    return found


def test_the_oracle_accepts_what_is_sent() -> None:
    schema = CONTRACTS["ehr.requisition_answer"][0]
    for document in answers():
        assert not schema.violations(document)
        made = written("mapping_requisition_fhir", document)
        body = resource.body(bundle.completed(made, "message"))
        get_fhir_model_class("Bundle").model_validate_json(body)
        for entry in made["entry"]:
            get_fhir_model_class("SupplyDelivery").model_validate_json(
                resource.body(entry["resource"])
            )
        assert b"null" not in body
        assert b"{}" not in body


def test_every_status_and_unit_that_may_be_told_is_mapped() -> None:
    path = profiles.DATA / "integration_contract_requisition_answer_1_1.xml"
    for status in profiles.SHIPPED["fhir_delivery_status"]:
        assert f'"{status}"' in path.read_text()
    units = set(profiles.SHIPPED["fhir_unit"].values())
    assert units <= set(profiles.SHIPPED["fhir_unit_out"])
    back = {MAPS["fhir_unit"][one] for one in profiles.SHIPPED["fhir_unit_out"].values()}
    assert back == units


def test_a_delivery_as_it_is_sent() -> None:
    made = written("mapping_requisition_fhir", CONTRACTS["ehr.requisition_answer"][1])
    first, second = made["entry"]
    assert second == {
        "request": {
            "method": "PUT",
            "url": "SupplyDelivery?identifier=urn%3Aodoo%3Arequisition-line%7CREQ00012-2",
        },
        "resource": {
            "resourceType": "SupplyDelivery",
            "identifier": [{"system": "urn:odoo:requisition-line", "value": "REQ00012-2"}],
            "basedOn": [{"reference": "SupplyRequest/7"}],
            "status": "completed",
            "suppliedItem": {
                "quantity": {
                    "value": Decimal(10), "system": "http://unitsofmeasure.org", "code": "{each}",
                },
                "itemCodeableConcept": {"coding": [{"system": "urn:odoo:item", "code": "GLV-M"}]},
            },
            "occurrenceDateTime": "2026-03-02T11:20:00Z",
            "destination": {"type": "Location", "identifier": {"value": "4W"}},
        },
    }  # fmt: skip
    assert first["resource"]["basedOn"] == [
        {"type": "SupplyRequest", "identifier": {"value": "PO-1001"}}
    ]
    assert "quantity" not in first["resource"]["suppliedItem"], "nothing was delivered yet"


def test_a_task_as_it_is_sent() -> None:
    schema, example = CONTRACTS["ehr.supply_problem"]
    for state, status in profiles.SHIPPED["fhir_task_status"].items():
        for kind in ("refused", "short", "held", "unhandled"):
            document = {**example, "state": state, "kind": kind, "reason": None, "item": None}
            assert not schema.violations(document)
            made = written("mapping_supply_problem_fhir", document)
            body = resource.body(made)
            get_fhir_model_class("Task").model_validate_json(body)
            assert (made["status"], b"null" in body, b"{}" in body) == (status, False, False)
    made = written("mapping_supply_problem_fhir", example)
    assert made["statusReason"]["coding"][0]["code"] == "no_stock"
    assert made["focus"] == {"reference": "SupplyRequest/7"}


@pytest.mark.parametrize(
    ("state", "decision", "missing", "rejected", "kind"),
    [
        ("ready", "accepted", 0, 0, None),
        ("waiting", "accepted", 4, 0, None),
        ("waiting", "backordered", 4, 0, "short"),
        ("partly_delivered", "partial", 4, 0, "short"),
        ("delivered", "partial", 0, 0, None),
        ("rejected", "rejected", 0, 4, "refused"),
        ("delivered", "partial", 0, 4, "refused"),
        ("held", "held", 0, 0, "held"),
        ("cancelled", "partial", 0, 4, None),
        ("matched", "held", 0, 0, None),
    ],
)
def test_what_is_wrong_with_an_item(
    state: str, decision: str, missing: int, rejected: int, kind: str | None
) -> None:
    line = problems.Line(state, decision, "no_stock", Decimal(missing), Decimal(rejected))
    found = problems.problem(line)
    assert (found and found.kind) == kind
    assert problems.ending("cancelled") == problems.ending("matched") == "withdrawn"
    assert problems.ending("delivered") == "solved"
    # Whoever ordered does not want it any more: no problem, whatever was refused.
    assert problems.problem(dataclasses.replace(line, over=True)) is None
    assert problems.ending("rejected", over=True) == "withdrawn"


def test_official_examples_are_mapped_or_put_aside_with_a_reason() -> None:
    place = javascript.folder(Settings.from_environ()) / "node_modules" / "hl7.fhir.r4.examples"
    found: Counter[str] = Counter()
    for path in sorted(Path(place).rglob("*.json")):
        if path.name.partition("-")[0] not in profiles.ROUTES:
            continue
        one = limits.read(path.read_bytes())
        try:
            canonical(one, {**MAPS, "fhir_item_system": profiles.AnySystem()})
        except (MappingError, ContractError) as exc:
            assert exc.code in ("missing_required", "missing_value"), path.name
            assert exc.message
            found[one["resourceType"], exc.code] += 1
        else:
            found[one["resourceType"]] += 1
    assert found["DeviceRequest"] >= 3, found
    # The official order of supplies says no unit; nobody assumes one.
    assert found["SupplyRequest", "missing_required"] == 1, found
