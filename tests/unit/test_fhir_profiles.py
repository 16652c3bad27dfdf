"""What the mappings of FHIR make of resources as servers send them; the people are invented."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from core_tools.errors import MappingError
from core_tools.mapping_functions import MissingValue

from setup import profiles_fhir
from setup.settings import REPOSITORY
from tests.unit import fhir_profiles
from tests.unit.fhir_profiles import CONTRACTS, MAPS, canonical

ADDONS = REPOSITORY / "addons"
META = {"versionId": "3", "lastUpdated": "2026-03-02T09:00:00.5+01:00"}
MAPPED = {**MAPS, "fhir_assigner": {"http://main/mrn": "MAIN", "http://main/visits": "MAIN"}}
ENCOUNTER: dict[str, Any] = {
    "resourceType": "Encounter", "id": "7", "meta": META, "status": "in-progress",
    "identifier": [
        {"type": {"coding": [{"code": "MR"}]}, "system": "http://main/mrn", "value": "4711"},
        {"type": {"coding": [{"code": "VN"}]}, "system": "http://main/visits", "value": " V1 "},
    ],
    "class": {"code": "IMP"},
    "classHistory": [{"class": {"code": "EMER"}, "period": {"start": "2026-03-02"}}],
    "subject": {"reference": "Patient/9", "display": "Jana Canary"},
    "period": {"start": "2026-03-02T08:00:00+01:00"},
    "serviceType": {"coding": [{"code": "CAR"}], "text": "words"},
    "reasonCode": [{"coding": [{"code": "I10"}]}],
    "location": [
        {"location": {"reference": "Location/3", "display": "Bed 3"}, "status": "completed",
         "period": {"start": "2026-03-02T08:00:00+01:00", "end": "2026-03-02T09:00:00+01:00"}},
        {"location": {"reference": "Location/4"}, "status": "reserved"},
    ],
    "hospitalization": {"dischargeDisposition": {"coding": [{"code": "home"}]}},
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(CONTRACTS))
def test_examples_keep_their_contracts(code: str) -> None:
    schema, example = CONTRACTS[code]
    assert not schema.violations(example)


def test_each_type_of_resource_has_a_contract_and_an_example() -> None:
    for name in fhir_profiles.ROUTES:
        assert fhir_profiles.contract_of(name)
    handled = {handler for _mapping, handler in fhir_profiles.ROUTES.values()}
    assert len(handled) == len(CONTRACTS)


def test_a_visit() -> None:
    assert canonical(ENCOUNTER, MAPPED) == {
        "record": "Encounter/7", "version": "3", "recorded_at": "2026-03-02T08:00:00.500000Z",
        "visit": {"number": "V1", "assigner": "MAIN"}, "patient": {"record": "Patient/9"},
        "status": "present", "class": "inpatient", "start": "2026-03-02T07:00:00Z",
        "service": "CAR", "disposition": "home",
        "classes": [{"class": "emergency", "since": "2026-03-01T23:00:00Z"}],
        "stays": [
            {"place": {"record": "Location/3"}, "since": "2026-03-02T07:00:00Z",
             "until": "2026-03-02T08:00:00Z", "planned": False},
            {"place": {"record": "Location/4"}, "planned": True},
        ],
    }  # fmt: skip


def without(**changes: Any) -> dict[str, Any]:
    found = copy.deepcopy(ENCOUNTER) | changes
    return {name: value for name, value in found.items() if value is not None}


def test_what_is_missing_is_named() -> None:
    with pytest.raises(MappingError, match=r"Encounter\.status is required"):
        canonical(without(status=None), MAPPED)
    with pytest.raises(MappingError, match=r"Encounter\.location\.location is required"):
        canonical(without(location=[{"status": "active"}]), MAPPED)
    with pytest.raises(MissingValue) as caught:
        canonical(without(identifier=[{"system": "http://x", "value": "1"}]), MAPPED)
    assert (caught.value.map_name, caught.value.value) == ("fhir_assigner", "http://x")


def test_a_visit_without_a_number_is_known_by_its_id() -> None:
    found = canonical(without(identifier=None), MAPPED)
    assert found["visit"] == {"number": "7", "assigner": "EHR"}
    # A record number is no number of a visit, and no reason to take it for one.
    found = canonical(without(identifier=ENCOUNTER["identifier"][:1]), MAPPED)
    assert found["visit"] == {"number": "7", "assigner": "EHR"}


def test_without_a_time_it_was_written_when_it_arrived() -> None:
    assert canonical(without(meta=None), MAPPED)["recorded_at"] == "2026-03-02T10:00:00Z"


# -- the document ----------------------------------------------------------------------------


def test_the_document_says_what_is_read() -> None:
    text = "\n".join(profiles_fhir.render(ADDONS))
    assert "| `start` | period.start |  |" in text
    assert text in (REPOSITORY / "docs" / "ehr.md").read_text()


def test_a_mapping_that_reads_what_must_not_be_read_stops_the_document() -> None:
    one = profiles_fhir.mappings(ADDONS)["mapping_fhir_patient"]
    assert profiles_fhir.rows(one)
    for wrong in ("root.birthDate", "root.name[0].family"):
        with pytest.raises(ValueError, match="must not be read"):
            profiles_fhir.rows(replace(one, header=f"{{more: {wrong}}}"))
    with pytest.raises(ValueError, match="nobody can tell"):
        profiles_fhir.rows(replace(one, header="{more: upper('x')}"))
