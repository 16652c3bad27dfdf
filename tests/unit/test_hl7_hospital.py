"""What the demo hospital sends is understood by the mappings, but for a code that nobody knows."""

from zoneinfo import ZoneInfo

import pytest
from core_tools.mapping_functions import MissingValue
from demo_hospital import places
from demo_hospital.care_messages import TYPES
from demo_hospital.hospital import Hospital
from demo_hospital.messages import Writer

from tests.unit.hl7_profiles import canonical

NOW = 1_796_000_000
WRITER = Writer(ZoneInfo("Europe/Brussels"))


def test_its_days() -> None:
    hospital, unknown = Hospital(4), set()
    happened = [one for told in hospital.fill(NOW, 18) for one in told]
    for step in range(300):
        happened += hospital.step(NOW + 60 * step)
    for number, one in enumerate(one for one in happened if one.trigger not in TYPES):
        raw = WRITER.write(one, f"H{number}", NOW).encode()
        try:
            found = canonical(raw)
        except MissingValue as error:
            unknown.add((error.map_name, error.value))
            continue
        if one.visit and not one.operation:
            assert found["visit"] == {"number": one.visit.number, "assigner": "MAIN"}
            assert found["patient"] == {"number": one.visit.patient.record, "assigner": "MAIN"}
        if one.operation and one.trigger not in ("S15", "S26"):
            kinds = [resource["kind"] for resource in found["resources"]]
            assert kinds[0] == "service"
            assert kinds[-2:] == ["location", "provider"]
    assert unknown == {("hl7_patient_class", "DS")}


def test_its_staff() -> None:
    records = canonical(WRITER.staff("H1", NOW).encode())["records"]
    assert [one["staff"]["number"] for one in records] == [one.number for one in places.STAFF]
    assert all(one["active"] and one["action"] == "add" for one in records)


@pytest.mark.parametrize("ward", places.WARDS, ids=lambda ward: ward.code)
def test_its_places(ward: places.Ward) -> None:
    records = canonical(WRITER.locations(ward, "H1", NOW).encode())["records"]
    assert len(records) == len(ward.places)
    assert records[0]["cost_centre"] == ward.cost_centre
    known = []
    for one in records:
        assert one.get("parent") is None or one["parent"] in known
        known.append(one["location"])
    beds = [one for one in records if one["kind"] == "bed"]
    assert len(beds) == ward.rooms * ward.beds
