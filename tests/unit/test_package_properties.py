"""Properties of interface packages: what is written is read, and nothing else is."""

import json

import pytest
from core_tools import package_diff
from core_tools.package_diff import Status
from core_tools.package_text import (
    MAX_BYTES,
    SECTIONS,
    NewerPackage,
    PackageError,
    digest,
    dump,
    load,
)
from hypothesis import given
from hypothesis import strategies as st

SUITE = "19.0.1.1.0"
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
KEYS = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS | st.sampled_from(["lines", "object"]), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=3)
CONTENTS = st.dictionaries(st.sampled_from(SECTIONS), RECORDS)


def full(content):
    return {section: content.get(section, {}) for section in SECTIONS}


@given(CONTENTS)
def test_what_is_written_is_read(content):
    text = dump(content, SUITE)
    package = load(text, SUITE)
    assert package.content == full(content)
    assert package.sha256 == digest(content)
    assert dump(package.content, SUITE) == text


@given(CONTENTS)
def test_order_does_not_matter(content):
    turned = {
        section: dict(reversed(records.items()))
        for section, records in reversed(list(content.items()))
    }
    assert dump(turned, SUITE) == dump(content, SUITE)


@given(CONTENTS, CONTENTS)
def test_comparison(here, package):
    for entry in package_diff.compare(here, package):
        old = here.get(entry.section, {}).get(entry.key)
        new = package[entry.section][entry.key]
        assert (entry.status is Status.NEW) == (old is None)
        assert bool(entry.changes) == (entry.status is Status.CHANGED)
        if json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True):
            assert entry.status is Status.UNCHANGED
    assert all(e.status is Status.UNCHANGED for e in package_diff.compare(package, package))


@given(CONTENTS.filter(lambda content: any(content.values())), st.data())
def test_a_changed_package_is_refused(content, data):
    document = json.loads(dump(content, SUITE))
    section = data.draw(st.sampled_from([name for name, found in content.items() if found]))
    key = data.draw(st.sampled_from(sorted(content[section])))
    document["content"][section][key]["smuggled in"] = True
    with pytest.raises(PackageError, match="sha256"):
        load(json.dumps(document), SUITE)


@given(st.text(max_size=200))
def test_no_text_does_harm(text):
    with pytest.raises(PackageError):
        load(text, SUITE)


@given(VALUES)
def test_no_document_does_harm(value):
    for document in (value, {"format": value, "content": value, "suite": SUITE}):
        with pytest.raises(PackageError):
            load(json.dumps(document), SUITE)


def signed(**changes):
    document = {**json.loads(dump({}, SUITE)), **changes}
    return json.dumps(document)


def test_newer_versions_say_what_is_needed():
    for text in (signed(suite="19.0.2.0.0"), signed(suite="20.0.1.0.0", format=2)):
        with pytest.raises(NewerPackage) as caught:
            load(text, SUITE)
        assert caught.value.needed in str(caught.value)
        assert f"Upgrade to {caught.value.needed} or later" in str(caught.value)
    assert load(signed(suite="19.0.1.0.0"), SUITE).suite == "19.0.1.0.0"


@pytest.mark.parametrize(
    "text",
    [
        signed(format=True),
        signed(format=0),
        signed(format="1"),
        signed(suite="latest"),
        signed(suite="9" * 5000),
        signed(suite=None),
        signed(extra=1),
        signed(sha256=None),
        signed(content=[]),
        '{"format": 1, "format": 1, "content": {}}',
        '{"format": NaN, "content": {}, "suite": "19.0.1.1.0"}',
        '{"format": 1, "content": {}, "suite": "\\ud800"}',
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"format": 1, "suite": "19.0.1.1.0", "content": ' + "[" * 60 + "]" * 60 + "}",
        '{"format": ' + "9" * 10_000 + "}",
        signed(extra=1).replace("1}", "1e999}"),
        " " * (MAX_BYTES + 1),
    ],
)
def test_bad_input(text):
    with pytest.raises(PackageError):
        load(text, SUITE)


def test_too_large_to_export():
    with pytest.raises(PackageError, match="fewer"):
        dump({"mappings": {"m": {"header": "x" * MAX_BYTES}}}, SUITE)


def test_one_value_a_line():
    content = {"mappings": {"m": {"header": "{\n a: b\n}", "sections": []}}}
    lines = dump(content, SUITE).splitlines()
    assert [line.strip() for line in lines if "a: b" in line] == ['" a: b",']
