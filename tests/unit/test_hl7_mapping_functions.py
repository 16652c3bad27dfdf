"""The functions of HL7 v2 for mappings, where messages as a whole do not reach."""

import pytest
from core_tools.errors import MappingError

from tests.unit.load_ehr import load

functions = load("hl7.mapping_functions")


def test_what_is_said() -> None:
    given = {"a": None, "b": "", "c": " x ", "d": "  ", "e": False, "f": 0, "g": [], "h": {}}
    found = {"b": None, "c": "x", "e": False, "f": 0, "g": [], "h": {}}
    assert functions.said(given) == found
    assert functions.said(None) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20261129", "2026-11-28T23:00:00Z"),
        ("2026112908", "2026-11-29T07:00:00Z"),
        ("202611290830", "2026-11-29T07:30:00Z"),
        ("20261129083015.25", "2026-11-29T07:30:15.250000Z"),
        ("202611290830+0000", "2026-11-29T08:30:00Z"),
        ("202611290830-1130", "2026-11-29T20:00:00Z"),
        (" 202611290830 ", "2026-11-29T07:30:00Z"),
        ("", ""),
        ("  ", None),
        (None, None),
    ],
)
def test_times(text: str | None, moment: str | None) -> None:
    assert functions.moment(text, "Europe/Brussels", "EVN-2") == moment


@pytest.mark.parametrize(
    ("fold", "moment"), [("earlier", "2026-10-25T00:30:00Z"), ("later", "2026-10-25T01:30:00Z")]
)
def test_the_hour_that_comes_twice_can_be_decided(fold: str, moment: str) -> None:
    assert functions.moment("202610250230", "Europe/Brussels", "EVN-2", fold) == moment
    assert functions.moment("202611250230", "Europe/Brussels", "EVN-2", fold) == (
        "2026-11-25T01:30:00Z"
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("202613", "UTC"), "invalid_datetime"),
        (("20261301", "UTC"), "invalid_datetime"),
        (("202611", "UTC"), "invalid_datetime"),
        (("000101010000+1400", "UTC"), "invalid_datetime"),
        (("20261129", "Mars/Base"), "unknown_zone"),
        (("202603290230", "Europe/Brussels"), "nonexistent_time"),
        (("202610250230", "Europe/Brussels"), "ambiguous_time"),
    ],
)
def test_times_that_are_none(arguments: tuple[str, str], code: str) -> None:
    with pytest.raises(MappingError) as caught:
        functions.moment(*arguments, "EVN-2")
    assert caught.value.code == code
    assert arguments[0] not in caught.value.message


@pytest.mark.parametrize(
    ("amount", "unit", "found"),
    [
        ("90", "min", 90),
        ("1.5", "h", 90),
        ("120", "s", 2),
        ("2", "d", 2880),
        ("", "min", ""),
        (None, None, None),
    ],
)
def test_minutes(amount: str | None, unit: str | None, found: object) -> None:
    assert functions.minutes(amount, unit, "SCH-9") == found


@pytest.mark.parametrize(
    ("amount", "unit"), [("90", "s"), ("-1", "min"), ("1e3", "min"), ("x", "min"), ("1", "week")]
)
def test_minutes_that_are_none(amount: str, unit: str) -> None:
    with pytest.raises(MappingError):
        functions.minutes(amount, unit, "SCH-9")


def test_other_kinds_of_numbers() -> None:
    assert functions.entity([{"c1": "A1", "c2": "OR"}], "EHR") == {"number": "A1", "assigner": "OR"}
    assert functions.entity([{"c1": "A1", "c3": "1.2"}], "EHR")["assigner"] == "1.2"
    assert functions.person([{"c1": "D1", "c9": "X"}], "EHR") == {"number": "D1", "assigner": "X"}
    assert functions.person([{"c2": "Doctor"}, {"c1": "D2"}], "EHR")["number"] == "D2"
    assert functions.person([{"c1": ""}], "EHR") == ""
    assert functions.entity(None, "EHR") is None


@pytest.mark.parametrize("field", [["text"], [None], [{"c1": 7}]])
def test_what_is_no_field_is_told(field: list) -> None:
    for function in (functions.identifier, functions.entity, functions.person):
        with pytest.raises(MappingError, match="list of its repetitions"):
            function(field, "EHR")
    with pytest.raises(MappingError, match="list of its repetitions"):
        functions.location(field, "PV1-3")


def test_places() -> None:
    assert functions.location([{"c1": "W", "c4s2": "1.2"}], "PV1-3") == {
        "facility": "1.2",
        "point_of_care": "W",
    }
    assert functions.location([{"c1": ""}], "PV1-3") == ""
    assert functions.location([{"c9": "Hall"}], "PV1-3") is None
    assert functions.location([], "PV1-3") is None


# -- numbers of the patient -------------------------------------------------------------------

PID = {
    "id": "PID",
    "f2": [{"c1": "OLD7"}],
    "f3": [
        {"c1": "0042", "c5": "MR"},
        {"c1": "e99", "c5": "PI"},
        {"c1": "A1", "c5": "AN"},
        {"c1": "V1", "c5": "VN"},
    ],
    "f19": [{"c1": "700112"}],
}
MRG = {"id": "MRG", "f1": [{"c1": "RETIRED"}], "f3": [{"c1": "A2"}]}


@pytest.mark.parametrize("number", ["42", " 0042", "E99", "OLD7", "700112", "RETIRED"])
def test_no_number_of_the_patient_is_one_of_a_visit_or_an_account(number: str) -> None:
    named = {"number": number, "assigner": "EHR"}
    assert functions.record_numbers.unlike(named, PID, MRG) is None
    with pytest.raises(MappingError, match="PV1-19: this is a number of the patient") as caught:
        functions.record_numbers.visit(named, "PV1-19", PID, MRG)
    assert caught.value.code == "visit_is_record_number"
    assert number.strip() not in caught.value.message


@pytest.mark.parametrize(
    "named", [{"number": "A1"}, {"number": "V1"}, {"number": "A2"}, {"number": "420"}, "", None]
)
def test_what_is_no_number_of_the_patient_is_kept(named: object) -> None:
    assert functions.record_numbers.unlike(named, PID, MRG) == named
    assert functions.record_numbers.visit(named, "PV1-19", PID, MRG) == named
    assert functions.record_numbers.unlike(named, None) == named


def test_a_segment_is_one_of_its_kind() -> None:
    with pytest.raises(MappingError, match="one of its kind"):
        functions.record_numbers.unlike({"number": "1"}, [PID])


def test_each_item_of_an_order_with_what_belongs_to_it() -> None:
    orc, one, two = {"id": "ORC"}, {"id": "RQD", "n": 1}, {"id": "RQD", "n": 2}
    first, second = {"id": "RQ1", "n": 1}, {"id": "RQ1", "n": 2}
    single = {"ORC": [orc], "RQD": [one], "RQ1": [first]}
    assert functions.each([single, {"ORC": [orc]}], "RQD", "RQ1") == [single, {"ORC": [orc]}]
    several = {"ORC": [orc], "RQD": [one, two], "RQ1": [first, second]}
    assert functions.each([several], "RQD", "RQ1") == [
        {"ORC": [orc], "RQD": [one], "RQ1": [first]},
        {"ORC": [orc], "RQD": [two], "RQ1": [second]},
    ]
    shared = {**several, "RQ1": [first]}
    assert [group["RQ1"] for group in functions.each([shared], "RQD", "RQ1")] == [[first], [first]]
    assert functions.each(None, "RQD") == []


def test_what_belongs_to_nothing_certain_is_an_error() -> None:
    group = {"RQD": [{}, {}], "RQ1": [{}, {}, {}]}
    with pytest.raises(MappingError) as caught:
        functions.each([group], "RQD", "RQ1")
    assert caught.value.code == "ambiguous_segments"
    for bad in ([1], [{"RQD": "x"}]):
        with pytest.raises(MappingError):
            functions.each(bad, "RQD")
