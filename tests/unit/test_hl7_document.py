"""The JSON form of messages, as mappings see it, and messages made of it."""

import pytest
from core_tools import canonical_json
from core_tools.mapping import MappingSpec, Section, compile_mapping

from tests.unit import hl7_corpus
from tests.unit.load_ehr import load

document = load("hl7.document")
errors = load("hl7.errors")
message = load("hl7.message")


def viewed(name):
    return document.view(message.parse(hl7_corpus.data(name)))


def mapped(root, header, *sections):
    spec = MappingSpec(header, tuple(Section(*one) for one in sections))
    return compile_mapping(spec).apply(root)


def test_the_shape():
    root = document.view(
        message.parse(
            b"MSH|^~\\&|A|B|||1||ADT^A01|7|P|2.5\r"
            b'PID|1||4711^^^HOSP&1.2&ISO^MR~""|a\\T\\b||||""|^|x~|^""^\r'
            b"ZPI|a|b\r"
        )
    )
    assert root["segments"][1:] == [
        {
            "id": "PID",
            "f1": [{"c1": "1"}],
            "f3": [
                {"c1": "4711", "c4": "HOSP", "c4s2": "1.2", "c4s3": "ISO", "c5": "MR"},
                {"c1": ""},
            ],
            "f4": [{"c1": "a&b"}],
            "f8": [{"c1": ""}],
            "f10": [{"c1": "x"}, {}],
            "f11": [{"c2": ""}],
        },
        {"id": "ZPI", "f1": [{"c1": "a"}], "f2": [{"c1": "b"}]},
    ]
    assert root["segments"][0]["f1"] == "|"
    assert root["segments"][0]["f2"] == "^~\\&"
    assert root["PID"] == root["segments"][1:2]
    assert (root["type"], root["trigger"], root["version"]) == ("ADT", "A01", "2.5")
    assert canonical_json.loads(canonical_json.dumps(root)) == root


def test_a_mapping_of_an_admission():
    result = mapped(
        viewed("adt_a01"),
        """{visit: root.PV1[0].f19[0].c1, unit: root.PV1[0].f3[0].c1, bed: root.PV1[0].f3[0].c3,
            record: root.PID[0].f3[?c5=='MR'].c1 | [0], assigner: root.PID[0].f3[0].c4,
            admitted: datetime_utc(
                concat('2026-11-01T08:25:00', '+01:00'), 'Europe/Berlin'),
            room: root.PV1[0].f3[1].c1}""",
    )
    assert result["visit"] == "V2026-0001"
    assert (result["unit"], result["bed"]) == ("3W", "1")
    assert (result["record"], result["assigner"]) == ("4711001", "STMARY")
    assert result["room"] is None


def test_a_mapping_of_an_order_with_its_items():
    result = mapped(
        viewed("oms_o05"),
        "{number: root.ORC[0].f4[0].c1}",
        (
            "lines",
            "groups.ORC",
            "{order: item.ORC[0].f2[0].c1, item: item.RQD[0].f2[0].c1, "
            "quantity: decimal(item.RQD[0].f5[0].c1), unit: item.RQD[0].f6[0].c1, "
            "note: item.NTE[0].f3[0].c1, charge: item.BLG[0].f3[0].c1}",
        ),
    )
    assert result == {
        "number": "GRP-9",
        "lines": [
            {
                "order": "REQ-1001",
                "item": "GAUZE10",
                "quantity": "20",
                "unit": "EA",
                "note": "Bring to the |clean| side",
                "charge": None,
            },
            {
                "order": "REQ-1002",
                "item": "GLOVE_M",
                "quantity": "3",
                "unit": "BX",
                "note": None,
                "charge": "ACC-1",
            },
        ],
    }


@pytest.mark.parametrize(
    ("name", "anchor", "groups"),
    [
        ("oru_r01", "OBR", [["OBR", "OBX", "OBX", "OBX", "OBX"], ["OBR", "OBX", "OBX"]]),
        ("dft_p03", "FT1", [["FT1", "PR1", "DG1"], ["FT1"]]),
        ("dft_p03", "IN1", [["IN1"]]),
        ("bar_p01", "IN1", [["IN1", "IN2"], ["IN1"]]),
        ("adt_a40", "PID", [["PID", "MRG"], ["PID", "PD1", "MRG"]]),
        ("siu_s12", "RGS", [["RGS", "AIS", "NTE", "AIG", "AIL", "AIP"], ["RGS", "AIS", "AIL"]]),
        ("siu_s12", "AIS", [["AIS", "NTE"], ["AIS"]]),
        ("mfn_m02", "MFE", [["MFE", "STF", "PRA", "ORG"], ["MFE", "STF"]]),
        ("mfn_m16", "MFE", [["MFE", "ITM", "VND", "PKG", "PKG", "IVT"]]),
        ("rds_o13", "ORC", [["ORC", "RXE", "RXR", "RXD", "FT1"]]),
    ],
)
def test_groups(name, anchor, groups):
    found = viewed(name)["groups"][anchor]
    names = [[segment for segment, items in group.items() for _item in items] for group in found]
    assert names == groups


def test_local_segments_belong_to_what_they_follow():
    text = "MSH|^~\\&|A||||||OMS^O05|1|P|2.5\rORC|NW\rZOR|1\rRQD|1\rZRQ|2\rPV2\rZPV|3\r"
    root = document.view(message.parse(text.encode()))
    assert list(root["groups"]["ORC"][0]) == ["ORC", "ZOR", "RQD", "ZRQ"]
    assert root["ZPV"] == [{"id": "ZPV", "f1": [{"c1": "3"}]}]


def test_a_message_from_a_mapping():
    """Charges: a section makes the segments, and the header says where they go."""
    root = {"visit": "V-1", "charges": [{"id": 9, "text": "Stem | 12"}, {"id": 10, "text": "Gel"}]}
    result = mapped(
        root,
        """{segments: [
            {id: 'MSH', f3: 'ODOO', f9: {c1: 'DFT', c2: 'P03'}, f10: '55', f11: 'P', f12: '2.5',
             f18: 'UNICODE UTF-8'},
            {id: 'PV1', f19: [{c1: root.visit, c4: 'HOSP', c4s2: '1.2.3'}], f3: null},
            {insert: 'charges'},
            [{id: 'ZZZ', f1: ['a', 'b', `{}`, {c2: ''}]}]]}""",
        ("charges", "charges", "{id: 'FT1', f1: index, f2: item.id, f7: {c2: item.text}}"),
    )
    assert document.build(result).encode() == (
        b"MSH|^~\\&|ODOO||||||DFT^P03|55|P|2.5||||||UNICODE UTF-8\r"
        b"PV1|||||||||||||||||||V-1^^^HOSP&1.2.3\r"
        b"FT1|0|9|||||^Stem \\F\\ 12\rFT1|1|10|||||^Gel\r"
        b'ZZZ|a~b~~^""\r'
    )


def test_delimiters_and_character_set_of_ones_own():
    header = {"id": "MSH", "f1": "$", "f2": "%*!@", "f18": [{"c1": "8859/1"}]}
    made = document.build({"segments": [header, {"id": "PID", "f5": "Mü$ler"}]})
    assert made.encode() == b"MSH$%*!@$$$$$$$$$$$$$$$$8859/1\rPID$$$$$M\xfc!F!ler\r"
    assert document.build({"segments": [{"id": "MSH"}]}).encode() == b"MSH|^~\\&\r"


HEAD = {"id": "MSH"}


@pytest.mark.parametrize(
    ("root", "place"),
    [
        ({}, "message"),
        ({"segments": []}, "message"),
        ({"segments": "MSH"}, "message"),
        ({"segments": ["MSH"]}, "message"),
        ({"segments": [{"id": "PID"}]}, "message"),
        ({"segments": [HEAD, {"insert": "nothing"}]}, "message"),
        ({"segments": [HEAD, {"insert": "segments"}]}, "message"),
        ({"segments": [HEAD, {"f1": "x"}]}, "message"),
        ({"segments": [HEAD, {"id": "PIDX"}]}, "message"),
        ({"segments": [HEAD, {"id": "PID|1"}]}, "message"),
        ({"segments": [HEAD, HEAD]}, "MSH"),
        ({"segments": [HEAD, {"id": "PID", "g1": "x"}]}, "PID"),
        ({"segments": [HEAD, {"id": "PID", "f0": "x"}]}, "PID"),
        ({"segments": [HEAD, {"id": "PID", "f1": {"d1": "x"}}]}, "PID-1[1]"),
        ({"segments": [HEAD, {"id": "PID", "f1": ["a", {"c2": 1.5}]}]}, "PID-1[2]"),
        ({"segments": [HEAD, {"id": "PID", "f1": True}]}, "PID-1[1]"),
        ({"segments": [HEAD, {"id": "PID", "f1": {"c1": {}}}]}, "PID-1[1]"),
        ({"segments": [{"id": "MSH", "f1": "|"}]}, "MSH-1"),
    ],
)
def test_what_is_no_json_form(root, place):
    with pytest.raises(errors.Hl7Error) as caught:
        document.build(root)
    assert (caught.value.code, str(caught.value.place)) == ("hl7_document", place)


def test_what_makes_no_segment():
    for item in ({"id": "pid"}, {"id": "P D"}):
        with pytest.raises(errors.SyntaxFault):
            document.build({"segments": [HEAD, item]})
    with pytest.raises(errors.PathFault):
        document.build({"segments": [HEAD, {"id": "PID", "f9999": "x"}]})
    with pytest.raises(errors.CharsetFault):
        document.build({"segments": [{"id": "MSH", "f18": "KLINGON"}]})


def test_quotes_that_are_text_are_not_null():
    read = message.parse(b'MSH|^~\\&|A\rPID|1||""|x\r')
    read.set("PID-4", '""')
    (fields,) = document.view(read)["PID"]
    assert fields["f3"] == [{"c1": ""}]
    assert fields["f4"] == [{"c1": "\\X2222\\"}]
    assert read.get("PID-4") == '""'


@pytest.mark.parametrize("text", [b"a\x00b", b"\\X00\\", b"\xff"])
def test_what_the_database_cannot_hold_is_a_typed_fault(text):
    data = b"MSH|^~\\&|A|||||||||2.5||||||ASCII~8859/1\rPID|1\rPID|1||" + text
    read = message.parse(data)
    with pytest.raises(errors.Hl7Error) as caught:
        document.view(read)
    assert (caught.value.code, str(caught.value.place)) == ("hl7_unstorable", "PID(2)-3")
