"""Masks: whatever the content, none of its values is in what is shown of it."""

import json
import time
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

import pytest
from core_tools import masking
from hypothesis import assume, given
from hypothesis import strategies as st

#: Words that the mask itself consists of.
VOCABULARY = ("text", "number", "yes or no", "empty", "not text", "much text")

words = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]))
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    words,
    st.sampled_from(["Jane Doe", "12345", "1980-02-01", "name", "lines", "PID", "patient"]),
)
member_names = st.one_of(words, st.sampled_from(["name", "lines", "patientName", "a.b", "id"]))
documents = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(member_names, inner, max_size=4),
    max_leaves=20,
)


def written(value):
    """JSON text with decimals as they are."""
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}: {written(item)}" for name, item in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return json.dumps(value)


def hidden(value):
    """Values that must not be seen. What has one or two characters is in any text."""
    return {
        leaf
        for leaf in masking.leaves(value)
        if len(leaf) >= 3 and leaf.strip(" •…\"'{}[]<>/|=:(),\r\n\t")
        and not any(leaf.casefold() in word for word in VOCABULARY)
    }  # fmt: skip


@given(documents)
def test_json(document):
    shown = masking.mask(written(document).encode())
    for leaf in hidden(document):
        assert leaf not in shown
        assert leaf.casefold() not in shown.casefold()


@given(st.lists(st.tuples(member_names, words), min_size=1, max_size=6))
def test_xml(members):
    body = "".join(
        f"<row a={quoteattr(value)}>{escape(value)}</row><!-- {value.replace('-', '_')} -->"
        f"<![CDATA[{value.replace(']', '_')}]]>"
        for _name, value in members
    )
    shown = masking.mask(f"<?xml version='1.0'?><doc>{body}</doc>".encode())
    for _name, value in members:
        assume("<" not in value and ">" not in value)
        for leaf in hidden(value.strip()):
            assert leaf not in shown


@given(st.lists(st.lists(st.text("ABCdef123^&~ äß", min_size=0, max_size=9), max_size=6)))
def test_hl7(segments):
    lines = ["MSH|^~\\&|SENDER|HOSPITAL", *("|".join(["PID", *fields]) for fields in segments)]
    shown = masking.mask("\r".join(lines).encode())
    for part in ["SENDER", "HOSPITAL", *(f for fields in segments for f in fields)]:
        if len(part.strip()) >= 3 and part.strip() not in "PID":
            assert part.strip() not in shown


@given(st.binary())
def test_anything_at_all(raw):
    shown = masking.mask(raw)
    assert len(shown.splitlines()) <= masking.MAX_LINES + 1
    if raw[:1] not in b"{[<":
        text = raw.decode("utf-8", "replace").strip()
        if len(text) >= 3 and not any(text.casefold() in word for word in VOCABULARY):
            assert text not in shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b'{"a": "Jane", "b": 12.50, "c": true, "d": null, "e": {}, "f": []}',
         '{\n  "a": ••• (text)\n  "b": ••• (number)\n  "c": ••• (yes or no)\n  "d": (empty)\n'
         '  "e": {}\n  "f": []\n}'),
        (b'{"lines": [{"sku": "A1"}, {"sku": "B2"}, {}]}',
         '{\n  "lines": [\n    {\n      "sku": ••• (text)\n    }\n    …\n  ]\n}'),
        (b'{"Jane Doe": 1, "4711": 2, "mrn12345": 3, "unit": 4}',
         '{\n  "unit": ••• (number)\n  •••\n}'),
        (b'{"status": "status"}', "{\n  •••\n}"),
        (b'{"patientJane": "Jane"}', "{\n  •••\n}"),
        (b"MSH|^~\\&|A|B\rPID|1||12^^MRN||DOE^JANE\r",
         "MSH|•••|•••|•••\nPID|•••||•••||•••"),
        (b"<a><name first='J'>Jane</name><x/></a>",
         "<a>\n  <name first=\"•••\">\n    •••\n  </name>\n  <x/>\n</a>"),
        (b"name;born\nJane;1980", "••• (text)"),
        (b"Jane Doe, 1980", "••• (text)"),
        (b"\xff\xfe\x00\x01", "••• (not text)"),
        (b"  ", "(empty)"),
        (b'"Jane"', "••• (text)"),
        (b"<Jane> was here", "••• (text)"),
    ],
)  # fmt: skip
def test_examples(raw, shown):
    assert masking.mask(raw) == shown


@pytest.mark.parametrize(
    "raw",
    [
        b"<a " + b"b='" * 60_000 + b"/>",
        b"<a>" + b"<" * 150_000 + b"</a>",
        b"<a " + b"x" * 150_000 + b"/>",
        b"MSH|" + b"|^" * 90_000,
        b"[" * 60 + b"]" * 60,
        b'{"a": [' + b"1," * 90_000 + b"1]}",
        json.dumps({f"n{n:02d}": n for n in range(99)} | {f"{n}": 1 for n in range(99)}).encode(),
        b"x" * 5_000_000,
    ],
    ids=range(8),
)  # fmt: skip
def test_large_and_odd_content_costs_little(raw):
    start = time.process_time()
    masking.mask(raw)
    assert time.process_time() - start < 6


@pytest.mark.parametrize(
    ("part", "end"),
    [
        ("a", "</a>"),
        ("a", "/>"),
        ("<a ", "</a>"),
        ("<" + "a" * 100, "</a>"),
        ("<" + "a" * 99 + " ", "</a>"),
        ("/", "</a>"),
        ("</a ", ">"),
        ("='", "</a>"),
        ("'\"", "</a>"),
        ('"b', "/>"),
        (" ", "/>"),
        ("b=", "/>"),
        ("b" * 59 + " " * 9, "/>"),
        ("<!--", "</a>"),
        ("<![CDATA[", "</a>"),
    ],
    ids=range(15),
)
def test_markup_made_to_be_slow_costs_little(part, end):
    raw = f"<{part * (190_000 // len(part))}{end}".encode()
    start = time.process_time()
    masking.mask(raw)
    masking.mask(b"<a " + raw[1:])
    assert time.process_time() - start < 4


def test_a_name_that_is_too_long_is_masked():
    assert masking.mask(b"<a><" + b"b" * 100 + b"/></a>") == f"<a>\n  <{masking.MASK}/>\n</a>"
    assert masking.mask(b"<a><" + b"b" * 101 + b"/></a>") == f"<a>\n  {masking.MASK}\n</a>"


# -- sentences ---------------------------------------------------------------------------------


@given(documents, st.lists(st.sampled_from(["The order", "is unknown:", "for", "!"]), max_size=4))
def test_scrubbed_sentences_hold_no_value(document, sentence):
    leaves = hidden(document)
    text = " ".join([*sentence, *leaves])
    scrubbed = masking.scrub(text, document)
    for leaf in leaves:
        assume(masking.MASK not in leaf)
        assert leaf.strip() not in scrubbed.replace(masking.MASK, "")


@pytest.mark.parametrize(
    ("text", "content", "shown"),
    [
        ("Patient Jane Doe is unknown", {"n": "Jane Doe"}, "Patient ••• is unknown"),
        ("Patient Doe, Jane is unknown", {"n": "Jane Doe"}, "Patient •••, ••• is unknown"),
        ("JANE is unknown", {"n": "Jane"}, "••• is unknown"),
        ("12.50 is too much for A1, not for A12", {"n": [Decimal("12.50")], "s": "A1"},
         "••• is too much for •••, not for A12"),
        ("no patient 'x' in line 1", {"n": "x", "line": 1}, "no patient '•••' in line •••"),
        ("/patients/Jane Doe is wrong", {"patients": {"Jane Doe": 1}}, "/patients/••• is wrong"),
        ("The order is late", {"note": "it is late", "the": 7}, "The order is late"),
        ("cannot read DOE^JANE", b"PID|1||DOE^JANE", "cannot read •••^•••"),
    ],
)  # fmt: skip
def test_scrubbing(text, content, shown):
    assert masking.scrub(text, content) == shown


def test_too_much_to_look_for_says_nothing():
    assert masking.scrub("a sentence", list(range(masking.MAX_VALUES + 1))) == masking.MASK
