"""What changed in a document: every difference, nothing else, under paths that lead there."""

import json
import random

import pytest
from core_tools import contracts, document_diff
from core_tools.document_diff import LIMIT, changes
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from(["name", "a/b", "m~n", "lines", "quantity", ""])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "5", "ä"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)
LINES = st.dictionaries(
    st.sampled_from(["10", "20", "a/1", "~"]), st.dictionaries(NAMES, SCALARS, max_size=3)
).map(lambda found: [{"code": code, **line} for code, line in found.items()])
DOCUMENTS = st.fixed_dictionaries(
    {"head": VALUES, "lines": LINES, "tags": st.lists(SCALARS, max_size=4)}
)


def look_up(document, path):
    """What stands at a path; nothing is null."""
    here = document
    for part in path.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and here:
            if all(isinstance(item, dict) and "code" in item for item in here):
                here = next((item for item in here if item["code"] == name), None)
            else:
                here = here[int(name)] if int(name) < len(here) else None
        else:
            here = here.get(name) if here else None
    return here


def without_nulls(value):
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        kept = [without_nulls(item) for item in value]
        while kept and kept[-1] is None:
            kept.pop()
        return kept
    return value


def swapped(found):
    return [{"path": c["path"], "from": c["to"], "to": c["from"]} for c in found]


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document):
    assert changes(document, json.loads(json.dumps(document))) == []


@given(DOCUMENTS, DOCUMENTS)
def test_each_change_leads_to_both_values(before, after):
    for change in changes(before, after):
        assert look_up(before, change["path"]) == change["from"]
        assert look_up(after, change["path"]) == change["to"]


@given(DOCUMENTS, DOCUMENTS)
def test_the_way_back_is_the_same(before, after):
    assert changes(after, before) == swapped(changes(before, after))


@given(VALUES, VALUES)
def test_no_difference_is_missed(before, after):
    one, other = (json.dumps(without_nulls(v), sort_keys=True) for v in (before, after))
    if one != other:
        assert changes(before, after)


@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_the_order_of_named_items_is_no_difference(document, chance):
    lines = list(document["lines"])
    chance.shuffle(lines)
    assert changes(document, {**document, "lines": lines}) == []


def test_items_are_told_by_name():
    before = {"lines": [{"id": 7, "quantity": "5"}, {"id": 9, "quantity": "1"}], "note": None}
    after = {"lines": [{"id": 12, "quantity": "2"}, {"id": 7, "quantity": "6"}], "note": "soon"}
    assert changes(before, after) == [
        {"path": "/lines/7/quantity", "from": "5", "to": "6"},
        {"path": "/lines/9", "from": {"id": 9, "quantity": "1"}, "to": None},
        {"path": "/lines/12", "from": None, "to": {"id": 12, "quantity": "2"}},
        {"path": "/note", "from": None, "to": "soon"},
    ]


@pytest.mark.parametrize(
    ("items", "name"),
    [
        ([{"line_reference": "L1", "number": 1, "code": "c", "id": 5}], "L1"),
        ([{"number": 1, "code": "c", "id": 5}], "1"),
        ([{"code": "c", "id": 5}], "c"),
        ([{"code": None, "id": 5}], "5"),
        ([{"code": "same", "id": 5}, {"code": "same", "id": 6}], "5"),
        ([{"number": 1, "id": 5}, {"number": "1", "id": 6}], "5"),
        ([{"id": True}], "0"),
        ([{"name": "no key"}], "0"),
        ([{"id": 5}, "text"], "0"),
    ],
)
def test_what_names_an_item(items, name):
    [change] = changes({"x": items}, {"x": [{**items[0], "new": 1}, *items[1:]]})
    assert change["path"] == f"/x/{name}/new"


def test_a_pointer_escapes_what_a_pointer_is_made_of():
    [change] = changes({"a/b": {"m~n": 1}}, {"a/b": {"m~n": 2}})
    assert change["path"] == "/a~1b/m~0n"


@pytest.mark.parametrize(
    ("before", "after"), [(True, 1), (0, False), ("1", 1), ([], None), ({}, []), ("", None)]
)
def test_values_of_different_kinds_differ(before, after):
    assert changes({"x": before}, {"x": after}) == [{"path": "/x", "from": before, "to": after}]


def test_null_is_no_more_than_missing():
    assert changes({"x": None}, {}) == []


def test_too_many_differences_of_an_array_are_one():
    before = {"a": 1, "lines": [{"id": n, "q": 1} for n in range(LIMIT + 1)]}
    after = {"a": 2, "lines": [{"id": n, "q": 2} for n in range(LIMIT + 1)]}
    found = changes(before, after)
    assert [change["path"] for change in found] == ["/a", "/lines"]
    assert found[1] == {"path": "/lines", "from": before["lines"], "to": after["lines"]}
    few = {"a": 2, "lines": [*after["lines"][:LIMIT], before["lines"][LIMIT]]}
    assert len(changes(before, few, LIMIT + 1)) == LIMIT + 1


def test_too_many_differences_of_many_arrays_are_one_each():
    before = {str(n): [1, 1] for n in range(3)}
    after = {str(n): [2, 2] for n in range(3)}
    assert len(changes(before, after, 6)) == 6
    assert [c["path"] for c in changes(before, after, 5)] == ["/0", "/1", "/2"]
    assert changes(before, after, 2) == [{"path": "", "from": before, "to": after}]


@given(VALUES, VALUES)
def test_the_schema_accepts_what_is_told(before, after):
    validator = contracts.compile_schema(document_diff.SCHEMA)
    assert validator.violations(changes(before, after)) == []


def test_the_result_does_not_depend_on_the_order_of_what_is_given():
    lines = [{"id": n, "q": n} for n in range(20)]
    mixed = random.Random(5).sample(lines, len(lines))
    after = {"lines": [{"id": n, "q": n + 1} for n in range(20)]}
    assert changes({"lines": lines}, after) == changes({"lines": mixed}, after)
