"""What the mappings of HL7 v2 make of messages as different systems send them.

Each ``hl7_profile_messages/<name>.hl7`` has the canonical JSON that is expected beside it. The
people, hospitals and numbers are invented.
"""

import json
from pathlib import Path

import pytest
from core_tools.contracts import compile_schema
from core_tools.errors import MappingError
from core_tools.mapping_functions import MissingValue
from core_tools.mapping_trial import Trial

from tests.unit import hl7_corpus, hl7_profiles
from tests.unit.hl7_profiles import MAPPINGS, MAPS, ROUTES, canonical
from tests.unit.load_ehr import load

message = load("hl7.message")
FOLDER = Path(__file__).with_name("hl7_profile_messages")
SCHEMAS = hl7_profiles.contracts()
NAMES = sorted(path.stem for path in FOLDER.glob("*.hl7"))
#: What must never be read: names, birth dates, addresses, telephones, national numbers, clinical.
PRIVATE = {
    "PID": (5, 6, 7, 9, 11, 13, 14, 19, 20, 21),
    "NK1": (2, 4, 5),
    "PV1": (9,),
    "PV2": (3,),
    "DG1": (3, 4),
    "SCH": (6, 7),
    "IN1": (16, 36, 49),
    "NTE": (3,),
    "OBX": (5,),
    "STF": (3, 6),
    "MRG": (7,),
}


def sent(name: str) -> bytes:
    text = (FOLDER / f"{name}.hl7").read_text(encoding="utf-8").replace("\n", "\r")
    return text.encode("latin-1" if "|8859/1" in text.partition("\r")[0] else "utf-8")


def expected(name: str) -> object:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def changed(name: str, **fields: str | None) -> bytes:
    """A message with other fields: ``PV1_19=None`` takes PV1-19 away."""
    found = message.parse(sent(name))
    for path, raw in fields.items():
        found.set_raw(path.replace("_", "-"), raw or "")
    return found.encode()


@pytest.mark.parametrize("name", NAMES)
def test_message(name: str) -> None:
    assert canonical(sent(name)) == expected(name)


@pytest.mark.parametrize("name", NAMES)
def test_canonical_json_keeps_its_contract(name: str) -> None:
    header = message.parse(sent(name)).header
    mapping = ROUTES[f"{header.value(9)}^{header.value(9, 1, 2)}"]
    validator = compile_schema(SCHEMAS[hl7_profiles.CONTRACTS[mapping]])
    assert validator.violations(expected(name)) == []


def test_the_routing_names_all_messages_of_the_scope() -> None:
    adt = {f"ADT^A{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 20, 28, 31, 40)}
    siu = {f"SIU^S{n}" for n in (12, 13, 14, 15, 16, 17, 26)}
    assert set(ROUTES) == adt | siu | {"MFN^M02", "MFN^M05"}


def test_there_is_a_message_of_each_type_and_a_route_for_each() -> None:
    seen = set()
    for raw in [*map(sent, NAMES), *(hl7_corpus.data(name) for name in hl7_corpus.NAMES)]:
        header = message.parse(raw).header
        seen.add(f"{header.value(9)}^{header.value(9, 1, 2)}")
    assert set(ROUTES) <= seen
    assert set(ROUTES.values()) == set(MAPPINGS)


def test_maps_are_those_that_the_mappings_look_up() -> None:
    assert frozenset().union(*(one.map_names for one in MAPPINGS.values())) == set(MAPS)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_private_is_not_read(name: str) -> None:
    found = message.parse(sent(name))
    texts = set()
    for segment in found:
        for number in PRIVATE.get(segment.name, ()):
            raw = segment.raw(number) or ""
            texts |= {part for part in raw.replace("~", "^").split("^") if len(part) > 2}
    result = json.dumps(canonical(sent(name)), ensure_ascii=False)
    assert not [text for text in texts if f'"{text}"' in result]


# -- absent, null and required ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "path"),
    [
        ("epic_a01", {"PV1_19": None}, "PV1-19 (visit number) is required"),
        ("epic_a01", {"PV1_19": '""'}, "PV1-19 (visit number) is required"),
        ("epic_a01", {"PID_3": None}, "PID-3 (record number) is required"),
        ("epic_a01", {"PID_3": "123^^^SSA^SS"}, "PID-3 (record number) is required"),
        ("epic_a01", {"EVN_2": None, "EVN_6": None, "MSH_7": None}, "EVN-2 or MSH-7"),
        ("epic_a01", {"PV1_44": "yesterday"}, "PV1-44: not a date and time"),
        ("epic_a01", {"PV1_44": "2026"}, "PV1-44: the date has no day"),
        ("epic_a01", {"PV1_3": "^4102^B"}, "PV1-3.1: the point of care is required"),
        ("cerner_a20", {"NPU_1": None}, "NPU-1 (bed) is required"),
        ("cerner_a20", {"NPU_2": None}, "NPU-2 (bed status) is required"),
        (
            "epic_a40",
            {"MRG_1": None},
            "item 1 of merges: MRG-1 (record number that goes) is required",
        ),
        ("epic_s12", {"SCH_1": None, "SCH_2": None}, "SCH-2 or SCH-1 (appointment number)"),
        ("epic_s12", {"SCH_10": None}, "SCH-10 (unit of the duration) is required"),
        ("epic_s12", {"SCH_9": "ninety"}, "SCH-9: not a number"),
        (
            "epic_s12",
            {"AIL_10": None},
            "item 3 of resources: AIL-10 (unit of the duration) is required",
        ),
        ("epic_s12", {"AIS_4": "8 o'clock"}, "item 1 of resources: AIS-4: not a date and time"),
        ("epic_s12", {"AIS_3": None}, "item 1 of resources: AIS-3 (service) is required"),
        ("epic_m02", {"MFE_1": None}, "item 1 of records: MFE-1 (record-level event) is required"),
        (
            "dedalus_m05",
            {"LOC_1": None, "MFE_4": None},
            "item 1 of records: LOC-1 or MFE-4 (place)",
        ),
    ],
)
def test_fault_names_the_field(name: str, fields: dict[str, str | None], path: str) -> None:
    with pytest.raises(MappingError) as caught:
        canonical(changed(name, **fields))
    assert path in caught.value.message


def test_a_trial_names_all_that_is_missing() -> None:
    trial = Trial()
    canonical(changed("epic_a40", PID_3=None, MRG_1=None), trial)
    assert [finding.code for finding in trial.findings] == ["missing_required"]
    assert trial.findings[0].place == "item 1 of merges"


def test_absent_is_not_said_and_null_is_said_to_be_empty() -> None:
    absent = canonical(changed("epic_a01", PV1_3=None, PV1_10=None, PV1_44=None))
    assert absent.keys().isdisjoint({"location", "service", "admitted_at"})
    null = canonical(changed("epic_a01", PV1_3='""', PV1_10='""', PV1_44='""', PV1_7='""'))
    names = ("location", "service", "admitted_at", "attending")
    assert {name: null[name] for name in names} == dict.fromkeys(names)
    blank = canonical(changed("epic_a01", PV1_10="  "))
    assert "service" not in blank


def test_facility_alone_is_no_place() -> None:
    assert "location" not in canonical(changed("epic_a01", PV1_3="^^^STMARY"))


# -- identifiers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "number", "assigner"),
    [
        ("1^^^A^PI~2^^^B^MR", "2", "B"),
        ("2^^^B^MR~3^^^C^MR", "2", "B"),
        ("9^^^STATE^NNDEU~1^^^A^PI", "1", "A"),
        ("9^^^AOK&109519005&NII~1^^^A", "1", "A"),
        ("1", "1", "EHR"),
        ("1^^^&1.2.3&ISO^MR", "1", "1.2.3"),
        ('1^^^""^MR', "1", "EHR"),
        (" 1 ^^^A^MR", "1", "A"),
    ],
)
def test_which_record_number(field: str, number: str, assigner: str) -> None:
    patient = canonical(changed("epic_a01", PID_3=field))["patient"]
    assert patient == {"number": number, "assigner": assigner}


@pytest.mark.parametrize("number", ["203344", "E4711203", "0900111", "SOC9"])
def test_a_number_of_the_patient_is_none_of_a_visit_or_an_account(number: str) -> None:
    ids = "203344^^^STMARY^MR~E4711203^^^EPI^EPI~900111^^^^SS~A7^^^STMARY^AN"
    named = {"PID_3": ids, "PID_19": "SOC9"}
    assert "account" not in canonical(changed("epic_a01", **named, PID_18=number))
    with pytest.raises(MappingError) as caught:
        canonical(changed("epic_a01", **named, PV1_19=number))
    assert caught.value.code == "visit_is_record_number"
    assert "visit" not in canonical(changed("epic_s12", **named, PV1_19=number))
    assert "visit" in canonical(changed("epic_s12", **named, PV1_19="V7"))
    assert canonical(changed("epic_a01", **named, PID_18="A7"))["account"]["number"] == "A7"
    (merge,) = canonical(changed("epic_a40", **named, PID_18=number, MRG_3=number))["merges"]
    assert merge.keys() == {"kept", "retired"}


def test_the_code_of_the_system_assigns_what_names_nobody() -> None:
    raw = changed("epic_a01", PV1_19="77", PV1_7="D1^Arzt")
    found = canonical(raw, system="ORBIS-SUED")
    assert found["visit"] == {"number": "77", "assigner": "ORBIS-SUED"}
    assert found["attending"] == {"number": "D1", "assigner": "ORBIS-SUED"}


def test_a_doctor_without_a_number_is_nobody() -> None:
    assert "attending" not in canonical(changed("epic_a01", PV1_7="^ARZT^ADELE"))


# -- times --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "occurred", "recorded"),
    [
        ({}, "2026-12-03T13:00:00Z", "2026-12-03T13:14:55Z"),
        ({"EVN_6": None}, "2026-12-03T13:14:55Z", "2026-12-03T13:14:55Z"),
        ({"EVN_6": None, "EVN_2": None}, "2026-12-03T13:15:00Z", "2026-12-03T13:15:00Z"),
        ({"EVN_6": "20260703140000"}, "2026-07-03T12:00:00Z", "2026-12-03T13:14:55Z"),
        ({"EVN_6": "20261203140000+0530"}, "2026-12-03T08:30:00Z", "2026-12-03T13:14:55Z"),
    ],
)
def test_when(fields: dict[str, str | None], occurred: str, recorded: str) -> None:
    found = canonical(changed("epic_a01", **fields))
    assert (found["occurred_at"], found["recorded_at"]) == (occurred, recorded)


@pytest.mark.parametrize("name", ["epic_a11", "epic_a13", "cerner_a12"])
def test_what_undoes_an_event_says_when_that_had_happened(name: str) -> None:
    """EVN-6 of a cancellation is the time of the event that is undone (chapter 3, 3.4.1.6)."""
    found = canonical(sent(name))
    assert found["event"].startswith("cancel_")
    assert found["occurred_at"] < found["recorded_at"]


@pytest.mark.parametrize(
    ("local", "code"),
    [("20261025023000", "ambiguous_time"), ("20260329023000", "nonexistent_time")],
)
def test_an_hour_that_comes_twice_or_never_is_flagged(local: str, code: str) -> None:
    with pytest.raises(MappingError) as caught:
        canonical(changed("epic_a01", EVN_6=local))
    assert caught.value.code == code
    assert "EVN-6: this hour" in caught.value.message
    offset = canonical(changed("epic_a01", EVN_6=f"{local}+0100"))
    assert offset["occurred_at"].endswith("T01:30:00Z")


# -- codes --------------------------------------------------------------------------------


def test_an_unknown_code_waits_to_be_mapped() -> None:
    raw = changed("epic_a01", PV1_2="DS")
    with pytest.raises(MissingValue) as caught:
        canonical(raw)
    assert (caught.value.map_name, caught.value.value) == ("hl7_patient_class", "DS")
    maps = {**MAPS, "hl7_patient_class": {**MAPS["hl7_patient_class"], "DS": "outpatient"}}
    assert canonical(raw, maps=maps)["class"] == "outpatient"


@pytest.mark.parametrize(
    ("fields", "map_name"),
    [
        ({"SCH_10": "fortnight"}, "hl7_duration_unit"),
        ({"AIS_8": "fortnight"}, "hl7_duration_unit"),
        ({"SCH_25": "Perhaps"}, "hl7_appointment_status"),
        ({"AIL_2": "Q"}, "hl7_resource_action"),
    ],
)
def test_no_unit_and_no_status_is_guessed(fields: dict[str, str | None], map_name: str) -> None:
    with pytest.raises(MissingValue) as caught:
        canonical(changed("epic_s12", **fields))
    assert caught.value.map_name == map_name


def test_resources_are_left_out_where_there_are_none() -> None:
    assert "resources" not in canonical(sent("epic_s14_bare"))
    only_unchanged = canonical(changed("epic_s13", AIL_2="X"))
    assert "resources" not in only_unchanged


def test_equipment_may_be_named_by_its_type_and_people_may_be_unknown_yet() -> None:
    raw = changed("epic_s12", AIG_3=None, AIP_3="^To be named")
    resources = canonical(raw)["resources"]
    assert [(one["kind"], one.get("code")) for one in resources] == [
        ("service", "27130"),
        ("equipment", "EQUIPMENT"),
        ("location", None),
    ]


def test_the_mappings_are_valid_without_a_system() -> None:
    """The form tries a mapping out on a text of which no system is known."""
    found = canonical(changed("epic_a01", PV1_19="77"), system=None, zone="UTC")
    assert found["visit"] == {"number": "77"}


def test_data_are_read_completely() -> None:
    assert len(hl7_profiles.SPECS) == 8
    assert all(MAPS.values())
