"""Sentences about HL7 messages name places and no values."""

import pytest
from core_tools.masking import MASK, scrub

MESSAGE = (
    b"MSH|^~\\&|CARE|MAIN|ODOO|HUB|20261129||ADT^A01|C19|P|2.5.1\r"
    b"PID|1||4711^^^MAIN^MR||Doe^Jane^Visit||19700102|F\r"
    b"PV1|1|I|W^12^2||||D3^Roe|||19\rNTE|1||the visit number is 19, see PAT-07"
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("PV1-19 (visit number) is required", f"PV1-19 ({MASK} {MASK}) {MASK} required"),
        ("EVN-2 or MSH-7 (date) required", "EVN-2 or MSH-7 (date) required"),
        ("PID-3[2].1: Jane Doe", f"PID-3[2].1: {MASK} {MASK}"),
        ("record 4711 of Doe", f"record {MASK} of {MASK}"),
        ("field 19", f"field {MASK}"),
        ("a patient of class I", f"a patient of class {MASK}"),
        ("bed PAT-07", f"bed {MASK}"),
        ("PAT-07", MASK),
        ("a pat-07", f"a {MASK}"),
        ("XPV1-19", f"XPV1-{MASK}"),
    ],
)
def test_a_sentence(text: str, shown: str) -> None:
    assert scrub(text, MESSAGE) == shown


def test_delimiters_of_its_own() -> None:
    message = b"MSH$%*!@$LAB$NORTH\rPID$1$$4711%%%NORTH$$O|Neil%Pat"
    assert scrub("4711 is Pat of LAB", message) == f"{MASK} is {MASK} of {MASK}"


def test_places_are_those_of_hl7_alone() -> None:
    assert scrub("PV1-19", b"19 something") == f"PV1-{MASK}"
    assert scrub("PV1-19", {"a": "19"}) == f"PV1-{MASK}"
    assert scrub("PV1-19 of Doe", MESSAGE, {"name": "Doe"}) == f"PV1-19 of {MASK}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("item 19 of lines: item 19 of Doe", f"item 19 of lines: item {MASK} of {MASK}"),
        ("item 1 of a.visit: PV1-19", "item 1 of a.visit: PV1-19"),
        ("so item 19 of lines: no", f"so item {MASK} of lines: no"),
        ("item 19 of Doe", f"item {MASK} of {MASK}"),
    ],
)
def test_which_item_of_a_list_failed_is_no_content(text: str, shown: str) -> None:
    assert scrub(text, MESSAGE) == shown


def test_it_is_none_of_json_either() -> None:
    assert scrub("item 2 of lines: 2 of a", {"n": 2}) == f"item 2 of lines: {MASK} of a"
