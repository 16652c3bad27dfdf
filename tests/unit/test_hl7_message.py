"""Messages: what is read by path, what writing changes, and what is refused."""

import pytest

from tests.unit import hl7_corpus
from tests.unit.load_ehr import load

batch = load("hl7.batch")
delimiters = load("hl7.delimiters")
errors = load("hl7.errors")
limits = load("hl7.limits")
message = load("hl7.message")
paths = load("hl7.paths")


def read(text: str, **options):
    return message.parse(text.encode(), **options)


@pytest.fixture
def admission():
    return message.parse(hl7_corpus.data("adt_a01"))


# -- paths -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("MSH-1", "|"),
        ("MSH-2", "^~\\&"),
        ("MSH-3", "EPIC"),
        ("MSH-9.3", "ADT_A01"),
        ("PV1-3", "3W"),
        ("PV1-3.4", "STMARY"),
        ("PID-3.4", "STMARY"),
        ("PID-3.4.2", "1.2.840.113"),
        ("PID-3[2].1", "99887766"),
        ("PID-3[3].1", None),
        ("PID-3[1].4.4", None),
        ("PID-11.1", "Nebenstraße 5"),
        ("PID-99", None),
        ("PID(2)-3", None),
        ("ZPI-2.2", "value"),
        ("ZPI-3", ""),  # null
        ("ZPI-4", "C"),
        ("ZXX-1", None),
        ("AL1-5", "Rash~hives & swelling"),
        ("IN1-36", "A123456789"),
    ],
)
def test_a_value_by_its_path(admission, path, value):
    assert admission.get(path) == value


def test_the_second_segment_of_its_kind():
    observations = message.parse(hl7_corpus.data("oru_r01"))
    assert observations.get("OBX(2)-5") == "L-2026-77"
    assert observations.get_all("OBX-3") == [
        *("ITEM", "LOT", "SERIAL", "QTY", "ITEM", "QTY"),
    ]
    assert observations.get_all("OBX(4)-6") == ["EA"]
    assert observations.get_all("OBX(9)-6") == []


def test_all_repetitions(admission):
    assert admission.get_all("PID-3.1") == ["4711001", "99887766"]
    assert admission.get_all("PID-3.5") == ["MR", "SS"]
    assert admission.get_all("PID-3[2].5") == ["SS"]
    # The address says its country, the telephone no third component: the place is kept.
    assert admission.get_all("PID-3.4.3") == ["ISO", None]


def test_raw_text_is_parted_no_deeper_than_asked(admission):
    assert admission.raw("PID-3") == "4711001^^^STMARY&1.2.840.113&ISO^MR~99887766^^^SSA^SS"
    assert admission.raw("PID-3[1].4") == "STMARY&1.2.840.113&ISO"
    assert admission.raw("PID-3.4") == "STMARY&1.2.840.113&ISO"
    assert admission.raw("ZPI-3") == '""'
    assert admission.raw("AL1-5") == r"Rash\R\hives \T\ swelling"


@pytest.mark.parametrize(
    "path", ["", "PID", "PID-0", "pid-3", "PID-3.", "PID-3[0]", "PID-3.1.1.1", "PID(0)-1", "P-1"]
)
def test_what_is_no_path(admission, path):
    with pytest.raises(errors.PathFault) as caught:
        admission.get(path)
    assert caught.value.code == "hl7_path"


def test_a_path_names_its_place():
    assert str(paths.parse("PID(2)-3[2].4.1").place) == "PID(2)-3[2].4.1"
    assert str(paths.parse("PV1-3").place) == "PV1-3"


# -- delimiters ------------------------------------------------------------------------------


def test_other_delimiters():
    other = message.parse(hl7_corpus.data("adt_a08_delimiters"))
    assert other.get("PID-3.4.2") == "9.8.7"
    assert other.get("PID-3[2].5") == "PI"
    # The usual delimiters are text here.
    assert other.get("PID-5") == "O|Neil"
    assert other.get("PID-5.2") == "Pat^ricia~\\&"
    assert other.get("PV1-3") == "ER%1"
    assert other.get("PV1-7") == "D$7"


def test_the_truncation_character_of_2_7():
    cut = message.parse(hl7_corpus.data("adt_a01_truncation"))
    assert cut.delimiters == delimiters.STANDARD_2_7
    assert cut.get("PID-5.2") == "Tr#uncated"
    assert cut.get("PID-5") == "Longname-that-is-c#"
    cut.set("PID-9", "a#b")
    assert cut.raw("PID-9") == r"a\P\b"


def test_a_level_that_is_not_declared_does_not_exist():
    short = read("MSH|^|A\rPID|a~b&c\\T\\^d\r")
    assert short.get("PID-1") == "a~b&c\\T\\"
    assert short.get("PID-1.2") == "d"
    assert short.get("PID-1[2]") is None
    with pytest.raises(errors.PathFault):
        short.set("PID-1[2]", "x")
    with pytest.raises(errors.PathFault):
        short.set("PID-1", "x|y")  # nothing to escape it with


@pytest.mark.parametrize(
    ("start", "place"),
    [
        ("MSH", "MSH-1"),
        ("MSHA^~\\&A", "MSH-1"),
        ("MSH |", "MSH-1"),
        ("MSH||", "MSH-2"),
        ("MSH|^^\\&|", "MSH-2"),
        ("MSH|^~\\|", None),
        ("MSH|AB|", "MSH-2"),
        ("MSH|^~\\&#!|", "MSH-2"),
        ('MSH|^~"&|', "MSH-2"),
    ],
)
def test_impossible_delimiters(start, place):
    if place is None:
        assert read(start).delimiters.subcomponent == ""
        return
    with pytest.raises(errors.SyntaxFault) as caught:
        read(start)
    assert str(caught.value.place) == place


# -- line ends and bytes ---------------------------------------------------------------------


@pytest.mark.parametrize("name", hl7_corpus.NAMES)
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n"])
def test_whatever_was_not_changed_is_written_as_it_came(name, end):
    data = hl7_corpus.text(name).replace("\r", end).encode()
    for variant in (data, data.rstrip(), b"\xef\xbb\xbf" + data):
        read_ = message.parse(variant)
        assert read_.encode() == variant
        for segment in read_:  # whoever looks changes nothing
            segment.trees()
        assert read_.encode() == variant
        assert len(read_) == hl7_corpus.text(name).count("\r")


def test_a_line_feed_within_text_is_text_where_cr_ends_segments():
    data = b"MSH|^~\\&|A\rOBX|1|TX|||first\nsecond|x\r\nNTE|1||end\nZZZ|1\n"
    read_ = message.parse(data)
    assert [segment.name for segment in read_] == ["MSH", "OBX", "NTE", "ZZZ"]
    assert read_.get("OBX-5") == "first\nsecond"
    assert read_.encode() == data


def test_changing_one_field_changes_nothing_else(admission):
    before = hl7_corpus.data("adt_a01")
    admission.set("PV1-3.4", "EAST|WING")
    assert admission.encode() == before.replace(b"3W^312^1^STMARY", rb"3W^312^1^EAST\F\WING", 1)


# -- writing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "segment"),
    [
        ("PID-3", "new", "PID|1||new"),
        ("PID-3[2]", "new", "PID|1||4711^^^A~new"),
        ("PID-3[4].2.3", "new", "PID|1||4711^^^A~~~^&&new"),
        ("PID-3.4.2", "new", "PID|1||4711^^^A&new"),
        ("PID-3.4", None, "PID|1||4711^^^"),
        ("PID-3.4", "", 'PID|1||4711^^^""'),
        ("PID-6", "new", "PID|1||4711^^^A|||new"),
        ("PID-6", '""', r"PID|1||4711^^^A|||\X2222\ ".strip()),
        ("PID-6", "a\r\nb", r"PID|1||4711^^^A|||a\X0D\\.br\b"),
        ("PID-6", "\x0b\x1c", r"PID|1||4711^^^A|||\X0B\\X1C\ ".strip()),
    ],
)
def test_writing_makes_what_is_missing(path, value, segment):
    changed = read("MSH|^~\\&|A\rPID|1||4711^^^A\r")
    changed.set(path, value)
    assert changed.segments[1].text == segment
    expected = value if value is None else value.replace("\r\n", "\r\n")
    assert changed.get(path) == expected


def test_a_missing_segment_is_added_behind_its_kind():
    changed = read("MSH|^~\\&|A\rOBX|1\rNTE|1")
    changed.set("OBX(2)-5.2", "x")
    changed.set("ZXX-1", "z")
    assert changed.encode() == b"MSH|^~\\&|A\rOBX|1\rOBX|||||^x\rNTE|1\rZXX|z\r"
    with pytest.raises(errors.PathFault):
        changed.set("OBX(4)-1", "there are two")


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("PID-3", "a|b"),
        ("PID-3", "a\rZZZ"),
        ("PID-3", "a\nZZZ"),
        ("PID-3[1]", "a~b"),
        ("PID-3.1", "a^b"),
        ("PID-3.1.1", "a&b"),
        ("MSH-1", "#"),
        ("MSH-2", "^~"),
        ("MSH(2)-3", "x"),
        ("BHS-3", "x"),
        ("PID-501", "x"),
        ("PID-3[1001]", "x"),
        ("PID-3.501", "x"),
    ],
)
def test_raw_text_cannot_break_out_of_its_place(path, raw):
    changed = read("MSH|^~\\&|A\rPID|1||4711\r")
    with pytest.raises(errors.PathFault):
        changed.set_raw(path, raw)
    assert changed.encode() == b"MSH|^~\\&|A\rPID|1||4711\r"


def test_raw_text_with_parts_of_its_own():
    changed = read("MSH|^~\\&|A\rPID|1\r")
    changed.set_raw("PID-3", "1^^^A&B~2")
    assert changed.get("PID-3.4.2") == "B"
    assert changed.get("PID-3[2]") == "2"


def test_a_message_from_nothing():
    made = message.create()
    made.set("MSH-9.1", "ADT")
    made.set("MSH-9.2", "A20")
    made.append("NPU|3W^312|H")
    made.set("NPU-1.3", "Bücher")
    again = message.parse(made.encode())
    assert again.get("MSH-18") == "UNICODE UTF-8"
    assert again.get("NPU-1.3") == "Bücher"
    assert made.encode().startswith(b"MSH|^~\\&|||||||ADT^A20|")
    for text in ("npu|1", "NPUX|1", "", "NP", "NPU|1\rZ"):
        with pytest.raises(errors.SyntaxFault):
            made.append(text)


# -- what is no message, and what is too large -----------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PID|1||4711\r",
        b"msh|^~\\&|\r",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"MSH|^~\\&|A\rgarbage line\r",
        b"MSH|^~\\&|A\rPID^1\r",
        b"MSH|^~\\&|A\rPI|1\r",
        b"MSH|^~\\&|A\rMSH|^~\\&|B\r",
        b"BHS|^~\\&|A\rMSH|^~\\&|B\rBTS|1\r",
    ],
)
def test_what_is_no_message(data):
    with pytest.raises(errors.SyntaxFault) as caught:
        message.parse(data)
    assert caught.value.code == "hl7_syntax"


@pytest.mark.parametrize(
    ("limit", "text", "place"),
    [
        ({"size": 20}, "MSH|^~\\&|A|B|C|D|E|F|G|H", "message"),
        ({"segments": 2}, "MSH|^~\\&|A\rPID|1\rPV1|1\r", "message"),
        ({"fields": 5}, "MSH|^~\\&|A\rOBX|1\rOBX|1|2|3|4|5|6\r", "OBX(2)"),
        ({"repetitions": 3}, "MSH|^~\\&|A\rPID|1||a~b~c~d\r", "PID-3"),
        ({"components": 4}, "MSH|^~\\&|A\rPID|1||a^b^c^d^e\r", "PID-3"),
        ({"components": 4}, "MSH|^~\\&|A\rPID|1||x~a&b&c&d&e\r", "PID-3"),
    ],
)
def test_limits_name_the_place(limit, text, place):
    with pytest.raises(errors.LimitFault) as caught:
        read(text, limits=limits.Limits(**limit))
    assert str(caught.value.place) == place
    assert caught.value.code == "hl7_limit"


def test_limits_are_for_each_part_and_not_for_the_sum():
    text = "MSH|^~\\&|A\r" + "PID|a~b^c|d~e^f&g|h~i\r" * 9
    assert len(read(text, limits=limits.Limits(fields=4, repetitions=2, components=2))) == 10


def test_errors_never_quote_content():
    for data in (b"MSH|^~\\&|A\rSECRET NAME\r", b"MSH|^~\\&|SECRET\xff\r", b"SECRET"):
        with pytest.raises(errors.Hl7Error) as caught:
            message.parse(data)
        assert "SECRET" not in str(caught.value)
        assert "SECRET" not in repr(caught.value.violations)
