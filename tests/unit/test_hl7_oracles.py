"""Our reading, writing and framing against two independent libraries, hl7 and hl7apy."""

import io
from datetime import UTC, datetime

import hl7
import pytest
from hl7.client import read_stream
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import hl7_corpus
from tests.unit.load_ehr import load

ack = load("hl7.acknowledgement")
batch = load("hl7.batch")
document = load("hl7.document")
escapes = load("hl7.escapes")
delimiters = load("hl7.delimiters")
message = load("hl7.message")
mllp = load("hl7.mllp")

# What they cannot read: fifth delimiters, a version that one of them does not know.
HL7_NAMES = [name for name in hl7_corpus.NAMES if name != "adt_a01_truncation"]
#: Fields that hl7apy writes otherwise than it read them: commands of formatted text become text,
#: and numbers lose zeros and blanks.
REWRITTEN = {("adt_a08", "OBX", 5), ("mfn_m16", "PKG", 5), ("rds_o13", "FT1", 10)}


def leaves(value):
    """The texts of a container of the hl7 library, by their positions."""
    if isinstance(value, str):
        return value
    return [leaves(item) for item in value]


def nested(tree, depth=3):
    """All texts of a field, each in as many lists: whoever reads it may leave lists of one out."""
    found = list(tree) if isinstance(tree, list | tuple) else [tree]
    return found if depth == 1 else [nested(item, depth - 1) for item in found]


@pytest.mark.parametrize("name", HL7_NAMES)
def test_hl7_reads_the_same_values(name):
    theirs = hl7.parse(hl7_corpus.text(name))
    ours = message.parse(hl7_corpus.data(name))
    assert len(theirs) == len(ours)
    for segment, other in zip(ours, theirs, strict=True):
        assert segment.name == str(other[0])
        found = segment.trees()[1:]
        assert len(found) == len(other) - 1
        start = 2 if segment.is_header else 0
        for number, tree in enumerate(found[start:], 1 + start):
            assert (segment.raw(number) or "") == str(other[number])
            expected = nested(leaves(other[number]))
            plain = [[[_plain(theirs, text) for text in c] for c in r] for r in expected]
            assert (nested(tree) or [[[""]]]) == plain, f"{segment.name}-{number}"


def _plain(theirs, text):
    """Their plain text, but for what they read differently: formatting, and bytes beyond ASCII."""
    marks = delimiters.read(str(theirs[0]))
    if marks.escape + "." in text or marks.escape + "X" in text:
        return escapes.unescape(text, marks, "utf_8")
    return theirs.unescape(text)


@pytest.mark.parametrize("name", HL7_NAMES)
def test_hl7_reads_what_the_json_form_makes(name):
    viewed = document.view(message.parse(hl7_corpus.data(name)))
    made = document.build(viewed)
    theirs = hl7.parse(made.encode().decode())
    assert [str(segment[0]) for segment in theirs] == [one["id"] for one in viewed["segments"]]
    for path in ("MSH.F10", "PID.F3.R1.C1", "PV1.F3.R1.C1"):
        segment, field, *_rest = path.split(".")
        if segment not in viewed or field.lower() not in viewed[segment][0]:
            continue
        expected = viewed[segment][0][field.lower()][0].get("c1", "")
        assert theirs[path] == expected


@pytest.mark.parametrize("name", HL7_NAMES)
def test_hl7apy_reads_the_same_fields(name):
    ours = message.parse(hl7_corpus.data(name))
    theirs = parse_message(
        hl7_corpus.text(name), validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False
    )
    kept = [segment for segment in ours if not segment.name.startswith("Z")]
    others = [child for child in theirs.children if not child.name.startswith("Z")]
    assert [segment.name for segment in kept] == [child.name for child in others]
    marks = ours.delimiters
    for segment, other in zip(kept, others, strict=True):
        if segment.is_header:
            continue
        found = {}
        for field in other.children:
            number = int(field.name.rpartition("_")[2])
            found.setdefault(number, []).append(field.to_er7())
        for number, texts in found.items():
            if (name, segment.name, number) in REWRITTEN:
                continue
            repetitions = segment.repetitions(number)
            trimmed = [text.rstrip(marks.component + marks.subcomponent) for text in repetitions]
            theirs_ = [text.rstrip(marks.component + marks.subcomponent) for text in texts]
            assert trimmed == theirs_ or not any(trimmed), f"{segment.name}-{number}"
        filled = {n for n, tree in enumerate(segment.trees()) if n and tree}
        assert filled <= set(found)


@pytest.mark.parametrize(
    "marks", [delimiters.STANDARD, delimiters.Delimiters("$", "%", "*", "!", "@")]
)
@given(st.text(alphabet="ab|^~\\&$%*!@ FSTRE", max_size=30))
def test_hl7_unescapes_what_we_escape(marks, text):
    theirs = hl7.parse(f"MSH{marks.field}{marks.encoding}{marks.field}A\r")
    assert theirs.unescape(escapes.escape(text, marks)) == text


@given(st.text(alphabet="ab|^~\\& ", max_size=30))
def test_we_unescape_what_hl7_escapes(text):
    theirs = hl7.parse("MSH|^~\\&|A\r")
    assert escapes.unescape(theirs.escape(text), delimiters.STANDARD) == text


@given(st.lists(st.sampled_from(hl7_corpus.NAMES), min_size=1, max_size=5))
def test_hl7_takes_our_frames_apart(names):
    messages = [hl7_corpus.data(name) for name in names]
    stream = io.BytesIO(b"".join(map(mllp.encode, messages)))
    # The library takes the last CR of a message for that of its frame.
    assert list(read_stream(stream)) == [one.rstrip(b"\r") for one in messages]


@given(st.lists(st.sampled_from(HL7_NAMES), min_size=1, max_size=4))
def test_hl7_takes_our_batches_apart(names):
    made = batch.build([hl7_corpus.data(name) for name in names])
    theirs = hl7.parse_batch(made.decode())
    assert [str(one) for one in theirs] == [hl7_corpus.text(name) for name in names]
    assert str(theirs.trailer[1]) == str(len(names))
    again = batch.parse(str(theirs).encode())
    # The library writes one line end more.
    assert [one.rstrip() for one in again.messages] == [hl7_corpus.data(n).rstrip() for n in names]


@pytest.mark.parametrize("name", [name for name in HL7_NAMES if name not in ("ack", "ors_o06")])
def test_acknowledgements_agree(name):
    theirs = hl7.parse(hl7_corpus.text(name)).create_ack("AE")
    ours = ack.answer(
        message.parse(hl7_corpus.data(name)), "AE", control_id="1", now=datetime.now(UTC)
    )
    for number in (3, 4, 5, 6, 11, 12):
        assert (ours.raw(f"MSH-{number}") or "") == str(theirs["MSH"][0][number])
    assert str(theirs["MSA"][0]) == ours.find("MSA").text
