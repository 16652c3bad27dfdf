"""Who sent a request: only what trusted proxies say counts, read from the right."""

from ipaddress import ip_address, ip_network

import pytest
from core_tools.source_address import MAX_HOPS, in_networks, parse_address, source_of
from hypothesis import given
from hypothesis import strategies as st

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))
addresses = st.ip_addresses().filter(lambda a: getattr(a, "scope_id", None) is None)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:8080", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
    ],
)
def test_spellings_of_an_address(text, address):
    assert parse_address(text) == ip_address(address)


@pytest.mark.parametrize(
    "text",
    [
        *("", "unknown", "_hidden", "192.0.2", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:1234567"),
        *("[::1", "[::1]x", "[::1]:", "fe80::1%eth0", "192.0.2.1 10.0.0.1", "1.2.3.4:٣"),
    ],
)
def test_what_is_no_address(text):
    assert parse_address(text) is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("192.0.2.9", None, "192.0.2.9"),
        # A stranger's word counts for nothing.
        ("192.0.2.9", "198.51.100.1", "192.0.2.9"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::1", "198.51.100.1", "198.51.100.1"),
        # What the client wrote itself stands to the left of what the proxy appended.
        ("10.0.0.1", "203.0.113.7, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "10.9.9.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.7, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.1, unknown", None),
        ("10.0.0.1", "198.51.100.1, , 10.0.0.2", None),
        ("10.0.0.1", ",", None),
        ("", "198.51.100.1", None),
    ],
)
def test_source(peer, forwarded, source):
    assert source_of(peer, forwarded, PROXIES) == (source and ip_address(source))


@given(peer=addresses, invented=st.text(max_size=200))
def test_nobody_can_invent_the_address_that_a_proxy_appends(peer, invented):
    """Whatever a client writes into the header, the proxy's own entry decides."""
    found = source_of("10.0.0.1", f"{invented},{peer}", PROXIES)
    expected = parse_address(str(peer))
    if not in_networks(expected, PROXIES):
        assert found == expected


@given(peer=addresses, header=st.text(max_size=200))
def test_without_trusted_proxies_the_header_is_not_read(peer, header):
    assert source_of(str(peer), header, ()) == parse_address(str(peer))


@given(st.text(max_size=60))
def test_no_text_makes_it_fail(text):
    parse_address(text)
    source_of(text, text, PROXIES)


def test_a_header_without_end_is_cut():
    many = ", ".join(["198.51.100.1", *["10.0.0.2"] * 5 * MAX_HOPS])
    assert source_of("10.0.0.1", many, PROXIES) == ip_address("10.0.0.2")


def test_unknown_addresses_are_in_no_network():
    assert not in_networks(None, PROXIES)
    assert not in_networks(ip_address("::1"), (ip_network("0.0.0.0/0"),))
