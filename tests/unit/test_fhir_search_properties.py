"""Searches over FHIR: whatever is asked, the answer is a search or a stated refusal."""

import re
import string
from datetime import datetime, timedelta

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.unit.load_ehr import load

search = load("fhir.search")
values = load("fhir.search_values")
outcomes = load("fhir.operation_outcome")
Param, Refusal = search.Param, outcomes.Refusal

PARAMS = {
    one.name: one
    for one in (
        *search.COMMON,
        Param("identifier", "token", "A number."),
        Param("name", "string", "A name."),
        Param("status", "token", "A state.", codes=("active", "done"), system="http://s"),
        Param("date", "date", "A day."),
        Param("partof", "reference", "A place.", targets=("Location",)),
    )
}
OFFERED = search.Offered(
    "Location", PARAMS, frozenset({"name", "status"}), frozenset({"Location:partof"})
)
NAMES = st.one_of(
    st.sampled_from([*PARAMS, *search.CONTROLS, "name:exact", "name:contains", "subject.name"]),
    st.text(max_size=20),
)
WORDS = (
    "gt le sa ne eb ap 2026-03-02 T08:00 :00.5 Z +02:00 | , \\ \\, $ active Location/ 7 - % _ é "
    "count true"
)
PIECES = st.sampled_from([*WORDS.split(), "\0", "_lastUpdated", " "])
VALUES = st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=6).map("".join))
#: Every code that a refusal of the parser may have.
CODES = {
    "too_many_parameters", "value_too_long", "unknown_parameter", "repeated_parameter",
    "unknown_modifier", "too_many_values", "bad_value", "elements_and_summary", "bad_summary",
    "bad_total", "bad_count", "bad_sort", "unknown_element", "unknown_include",
}  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), st.booleans())
@example([("date", "9999")], False)
@example([("date", "0001-01-01T00:00+14:00")], False)
@example([("date", "2026-02-30")], False)
@example([("date", "2026-03-02T08:00+99:99")], False)
@example([("_id", "٣")], True)
@example([("name", "\\")], False)
def test_a_search_is_understood_or_refused_for_a_stated_reason(pairs, lenient):
    try:
        query = search.parse(pairs, OFFERED, lenient=lenient)
    except Refusal as refusal:
        assert refusal.status == 400
        assert refusal.issue.code in CODES
        assert refusal.outcome()["issue"][0]["diagnostics"]
        return
    assert query.count <= OFFERED.most
    assert query.sort in search.SORTS
    assert lenient or not query.ignored


@settings(max_examples=300)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), st.booleans())
def test_no_filter_is_lost(pairs, lenient):
    """A search finds no more than what each of its conditions allows, if it is not told so."""
    try:
        query = search.parse(pairs, OFFERED, lenient=lenient)
    except Refusal:
        return
    conditions = [name for name, _value in pairs if name not in search.CONTROLS]
    understood = [one.name for one in query.filters]
    assert len(conditions) >= len(understood)
    for name in conditions:
        plain = name.partition(":")[0]
        assert plain in understood or search.shown(name) in query.ignored
    assert all(one.values for one in query.filters)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=6),
    st.text(string.ascii_uppercase, min_size=12, max_size=12).map("Roe{}".format),
)
def test_no_refusal_repeats_a_value(pairs, secret):
    assume(all("Roe" not in name for name, _value in pairs))
    spoiled = [(name, f"{value}{secret}") for name, value in pairs]
    try:
        query = search.parse(spoiled, OFFERED)
    except Refusal as refusal:
        said = str(refusal.outcome())
        assert secret not in said
    else:
        assert secret not in repr(query)


@given(st.text(max_size=80))
def test_names_are_shown_short_and_plain(name):
    assert re.fullmatch(r"[\x21-\x7e]{1,60}", search.shown(name))


MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1))
FORMS = (
    "%Y",
    "%Y-%m",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%MZ",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.%fZ",
)


def inside(span, moment):
    return (span.low is None or moment >= span.low) and (span.high is None or moment < span.high)


@settings(max_examples=500)
@given(MOMENTS, MOMENTS, st.sampled_from(FORMS), st.timedeltas(timedelta(0), timedelta(seconds=2)))
def test_complementary_prefixes_divide_all_moments(written, other, form, near):
    text = written.strftime(form)
    for moment in (other, written, written + near, written - near):
        for one, complement in (("gt", "le"), ("ge", "lt"), ("sa", "le"), ("ge", "eb")):
            first, second = values.moment(one + text), values.moment(complement + text)
            assert inside(first, moment) != inside(second, moment)
        both = inside(values.moment(f"ge{text}"), moment) and inside(
            values.moment(f"le{text}"), moment
        )
        assert (
            inside(values.moment(text), moment)
            == both
            == inside(values.moment(f"eq{text}"), moment)
            != any(inside(span, moment) for span in values.moments(f"ne{text}"))
        )


@given(MOMENTS)
def test_what_was_told_is_asked_on_from_without_overlap(moment):
    """``gt`` and a lastUpdated of ours begins with the very next microsecond."""
    told = load("fhir.written").instant(moment)
    assert values.moment(f"gt{told}").low == moment + values.MICROSECOND


@given(st.lists(st.text(max_size=10), min_size=1, max_size=5))
def test_escaped_alternatives_come_back(parts):
    written = ",".join(re.sub(r"([\\,|$])", r"\\\1", part) for part in parts)
    assert values.split(written) == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", (None, "a")),
        ("s|a", ("s", "a")),
        ("|a", ("", "a")),
        ("s|", ("s", None)),
        (r"s|a\|b", ("s", "a|b")),
    ],
)
def test_tokens(text, expected):
    found = values.token(text)
    assert (found.system, found.code) == expected


@pytest.mark.parametrize("text", ["", "|", "a|b|c", "   "])
def test_no_tokens(text):
    with pytest.raises(values.ValueRefused):
        values.token(text)


def test_references_of_ours_and_of_others():
    base = "https://odoo.example/integration/fhir/t"
    assert values.target(f"{base}/Location/7", base) == values.Target("Location", "7")
    assert values.target("7") == values.Target("", "7")
    for other in ("https://elsewhere.example/Location/7", f"{base}/Location/7/_history/1", "a b"):
        with pytest.raises(values.ValueRefused):
            values.target(other, base)
