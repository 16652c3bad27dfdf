"""Whatever a partner sends, what is fetched lies below the address that was approved."""

import posixpath
import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from core_tools.errors import IntegrationError
from core_tools.net_guard import AddressRefused
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.unit.load_webhooks import load

fetch_url = load("fetch_url")
Template = fetch_url.Template

BASE = "https://api.partner.example:8443/v2/shop"
PIECES = (
    *("..", ".", "/", "\\", "%2e", "%2F", "%5c", "%25", "%", ";", "?", "#", "@", "//", "a"),
    *(":", "\r\n", "\t", " ", "%00", "é", "‥", "evil.example", "https://", "..;", "&x=1", "+"),
)
tricks = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
values = st.text(max_size=30) | tricks | st.integers()


def seen_by_server(path: str, decodings: int) -> str:
    """The path that a careless server looks up: decoded more than once, and then resolved."""
    for _round in range(decodings):
        path = unquote(path, errors="replace")
    parts = [part.partition(";")[0].strip() for part in re.split(r"[/\\]", path)]
    return posixpath.normpath("/" + "/".join(parts).lstrip("/"))


def assert_below(url: str) -> None:
    parts = urlsplit(url)
    assert url.isascii()
    assert url.isprintable()
    assert (parts.scheme, parts.netloc) == ("https", "api.partner.example:8443")
    assert not parts.fragment
    for decodings in range(4):
        seen = seen_by_server(parts.path, decodings)
        assert seen == "/v2/shop" or seen.startswith("/v2/shop/"), (url, seen)


@given(values, values)
@example("../admin", "x")
@example("..%2f..%2fadmin", "x")
@example("..%252fadmin", "x")
@example("..;/admin", "x")
@example("..\\admin", "x")
@example("@evil.example", "x")
@example("x", "&admin=1#")
def test_no_value_leaves_the_base_or_its_place(first, second):
    template = Template.compile("orders/{id}/lines?of={of}")
    try:
        url = fetch_url.join(BASE, template.resource({"id": first, "of": second}))
    except IntegrationError as error:
        for value in (first, second):
            assert len(str(value)) < 4 or str(value) not in error.message
        return
    assert_below(url)
    parts = urlsplit(url)
    segments = parts.path.split("/")
    assert segments[:4] == ["", "v2", "shop", "orders"]
    assert segments[5:] == ["lines"]
    assert unquote(segments[4]) == str(first), "it arrives as it was"
    assert parse_qsl(parts.query, keep_blank_values=True) == [("of", str(second))]


@given(values | st.none() | st.booleans() | st.lists(st.integers()) | st.decimals())
def test_a_value_next_to_dots_makes_no_step(value):
    for text in (".{id}/admin", "{id}./admin", "{id}{id}/admin"):
        try:
            url = fetch_url.join(BASE, Template.compile(text).resource({"id": value}))
        except IntegrationError:
            continue
        assert_below(url)


@pytest.mark.parametrize(
    "value", ["", "  ", None, True, False, [], {}, {"a": 1}, ["x"], 1.5, "x" * 513, "\ud800"]
)
def test_what_is_no_name_of_a_thing_is_refused(value):
    """An empty one most of all: it would ask for all orders at once."""
    with pytest.raises(fetch_url.ResourceUnnamed):
        Template.compile("orders/{id}").resource({"id": value})


def test_a_missing_member_is_refused_and_says_which():
    with pytest.raises(fetch_url.ResourceUnnamed, match="Expression 2"):
        Template.compile("{kind}/{data.id}").resource({"kind": "orders"})


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        ("orders/{data.id}", "orders/PO%2F4711"),
        ("orders/{data.id}?expand=lines&v={version}", "orders/PO%2F4711?expand=lines&v=3"),
        ("?order={data.id}", "?order=PO%2F4711"),
        ("{data.lines[0].no || version}", "3"),
        ("orders('{version}')", "orders('3')"),
    ],
)
def test_templates(text, resource):
    notification = {"data": {"id": "PO/4711"}, "version": 3}
    assert Template.compile(text).resource(notification) == resource
    assert_below(fetch_url.join(BASE, resource))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "orders",
        "orders/{",
        "orders/{id",
        "orders/id}",
        "orders/{{id}}",
        "orders/{}",
        "orders/{id..}",
        "orders/{nothing(id)}",
        "orders/{lookup('units', id)}",
        "/orders/{id}",
        "../orders/{id}",
        "orders/../{id}",
        "orders//{id}",
        "orders/{id}#part",
        "orders/%2e%2e/{id}",
        "orders\\{id}",
        "orders /{id}",
        "https://evil.example/{id}",
        "órdenes/{id}",
    ],
)
def test_templates_that_cannot_work_are_refused_when_they_are_entered(text):
    with pytest.raises(ValueError, match=r".+"):
        Template.compile(text)


@given(st.text(st.sampled_from("{}ab.|/?&=[]@'` 0%"), max_size=20))
def test_any_text_is_a_template_or_is_refused_with_a_sentence(text):
    try:
        template = Template.compile(text)
    except ValueError as error:
        assert str(error)
        return
    try:
        assert_below(fetch_url.join(BASE, template.resource({"a": "x", "b": {"a": 1}})))
    except IntegrationError as error:
        assert error.message


links = st.one_of(
    tricks,
    tricks.map(lambda text: f"{BASE}/{text}"),
    tricks.map(lambda text: f"{BASE}{text}"),
    tricks.map(lambda text: f"/v2/shop/{text}"),
    tricks.map(lambda text: f"https://api.partner.example:8443{text}"),
    st.tuples(tricks, tricks).map(lambda two: f"https://{two[0]}/v2/shop/{two[1]}"),
)


@given(links)
@example("https://api.partner.example:8443@evil.example/v2/shop/1")
@example("https://api.partner.example:8443.evil.example/v2/shop/1")
@example("//evil.example/v2/shop/1")
@example("/\\evil.example/v2/shop/1")
@example(f"{BASE}/../admin")
@example(f"{BASE}/%2e%2e/admin")
@example(f"{BASE}/%252e%252e/admin")
@example(f"{BASE}ping/1")
@example("http://api.partner.example:8443/v2/shop/1")
@example("https://api.partner.example/v2/shop/1")
def test_no_link_leads_out_of_the_base(link):
    try:
        resource = fetch_url.below(BASE, link)
    except IntegrationError as error:
        assert len(link) < 12 or link not in error.message
        return
    assert_below(fetch_url.join(BASE, resource))


@given(st.text(st.sampled_from("abc019-_.~"), min_size=1, max_size=12), st.booleans())
def test_links_below_the_base_are_followed(name, absolute):
    assume(name not in (".", ".."))
    path = f"/v2/shop/orders/{name}?at=1"
    link = f"https://API.partner.example:8443{path}" if absolute else path
    assert fetch_url.join(BASE, fetch_url.below(BASE, link)) == f"{BASE}/orders/{name}?at=1"


def test_a_base_without_a_path_stands_for_its_origin():
    base = "https://partner.example"
    assert fetch_url.below(base, "https://partner.example/a/b") == "a/b"
    assert fetch_url.join(base, "a/b") == "https://partner.example/a/b"
    assert fetch_url.join(base + "/", "a/b") == "https://partner.example/a/b"


@pytest.mark.parametrize(
    "base",
    [
        "",
        "ftp://partner.example",
        "https://partner.example/a?b=1",
        "https://partner.example/a/../b",
        "https://partner.example/a//b",
        "https://partner.example/#a",
        "https://user:password@partner.example/",
    ],
)
def test_bases_to_which_nothing_can_be_joined(base):
    with pytest.raises(AddressRefused):
        fetch_url.join(base, "orders/1")
    with pytest.raises(AddressRefused):
        fetch_url.below(base, "https://partner.example/a/1")


def test_an_address_that_is_too_long_is_refused():
    with pytest.raises(fetch_url.ResourceRefused):
        fetch_url.join(BASE, "x" * 2048)
