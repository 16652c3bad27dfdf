"""Addresses at FHIR servers, and links that are followed or refused."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_ehr import load

address = load("fhir.address")
BASE = "https://ehr.example/fhir/r4"


@pytest.mark.parametrize(
    ("link", "followed"),
    [
        ("https://ehr.example/fhir/r4?_getpages=1", "https://ehr.example/fhir/r4?_getpages=1"),
        ("https://ehr.example:443/other?x=1", "https://ehr.example:443/other?x=1"),
        ("?_getpages=2", "https://ehr.example/fhir/r4/Encounter?_getpages=2"),
        ("/fhir/r4/next/7", "https://ehr.example/fhir/r4/next/7"),
    ],
)
def test_links_of_the_same_server_are_followed_as_they_are(link: str, followed: str) -> None:
    assert address.followed(BASE, link, f"{BASE}/Encounter?a=1") == followed


@pytest.mark.parametrize(
    "link",
    [
        "http://ehr.example/fhir/r4?x=1",
        "https://ehr.example:8443/fhir/r4",
        "https://evil.example/fhir/r4",
        "https://ehr.example.evil.example/",
        "https://ehr.example@evil.example/",
        "https://user:secret@ehr.example/",
        "//evil.example/fhir",
        "https:\\\\evil.example\\",
        "file:///etc/passwd",
        "javascript:1",
        "https://ehr.example/" + "x" * 9000,
    ],
)
def test_links_elsewhere_are_refused_without_being_quoted(link: str) -> None:
    with pytest.raises(address.LinkRefused) as caught:
        address.followed(BASE, link, f"{BASE}/Encounter")
    assert "evil" not in caught.value.message
    assert "secret" not in caught.value.message


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_an_identifier_is_one_value_whatever_it_holds(system: str, value: str) -> None:
    system = system.encode("utf-8", "ignore").decode()
    value = value.encode("utf-8", "ignore").decode()
    found = address.criteria([("identifier", address.token(system, value))])
    assert "&" not in found
    ((name, told),) = parse_qsl(found, keep_blank_values=True)
    assert name == "identifier"
    parts, escaped = [""], False
    for char in told:
        if escaped:
            parts[-1] += char
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "|":
            parts.append("")
        else:
            assert char not in "$,", "a sign of the search itself"
            parts[-1] += char
    assert parts == [system, value]


def test_a_base_is_cut_and_checked() -> None:
    assert address.base_of(" https://ehr.example/fhir/ ") == "https://ehr.example/fhir"
    for wrong in ("https://ehr.example/fhir?x=1", "ehr.example", "https://ehr.example/#a"):
        with pytest.raises(Exception, match=r".") as caught:
            address.base_of(wrong)
        assert "ehr.example" not in str(caught.value)


def test_a_search_is_read_as_it_is_entered() -> None:
    assert address.parse_search("Encounter?class=IMP&status=in-progress,arrived") == (
        "Encounter",
        [("class", "IMP"), ("status", "in-progress,arrived")],
    )
    assert address.parse_search("/Location") == ("Location", [])
    for wrong in ("encounter", "Encounter?_sort=x", "Encounter?a", "", "Encounter?a b=1", "x/y"):
        with pytest.raises(ValueError):
            address.parse_search(wrong)


def test_the_address_of_a_search_says_what_was_entered() -> None:
    url = address.search(BASE, "Encounter", [("location:missing", "true"), ("x", "a&b|c")])
    parts = urlsplit(url)
    assert parts.path == "/fhir/r4/Encounter"
    assert parse_qsl(parts.query) == [("location:missing", "true"), ("x", "a&b|c")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://ehr.example/fhir/Task/9/_history/2", ("Task", "9", "2")),
        ("Task/9", ("Task", "9", "")),
        ("/fhir/Task/9/_history/2?x=1", ("Task", "9", "2")),
        ("https://ehr.example/fhir", None),
        ("Task/Jane Roe", None),
        ("", None),
        ("Task", None),
    ],
)
def test_a_location_is_a_type_an_id_and_a_version(text: str, found: object) -> None:
    assert address.location(text) == found


@given(st.text(max_size=80))
def test_nothing_that_a_server_says_raises(text: str) -> None:
    address.location(text)
    version = address.version_of(text)
    assert len(version) <= 64
