"""Titles of kinds of failure."""

import pytest

from tests.unit.load_monitoring import load

readable = load("group_titles").readable


@pytest.mark.parametrize(
    ("title", "code", "error_class", "words"),
    [
        (
            "missing_value: item <n> of lines: value map <text> has no entry",
            "missing_value",
            "mapping",
            "item # of lines: value map “…” has no entry",
        ),
        ("http_503: <url> answered <n> at <time>", "http_503", "transient", "… answered # at …"),
        ("missing_value", "missing_value", "mapping", "Missing value"),
        ("", "missing_value", "mapping", "Missing value"),
        ("", "", "transient", "Transient"),
        ("http_503", "http_503", "transient", "HTTP 503"),
        ("", "", "", "Unknown"),
        ("no such unit: BX", "unit", "contract", "no such unit: BX"),
        # What only looks like a mark stays.
        ("a < b and <b>", "x", "y", "a < b and <b>"),
    ],
)
def test_a_title_is_in_words(title, code, error_class, words):
    assert readable(title, code, error_class) == words
    assert readable(words, code, error_class) == words, "it stays as it is"
