"""Covers, questions, claims and answers over FHIR: what is read, what is sent, and nothing else."""

import copy
import doctest
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from core_tools.errors import ContractError, MappingError
from fhir.resources.R4B import get_fhir_model_class

from setup import javascript, profiles_fhir
from setup.settings import REPOSITORY, Settings
from tests.unit import fhir_payer_profiles as profiles
from tests.unit.fhir_payer_profiles import CONTRACTS, canonical, written
from tests.unit.load_ehr import load as load_bridge
from tests.unit.load_payer import load

functions, limits = load("fhir_payer"), load_bridge("fhir.limits")
resource = load_bridge("fhir.resource")
SENT = {
    "mapping_eligibility_fhir": "ehr.eligibility_request",
    "mapping_claim_fhir": "ehr.claim",
    "mapping_authorization_fhir": "ehr.authorization_request",
    "mapping_portal_notice_fhir": "ehr.portal_notice",
}
COVERAGE: dict[str, Any] = {
    "resourceType": "Coverage", "id": "7", "meta": {"lastUpdated": "2026-03-02T09:15:00Z"},
    "status": "active", "subscriberId": "A123456789",
    "policyHolder": {"reference": "Patient/8", "display": "Jana Canary"},
    "subscriber": {"reference": "Patient/8", "display": "Jana Canary"},
    "beneficiary": {"identifier": {"value": "4711003"}, "display": "Ida Canary"},
    "relationship": {"coding": [{"code": "child"}]},
    "payor": [{"identifier": {"value": "AOK"}, "display": "Fund Canary"}],
    "class": [
        {"type": {"coding": [{"code": "group"}]}, "value": "G9"},
        {"type": {"coding": [{"code": "plan"}]}, "value": "P1", "name": "Plan Canary"},
    ],
    "period": {"start": "2026-01-01", "end": "2026-12-31T23:00:00+01:00"},
    "order": 1,
}  # fmt: skip
ANSWER: dict[str, Any] = {
    "resourceType": "ClaimResponse", "id": "R1", "status": "active", "use": "claim",
    "type": {"coding": [{"code": "institutional"}]},
    "patient": {"display": "Ida Canary"}, "created": "2026-03-20T08:00:00Z",
    "insurer": {"identifier": {"value": "AOK"}},
    "identifier": [{"system": "http://payer", "value": "55-1002"}],
    "request": {"reference": "Claim/12",
                "identifier": {"system": "urn:odoo:claim", "value": "CLM-1"}},
    "outcome": "complete",
    "item": [
        {"itemSequence": 1, "adjudication": [
            {"category": {"coding": [{"code": "submitted"}]},
             "amount": {"value": Decimal("954.00"), "currency": "EUR"}},
            {"category": {"coding": [{"code": "benefit"}]},
             "amount": {"value": Decimal("900.00"), "currency": "EUR"}},
            {"category": {"coding": [{"code": "copay"}]},
             "amount": {"value": Decimal(50), "currency": "EUR"}},
            {"category": {"coding": [{"code": "deductible"}]},
             "amount": {"value": Decimal("4.00"), "currency": "EUR"}}]},
        {"itemSequence": 2, "noteNumber": [1], "adjudication": [
            {"category": {"coding": [{"code": "benefit"}]},
             "reason": {"coding": [{"code": "96", "display": "Not covered"}], "text": "Ida Canary"},
             "amount": {"value": 0, "currency": "EUR"}}]},
    ],
    "processNote": [{"number": 1, "text": "Ida Canary"}],
}  # fmt: skip
ELIGIBLE: dict[str, Any] = {
    "resourceType": "CoverageEligibilityResponse", "id": "E1", "status": "active",
    "purpose": ["validation"], "patient": {"display": "Ida Canary"},
    "created": "2026-03-02T09:21:00Z", "request": {"reference": "CoverageEligibilityRequest/12"},
    "outcome": "complete", "disposition": "Canary",
    "insurer": {"identifier": {"value": "AOK"}},
    "insurance": [{"coverage": {"reference": "Coverage/7"}, "inforce": True}],
}  # fmt: skip


def changed(resource_: dict[str, Any], **members: Any) -> dict[str, Any]:
    found = copy.deepcopy(resource_)
    for name, value in members.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = value
    return found


def code_of(resource_: dict[str, Any]) -> str:
    with pytest.raises((MappingError, ContractError)) as caught:
        canonical(resource_)
    return caught.value.code


def test_the_words_of_the_functions() -> None:
    assert doctest.testmod(functions).failed == 0


@pytest.mark.parametrize("code", sorted(CONTRACTS))
def test_examples_keep_their_contracts(code: str) -> None:
    schema, example = CONTRACTS[code]
    assert not schema.violations(example)


# -- what is read ------------------------------------------------------------------------


def test_a_cover() -> None:
    assert canonical(COVERAGE) == {
        "record": "Coverage/7", "stated_at": "2026-03-02T09:15:00Z", "status": "active",
        "patient": {"number": "4711003", "assigner": "PAYER"}, "payer": {"code": "AOK"},
        "plan": "P1", "member": "A123456789", "rank": 1, "from": "2026-01-01",
        "until": "2026-12-31",
    }  # fmt: skip
    by_type = {"type": {"coding": [{"code": "MB"}]}, "value": "B2"}
    found = canonical(changed(COVERAGE, subscriberId=None, identifier=[{"value": "x"}, by_type]))
    assert found["member"] == "B2"
    bare = canonical(changed(COVERAGE, subscriberId=None, meta=None, period=None))
    assert bare["stated_at"] == profiles.CONTEXT["moment"]
    assert not {"member", "from", "until"} & set(bare)
    named = changed(COVERAGE, payor=[{"reference": "Organization/3"}],
                    beneficiary={"reference": "Patient/1"})  # fmt: skip
    assert canonical(named)["payer"] == {"record": "Organization/3"}
    assert canonical(named)["patient"] == {"record": "Patient/1"}


def test_covers_that_wait() -> None:
    assert code_of(changed(COVERAGE, status=None)) == "missing_required"
    assert code_of(changed(COVERAGE, status="suspended")) == "missing_value"
    assert code_of(changed(COVERAGE, payor=None)) == "missing_required"
    assert code_of(changed(COVERAGE, beneficiary=None)) == "missing_required"
    assert code_of(changed(COVERAGE, payor=[{"reference": "#org"}])) == "unresolved_reference"
    assert code_of(changed(COVERAGE, period={"start": "2026"})) == "invalid_datetime"


def test_an_answer_about_eligibility() -> None:
    assert canonical(ELIGIBLE) == {
        "request": {"record": "CoverageEligibilityRequest/12"}, "outcome": "complete",
        "answered_at": "2026-03-02T09:21:00Z", "in_force": True, "authorization_required": False,
    }  # fmt: skip
    no = changed(
        ELIGIBLE, insurance=[{"inforce": False, "item": [{"authorizationRequired": True}]}]
    )
    assert canonical(no)["in_force"] is False
    assert canonical(no)["authorization_required"] is True
    error = changed(ELIGIBLE, outcome="error", error=[{"code": {"coding": [{"code": "75"}]}}])
    assert canonical(error)["reasons"] == ["75"]
    assert "in_force" not in canonical(changed(ELIGIBLE, insurance=None))
    several = [{"coverage": {"reference": "Coverage/7"}, "inforce": True},
               {"coverage": {"identifier": {"value": "B2"}}, "inforce": False}, {}]  # fmt: skip
    assert canonical(changed(ELIGIBLE, insurance=several))["covers"] == [
        {"record": "Coverage/7", "number": None, "in_force": True},
        {"record": None, "number": "B2", "in_force": False},
        {"record": None, "number": None, "in_force": None},
    ]


def test_an_answer_to_a_claim() -> None:
    assert canonical(ANSWER) == {
        "use": "claim", "request": {"number": "CLM-1", "record": "Claim/12"},
        "outcome": "complete", "answered_at": "2026-03-20T08:00:00Z", "payer_number": "55-1002",
        "currency": "EUR", "authorized": False,
        "lines": [
            {"sequence": 1, "paid": "900", "patient": "54"},
            {"sequence": 2, "paid": "0", "reasons": [{"code": "96", "text": "Not covered"}]},
        ],
        "notes": 1,
    }  # fmt: skip


def test_what_a_payer_adds_its_sums_and_its_errors() -> None:
    def money(value: object) -> dict[str, Any]:
        return {"value": value, "currency": "EUR"}

    def benefit(value: object) -> dict[str, Any]:
        return {"category": {"coding": [{"code": "benefit"}]}, "amount": money(value)}

    found = canonical(changed(
        ANSWER, outcome="partial",
        addItem=[
            {"itemSequence": [2], "adjudication": [
                {**benefit(5), "reason": {"coding": [{"code": "Ida Canary"}, {"code": "45"}]}}]},
            {"adjudication": [benefit(0)]},
        ],
        total=[benefit(905), {"category": {"coding": [{"code": "submitted"}]},
                              "amount": money(Decimal("967.25"))}],
        error=[{"code": {"coding": [{"code": "a1"}]}},
               {"itemSequence": 2, "code": {"coding": [{"code": "CO-16", "display": "Canary"}]}}],
    ))  # fmt: skip
    assert found["added"] == [
        {"sequences": [2], "paid": "5",
         "reasons": [{"code": "45", "text": "More than the agreed price"}]},
        {"paid": "0"},
    ]  # fmt: skip
    assert found["total"] == {"submitted": "967.25", "paid": "905"}
    assert found["reasons"] == ["a1", "CO-16"]
    assert found["lines"][1]["reasons"][1] == {
        "code": "CO-16",
        "text": "Information missing or wrong",
    }
    assert "Canary" not in json.dumps(found)
    mixed = changed(ANSWER, total=[{**benefit(1), "amount": {"value": 1, "currency": "USD"}}])
    assert code_of(mixed) == "currencies_differ"


def test_a_number_of_something_else_is_no_number_of_a_request() -> None:
    for system in ("urn:odoo:visit", "urn:odoo:charge-code"):
        named = {"identifier": {"system": system, "value": "5F0C2D91AB"}}
        assert code_of(changed(ANSWER, request=named)) == "unresolved_reference"
    assert canonical(changed(ANSWER, request={"identifier": {"value": "CLM-1"}}))["request"] == {
        "number": "CLM-1"
    }


def test_an_answer_to_a_request_for_authorisation() -> None:
    granted = changed(
        ANSWER, use="preauthorization", preAuthRef="PA-9", item=None,
        preAuthPeriod={"start": "2026-03-01", "end": "2026-04-01"},
    )  # fmt: skip
    found = canonical(granted)
    assert (found["authorized"], found["payer_number"]) == (True, "PA-9")
    assert (found["from"], found["until"]) == ("2026-03-01", "2026-04-01")
    assert canonical(changed(granted, preAuthRef=None))["authorized"] is False
    assert canonical(changed(granted, outcome="queued"))["authorized"] is False
    assert canonical(changed(granted, outcome="partial"))["authorized"] is True


@pytest.mark.parametrize("answer", [ANSWER, ELIGIBLE], ids=["claim", "eligibility"])
def test_answers_that_wait(answer: dict[str, Any]) -> None:
    for status in ("cancelled", "draft", "entered-in-error"):
        assert code_of(changed(answer, status=status)) == "missing_value"
    assert code_of(changed(answer, status=None)) == "missing_required"
    assert code_of(changed(answer, created=None)) == "missing_required"
    assert code_of(changed(answer, request=None)) == "missing_required"
    assert code_of(changed(answer, outcome="done")) == "missing_value"
    foreign = {"identifier": {"system": "http://other", "value": "CLM-1"}}
    assert code_of(changed(answer, request=foreign)) == "unresolved_reference"


def test_an_answer_without_a_benefit_or_in_two_currencies_waits() -> None:
    bare = copy.deepcopy(ANSWER)
    bare["item"][1]["adjudication"] = []
    assert code_of(bare) == "missing_required"
    mixed = copy.deepcopy(ANSWER)
    mixed["item"][1]["adjudication"][0]["amount"]["currency"] = "USD"
    assert code_of(mixed) == "currencies_differ"
    assert code_of(changed(ANSWER, use="predetermination")) == "missing_value"
    nameless = json.loads(json.dumps(ANSWER, default=str).replace('"currency": "EUR"', '"x": ""'))
    for item in nameless["item"]:
        for one in item["adjudication"]:
            one["amount"]["value"] = Decimal(one["amount"]["value"])
    assert code_of(nameless) == "contract_violation"


@pytest.mark.parametrize("told", [COVERAGE, ANSWER, ELIGIBLE])
def test_nobody_is_named(told: dict[str, Any]) -> None:
    assert "Canary" not in json.dumps(canonical(told))


def test_official_examples() -> None:
    place = javascript.folder(Settings.from_environ()) / "node_modules" / "hl7.fhir.r4.examples"
    mapped: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    found = [one for one in sorted(Path(place).rglob("*.json"))
             if one.name.partition("-")[0] in profiles.ROUTES]  # fmt: skip
    assert len(found) > 10
    for path in found:
        read = limits.read(path.read_bytes())
        if "request" in read and "coverageeligibilityrequest" in str(read["request"]):
            # The examples write the address of a request in small letters: it is none.
            assert code_of(read) == "unresolved_reference"
            read["request"] = {"identifier": {"system": "urn:odoo:eligibility", "value": "1"}}
        try:
            canonical(read)
        except (ContractError, MappingError) as exc:
            assert exc.message
            reasons[read["resourceType"], exc.code] += 1
        else:
            mapped[read["resourceType"]] += 1
    assert set(mapped) == set(profiles.ROUTES), (mapped, reasons)
    assert {code for _name, code in reasons} <= {
        "missing_required", "missing_value", "invalid_datetime", "contract_violation",
        "unresolved_reference",
    }, reasons  # fmt: skip


# -- what is sent ------------------------------------------------------------------------


def variants(contract: str) -> list[dict[str, Any]]:
    """The example, and all that may be left out of it or be in it."""
    _schema, example = CONTRACTS[contract]
    if contract == "ehr.portal_notice":
        booked = {"topic": "appointment", "status": "booked", "start": "2026-03-05T09:00:00Z"}
        return [
            example,
            {**example, **booked},
            {**example, **booked, "number": None, "visit": None},
        ]
    nothing = {name: None for name, one in example.items() if name in ("plan", "member")}
    found = [example, {**example, **nothing}, {**example, "member": "B1", "plan": "P1"}]
    found.append({**example, "provider": {"name": "City Hospital", "number": None}})
    if contract != "ehr.eligibility_request":
        found.append({**example, "status": "cancelled"})
    if contract == "ehr.claim":
        line = {**example["lines"][0], "procedure": "27447", "modifiers": ["LT", "50"]}
        more = {"replaces": "CLM-0", "replaces_payer_number": "55-1", "authorization": "PA-9"}
        found.append({**example, **more, "lines": [line]})
    return found


@pytest.mark.parametrize("mapping", sorted(SENT))
def test_the_oracle_accepts_what_is_sent(mapping: str) -> None:
    schema = CONTRACTS[SENT[mapping]][0]
    for document in variants(SENT[mapping]):
        assert not schema.violations(document)
        made = written(mapping, document)
        model = get_fhir_model_class(made["resourceType"])
        read = model.model_validate_json(resource.body(made))
        assert json.loads(read.model_dump_json(), parse_float=Decimal) is not None
        assert b"null" not in resource.body(made)
        assert b"{}" not in resource.body(made)


def test_a_claim_as_it_is_sent() -> None:
    made = written("mapping_claim_fhir", CONTRACTS["ehr.claim"][1])
    assert made["total"] == {"value": Decimal("912.5"), "currency": "EUR"}
    assert [one["net"]["value"] for one in made["item"]] == [Decimal(900), Decimal("12.5")]
    assert made["patient"]["identifier"]["value"] == "A123456789"
    assert made["identifier"] == [{"system": "urn:odoo:claim", "value": "CLM000001"}]
    allowed = {
        "resourceType", "identifier", "status", "type", "use", "patient", "created", "insurer",
        "provider", "priority", "insurance", "total", "item", "related",
    }  # fmt: skip
    assert set(made) <= allowed, "no diagnosis, no name, nothing else"


def test_a_claim_once_more_names_the_one_before() -> None:
    example = {**CONTRACTS["ehr.claim"][1], "replaces": "CLM-0", "authorization": "PA-9"}
    made = written("mapping_claim_fhir", example)
    assert made["related"][0]["claim"]["identifier"]["value"] == "CLM-0"
    assert made["insurance"][0]["preAuthRef"] == ["PA-9"]


def test_the_document_tells_of_these_mappings() -> None:
    text = "\n".join(profiles_fhir.render(REPOSITORY / "addons"))
    for name in ("Coverage", "CoverageEligibilityResponse", "ClaimResponse"):
        assert f"#### FHIR: {name}" in text
