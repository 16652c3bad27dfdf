"""Batches: items are cut out byte for byte, and whatever is no array is left whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_webhooks import load

batches = load("batches")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
spaces = st.text(" \t\r\n", max_size=3)


@given(st.lists(values, max_size=20), st.integers(0, 2), spaces)
def test_items_are_what_was_sent(items, indent, space):
    texts = [json.dumps(item, indent=indent or None, ensure_ascii=bool(indent)) for item in items]
    body = space + "[" + space + f"{space},{space}".join(texts) + space + "]" + space
    parts = batches.split(body.encode("utf-8", "replace"), 20)
    assert [part.raw for part in parts] == [text.encode("utf-8", "replace") for text in texts]


@given(st.binary(max_size=200))
def test_no_body_makes_it_fail(body):
    found = batches.split(body, 1000)
    if found is not None:
        assert isinstance(json.loads(body.decode("utf-8-sig")), list)


@given(st.text('[]{},"\\ \n0a:', max_size=30))
def test_agrees_with_the_json_library(text):
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    found = batches.split(text.encode(), 1000)
    if isinstance(expected, list):
        assert [json.loads(part.raw) for part in found] == expected
    else:
        assert found is None


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"{}", b'"[1]"', b"[", b"[1", b"[1,", b"[1,]", b"[,1]", b"[1 2]", b"[1] 2"),
        *(b"\xff[1]", b"[" * 100_000, b'["\x00"]', b"[1]]"),
    ],
)
def test_what_is_no_array_stays_whole(body):
    assert batches.split(body, 10) is None


def test_a_byte_order_mark_is_no_obstacle():
    assert [part.raw for part in batches.split(b"\xef\xbb\xbf[1, 2]", 5)] == [b"1", b"2"]


def test_limit():
    assert len(batches.split(b"[1,2,3]", 3)) == 3
    with pytest.raises(batches.TooManyItems):
        batches.split(b"[1,2,3,4]", 3)
    # Nobody reads on to the end of a body that is refused anyway.
    with pytest.raises(batches.TooManyItems):
        batches.split(b"[1,2,3,4, nonsense", 3)


text = st.text(min_size=1, max_size=20)


@given(text, text, text, text)
def test_events_have_one_id_only_if_they_are_one(source, name, other_source, other_name):
    one = batches.event_id({"source": source, "id": name})
    two = batches.event_id({"source": other_source, "id": other_name})
    if one is not None and one == two:
        assert (source, name) == (other_source, other_name)


@pytest.mark.parametrize(
    "value", [None, [], "a", {}, {"source": "s"}, {"id": "i"}, {"source": 1, "id": "i"}]
)
def test_what_has_no_id(value):
    assert batches.event_id(value) is None


@given(st.text(max_size=400))
def test_ids_can_be_stored(text):
    found = batches.clean_id(text)
    assert len(found) <= batches.MAX_ID
    assert found.isprintable()
    assert "\x00" not in found
    found.encode()


def test_ids_of_parts():
    parts = batches.split(b'[{"id": "a"}, {"id": 7}, {"id": null}, {"id": true}, {"id": ""}]', 9)

    def find(value):
        return batches.scalar_id(value["id"])

    assert batches.ids(parts, find, None) == ["a", "7", None, None, None]
    assert batches.ids(parts, find, "m") == ["a", "7", "m/2", "m/3", "m/4"]
