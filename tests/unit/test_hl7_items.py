"""Item master and stock on hand as HL7 v2: what mappings read and write, entry by entry."""

from datetime import UTC, datetime

import pytest
from core_tools.errors import MappingError
from core_tools.mapping_functions import MissingValue

from tests.unit import hl7_addons
from tests.unit.load_ehr import load

message = load("hl7.message")
master_file = load("hl7.master_file")
functions = load("hl7.mapping_functions")

SUPPLY = "integration_ehr_supply"
HEADER = "MSH|^~\\&|MMIS|MAIN|ODOO|HUB|20260302050000||MFN^M16|F1|P|2.8"
GTIN, BOX = "04006381333931", "14006381333938"
FULL = (
    "MFE|MAD|R1||I-1|CWE",
    "ITM|I-1|Gauze|A||DRS|Y||||||||Y",
    "VND|1|V-7|Supplies|CAT-9",
    f"PKG|1|EA||1||||{GTIN}",
    f"PKG|2|DZ||12|36.00&EUR|||{BOX}",
    "IVT|1|WARD-3W|||||||EA|||||||||||||||24|48",
)


def sent(*segments: str, header: str = HEADER, level: str = "NE") -> bytes:
    return ("\r".join([header, f"MFI|INV||UPD|||{level}", *segments]) + "\r").encode()


def item(*segments: str) -> dict:
    return hl7_addons.read(SUPPLY, "mapping_hl7_item", sent(*segments))


def count(*segments: str) -> dict:
    return hl7_addons.read(SUPPLY, "mapping_hl7_stock_count", sent(*segments))


def changed(old: str, new: str) -> list[str]:
    assert any(old in segment for segment in FULL)
    return [segment.replace(old, new) for segment in FULL]


# -- read ------------------------------------------------------------------------------------


def test_an_item() -> None:
    found = item(*FULL)
    assert found == {
        "number": "I-1",
        "issued_at": "2026-03-02T04:00:00Z",
        "name": "Gauze",
        "reference": "I-1",
        "gtin": GTIN,
        "unit": "C62",
        "type": "stocked",
        "tracking": "lot",
        "category": "DRS",
        "active": True,
        "suppliers": [
            {
                "supplier": "V-7",
                "code": "CAT-9",
                "price": "36.00",
                "currency": "EUR",
                "unit": "DZN",
            }
        ],
        "packagings": [{"unit": "DZN", "quantity": "12", "gtin": BOX}],
        "stores": [{"location": "WARD-3W", "order_point": "24", "order_amount": "48"}],
    }
    validator, example = hl7_addons.contract(
        "integration_procurement", "integration_contract_item_1_3.xml", "contract_item_1_3_0"
    )
    assert validator.violations(found) == []
    assert validator.violations(example) == []


def test_what_an_item_does_not_say_is_not_there() -> None:
    found = item("MFE|MUP|R1||I-1", "ITM|I-1|Gauze||||||||||||N", "PKG|1|EA||1")
    assert found == {
        "number": "I-1",
        "issued_at": "2026-03-02T04:00:00Z",
        "name": "Gauze",
        "reference": "I-1",
        "unit": "C62",
        "type": "consumable",
        "packagings": [],
    }


@pytest.mark.parametrize(
    ("action", "status", "active"),
    [
        ("MAD", "A", True),
        ("MUP", "I", False),
        ("MUP", "P", True),
        ("MUP", "", None),
        ("MDC", "A", False),
        ("MDL", "A", False),
        ("MAC", "I", True),
    ],
)
def test_whether_it_is_in_use(action: str, status: str, active: bool | None) -> None:
    segments = [f"MFE|{action}|R1||I-1", f"ITM|I-1|Gauze|{status}|||||||||||Y", "PKG|1|EA||1"]
    assert item(*segments).get("active") is active


def test_several_vendors_have_no_price() -> None:
    found = item(*FULL[:3], "VND|2|V-8|Others|CAT-10", *FULL[3:])
    assert found["suppliers"] == [
        {"supplier": "V-7", "code": "CAT-9"},
        {"supplier": "V-8", "code": "CAT-10"},
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PKG|1|EA||1", "PKG|1|EA||x"),
        ("|Y||||||||Y", "|Y||||||||"),
        ("ITM|I-1|Gauze", "ITM|I-1|"),
    ],
)
def test_what_must_be_said_is_asked_for(old: str, new: str) -> None:
    segments = changed(old, new)
    if "EA||x" in new:
        segments = segments[:-1]  # the store has a unit as well
    with pytest.raises(MappingError) as caught:
        item(*segments)
    assert caught.value.code == "missing_required"


def test_an_unknown_unit_has_no_default() -> None:
    with pytest.raises(MissingValue):
        item(*changed("PKG|2|DZ", "PKG|2|CASK"))


def test_stock_on_hand() -> None:
    found = count("MFE|MUP|C1||I-1", "IIM|I-1|I-1|L7|20271231||WARD-3W|||||20260302040000|34|EA")
    assert found == {
        "action": "count",
        "report": "F1",
        "reported_at": "2026-03-02T03:00:00Z",
        "location": "WARD-3W",
        "item": "I-1",
        "lot": "L7",
        "expiry": "2027-12-31",
        "quantity": "34",
        "unit": "C62",
    }
    validator, example = hl7_addons.contract(
        SUPPLY, "integration_contract_stock_count.xml", "contract_ehr_stock_count_1_0_0"
    )
    assert validator.violations(found) == []
    assert validator.violations(example) == []


def test_when_it_was_on_hand_is_the_nearest_time_that_is_said() -> None:
    plain = "IIM|I-1|I-1||||WARD-3W||||||34|EA"
    assert count("MFE|MUP|C1||I-1", plain)["reported_at"] == "2026-03-02T04:00:00Z"
    entry = "MFE|MUP|C1|20260302010000|I-1"
    assert count(entry, plain)["reported_at"] == "2026-03-02T00:00:00Z"


@pytest.mark.parametrize(
    "segment", ["IIM|I-1|I-1||||WARD-3W||||||34|", "IIM|I-1|I-1||||||||||34|EA"]
)
def test_stock_without_unit_or_place(segment: str) -> None:
    with pytest.raises(MappingError):
        count("MFE|MUP|C1||I-1", segment)


def test_a_deleted_entry_says_nothing_of_a_quantity() -> None:
    with pytest.raises(MissingValue):
        count("MFE|MDL|C1||I-1", "IIM|I-1|I-1||||WARD-3W||||||34|EA")


# -- written ---------------------------------------------------------------------------------


def test_an_item_is_written_and_read_again() -> None:
    canonical = {
        "number": "17",
        "name": "Gauze & swabs",
        "gtin": GTIN,
        "reference": "GZ",
        "unit": "C62",
        "type": "stocked",
        "tracking": "lot",
        "category": "7",
        "active": True,
        "packagings": [{"unit": "DZN", "quantity": "12", "gtin": None}],
    }
    lines = hl7_addons.written(SUPPLY, "mapping_hl7_item_out", canonical)
    assert lines == [
        "MFI|INV||UPD|||AL",
        "MFE|MUP|0||17~GZ|CWE~CWE",
        "ITM|17|Gauze \\T\\ swabs|A||7|Y||||||||Y",
        f"PKG|1|EA||1||||{GTIN}",
        "PKG||DZ||12",
    ]
    again = hl7_addons.read(SUPPLY, "mapping_hl7_item", sent(*lines[1:]))
    assert again["number"] == "17"
    assert again["packagings"] == [{"unit": "DZN", "quantity": "12"}]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ({"tracking": "lot", "expires": True}, "Y"),
        ({"tracking": "lot", "expires": False}, "N"),
        ({"tracking": "lot"}, "Y"),
        ({"tracking": "none"}, "N"),
    ],
)
def test_whether_an_item_expires(said: dict, written: str) -> None:
    """ITM-6; where Odoo keeps no expiry dates, what has lots may expire."""
    item = {"number": "1", "name": "Glue", "unit": "C62", "type": "stocked", **said}
    lines = hl7_addons.written(SUPPLY, "mapping_hl7_item_out", item)
    assert next(line for line in lines if line.startswith("ITM")).split("|")[6] == written


def test_a_part_of_all_items_has_its_control_totals() -> None:
    validator, example = hl7_addons.contract(
        SUPPLY, "integration_contract_items_out.xml", "contract_ehr_item_list_1_0_0"
    )
    assert validator.violations(example) == []
    lines = hl7_addons.written(SUPPLY, "mapping_hl7_item_out", example)
    # REP would say that these few are the whole file
    assert lines[0] == "MFI|INV||UPD|||AL"
    assert lines[-1] == "ZCT|17|3|3|1|1001"
    assert sum(line.startswith("MFE") for line in lines) == 1


def test_a_part_without_items_ends_the_export() -> None:
    told = {"number": "1", "started_at": "x", "part": 1, "parts": 1, "rows": 0, "rows_so_far": 0}
    lines = hl7_addons.written(SUPPLY, "mapping_hl7_item_out", {"export": told, "items": []})
    assert lines == ["MFI|INV||UPD|||AL", "ZCT|1|1|1|0|0"]


def test_stock_is_written() -> None:
    validator, example = hl7_addons.contract(
        SUPPLY, "integration_contract_items_out.xml", "contract_ehr_stock_on_hand_1_0_0"
    )
    assert validator.violations(example) == []
    lines = hl7_addons.written(SUPPLY, "mapping_hl7_stock_on_hand_out", example)
    assert lines == [
        "MFI|INV||UPD||20260302050000+0100|AL",
        "MFE|MUP|0||20014~GLV-M|CWE~CWE",
        "IIM|20014|20014^Examination gloves, nitrile, size M|L2603A|20271231||"
        "WARD-3W^WH/Stock/Ward 3W|||||20260302050000+0100|34|EA",
    ]


# -- taken apart, and answered ---------------------------------------------------------------


def test_each_entry_becomes_a_message() -> None:
    raw = sent("MFE|MAD|R1||A^x", "ITM|A|One", "PKG|1|EA", "MFE|MAD|R2||B", "ITM|B|Two")
    found = master_file.parts(raw)
    assert [part.about for part in found] == ["A^x", "B"]
    texts = [part.body.decode().rstrip("\r").split("\r") for part in found]
    assert [text[2:] for text in texts] == [
        ["MFE|MAD|R1||A^x", "ITM|A|One", "PKG|1|EA"],
        ["MFE|MAD|R2||B", "ITM|B|Two"],
    ]
    assert {text[0] for text in texts} == {HEADER}


def test_further_records_of_an_entry_are_entries() -> None:
    found = master_file.parts(sent("MFE|MUP|R1||A", "IIM|A|A|L1", "IIM|A|A|L2"))
    assert [part.body.decode().count("IIM|") for part in found] == [1, 1]
    assert [part.body.decode().count("MFE|") for part in found] == [1, 1]


def test_a_file_without_entries_has_no_parts() -> None:
    assert master_file.parts(sent()) == []


def test_characters_survive() -> None:
    header = HEADER + "||||||8859/1"
    raw = sent("MFE|MAD|R1||A", "ITM|A|Größe").decode().replace(HEADER, header).encode("latin-1")
    assert "Größe".encode("latin-1") in master_file.parts(raw)[0].body


def answer(level: str, *failed: int) -> list[str]:
    entries = ["MFE|MAD|R1||A|CWE", "ITM|A|One", "MFE|MUP|R2||B|CWE", "ITM|B|Two"]
    asked = message.parse(sent(*entries, level=level))
    detail = load("hl7.acknowledgement").Detail
    condition = load("hl7.errors").Condition.TABLE_VALUE
    rows = [
        master_file.Entry(detail(condition, "No such unit.", code="missing_value"))
        if number in failed
        else master_file.Entry()
        for number in (1, 2)
    ]
    now = datetime(2026, 3, 2, 4, tzinfo=UTC)
    made = master_file.answer(asked, rows, control_id="X", now=now)
    return [segment.text for segment in made]


def test_the_answer_names_each_entry() -> None:
    lines = answer("AL", 2)
    assert "|MFK^M16^MFK_M01|X|" in lines[0]
    assert lines[1].startswith("MSA|AE|F1")
    assert lines[2].startswith("ERR||MFE^2|103^")
    assert lines[3:] == [
        "MFI|INV||UPD|||AL",
        "MFA|MAD|R1|20260302040000+0000|S|A|CWE",
        "MFA|MUP|R2|20260302040000+0000|U^missing_value|B|CWE",
    ]


@pytest.mark.parametrize(("level", "told"), [("ER", ["R2"]), ("SU", ["R1"])])
def test_the_answer_names_what_is_asked_for(level: str, told: list[str]) -> None:
    rows = [line.split("|")[2] for line in answer(level, 2) if line.startswith("MFA")]
    assert rows == told


def test_all_is_well() -> None:
    lines = answer("AL")
    assert lines[1] == "MSA|AA|F1"
    assert not [line for line in lines if line.startswith("ERR")]


@pytest.mark.parametrize(
    ("kind", "level", "wanted"),
    [
        ("MFN^M16", "AL", True),
        ("MFN^M15", "ER", True),
        ("MFN^M16", "NE", False),
        ("MFN^M16", "", False),
        ("MFN^M05", "AL", False),
        ("ADT^A01", "AL", False),
    ],
)
def test_who_asks_for_each_entry(kind: str, level: str, wanted: bool) -> None:
    asked = message.parse(sent(header=HEADER.replace("MFN^M16", kind), level=level))
    assert master_file.wants_rows(asked) is wanted
