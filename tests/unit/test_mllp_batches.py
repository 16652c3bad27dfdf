"""Batches that the listener gets as one frame."""

import time

import pytest

from tests.unit.hl7_reception import HEADER, NOW, Reason, Rules, fields
from tests.unit.load_ehr import load

batch = load("hl7.batch")
limits = load("hl7.limits")
reception = load("mllp.reception")


def test_a_batch_is_answered_as_it_came():
    one, other = f"{HEADER}\r", HEADER.replace("ID1", "ID2") + "\r"
    for start, end in (
        ("BHS|^~\\&|EHR|G|ODOO|H|2026||n||B1\r", "BTS|2\r"),
        ("FHS|^~\\&|EHR|G|ODOO|H|2026||n||F1\rBHS|^~\\&|EHR|G|ODOO|H|||n||B1\r", "BTS|2\rFTS|1\r"),
        ("FHS|^~\\&|EHR|G|ODOO|H|2026||n||F1\r", "FTS|1\r"),
    ):
        found = reception.receive((start + one + other + end).encode(), Rules(), NOW)
        assert [part.key for part in found.parts] == ["EHR|GENERAL|ID1", "EHR|GENERAL|ID2"]
        answer = found.answer([part.content for part in found.parts], NOW)
        read = batch.parse(answer)  # which checks the counts as well
        assert len(read.messages) == 2
        assert fields(answer, start[:3])[2:6] == ["ODOO", "H", "EHR", "G"]


@pytest.mark.parametrize(
    ("text", "trailers"),
    [
        ("BHS|^~\\&|EHR|G|ODOO|H|2026||n||B1\rBTS|0\r", ["BTS|0"]),
        ("FHS|^~\\&|EHR|G|ODOO|H|2026||n||F1\rFTS|0\r", ["FTS|0"]),
        ("FHS|^~\\&|EHR|G|ODOO|H\rBHS|^~\\&|EHR|G\rBTS\rFTS|1\r", ["BTS|0", "FTS|1"]),
    ],
)
def test_an_empty_batch_is_answered(text, trailers):
    found = reception.receive(text.encode(), Rules(), NOW)
    assert found.parts == []
    read = found.answer([], NOW).decode().split("\r")
    assert [line for line in read if line[1:3] == "TS"] == trailers
    assert read[0].startswith(text[:3])


def test_a_batch_of_too_many_is_refused_before_it_is_read(monkeypatch):
    few = Rules(limits=limits.Limits(messages=3))
    for count, parts in ((3, 3), (4, 1)):
        texts = [HEADER.replace("ID1", f"ID{number}") for number in range(count)]
        text = "\r".join(["BHS|^~\\&|EHR|G|ODOO|H|2026||n||B1", *texts, f"BTS|{count}"])
        found = reception.receive(text.encode(), few, NOW)
        assert len(found.parts) == parts
        if count == 4:
            assert found.parts[0].error.code == "hl7_limit"
            assert fields(found.parts[0].content, "MSA")[2] == "B1"
    # As many as fit into the largest message that may be allowed.
    monkeypatch.setattr(reception, "_single", None)
    flood = b"BHS|^~\\&|A|B\r" + b"MSH|n\r" * 100_000 + b"BTS|100000\r"
    begun = time.monotonic()
    assert len(reception.receive(flood, Rules(limits=limits.Limits(size=10**8)), NOW).parts) == 1
    assert time.monotonic() - begun < 1


def test_a_batch_whose_messages_want_no_answer_gets_none():
    text = f"BHS|^~\\&|A|B|C|D\r{HEADER}|||NE|NE\rBTS|1\r"
    found = reception.receive(text.encode(), Rules(), NOW)
    assert found.answer([part.content for part in found.parts], NOW) is None


@pytest.mark.parametrize("text", ["BHS|^~\\&|A|B|C|D\r", "FHS", "BHS|||\r", "BHS|^~\\&\rXX\r"])
def test_a_broken_batch_is_an_error(text):
    found = reception.receive(text.encode(), Rules(), NOW)
    assert fields(found.parts[0].content, "MSA")[1] == "AE"
    assert found.refused is Reason.UNREADABLE


def test_each_message_of_a_batch_knows_what_it_came_in():
    one, other = f"{HEADER}\r", HEADER.replace("ID1", "ID2") + "\r"
    ours = HEADER.replace("ID1", "ID3").replace("ADT^A01", "ACK") + "\rMSA|AA|X1\r"
    start = "BHS|^~\\&|EHR|G|ODOO|H|2026||n||B1\r"

    def wholes(*messages, count=None):
        text = start + "".join(messages) + f"BTS|{count or len(messages)}\r"
        return [part.whole for part in reception.receive(text.encode(), Rules(), NOW).parts]

    first, second = wholes(one, other)
    assert (first.number, second.number, first.messages) == (1, 2, 2)
    assert first.digest == second.digest == wholes(one, other)[0].digest
    assert first.digest != wholes(other, one)[0].digest
    # An answer to a message of ours is nothing that was to come.
    third, fourth, answer = wholes(one, other, ours)
    assert (third.messages, fourth.messages, answer) == (2, 2, None)
    assert wholes(one) == [None], "a batch of one is a message"
    [cut_short] = wholes(one, count=2)
    assert cut_short.messages == 1
    assert reception.receive(one.encode(), Rules(), NOW).parts[0].whole is None
