"""FHIR as bytes and as values: which version of what something is, and what it refers to."""

from __future__ import annotations

import doctest
import json
from decimal import Decimal
from typing import Any

import pytest
from core_tools.errors import ContractError, MappingError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.load_ehr import load

MODULES = ("resource", "references", "notification")
resource, limits = load("fhir.resource"), load("fhir.limits")
references, values = load("fhir.references"), load("fhir.values")
notification, arriving = load("fhir.notification"), load("fhir.arriving")
entries, functions = load("fhir.bundle_entries"), load("fhir.mapping_functions")
versions = load("state_versions")
Notice, progress = notification.Notice, notification.progress

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-9999, max_value=9999)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)


@pytest.mark.parametrize("name", MODULES)
def test_the_words_of_the_modules(name: str) -> None:
    assert doctest.testmod(load(f"fhir.{name}")).failed == 0


def test_the_words_of_versions() -> None:
    assert doctest.testmod(versions).failed == 0


@given(st.dictionaries(st.text(max_size=6), json_values, max_size=4))
@settings(max_examples=60, deadline=None)
def test_bytes_of_a_resource_say_all_of_it(members: dict[str, Any]) -> None:
    body = resource.body({**members, "resourceType": "Basic"})
    read = json.loads(body, parse_float=Decimal)
    assert read == {**members, "resourceType": "Basic"}
    assert resource.body(read) == body


def test_digits_of_a_decimal_are_kept() -> None:
    raw = b'{"resourceType":"Basic","value":1.50}'
    found = limits.read(raw)
    assert found["value"] == Decimal("1.50")
    assert resource.body(found) == raw
    with pytest.raises(TypeError):
        resource.body({"resourceType": "Basic", "value": 1.5})


def test_what_tells_versions_apart() -> None:
    one: dict[str, Any] = {"resourceType": "Slot", "id": "1", "meta": {"versionId": "2"}}
    assert resource.identity(one).key == "Slot/1/_history/2"
    at = "2026-03-02T08:00:00.123Z"
    assert resource.identity({**one, "meta": {"lastUpdated": at}}).version == at
    bare = {"resourceType": "Slot", "id": "1"}
    assert resource.identity(bare).version != resource.identity({**bare, "status": "x"}).version
    # Without an id it is known by its first identifier, which stands nowhere in clear.
    named = {"resourceType": "Slot", "identifier": [{"system": "s", "value": "4711"}]}
    known = resource.identity(named)
    assert known.id == resource.identity({**named, "status": "busy"}).id
    assert "4711" not in known.key
    other = {**named, "identifier": [{"system": "t", "value": "4711"}]}
    assert known.id != resource.identity(other).id


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "malformed_json"),
        (b'{"resourceType":"Slot","id":"1","id":"2"}', "malformed_json"),
        (b'{"resourceType":"Slot","x":NaN}', "malformed_json"),
        (b'{"resourceType":"Slot","x":' + b"[" * 45 + b"]" * 45 + b"}", "malformed_json"),
        (b'{"id":"1"}', "not_a_resource"),
        (b'["Slot"]', "not_a_resource"),
        (b'{"resourceType":"sl ot"}', "not_a_resource"),
        (b'{"resourceType":"Slot","contained":{}}', "too_many_contained"),
        (
            b'{"resourceType":"Slot","contained":[' + b",".join([b"{}"] * 51) + b"]}",
            "too_many_contained",
        ),
    ],
)
def test_what_is_no_resource(raw: bytes, code: str) -> None:
    with pytest.raises(ContractError) as caught:
        limits.read(raw)
    assert caught.value.code == code


# -- references ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient/1", ("", "Patient/1")),
        ("Patient/1/_history/3", ("", "Patient/1")),
        ("https://a.example/fhir/Patient/1", ("https://a.example/fhir/", "Patient/1")),
        ("urn:uuid:1", ("", "")),
        ("Patient", ("", "")),
        ("javascript:Patient/1", ("", "")),
        ("https://a.example/fhir/Patient/1?x=y", ("", "")),
    ],
)
def test_addresses_of_resources(text: str, expected: tuple[str, str]) -> None:
    assert references.split(text) == expected


def test_what_a_reference_means() -> None:
    assert references.read(None) is None
    assert references.read({"display": "somebody"}) is None
    logical = references.read({"identifier": {"value": "1"}})
    assert (logical.record, logical.identifier) == ("", {"value": "1"})
    elsewhere = references.read({"reference": "https://a.example/Patient/1"})
    assert elsewhere.record == "https://a.example/Patient/1"
    for lost in ({"reference": "urn:uuid:1"}, {"reference": "#no"}):
        with pytest.raises(MappingError) as caught:
            references.read(lost, [])
        assert caught.value.code == "unresolved_reference"
    both = references.read({"reference": "urn:uuid:1", "identifier": {"value": "1"}})
    assert both.identifier == {"value": "1"}


def test_the_own_address_of_a_server_means_nothing() -> None:
    one = {"a": [{"reference": "https://a.example/Patient/1"}], "b": {"reference": "X/1"}}
    assert references.localised(one, ["https://a.example/"])["a"] == [{"reference": "Patient/1"}]
    assert references.localised(one, ["https://b.example/"]) == one


# -- identifiers, codes and times ------------------------------------------------------------


def mrn(value: str, kind: str = "MR") -> dict[str, Any]:
    return {"type": {"coding": [{"code": kind}]}, "system": "s", "value": value}


def test_which_number_is_the_record_number() -> None:
    plain = {"value": "2"}
    assert values.record_number([mrn("9", "SS"), plain, mrn("1")])["value"] == "1"
    assert values.record_number([mrn("9", "SS"), plain])["value"] == "2"
    assert values.record_number([mrn("9", "SS"), mrn("8", "NNDEU")]) is None
    assert values.record_number([{"value": " "}, {"system": "s"}, "x"]) is None
    old = {**mrn("1"), "use": "old"}
    assert values.record_number([old, mrn("3")])["value"] == "3"
    # A visit is never known by a number of a person.
    assert values.number([mrn("1"), mrn("9", "SS"), plain], ("VN",))["value"] == "2"
    assert values.number([mrn("1")], ("VN",)) is None


def test_who_assigned_a_number_is_translated() -> None:
    asked = []

    def lookup(value: str) -> str:
        asked.append(value)
        return "MAIN"

    found = functions.identifier([mrn("5", "VN")], "EHR", "VN", lookup=lookup)
    assert found == {"number": "5", "assigner": "MAIN"}
    assert asked == ["s"]
    assert functions.identifier([{"value": "5"}], "EHR", lookup=lookup)["assigner"] == "EHR"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02", "2026-03-01T23:00:00Z"),
        ("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"),
        ("2026-03-02T10:00:00.250Z", "2026-03-02T10:00:00.250000Z"),
        ("2026-03-02T10:00:60Z", "2026-03-02T10:00:59Z"),
        (None, None),
        ("", None),
    ],
)
def test_moments(text: str | None, expected: str | None) -> None:
    assert values.moment(text, "Europe/Berlin", "x") == expected


@pytest.mark.parametrize("text", ["2026", "2026-03", "2026-03-02T10:00:00", "2026-02-30", "now"])
def test_moments_that_are_none(text: str) -> None:
    with pytest.raises(MappingError) as caught:
        values.moment(text, "Europe/Berlin", "Encounter.period.start")
    assert caught.value.code == "invalid_datetime"
    assert "Encounter.period.start" in caught.value.message


def test_codes() -> None:
    chosen = {"coding": [{"code": "A"}, {"code": "B", "userSelected": True}]}
    assert values.code(chosen) == "B"
    assert (
        values.code([{"text": "words"}, {"coding": [{"code": "two words"}, {"code": "C"}]}]) == "C"
    )
    assert values.code({"coding": [{"code": "A", "system": "s"}]}, "t") is None
    assert values.code(None) is None


def test_who_takes_part() -> None:
    def one(reference: str, *codes: str) -> dict[str, Any]:
        kinds = [{"coding": [{"code": code}]} for code in codes]
        return {"individual": {"reference": reference}, **({"type": kinds} if kinds else {})}

    people = [one("P/1", "CON"), one("P/2", "PPRF"), one("P/3", "ATND")]
    assert functions.participant(people, "ATND", "PPRF")["reference"] == "P/3"
    assert functions.participant(people[:2], "ATND", "PPRF")["reference"] == "P/2"
    assert functions.participant(people[:1], "ATND", "PPRF") is None
    assert functions.participant([*people[:1], one("P/9")], "ATND")["reference"] == "P/9"
    declined = {"actor": {"reference": "Location/1"}, "status": "declined"}
    assert functions.actors([declined], None, "Location") == []


# -- Bundles ---------------------------------------------------------------------------------

RULES = arriving.Rules(patterns=frozenset({"Encounter", "Location"}))


def test_entries_are_named_outside_of_their_bundle() -> None:
    place = {"resourceType": "Location", "identifier": [{"value": "3W"}], "name": "Ward"}
    visit = {
        "resourceType": "Encounter",
        "id": "1",
        "location": [{"location": {"reference": "urn:uuid:a"}}],
        "subject": {"reference": "https://ehr.example/fhir/Patient/9"},
    }
    sent = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": "urn:uuid:a", "resource": place},
            {"fullUrl": "https://ehr.example/fhir/Encounter/1", "resource": visit},
        ],
    }
    first, second = entries.entries(sent, RULES)
    read = limits.read(second.found.body)
    name = first.found.identity.partition
    assert read["location"][0]["location"] == {"reference": name, "identifier": {"value": "3W"}}
    assert read["subject"]["reference"] == "Patient/9"
    # What it is compared by, and its name, are those of the resource itself.
    assert second.found.compared == resource.body(visit)
    assert second.found.identity == resource.identity(visit)


def test_a_deletion_is_told_by_a_status() -> None:
    gone = {"request": {"method": "DELETE", "url": "Encounter/1"}}
    for kind in ("batch", "history"):
        [one] = entries.entries({"type": kind, "entry": [gone]}, RULES)
        assert one.refused.code == "not-supported"


# -- subscriptions ---------------------------------------------------------------------------


@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.data())
@settings(max_examples=80, deadline=None)
def test_each_event_that_was_not_told_is_missed_once(sizes: list[int], data: Any) -> None:
    """Notifications of several events, of which some get lost; a heartbeat ends it."""
    number, last, missed, lost = 0, 0, 0, 0
    for size in sizes:
        numbers = tuple(range(number + 1, number + size + 1))
        number += size
        if data.draw(st.booleans()):
            lost += size
            continue
        found = progress(last, Notice("event-notification", "S/1", events=number, numbers=numbers))
        last, missed = found.last, missed + found.missed
        assert not found.restarted
        again = progress(last, Notice("event-notification", "S/1", events=number, numbers=numbers))
        assert (again.last, again.missed) == (last, 0)
    found = progress(last, Notice("heartbeat", "S/1", events=number))
    assert (found.last, missed + found.missed) == (number, lost)


def test_a_server_that_counts_anew() -> None:
    assert progress(9, Notice("handshake", "S/1", events=0)) == (0, 0, True)
    assert progress(9, Notice("heartbeat", "S/1", events=2)) == (2, 0, True)
    assert progress(9, Notice("event-notification", "S/1", events=1, numbers=(1,))) == (1, 0, True)
    assert progress(None, Notice("heartbeat", "S/1", events=2)) == (2, 0, False)
