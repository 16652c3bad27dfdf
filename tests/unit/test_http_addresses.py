"""Where the HTTP client connects to: addresses are checked, and the checked one is used."""

import socket
import threading

import pytest
from core_tools.errors import TransientError
from core_tools.http_client import HttpClient
from core_tools.net_guard import AddressRefused
from core_tools.resolver_cache import ResolverCache

from tests.unit.http_exchange import OTHERWISE, SLACK, FakeDns, post, timed
from tests.unit.wire_server import WireServer, answering, respond

# -- addresses -------------------------------------------------------------------------------


def named(port, host="partner.example", **changes):
    return post(port, url=f"http://{host}:{port}/", **changes)


def test_the_connection_goes_to_the_checked_address():
    """A name that answers differently a moment later (DNS rebinding) changes nothing."""
    dns = FakeDns(["127.0.0.1"], ["10.0.0.99"])
    client = HttpClient(resolver=ResolverCache(dns))
    hosts = []

    def make(line, headers, body):
        hosts.append(headers["host"])
        return respond(b"ok")

    with WireServer(answering(make)) as server:
        for _ in range(3):
            assert client.send(named(server.port)).address == "127.0.0.1"
        client.close()
    assert dns.questions == 1
    assert hosts[0] == f"partner.example:{server.port}"


def test_after_the_cache_expired_the_new_address_is_checked_again():
    dns = FakeDns(["127.0.0.1"], ["169.254.169.254"])
    client = HttpClient(resolver=ResolverCache(dns, ttl=0.0))
    with WireServer(answering(lambda *_: respond(b"ok"))) as server:
        client.send(named(server.port))
        with pytest.raises(AddressRefused):
            client.send(named(server.port))
        assert server.connections == 1


def test_every_address_of_the_answer_is_checked():
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1", "10.0.0.1"])))
    with pytest.raises(AddressRefused):
        client.send(named(80))


def test_a_cached_answer_is_checked_for_each_request():
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1"])))
    with WireServer(answering(lambda *_: respond(b"ok"))) as server:
        client.send(named(server.port))
        with pytest.raises(AddressRefused):
            client.send(named(server.port, allowed_networks=()))


def test_the_next_address_is_tried_when_one_does_not_answer():
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.2", "127.0.0.1"])))
    with WireServer(answering(lambda *_: respond(b"ok"))) as server:
        assert client.send(named(server.port)).address == "127.0.0.1"
        client.close()


def test_ipv6(client):
    try:
        server = WireServer(answering(lambda *_: respond(b"six")), host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with server:
        response = client.send(post(server.port, url=f"http://[::1]:{server.port}/"))
    assert (response.body, response.address) == (b"six", "::1")


def test_loopback_is_refused_without_permission(client):
    with pytest.raises(AddressRefused):
        client.send(post(8069, allowed_networks=()))


def test_plaintext_needs_permission(client):
    with pytest.raises(AddressRefused) as caught:
        client.send(post(8069, allow_plaintext=False))
    assert caught.value.code == "plaintext_refused"


def test_proxies_of_the_environment_are_ignored(client, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    with WireServer(answering(lambda *_: respond(b"ok"))) as server:
        assert client.send(post(server.port)).status == 200


# -- resolver --------------------------------------------------------------------------------


def test_a_resolver_that_hangs_does_not_hold_the_caller():
    release = threading.Event()

    def resolver(host, port, type=0):
        release.wait(OTHERWISE)
        return FakeDns(["127.0.0.1"])(host, port)

    client = HttpClient(resolver=ResolverCache(resolver))
    with WireServer(answering(lambda *_: respond(b"ok"))) as server:
        error, seconds = timed(lambda: client.send(named(server.port, connect_timeout=0.3)))
        assert isinstance(error, TransientError)
        assert error.code == "dns_timeout"
        assert seconds < 0.3 + SLACK
        release.set()
        assert client.send(named(server.port)).status == 200
        client.close()


def test_resolutions_under_way_are_bounded_and_shared():
    release = threading.Event()
    questions = []

    def resolver(host, port, type=0):
        questions.append(host)
        release.wait(OTHERWISE)
        return FakeDns(["127.0.0.1"])(host, port)

    cache = ResolverCache(resolver, threads=1)
    for host in ("a.example", "a.example", "b.example"):
        with pytest.raises(TransientError) as caught:
            cache.lookup(host, 80, 0.05)
        assert caught.value.code == "dns_timeout"
    release.set()
    assert cache.lookup("a.example", 80, 5) == ["127.0.0.1"]
    assert questions == ["a.example"]


def test_failed_resolution():
    def resolver(host, port, type=0):
        raise socket.gaierror(-2, "Name or service not known: secret.example")

    client = HttpClient(resolver=ResolverCache(resolver))
    with pytest.raises(TransientError) as caught:
        client.send(named(80))
    assert caught.value.code == "dns_failed"
    assert "secret" not in str(caught.value)


def test_resolver_cache_is_bounded():
    dns = FakeDns(["127.0.0.1"])
    cache = ResolverCache(dns, size=2)
    for host in ("a", "b", "c", "b", "a"):
        cache.lookup(host, 80, 5)
    assert dns.questions == 4
