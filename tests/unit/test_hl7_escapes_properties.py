"""Escape sequences, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_ehr import load

delimiters = load("hl7.delimiters")
escapes = load("hl7.escapes")
errors = load("hl7.errors")

STANDARD = delimiters.STANDARD
ALL = delimiters.STANDARD_2_7
OTHERS = delimiters.Delimiters("$", "%", "*", "!", "@")
MARKS = st.sampled_from([STANDARD, ALL, OTHERS])


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        # Chapter 2, section 2.7.1 and 2.7.4.
        (r"\F\\S\\T\\R\\E\ ", r"|^&~\ "),
        (r"TEST\E\TEST", r"TEST\TEST"),
        (r"\H\not\N\ bold", "not bold"),
        (r"|is in between\F\ ", "|is in between| "),
        (r"a\.br\b", "a\nb"),
        (r"a\.sp\b\.sp2\c\.sp+1\d", "a\nb\n\nc\nd"),
        (r"\.in+4\a\.ti-2\b\.fi\c\.nf\d\.ce\e\.sk3\f", "abcde   f"),
        (r"\.sp999999999\x", "\n" * 100 + "x"),
        (r"\X0D0A\ ", "\r\n "),
        (r"\XC3A4\ \XC3\\XA4\ ", "ä ä "),
        # Local ones are the partner's; what is none stands for itself.
        (r"\Zred\a", r"\Zred\a"),
        (r"a\b", r"a\b"),
        (r"C:\temp\file", r"C:\temp\file"),
        (r"\\\\server\share", r"\\\\server\share"),
        (r"a\T", r"a\T"),
        (r"a\b\T\c", r"a\b&c"),
        (r"\X0\ \XZZ\ \X\ ", r"\X0\ \XZZ\ \X\ "),
        (r"\XFF\ ", r"\XFF\ "),
        (r"\P\ ", r"\P\ "),
        (r"\.pi3\ ", r"\.pi3\ "),
    ],
)
def test_examples(text, plain):
    assert escapes.unescape(text, STANDARD, "utf_8") == plain


def test_other_character_sets_within_text():
    """Chapter 2, section 2.9.2: \\M2442\\ is JIS X 0208, \\C2842\\ back to ASCII."""
    kanji = "山".encode("iso2022_jp")[3:-3].decode("ascii")
    text = rf"Name \M2442\{kanji}\C2842\ and \C2D41\é\C2842\."
    assert escapes.unescape(text, STANDARD, "iso8859_1") == "Name 山 and é."
    assert escapes.unescape(r"\C2D62\¤", STANDARD, "iso8859_1") == "€"
    assert escapes.unescape(r"\C0000\a", STANDARD) == r"\C0000\a"  # no set that is known
    # Bytes that cannot be of the set stand for themselves.
    assert escapes.unescape(r"\M2442\!", STANDARD) == "!"


def test_the_truncation_character_is_one_where_it_is_declared():
    assert escapes.unescape(r"a\P\b", ALL) == "a#b"
    assert escapes.escape("a#b", ALL) == r"a\P\b"
    assert escapes.escape("a#b", STANDARD) == "a#b"


@given(st.text(), MARKS)
def test_whatever_is_escaped_comes_back(text, marks):
    escaped = escapes.escape(text, marks, "utf_8")
    assert escapes.unescape(escaped, marks, "utf_8") == text
    assert escaped != '""'


@given(
    st.text(alphabet='\\|^&~#"\r\nXFSTRE.brABC09'), MARKS, st.sampled_from(["ascii", "utf_16_le"])
)
def test_escaped_text_holds_nothing_that_parts_a_message(text, marks, codec):
    escaped = escapes.escape(text, marks, codec)
    parting = set(marks.field + marks.encoding + "\r\n\x0b\x1c") - {marks.escape}
    assert not parting & set(escaped)
    assert escapes.unescape(escaped, marks, codec) == text


@given(
    st.text(alphabet="\\XFSTREPZHNCM.brspk019ABCD2842é"), st.sampled_from(["ascii", "iso8859_1"])
)
def test_any_text_can_be_unescaped(text, codec):
    plain = escapes.unescape(text, STANDARD, codec)
    assert isinstance(plain, str)
    if "\\" not in text:
        assert plain == text


def test_text_that_cannot_be_escaped_names_its_place():
    bare = delimiters.Delimiters(escape="")
    assert escapes.escape("plain", bare) == "plain"
    with pytest.raises(errors.PathFault) as caught:
        escapes.escape("a|b", bare, place=errors.Place("PID", field=5))
    assert str(caught.value.place) == "PID-5"
