"""Pages, versions, forms and Bundles of the FHIR facade, without Odoo."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_ehr import load

etag = load("fhir.etag")
negotiation = load("fhir.negotiation")
page = load("fhir.page")
searchset = load("fhir.searchset")
written = load("fhir.written")
statements = load("fhir.capability_statement")
search = load("fhir.search")
Refusal = load("fhir.operation_outcome").Refusal

NOW = datetime(2026, 3, 2, 8, 0, 0, 250_000)
MOMENTS = st.none() | st.datetimes()
PAIRS = st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=4).map(tuple)


@given(PAIRS, st.integers(0, 9), st.integers(1, 2**31), MOMENTS, MOMENTS, st.booleans())
def test_a_page_comes_back_as_it_was(pairs, source, id_, changed, horizon, lenient):
    made = page.Page("Location", pairs, page.Position(source, id_, changed), horizon, 100, lenient)
    assert page.loads(page.dumps(made), "Location", 99) == made
    with pytest.raises(Refusal, match="time of this page"):
        page.loads(page.dumps(made), "Location", 100)
    with pytest.raises(Refusal, match="no page"):
        page.loads(page.dumps(made), "Invoice", 99)


@given(st.text(max_size=60) | st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=8)
).map(json.dumps))  # fmt: skip
def test_what_is_no_page_is_refused(text):
    with pytest.raises(Refusal) as caught:
        page.loads(text, "Location", 0)
    assert caught.value.status in (400, 410)


def test_a_version_is_that_of_the_content():
    one = {"resourceType": "Location", "id": "7", "name": "Store “A”", "status": "active"}
    made = written.write(one, NOW)
    found = json.loads(made.text)
    assert found["meta"] == {
        "versionId": made.version,
        "lastUpdated": "2026-03-02T08:00:00.250000Z",
    }
    assert {name: found[name] for name in one} == one
    assert written.write(one, NOW + timedelta(days=1)).version == made.version
    assert written.write({**one, "name": "B"}, NOW).version != made.version
    part = written.write(one, NOW, frozenset({"name"}))
    assert part.version == made.version
    assert "status" not in json.loads(part.text)
    bare = written.write({"resourceType": "Location", "id": "7"}, NOW)
    assert set(json.loads(bare.text)) == {"resourceType", "id", "meta"}


def test_not_modified():
    changed = NOW
    told = etag.last_modified(changed, NOW + timedelta(seconds=5))
    assert told == "Mon, 02 Mar 2026 08:00:01 GMT"
    assert etag.not_modified(None, told, "v", changed)
    # One second earlier is before the change.
    assert not etag.not_modified(None, "Mon, 02 Mar 2026 08:00:00 GMT", "v", changed)
    # While the second lasts something may still change within it.
    assert etag.last_modified(changed, NOW + timedelta(milliseconds=10)) is None
    # A tag goes before a date.
    assert not etag.not_modified('W/"other"', told, "v", changed)
    assert etag.not_modified('"a", W/"v"', None, "v", changed)


@given(st.text(max_size=40))
def test_dates_that_are_none_change_nothing(text):
    assert etag.not_modified(None, text, "v", datetime(2999, 1, 1)) is False


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        ("", ""),
        ("*/*", ""),
        ("application/fhir+json", ""),
        ("application/json;q=0.5, text/html", ""),
        ("application/fhir+xml, application/fhir+json", ""),
        ("application/fhir+json; fhirVersion=4.0", "4.0"),
        ('application/fhir+json;FHIRVersion="5.0"', "5.0"),
    ],
)
def test_forms_that_are_served(accept, version):
    assert negotiation.wanted(accept, []).version == version


def test_a_client_that_takes_several_versions():
    accept = "application/fhir+json; fhirVersion=5.0; q=0.2, application/json; fhirVersion=4.0"
    form = negotiation.wanted(accept, [])
    assert form.versions == ("4.0", "5.0")
    for version in ("4.0.1", "5.0.0"):
        assert version[:3] in negotiation.served(form, version)
    with pytest.raises(Refusal):
        negotiation.served(form, "3.0.2")


@pytest.mark.parametrize(
    ("prefer", "lenient"),
    [
        ("handling=lenient", True),
        ('return=representation, HANDLING="lenient"', True),
        ("handling=strict", False),
        ("nothandling=lenient", False),
        ("handling=lenient-ish", False),
        ("", False),
    ],
)
def test_wishes(prefer, lenient):
    assert negotiation.lenient(prefer) is lenient


@given(st.text(max_size=20))
def test_a_concept_has_a_code_of_fhir_or_a_text(code):
    found = written.concept("http://s", code)
    if "coding" in found:
        assert re.fullmatch(r"[^\s]+(\s[^\s]+)*", found["coding"][0]["code"])
    else:
        assert found == {"text": code.strip()}


@pytest.mark.parametrize(
    "accept", ["application/fhir+xml", "text/turtle", "application/json;q=0", "text/html,image/*"]
)
def test_forms_that_are_not(accept):
    with pytest.raises(Refusal) as caught:
        negotiation.wanted(accept, [])
    assert caught.value.status == 406
    assert negotiation.wanted(accept, [("_format", "json")]).version == ""


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_header_fails(accept, format_):
    for pairs in ([], [("_format", format_)]):
        try:
            negotiation.served(negotiation.wanted(accept, pairs), "4.0.1")
        except Refusal as refusal:
            assert refusal.status == 406


def test_a_bundle_links_to_itself_as_it_was_understood():
    found = searchset.Found(
        base="https://h.example/f", resource="Location", pairs=[("name", "a&b")], now=NOW,
        matches=[written.write({"resourceType": "Location", "id": "7"}, NOW)], total=1,
        ignored=["x"],
    )  # fmt: skip
    bundle = json.loads(searchset.text(found))
    assert bundle["link"] == [
        {"relation": "self", "url": "https://h.example/f/Location?name=a%26b"}
    ]
    assert [entry["search"]["mode"] for entry in bundle["entry"]] == ["match", "outcome"]
    assert bundle["entry"][0]["fullUrl"] == "https://h.example/f/Location/7"
    empty = json.loads(searchset.text(searchset.Found("h", "Location", (), NOW)))
    assert "entry" not in empty


def test_what_is_taken_and_what_is_shown_are_one_entry():
    shown = statements.Served("Location", params=search.COMMON, doc="Shown.")
    taken = statements.Served("Location", reads=False, creates=("create",), doc="Taken.")
    for order in ([shown, taken], [taken, shown]):
        [one] = statements.joined(order)
        said = statements.Statement("https://h", "I", NOW, [one])
        [entry] = statements.statement(said)["rest"][0]["resource"]
        codes = [interaction["code"] for interaction in entry["interaction"]]
        assert codes == ["read", "search-type", "create"]
        assert "Shown." in entry["documentation"]
        assert "Taken." in entry["documentation"]
        assert [param["name"] for param in entry["searchParam"]] == ["_id", "_lastUpdated"]
    only = statements.statement(statements.Statement("h", "I", NOW, [taken]))
    assert "searchParam" not in only["rest"][0]["resource"][0]


def test_resources_of_another_version_are_told_elsewhere():
    newer = statements.Served("InventoryReport", version=statements.R5)
    said = statements.Statement("h", "I", NOW, [newer])
    older = statements.statement(said)
    assert "resource" not in older["rest"][0]
    assert "InventoryReport" in older["rest"][0]["documentation"]
    [entry] = statements.statement(said, statements.R5)["rest"][0]["resource"]
    assert entry["type"] == "InventoryReport"


def test_moments_are_in_utc():
    assert etag.last_modified(datetime(2026, 1, 1), datetime.now(UTC).replace(tzinfo=None)) == (
        "Thu, 01 Jan 2026 00:00:00 GMT"
    )
