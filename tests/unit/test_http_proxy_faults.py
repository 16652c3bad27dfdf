"""Proxies that refuse, break, dawdle or talk nonsense: nothing was sent, and it ends in time."""

import re
import socket
import time
from dataclasses import replace

import pytest
from core_tools.errors import TransientError, UnknownOutcomeError
from core_tools.http_client import HttpClient
from core_tools.http_proxy import Proxy, ProxyRefused, open_tunnel
from core_tools.http_wire import DeadlineSocket
from core_tools.resolver_cache import ResolverCache
from core_tools.tls import TlsOptions
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.http_exchange import LOOPBACK, SLACK, FakeDns, post, timed
from tests.unit.proxy_server import refusing, tunnelling
from tests.unit.wire_server import Authority, WireServer, answering, read_request, respond


@pytest.fixture
def client():
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1"])))
    yield client
    client.close()


def through(port, scheme="https", **changes):
    """A request to a partner behind the proxy at ``port``."""
    request = post(
        1,
        url=f"{scheme}://partner.example/hook",
        proxy=Proxy.parse(f"http://proxy.example:{port}", "odoo", "x", networks=LOOPBACK),
        allowed_hosts=("partner.example",),
    )
    return replace(request, **changes)


@pytest.mark.parametrize("status", [400, 403, 404, 500, 502, 503, 504])
def test_a_refused_tunnel_is_transient(client, status):
    """The proxy may not reach the partner, or may not be willing to: nothing has been sent."""
    answer = respond(b"<html>no</html>", f"{status} No")
    with WireServer(refusing([], answer)) as server, pytest.raises(TransientError) as caught:
        client.send(through(server.port))
    assert caught.value.code == "proxy_refused"
    assert str(status) in caught.value.message


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_refused_login_is_ours_to_mend(client, scheme):
    answer = respond(b"", "407 Proxy Authentication Required", "Proxy-Authenticate: Basic")
    with WireServer(refusing([], answer)) as server, pytest.raises(ProxyRefused) as caught:
        client.send(through(server.port, scheme))
    assert caught.value.holds
    assert caught.value.code == "proxy_authentication"


def test_the_partners_own_407_is_its_answer(client, tmp_path):
    """Inside a tunnel nobody but the partner speaks."""
    authority = Authority.make()
    context = authority.server_context(tmp_path, "partner.example")
    script = answering(lambda *_: respond(b"", "407 Odd"))
    with WireServer(script, tls=context) as partner, WireServer(tunnelling([])) as server:
        request = through(
            server.port,
            url=f"https://partner.example:{partner.port}/",
            tls=TlsOptions(authority.pem),
        )
        assert client.send(request).status == 407
        client.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"SSH-2.0-OpenSSH_9\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 200 OK\r\n\r\nsmuggled",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000,
    ],
)
def test_an_answer_that_opens_no_tunnel(client, answer):
    with WireServer(refusing([], answer)) as server, pytest.raises(TransientError) as caught:
        client.send(through(server.port))
    assert caught.value.code in ("proxy_refused", "connect_failed")


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda raw: b"HTTP/1.1 2" + raw))
def test_arbitrary_answers_never_open_a_tunnel_by_accident(raw):
    ours, theirs = socket.socketpair()
    with DeadlineSocket(fileno=ours.detach()) as sock, theirs:
        theirs.sendall(raw)
        theirs.shutdown(socket.SHUT_WR)
        proxy = Proxy.parse("http://proxy.example")
        try:
            open_tunnel(sock, proxy, "partner.example", 443, time.monotonic() + 5)
        except (TransientError, ProxyRefused):
            return
        assert re.match(rb"HTTP/1\.[01] 2[0-9]{2}[ \r]", raw)
        assert raw.index(b"\r\n\r\n") == len(raw) - 4


def test_a_proxy_that_is_not_there(client):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransientError) as caught:
        client.send(through(port))
    assert caught.value.code == "proxy_failed"


def test_a_proxy_whose_name_does_not_resolve():
    def unknown(host, port, type=0):
        raise socket.gaierror(-2, "unknown")

    client = HttpClient(resolver=ResolverCache(unknown))
    with pytest.raises(TransientError) as caught:
        client.send(through(3128))
    assert caught.value.code == "proxy_failed"


# -- deadlines -------------------------------------------------------------------------------


def test_a_proxy_that_never_answers_ends_at_the_connect_timeout(client):
    def script(connection):
        read_request(connection)
        server.wait_stopped(10)

    with WireServer(script) as server:
        error, seconds = timed(lambda: client.send(through(server.port, connect_timeout=0.3)))
    assert isinstance(error, TransientError)
    assert error.code == "connect_timeout"
    assert seconds < 0.3 + SLACK


def test_a_head_that_drips_ends_at_the_connect_timeout(client):
    def script(connection):
        read_request(connection)
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 1000:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with WireServer(script) as server:
        error, seconds = timed(lambda: client.send(through(server.port, connect_timeout=0.4)))
    assert isinstance(error, TransientError)
    assert error.code == "connect_timeout"
    assert 0.3 < seconds < 0.4 + SLACK


def test_a_handshake_that_never_comes_ends_at_the_connect_timeout(client):
    def script(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        server.wait_stopped(10)

    with WireServer(script) as server:
        error, seconds = timed(lambda: client.send(through(server.port, connect_timeout=0.3)))
    assert isinstance(error, TransientError)
    assert error.code == "connect_timeout"
    assert seconds < 0.3 + SLACK


def test_deadlines_of_head_and_body_hold_through_a_tunnel(client, tmp_path):
    """The partner drips: its head is an unknown outcome, its body an incomplete answer."""
    authority = Authority.make()
    context = authority.server_context(tmp_path, "partner.example")
    start = [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n",
    ]

    def script(connection):
        read_request(connection)
        connection.sendall(start.pop(0))
        for _ in range(1000):
            connection.sendall(b"z")
            time.sleep(0.05)

    with WireServer(script, tls=context) as partner, WireServer(tunnelling([])) as server:
        request = through(
            server.port,
            url=f"https://partner.example:{partner.port}/",
            tls=TlsOptions(authority.pem),
            total_timeout=1.2,
        )
        error, seconds = timed(lambda: client.send(request))
        assert isinstance(error, UnknownOutcomeError)
        assert seconds < 1.2 + SLACK
        answer, seconds = timed(lambda: client.send(request))
        assert (answer.status, answer.truncated) == (202, True)
        assert seconds < 1.2 + SLACK
