"""What the mappings make of dispenses, ordered services and charges; the people are invented."""

import copy
import doctest
import json
from decimal import Decimal
from typing import Any

import pytest
from core_tools.errors import ContractError, MappingError
from core_tools.mapping_functions import MissingValue
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fhir_usage_profiles import CONTRACTS, MAPS, ROUTES, canonical
from tests.unit.load_ehr import load

usage = load("fhir.usage")
META = {"versionId": "2", "lastUpdated": "2026-03-02T09:16:00+01:00"}
MAPPED = {
    **MAPS,
    "fhir_assigner": {"http://main/visits": "MAIN", "http://main/mrn": "MAIN", "http://rx": "RX"},
    "fhir_service": {"CBC": "CBC-KIT"},
}
SUBJECT = {"reference": "Patient/9", "display": "Jana Canary"}
DISPENSE: dict[str, Any] = {
    "resourceType": "MedicationDispense", "id": "d77", "meta": META, "status": "completed",
    "identifier": [
        {"type": {"coding": [{"code": "MR"}]}, "system": "http://main/mrn", "value": "4711"},
        {"system": "http://rx", "value": "D-98231"},
    ],
    "contained": [
        {"resourceType": "Medication", "id": "med", "code": {"coding": [{"code": "CEF2G"}],
         "text": "for Jana Canary"},
         "batch": {"lotNumber": "L2291", "expirationDate": "2027-06"}},
        {"resourceType": "Practitioner", "id": "doc", "name": [{"family": "Canary"}]},
    ],
    "medicationReference": {"reference": "#med"},
    "subject": SUBJECT,
    "context": {"reference": "Encounter/7"},
    "performer": [{"actor": {"reference": "#doc", "display": "Canary"}}],
    "authorizingPrescription": [{"reference": "MedicationRequest/RX-5512"}],
    "location": {"reference": "Location/pharmacy"},
    "destination": {"reference": "Location/ward-3w", "display": "Ward of Canary"},
    "quantity": {"value": Decimal("2.50"), "unit": "pieces", "code": "{piece}",
                 "system": "http://unitsofmeasure.org"},
    "whenHandedOver": "2026-03-02T09:15:00+01:00",
    "note": [{"text": "Canary has a fever"}],
    "dosageInstruction": [{"text": "Canary takes it at night"}],
}  # fmt: skip
SERVICE: dict[str, Any] = {
    "resourceType": "ServiceRequest", "id": "s12", "meta": META, "status": "active",
    "intent": "order", "identifier": [{"system": "http://rx", "value": "L-1"}],
    "requisition": {"system": "http://rx", "value": "O-5512"}, "priority": "urgent",
    "code": {"coding": [{"code": "CBC"}], "text": "blood of Canary"},
    "quantityQuantity": {"value": 2},
    "subject": SUBJECT,
    "encounter": {"identifier": {"system": "http://main/visits", "value": "V1"}},
    "authoredOn": "2026-03-02T09:00:00+01:00", "occurrenceDateTime": "2026-03-05",
    "performer": [{"display": "Laboratory of Canary"}],
    "locationReference": [{"identifier": {"value": "LAB"}}],
    "reasonCode": [{"text": "Canary coughs"}], "note": [{"text": "Canary"}],
}  # fmt: skip
CHARGE: dict[str, Any] = {
    "resourceType": "ChargeItem", "id": "c41", "meta": META, "status": "billable",
    "identifier": [{"system": "http://rx", "value": "TX-1"}],
    "code": {"coding": [{"code": "OR-HOUR", "display": "Canary"}]},
    "subject": SUBJECT, "context": {"reference": "Encounter/7"},
    "occurrencePeriod": {"start": "2026-03-02T10:00:00+01:00"},
    "performer": [{"actor": {"display": "Doctor Canary"}}],
    "costCenter": {"reference": "Organization/surgery"},
    "quantity": {"value": 2}, "factorOverride": Decimal("1.0"),
    "priceOverride": {"value": Decimal("900.00"), "currency": "EUR"},
    "overrideReason": "Canary is poor", "reason": [{"coding": [{"code": "I10"}]}],
    "account": [{"reference": "Account/A-5512"}], "note": [{"text": "Canary"}],
}  # fmt: skip
ALL = {"dispense": DISPENSE, "service": SERVICE, "charge": CHARGE}
HEAD = {"version": "2", "recorded_at": "2026-03-02T08:16:00Z", "status": "counts"}


def changed(resource: dict[str, Any], **changes: Any) -> dict[str, Any]:
    found = copy.deepcopy(resource) | changes
    return {name: value for name, value in found.items() if value is not None}


def test_the_words_of_the_module() -> None:
    assert doctest.testmod(usage).failed == 0


@pytest.mark.parametrize("code", sorted(CONTRACTS))
def test_examples_keep_their_contracts(code: str) -> None:
    schema, example = CONTRACTS[code]
    assert not schema.violations(example)
    assert schema.violations({**example, "status": "eaten"})


def test_each_type_of_resource_has_a_contract_and_an_example() -> None:
    assert {contract for _mapping, contract in ROUTES.values()} == set(CONTRACTS)
    assert set(ROUTES) == {"MedicationDispense", "ServiceRequest", "ChargeItem"}


# -- dispenses -------------------------------------------------------------------------------


def test_a_dispense() -> None:
    assert canonical(DISPENSE, MAPPED) == {
        **HEAD, "record": "MedicationDispense/d77", "number": "D-98231", "order": "RX-5512",
        "item": "CEF2G", "quantity": "2.5", "unit": "C62", "lot": "L2291", "expiry": "2027-06-30",
        "consumed_at": "2026-03-02T08:15:00Z", "place": {"record": "Location/ward-3w"},
        "visit": {"record": "Encounter/7"}, "patient": {"record": "Patient/9"},
    }  # fmt: skip
    found = canonical(changed(DISPENSE, destination=None, identifier=None), MAPPED)
    assert (found["place"], found["number"]) == ({"record": "Location/pharmacy"}, "d77")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantity": None}, r"MedicationDispense\.quantity is required"),
        ({"quantity": {"code": "1"}}, r"MedicationDispense\.quantity is required"),
        ({"quantity": {"value": 1}}, r"quantity\.code \(unit\) is required"),
        ({"quantity": {"value": 1, "comparator": "<", "code": "1"}}, "less or more"),
        ({"whenHandedOver": None}, r"MedicationDispense\.whenHandedOver is required"),
        ({"whenHandedOver": "2026-03"}, "no day, and no time"),
        ({"medicationReference": None}, "code of the item"),
        ({"medicationReference": {"reference": "#other"}}, "does not contain"),
        ({"medicationReference": {"reference": "urn:uuid:1"}}, "not in the same Bundle"),
        ({"status": None}, r"MedicationDispense\.status is required"),
        ({"context": {"reference": "EpisodeOfCare/1"}}, "something else than an Encounter"),
    ],
)
def test_a_dispense_that_does_not_say_enough(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(MappingError, match=said):
        canonical(changed(DISPENSE, **changes), MAPPED)


def test_units_and_states_are_those_of_value_maps() -> None:
    for changes, name in (
        ({"quantity": {"value": 1, "code": "TAB"}}, "fhir_unit"),
        ({"status": "unknown"}, "fhir_dispense_status"),
    ):
        with pytest.raises(MissingValue) as caught:
            canonical(changed(DISPENSE, **changes), MAPPED)
        assert caught.value.map_name == name
    with pytest.raises(ContractError):
        canonical(changed(DISPENSE, quantity={"value": -1, "code": "1"}), MAPPED)


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error", "stopped", "declined"])
def test_what_was_not_dispensed_need_not_say_what(status: str) -> None:
    found = canonical(changed(DISPENSE, status=status, quantity=None, whenHandedOver=None), MAPPED)
    assert found["status"] == "nothing"
    assert not {"quantity", "item", "unit"} & found.keys()
    assert canonical(changed(DISPENSE, status="preparation"), MAPPED)["status"] == "pending"


def test_items_by_code_by_identifier_and_by_the_name_of_their_record() -> None:
    def item(**changes: Any) -> str:
        return canonical(changed(DISPENSE, **changes), MAPPED)["item"]

    none = {"medicationReference": None}
    assert item(**none, medicationCodeableConcept={"coding": [{"code": "X1"}]}) == "X1"
    assert item(medicationReference={"reference": "Medication/7"}) == "Medication/7"
    assert item(medicationReference={"identifier": {"value": " GTIN-1 "}}) == "GTIN-1"
    named = [{"resourceType": "Medication", "id": "med", "identifier": [{"value": "N1"}]}]
    assert item(contained=named) == "N1"
    with pytest.raises(MappingError, match="no code and no identifier"):
        item(contained=[{"resourceType": "Medication", "id": "med", "code": {"text": "pills"}}])
    with pytest.raises(MappingError, match="more than 64"):
        item(medicationReference={"reference": f"https://other.example/fhir/Medication/{'7' * 40}"})


# -- orders of services ----------------------------------------------------------------------


def test_an_order_of_a_service() -> None:
    assert canonical(SERVICE, MAPPED) == {
        **HEAD, "record": "ServiceRequest/s12", "is_order": True, "number": "L-1",
        "order": "O-5512", "test": "CBC-KIT", "times": 2, "requested_at": "2026-03-02T08:00:00Z",
        "place": {"number": "LAB", "assigner": "EHR"},
        "visit": {"number": "V1", "assigner": "MAIN"}, "patient": {"record": "Patient/9"},
    }  # fmt: skip
    found = canonical(changed(SERVICE, quantityQuantity=None, authoredOn=None), MAPPED)
    assert "times" not in found
    assert found["requested_at"] == HEAD["recorded_at"]


def test_what_is_no_order_and_what_must_not_be_done() -> None:
    for intent in ("plan", "proposal", "filler-order", "instance-order"):
        found = canonical(changed(SERVICE, intent=intent, code=None), MAPPED)
        assert found["is_order"] is False
    found = canonical(changed(SERVICE, doNotPerform=True), MAPPED)
    assert found["status"] == "nothing"
    assert canonical(changed(SERVICE, status="revoked", code=None), MAPPED)["status"] == "nothing"
    with pytest.raises(MissingValue) as caught:
        canonical(changed(SERVICE, code={"coding": [{"code": "MRI"}]}), MAPPED)
    assert caught.value.map_name == "fhir_service"


@pytest.mark.parametrize(
    "changes",
    [
        {"quantityQuantity": {"value": Decimal("1.5")}},
        {"quantityQuantity": {"value": 0}},
        {"quantityQuantity": {"value": 51}},
        {"quantityQuantity": {"unit": "times"}},
        {"quantityQuantity": None, "quantityRange": {"low": {"value": 1}}},
        {"quantityQuantity": None, "quantityRatio": {"numerator": {"value": 1}}},
    ],
)
def test_how_often_must_be_exact(changes: dict[str, Any]) -> None:
    with pytest.raises(MappingError) as caught:
        canonical(changed(SERVICE, **changes), MAPPED)
    assert caught.value.code == "quantity_not_exact"


# -- charges ---------------------------------------------------------------------------------


def test_a_charge() -> None:
    assert canonical(CHARGE, MAPPED) == {
        **HEAD, "record": "ChargeItem/c41", "number": "TX-1", "at": "2026-03-02T09:00:00Z",
        "code": "OR-HOUR", "quantity": "2", "amount": "900", "currency": "EUR", "factor": "1",
        "department": {"record": "Organization/surgery"}, "visit": {"record": "Encounter/7"},
        "account": {"number": "A-5512", "assigner": "EHR"}, "patient": {"record": "Patient/9"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantity": None}, r"ChargeItem\.quantity is required"),
        ({"code": {"text": "an hour"}}, r"ChargeItem\.code is required"),
        ({"occurrencePeriod": None}, r"ChargeItem\.occurrence is required"),
        ({"priceOverride": {"value": 9}}, r"priceOverride\.currency is required"),
        ({"context": None, "account": None}, r"ChargeItem\.context or ChargeItem\.account"),
        ({"context": {"reference": "#gone"}}, "does not contain"),
    ],
)
def test_a_charge_that_does_not_say_enough(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(MappingError, match=said):
        canonical(changed(CHARGE, **changes), MAPPED)


def test_what_is_not_to_be_billed_need_not_say_how_much() -> None:
    gone = {"quantity": None, "code": None, "occurrencePeriod": None, "priceOverride": None}
    states = {"aborted": "nothing", "not-billable": "nothing", "entered-in-error": "nothing"}
    for status, wanted in (states | {"planned": "pending", "billed": "billed"}).items():
        assert canonical(changed(CHARGE, status=status, **gone), MAPPED)["status"] == wanted


def test_numbers_of_accounts() -> None:
    named = {"reference": "Account/1", "identifier": {"system": "http://rx", "value": "A9"}}
    found = canonical(changed(CHARGE, account=[named]), MAPPED)
    assert found["account"] == {"number": "A9", "assigner": "RX"}


# -- all of them -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_nothing_that_names_a_person_is_mapped(name: str) -> None:
    assert "Canary" in json.dumps(ALL[name], default=str)
    assert "Canary" not in json.dumps(canonical(ALL[name], MAPPED))
    assert "4711" not in json.dumps(canonical(ALL[name], MAPPED))


@given(st.text(max_size=14))
def test_whatever_is_said_of_an_expiry_is_a_day_or_refused(text: str) -> None:
    try:
        found = usage.last_day(text, "x")
    except MappingError as exc:
        assert exc.code == "invalid_datetime"
    else:
        assert found is None or len(found) == 10


def test_days_that_do_not_exist() -> None:
    for text in ("2027-02-30", "2027-13", "0000", "27-01", "2027-1"):
        with pytest.raises(MappingError):
            usage.last_day(text, "x")
    assert usage.last_day("2028-02", "x") == "2028-02-29"
