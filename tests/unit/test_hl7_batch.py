"""Files and batches: taken apart, counted, and put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import hl7_corpus
from tests.unit.load_ehr import load

batch = load("hl7.batch")
errors = load("hl7.errors")
message = load("hl7.message")

A = b"MSH|^~\\&|A||||1||ADT^A01|1|P|2.5\rPID|1\r"
B = b"MSH|^~\\&|B||||2||ADT^A01|2|P|2.5\rPID|2\r"


def test_a_file_of_two_batches():
    data = (
        b"FHS|^~\\&|LAB\r"
        b"BHS|^~\\&|LAB\r" + A + B + b"BTS|2|two\r"
        b"BHS#^~\\&#LAB\r" + A + b"BTS#1\r"
        b"FTS|2\r"
    )
    found = batch.parse(data)
    assert [len(one.messages) for one in found.batches] == [2, 1]
    assert found.messages == [A, B, A]
    assert found.header.value(3) == "LAB"
    assert found.batches[0].trailer.value(2) == "two"
    assert found.batches[1].trailer.value(1) == "1"
    assert batch.is_batch(data)
    assert not batch.is_batch(A)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_line_ends_are_the_message_s_own(end):
    data = (b"BHS|^~\\&|LAB\r" + A + B + b"BTS|2\r").replace(b"\r", end)
    assert batch.parse(data).messages == [A.replace(b"\r", end), B.replace(b"\r", end)]


def test_messages_without_a_batch_and_batches_without_counts():
    assert batch.parse(A + B).messages == [A, B]
    assert batch.parse(b"FHS|^~\\&\r" + A + b"FTS\r").messages == [A]
    assert batch.parse(b"BHS|^~\\&\rBTS|0\r").messages == []


def test_a_message_that_cannot_be_read_does_not_spoil_the_others():
    bad = b"MSH|^~\\&|A\rgarbage\r"
    assert batch.parse(b"BHS|^~\\&\r" + A + bad + B + b"BTS|3\r").messages == [A, bad, B]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"BHS|^~\\&\r" + A + b"BTS|2\r", "BTS-1"),
        (b"BHS|^~\\&\r" + A + b"BTS|x\r", "BTS-1"),
        (b"FHS|^~\\&\rBHS|^~\\&\r" + A + b"BTS|1\rFTS|2\r", "FTS-1"),
        (b"BHS|^~\\&\r" + A, "message"),
        (b"FHS|^~\\&\rBHS|^~\\&\r" + A + b"BTS|1\r", "message"),
        (b"FHS|^~\\&\rBHS|^~\\&\r" + A + b"FTS|1\r", "message"),
        (A + b"BTS|1\r", "BTS"),
        (b"BHS|^~\\&\rFHS|^~\\&\r", "FHS"),
        (b"FHS|^~\\&\rFTS|0\r" + A, "MSH"),
        (b"BHS|^~\\&\rPID|1\r" + A + b"BTS|1\r", "BHS"),
        (b"garbage\r" + A, "message"),
        (b"", "message"),
    ],
)
def test_incomplete_files(data, place):
    with pytest.raises(errors.BatchFault) as caught:
        batch.parse(data)
    assert str(caught.value.place) == place


def test_a_file_may_be_too_large():
    with pytest.raises(errors.BatchFault) as caught:
        batch.parse(A, max_size=10)
    assert caught.value.code == "hl7_limit"


@given(st.lists(st.sampled_from(hl7_corpus.NAMES), max_size=5))
def test_what_is_put_together_comes_apart(names):
    messages = [hl7_corpus.data(name) for name in names]
    found = batch.parse(batch.build(messages))
    assert found.messages == messages
    assert found.batches[0].trailer.value(1) == str(len(names))


def test_a_header_of_ones_own():
    header = batch.parse(b"BHS$%~!@$ME\rBTS$0\r").batches[0].header
    assert batch.build([A], header) == b"BHS$%~!@$ME\r" + A + b"BTS$1\r"


@given(st.lists(st.sampled_from([b"FHS|^~\\&", b"BHS|^~\\&", b"BTS|1", b"FTS|1", A, b"x", b"\n"])))
def test_any_order_of_parts_is_a_file_or_a_typed_fault(parts):
    try:
        found = batch.parse(b"\r".join(parts))
    except errors.Hl7Error:
        return
    assert len(found.messages) == parts.count(A)
