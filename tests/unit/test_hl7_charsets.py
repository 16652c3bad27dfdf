"""Character sets of MSH-18: what is read, what is refused, and that bytes stay as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_ehr import load

charsets = load("hl7.charsets")
errors = load("hl7.errors")
message = load("hl7.message")

HEADER = "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5||||||{}\rPID|1||{}|end\r"
CASES = {
    "ASCII": ("ascii", "Mueller"),
    "8859/1": ("iso8859_1", "Müller"),
    "8859/2": ("iso8859_2", "Łódź"),
    "8859/5": ("iso8859_5", "Иванов"),
    "8859/7": ("iso8859_7", "Αθήνα"),
    "8859/8": ("iso8859_8", "שלום"),
    "8859/9": ("iso8859_9", "Şişli"),
    "8859/15": ("iso8859_15", "10 €"),
    "UNICODE UTF-8": ("utf_8", "Łódź 你 €"),
    "ISO IR87": ("iso2022_jp_ext", "山田"),
    "~ISO IR87": ("iso2022_jp_ext", "山田"),
    "ASCII~ISO IR87~ISO IR159": ("iso2022_jp_ext", "Yamada 山田"),
    "GB 18030-2000": ("gb18030", "王小明"),
    "KS X 1001": ("euc_kr", "홍길동"),
    "BIG-5": ("big5", "王大明"),
    "iso-8859-1": ("iso8859_1", "Müller"),
    "UNICODE": ("utf_8", "Müller"),
}


@pytest.mark.parametrize("label", CASES)
def test_each_set_is_read_and_written(label):
    codec, name = CASES[label]
    data = HEADER.format(label, name).encode(codec)
    read = message.parse(data)
    assert read.get("PID-3") == name
    assert read.encode() == data
    read.set("PID-5.2", name)
    again = message.parse(read.encode())
    assert again.get("PID-5.2") == name
    assert again.get("PID-3") == name


@pytest.mark.parametrize("codec", ["utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_wide_sets_are_known_by_their_first_letters(codec, mark):
    data = (mark + HEADER.format("UNICODE UTF-16", "Łódź\\.br\\")).encode(codec)
    read = message.parse(data)
    assert read.get("PID-3") == "Łódź\n"
    assert read.encode() == data
    read.set("PID-3", "a\rb")
    assert message.parse(read.encode()).get("PID-3") == "a\rb"


def test_a_mark_of_utf_8_says_the_set():
    data = HEADER.format("", "Müller").encode("utf_8_sig")
    assert message.parse(data).get("PID-3") == "Müller"
    assert message.parse(data).encode() == data


def test_delimiters_within_characters_of_two_bytes_part_nothing():
    text = b"\x1b$B0^0|0&0~\x1b(B".decode("iso2022_jp")
    assert len(text) == 4
    data = HEADER.format("~ISO IR87", text).encode("iso2022_jp")
    assert data.count(b"|") > HEADER.count("|")
    assert message.parse(data).get("PID-3") == text
    assert message.parse(data).get("PID-4") == "end"


def test_what_the_interface_says_counts_where_the_message_says_nothing():
    data = HEADER.format("", "Müller").encode("iso8859_1")
    assert message.parse(data, charset="8859/1").get("PID-3") == "Müller"
    with pytest.raises(errors.CharsetFault):
        message.parse(data)
    declared = HEADER.format("8859/15", "10 €").encode("iso8859_15")
    assert message.parse(declared, charset="8859/1").get("PID-3") == "10 €"


@pytest.mark.parametrize(
    ("label", "place", "code"),
    [
        ("KLINGON", "MSH-18[1]", "hl7_charset_unknown"),
        ("8859/12", "MSH-18[1]", "hl7_charset_unknown"),
        ("ASCII~KLINGON", "MSH-18[2]", "hl7_charset_unknown"),
        ("8859/1~ISO IR87", "MSH-18", "hl7_charset"),
        ("UNICODE UTF-16", "MSH-18", "hl7_charset"),
    ],
)
def test_sets_that_cannot_be(label, place, code):
    with pytest.raises(errors.CharsetFault) as caught:
        message.parse(HEADER.format(label, "x").encode())
    assert (str(caught.value.place), caught.value.code) == (place, code)
    assert "KLINGON" not in str(caught.value)


def test_what_the_set_lacks_is_a_fault_with_its_place():
    read = message.parse(HEADER.format("8859/1", "x").encode())
    read.set("PID-5", "Łódź")
    with pytest.raises(errors.CharsetFault) as caught:
        read.encode()
    assert (str(caught.value.place), caught.value.code) == ("PID", "hl7_charset_lacks")


def test_bytes_of_sets_that_escapes_announce_stay_as_they_are():
    text = HEADER.format("ASCII~8859/1", "\\C2D41\\M\xfcller\\C2842\\ x")
    data = text.encode("iso8859_1")
    read = message.parse(data)
    assert read.get("PID-3") == "Müller x"
    assert read.encode() == data


def test_bytes_stay_where_a_set_has_several_ways_to_write_a_text():
    """A sender may announce ASCII again where it is in force already; nobody else would."""
    data = HEADER.format("~ISO IR87", "@").encode().replace(b"@", b"\x1b(B\x1b$B;3\x1b(B\x1b(B")
    # The same text in other bytes, and a line feed within text.
    data += (
        b"ZZZ|\x1b$B;3\x1b(B\rZZZ|\x1b(B\x1b$B;3\x1b(B\rNTE|a\n\x1b(Bb|\x1b$B;3\x1b(B\x1b(B\rZZZ|1"
    )
    read = message.parse(data)
    assert read.get("PID-3") == "山"
    assert read.encode() == data
    read.set("MSH-3", "X")
    assert read.encode() == data.replace(b"|A|", b"|X|", 1)


@given(st.sampled_from(sorted(CASES)), st.binary(max_size=40))
def test_any_bytes_are_read_and_kept_or_a_typed_fault(label, content):
    data = HEADER.format(label, "@").encode().replace(b"@", content)
    try:
        read = message.parse(data)
    except errors.Hl7Error:
        return
    assert read.encode() == data
