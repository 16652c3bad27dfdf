"""Whatever the bytes are: a message that is written as it came, or a typed fault."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit import hl7_corpus
from tests.unit.load_ehr import load

acknowledgement = load("hl7.acknowledgement")
bodies = load("hl7.bodies")
delimiters = load("hl7.delimiters")
document = load("hl7.document")
errors = load("hl7.errors")
fingerprint = load("hl7.fingerprint")
header = load("hl7.header")
message = load("hl7.message")

CORPUS = st.sampled_from([hl7_corpus.data(name) for name in hl7_corpus.NAMES])
PIECES = st.sampled_from(b'|,^,~,\\,&,\r,\n,"",MSH,PID|,\\X,\x00,\xff,\x1c,$,8859/1'.split(b","))
PIECES |= st.sampled_from([b"\x1b$B", b"\xef\xbb\xbf", b"UNICODE", b"\xe2\x82"])


@st.composite
def mutated(draw):
    """A message in which a few pieces were replaced, put in, or taken away."""
    data = draw(CORPUS)
    for _number in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 5))
        data = data[:at] + draw(PIECES | st.binary(max_size=3)) + data[at + length :]
    return data


def read_all(data: bytes) -> None:
    """Everything that is done with a received message; only typed faults may come of it."""
    try:
        read = message.parse(data)
        assert read.encode() == data
        fingerprint.fingerprint(read)
        acknowledgement.is_acknowledgement(read)
        for segment in read:
            segment.trees()
            assert segment.text
        header.Header.of(read)
        document.view(read)
    except errors.Hl7Error as error:
        assert error.code.startswith("hl7_")
        assert error.error_class.value == "contract"


@given(st.binary(max_size=200))
def test_arbitrary_bytes(data):
    read_all(data)
    read_all(b"MSH|^~\\&|" + data)
    read_all(b"MSH" + data)


@settings(max_examples=500)
@given(mutated())
def test_mutated_messages(data):
    read_all(data)


@given(
    CORPUS,
    st.sampled_from(["PID-3", "PID-3[2].4.2", "PV1-3.4", "ZXX-7", "OBX(1)-5[3]", "MSH-3", "NTE-3"]),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(['""', "\r\n", "\\F\\", "|^~\\&"]),
)
def test_what_is_written_is_read_again(data, path, value):
    read = message.parse(data)
    others = [segment.text for segment in read if segment.name != path[:3]]
    read.set(path, value)
    assert read.get(path) == value
    try:
        encoded = read.encode()
    except errors.CharsetFault:
        assert not value.isascii()
        return
    again = message.parse(encoded)
    assert again.get(path) == value
    assert [segment.text for segment in again if segment.name != path[:3]] == others


@given(CORPUS, st.permutations("|^~\\&"))
def test_delimiters_may_be_swapped(data, marks):
    """The same message in other delimiters has the same values."""
    if not data.startswith(b"MSH|^~\\&|"):
        return
    swapped = data.translate(bytes.maketrans(b"|^~\\&", "".join(marks).encode()))
    ours, theirs = message.parse(data), message.parse(swapped)
    for one, other in zip(ours, theirs, strict=True):
        # Sequences stand for characters, which are the other delimiters there.
        if "\\" not in one.text[8:]:
            assert one.trees()[3:] == other.trees()[3:]


@given(CORPUS, st.text(alphabet="0123456789", max_size=14))
def test_a_fingerprint_leaves_the_time_out_and_nothing_else(data, time):
    read, other = message.parse(data), message.parse(data)
    other.set("MSH-7", time)
    assert fingerprint.fingerprint(read) == fingerprint.fingerprint(other)
    other.set("MSH-8", f"x{time}")
    assert fingerprint.fingerprint(read) != fingerprint.fingerprint(other)


def test_fingerprints_of_different_messages_differ():
    found = [
        fingerprint.fingerprint(message.parse(hl7_corpus.data(name))) for name in hl7_corpus.NAMES
    ]
    assert len(set(found)) == len(hl7_corpus.NAMES)
    crlf = message.parse(hl7_corpus.data("ack").replace(b"\r", b"\r\n"))
    assert fingerprint.fingerprint(crlf) == found[hl7_corpus.NAMES.index("ack")]


@pytest.mark.parametrize("name", hl7_corpus.NAMES)
def test_the_json_form_leads_back(name):
    read = message.parse(hl7_corpus.data(name))
    viewed = document.view(read)
    built = document.build(viewed)
    assert document.view(built) == viewed
    assert document.view(message.parse(built.encode())) == viewed


@given(mutated())
def test_the_json_form_of_mutated_messages_leads_back(data):
    try:
        read = message.parse(data)
        viewed = document.view(read)
        built = document.build(viewed)
    except errors.Hl7Error:
        return
    assert document.view(built) == viewed


def test_the_format_of_bodies():
    body = hl7_corpus.data("adt_a31").replace(b"Neu", "Nöu".encode("iso8859_1"))
    assert bodies.HL7.is_type("application/hl7-v2")
    viewed = bodies.HL7.read(body, "application/hl7-v2; charset=8859/1")
    assert viewed["PID"][0]["f5"] == [{"c1": "Nöu", "c2": "Nora"}]
    with pytest.raises(errors.CharsetFault):
        bodies.HL7.read(body, "application/hl7-v2")
