"""How the listener answers: templates, and what was sent ahead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import hl7_corpus
from tests.unit.hl7_reception import HEADER, NOW, Outcome, Stage, fields, received
from tests.unit.load_ehr import load

acknowledgement = load("hl7.acknowledgement")
answers = load("mllp.answers")
message = load("hl7.message")
mllp = load("hl7.mllp")


@pytest.mark.parametrize("name", hl7_corpus.NAMES)
@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_quick_answers_are_those_of_the_codec(name, stage, outcome):
    asked = message.parse(hl7_corpus.data(name))
    for control_id in ("A1", "B2"):  # the second one from the template
        made = acknowledgement.acknowledge(
            asked, outcome, control_id=control_id, now=NOW, stage=stage
        )
        quick = answers.acknowledged(asked, outcome, stage, control_id=control_id, now=NOW)
        assert quick == (made.encode() if made else None)


texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=8)


@given(
    st.sampled_from(["|", "%", "#", "!", "+", "-", "."]), st.lists(texts, min_size=18, max_size=18)
)
def test_quick_answers_whatever_the_header_holds(mark, parts):
    cleaned = ["".join(c for c in text if c not in mark + "^~\\&") for text in parts]
    known = {
        1: "MSH",
        2: "^~\\&",
        7: "2026",
        9: "ADT^A01",
        10: "C1" if mark == "%" else "C%s1",
        12: "2" if mark == "." else "2.5",
    }
    known[18] = "" if mark == "-" else "UNICODE UTF-8"
    header = mark.join(known.get(number, text) for number, text in enumerate(cleaned, 1))
    asked = message.parse(header.encode(), charset="UTF-8")
    for stage in Stage:
        made = acknowledgement.acknowledge(
            asked, Outcome.ACCEPTED, control_id="A", now=NOW, stage=stage
        )
        quick = answers.acknowledged(asked, Outcome.ACCEPTED, stage, control_id="A", now=NOW)
        assert quick == (made.encode() if made else None)


@pytest.mark.parametrize("mark", ["+", "-", ".", "%", "#"])
def test_quick_answers_with_separators_that_stand_in_times(mark):
    parts = ["MSH", "^~\\&", "A", "B", "C", "D", "2026", "", "ADT^A01", "C1", "P", "25"]
    asked = message.parse(mark.join(parts).encode())
    for _once_more in range(2):
        made = acknowledgement.acknowledge(asked, Outcome.ACCEPTED, control_id="A", now=NOW)
        quick = answers.acknowledged(
            asked, Outcome.ACCEPTED, Stage.HANDLING, control_id="A", now=NOW
        )
        assert quick == made.encode()


def test_templates_keep_nothing_of_a_header_but_what_answers_say():
    answers._template.cache_clear()
    for number in range(50):
        # Sequence numbers, and text where nobody looks.
        more = "|".join([str(number), "", "", "", "", "ASCII", *["Y" * 5_000 * number] * 3])
        part, _none = received(f"{HEADER}|{more}\r")
        assert fields(part.content, "MSA") == ["MSA", "AA", "ID1"]
    assert answers._template.cache_info().currsize == 1
    part, _none = received(f"{HEADER.replace('GENERAL', 'G' * 5000)}\r")
    assert fields(part.content, "MSH")[5] == "G" * 5000
    assert answers._template.cache_info().currsize == 1


def test_what_was_sent_ahead_is_not_sent_again():
    whole = answers.joined(b"CA", b"AA")
    assert answers.behind(whole, b"CA") == b"AA"
    assert answers.behind(b"CA", b"CA") is None
    assert answers.behind(b"AA", None) == b"AA"
    assert answers.behind(None, b"CA") is None
    decoded = mllp.Decoder().feed(answers.frame(whole))
    assert decoded == [mllp.Frame(b"CA"), mllp.Frame(b"AA")]
