"""Which content types an interface takes, and how bodies become JSON values."""

from decimal import Decimal

import pytest
from core_tools.codecs import JSON, Codec, Format
from core_tools.errors import ContractError
from hypothesis import given
from hypothesis import strategies as st

UPPER = Format(("text/upper",), lambda raw, kind: [raw.decode().upper(), kind])


@pytest.mark.parametrize(
    ("mimetype", "accepted"),
    [
        ("application/json", True),
        ("application/cloudevents+json", True),
        ("application/fhir+json", True),
        ("text/json", False),
        ("image/x+json", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_json_alone(mimetype, accepted):
    assert Codec().accepts(mimetype) is accepted


def test_habits_of_a_partner():
    codec = Codec(also=("text/plain",))
    assert codec.accepts("text/plain")
    assert codec.content_types == ["application/json", "text/plain"]
    assert codec.decode(b'{"a": 1.50}', "text/plain; charset=UTF-8") == {"a": Decimal("1.50")}


def test_the_content_type_chooses_among_several():
    codec = Codec((JSON, UPPER))
    assert codec.accepts("text/upper")
    assert codec.decode(b"a", "Text/Upper; charset=utf-8") == ["A", "Text/Upper; charset=utf-8"]
    assert codec.decode(b"[1]", "application/json") == [1]
    # What says nothing is read in the first: so were messages from before.
    assert codec.decode(b"[1]", "") == [1]


def test_one_format_is_read_whatever_the_type_says():
    assert Codec((UPPER,)).decode(b"a", "application/json")[0] == "A"


@given(st.binary(max_size=100), st.text(max_size=60))
def test_whatever_comes_is_a_value_or_a_fault_of_the_sender(raw, content_type):
    try:
        Codec().decode(raw, content_type)
    except ContractError as error:
        assert error.code == "malformed_json"
