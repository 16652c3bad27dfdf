"""The HTTP client against real sockets that misbehave in every way that matters."""

import ipaddress
import socket
import ssl
import struct
import threading
import time
from dataclasses import replace

import pytest
from core_tools.errors import ConfigurationError, TransientError, UnknownOutcomeError
from core_tools.http_client import HttpClient, HttpRequest
from core_tools.http_pool import ConnectionPool
from core_tools.net_guard import AddressRefused
from core_tools.resolver_cache import ResolverCache
from core_tools.tls import TlsOptions

from tests.unit.wire_server import Authority, WireServer, answering, read_request, respond

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
#: How much later than its deadline an exchange may end on a busy machine, in seconds.
SLACK = 0.7


@pytest.fixture
def client():
    client = HttpClient()
    yield client
    client.close()


def post(port, body=b"{}", **changes):
    """A request to a test server, with short limits."""
    request = HttpRequest(
        "POST",
        f"http://127.0.0.1:{port}/hook?x=1",
        headers={"Content-Type": "application/json"},
        body=body,
        connect_timeout=1.0,
        read_timeout=1.0,
        total_timeout=2.0,
        allowed_networks=LOOPBACK,
        allow_plaintext=True,
    )
    return replace(request, **changes)


def test_request_and_response(client):
    seen = []

    def make(line, headers, body):
        seen.append((line, headers, body))
        return respond(b'{"ok":true}', "202 Accepted", "X-Receipt: 7", "X-A: 1", "X-A: 2")

    with WireServer(answering(make)) as server:
        response = client.send(post(server.port, b'{"a":1}'))
    line, headers, body = seen[0]
    assert line == "POST /hook?x=1 HTTP/1.1"
    assert headers["host"] == f"127.0.0.1:{server.port}"
    assert headers["content-type"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert body == b'{"a":1}'
    assert (response.status, response.body, response.truncated) == (202, b'{"ok":true}', False)
    assert response.headers["x-receipt"] == "7"
    assert response.headers["x-a"] == "1, 2"
    assert response.address == "127.0.0.1"
    assert 0 < response.elapsed < 2


@pytest.mark.parametrize("status", ["400 Bad", "404 Not Found", "429 Slow", "500 Oops", "503 No"])
def test_any_status_is_a_response(client, status):
    with WireServer(answering(lambda *_: respond(b"no", status, "Retry-After: 3"))) as server:
        response = client.send(post(server.port))
    assert response.status == int(status[:3])
    assert response.headers["retry-after"] == "3"


def test_redirect_is_not_followed(client):
    def make(line, headers, body):
        return respond(b"", "302 Found", f"Location: http://127.0.0.1:{server.port}/elsewhere")

    with WireServer(answering(make)) as server:
        assert client.send(post(server.port)).status == 302
        assert server.connections == 1


def test_interim_responses_are_skipped(client):
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    with WireServer(answering(lambda *_: early + respond(b"final"))) as server:
        assert client.send(post(server.port)).body == b"final"


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"abc"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
    ],
)
def test_framings_that_keep_the_connection(client, raw, body):
    with WireServer(answering(lambda *_: raw)) as server:
        for _ in range(2):
            response = client.send(post(server.port))
            assert (response.body, response.truncated) == (body, False)
        assert server.connections == 1


def test_body_until_close(client):
    def script(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nall of it")

    with WireServer(script) as server:
        response = client.send(post(server.port))
    assert (response.body, response.truncated) == (b"all of it", False)


# -- keep-alive -----------------------------------------------------------------------------


def test_connections_are_used_again(client):
    with WireServer(answering(lambda *_: respond(b"ok"))) as server:
        for _ in range(5):
            client.send(post(server.port))
        assert server.connections == 1


def test_connection_close_is_obeyed(client):
    with WireServer(answering(lambda *_: respond(b"ok", "200 OK", "Connection: close"))) as server:
        client.send(post(server.port))
        client.send(post(server.port))
        assert server.connections == 2


def test_a_connection_that_the_server_closed_is_not_used(client):
    def script(connection):
        read_request(connection)
        connection.sendall(respond(b"ok"))  # promises keep-alive, and leaves

    with WireServer(script) as server:
        for _ in range(3):
            assert client.send(post(server.port)).status == 200
            time.sleep(0.05)
        assert server.connections == 3


def test_idle_connections_grow_old():
    client = HttpClient(pool=ConnectionPool(max_idle=0.05))
    with WireServer(answering(lambda *_: respond(b"ok"))) as server:
        client.send(post(server.port))
        time.sleep(0.1)
        client.send(post(server.port))
        assert server.connections == 2
        client.close()


def test_pool_is_bounded():
    pool = ConnectionPool(size=3, per_key=2)
    client = HttpClient(pool=pool)
    barrier = threading.Barrier(6)

    def make(*_):
        barrier.wait(5)
        return respond(b"ok")

    with WireServer(answering(make)) as server:
        threads = [
            threading.Thread(target=client.send, args=(post(server.port),)) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections == 6
        assert len(pool) == 2
        client.close()
        assert len(pool) == 0


def test_many_threads_get_their_own_answers(client):
    def make(line, headers, body):
        return respond(b"echo " + body)

    wrong = []

    def work(number):
        for round_ in range(20):
            body = b"%d-%d" % (number, round_)
            if client.send(post(server.port, body, total_timeout=10)).body != b"echo " + body:
                wrong.append(body)

    with WireServer(answering(make)) as server:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections <= 8
        assert not server.errors
    assert not wrong


# -- deadlines -----------------------------------------------------------------------------


def timed(call):
    started = time.monotonic()
    try:
        return call(), time.monotonic() - started
    except Exception as error:
        return error, time.monotonic() - started


def test_headers_that_drip_end_at_the_deadline(client):
    def script(connection):
        read_request(connection)
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 1000:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with WireServer(script) as server:
        error, seconds = timed(lambda: client.send(post(server.port, total_timeout=0.6)))
    assert isinstance(error, UnknownOutcomeError)
    assert error.code == "response_timeout"
    assert 0.5 < seconds < 0.6 + SLACK


def test_a_body_that_drips_ends_at_the_deadline_with_its_status(client):
    def script(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"z")
            time.sleep(0.05)

    with WireServer(script) as server:
        response, seconds = timed(lambda: client.send(post(server.port, total_timeout=0.6)))
    assert response.status == 202
    assert response.truncated
    assert 0 < len(response.body) < 100
    assert seconds < 0.6 + SLACK


def test_a_black_hole_ends_at_the_read_timeout(client):
    with WireServer(lambda connection: server.wait_stopped(10)) as server:
        error, seconds = timed(lambda: client.send(post(server.port, read_timeout=0.3)))
    assert isinstance(error, UnknownOutcomeError)
    assert error.code == "response_timeout"
    assert seconds < 0.3 + SLACK


def test_a_server_that_does_not_read_ends_in_time(client):
    with WireServer(lambda connection: server.wait_stopped(10)) as server:
        request = post(server.port, b"x" * 20_000_000, read_timeout=0.3, total_timeout=0.6)
        error, seconds = timed(lambda: client.send(request))
    assert isinstance(error, TransientError)
    assert error.code == "send_timeout"
    assert seconds < 0.6 + SLACK


def test_a_handshake_that_never_comes_ends_at_the_connect_timeout(client):
    with WireServer(lambda connection: server.wait_stopped(10)) as server:
        request = post(server.port, url=f"https://127.0.0.1:{server.port}/", connect_timeout=0.3)
        error, seconds = timed(lambda: client.send(request))
    assert isinstance(error, TransientError)
    assert error.code == "connect_timeout"
    assert seconds < 0.3 + SLACK


def test_a_full_backlog_ends_at_the_connect_timeout(client):
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
        fillers.append(filler)
    try:
        error, seconds = timed(lambda: client.send(post(port, connect_timeout=0.3)))
    finally:
        for filler in fillers:
            filler.close()
        listener.close()
    assert isinstance(error, TransientError)
    assert error.code == "connect_timeout"
    assert seconds < 0.3 + SLACK


# -- broken exchanges -----------------------------------------------------------------------


def test_a_closed_port_is_transient(client):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransientError) as caught:
        client.send(post(port))
    assert caught.value.code == "connect_failed"


def reset(connection):
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("end", [reset, lambda connection: connection.close()])
def test_no_answer_after_the_request_is_an_unknown_outcome(client, end):
    def script(connection):
        read_request(connection)
        end(connection)

    with WireServer(script) as server, pytest.raises(UnknownOutcomeError) as caught:
        client.send(post(server.port))
    assert caught.value.code == "no_response"


def test_a_reset_within_the_headers_is_an_unknown_outcome(client):
    def script(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-")
        time.sleep(0.05)
        reset(connection)

    with WireServer(script) as server, pytest.raises(UnknownOutcomeError):
        client.send(post(server.port))


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\npart",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nnonsense\r\n",
    ],
)
@pytest.mark.parametrize("end", [reset, lambda connection: connection.close()])
def test_a_body_that_breaks_off_keeps_its_status(client, start, end):
    def script(connection):
        read_request(connection)
        connection.sendall(start)
        time.sleep(0.05)
        end(connection)

    with WireServer(script) as server:
        response = client.send(post(server.port))
        assert (response.status, response.truncated) == (200, True)
        assert response.body in (b"part", b"")
        client.send(post(server.port))
        assert server.connections == 2, "a broken connection must not be used again"


@pytest.mark.parametrize(
    "raw", [b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 101 Switch\r\n\r\n"]
)
def test_an_answer_that_is_not_http(client, raw):
    def script(connection):
        read_request(connection)
        connection.sendall(raw)

    with WireServer(script) as server, pytest.raises(UnknownOutcomeError) as caught:
        client.send(post(server.port))
    assert caught.value.code == "bad_response"


def test_endless_headers_are_refused(client):
    def script(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-A: " + b"a" * 1000 + b"\r\n")

    with WireServer(script) as server, pytest.raises(UnknownOutcomeError) as caught:
        client.send(post(server.port))
    assert caught.value.code == "bad_response"


def test_a_huge_response_is_cut(client):
    sent = []

    def script(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            sent.append(connection.send(b"z" * 65536))

    with WireServer(script) as server:
        response = client.send(post(server.port, max_response_bytes=1000))
    assert response.body == b"z" * 1000
    assert response.truncated
    assert sum(sent) < 50_000_000


@pytest.mark.parametrize(("size", "truncated"), [(999, False), (1000, False), (1001, True)])
def test_the_limit_is_exact(client, size, truncated):
    with WireServer(answering(lambda *_: respond(b"z" * size))) as server:
        response = client.send(post(server.port, max_response_bytes=1000))
    assert len(response.body) == min(size, 1000)
    assert response.truncated is truncated


def test_an_early_refusal_is_heard_while_sending(client):
    """A server may answer 413 and stop reading: that answer counts, not the broken pipe."""

    def script(connection):
        connection.recv(1000)
        connection.sendall(respond(b"too large", "413 Too Large", "Connection: close"))
        connection.shutdown(socket.SHUT_WR)
        server.wait_stopped(1)

    with WireServer(script) as server:
        request = post(server.port, b"x" * 8_000_000, read_timeout=0.5)
        assert client.send(request).status == 413


# -- addresses -------------------------------------------------------------------------------


class FakeDns:
    """Answers with the next list of addresses each time, and counts the questions."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.questions = 0

    def __call__(self, host, port, type=0):
        self.questions += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in answer]


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
        release.wait(10)
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
        release.wait(10)
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


# -- TLS -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority():
    return Authority.make()


@pytest.fixture
def secure(authority, tmp_path):
    """A TLS server for partner.example, and a client that resolves any name to it."""
    context = authority.server_context(tmp_path, "partner.example")
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1"])))
    with WireServer(answering(lambda *_: respond(b"secret")), tls=context) as server:
        yield server, client
        client.close()


def https(port, host, ca=""):
    return post(
        port, url=f"https://{host}:{port}/", allow_plaintext=False, tls=TlsOptions(ca_pem=ca)
    )


def test_private_authority(secure, authority):
    server, client = secure
    for _ in range(3):
        response = client.send(https(server.port, "partner.example", authority.pem))
        assert response.body == b"secret"
    assert server.connections == 1


def test_wrong_host_name(secure, authority):
    server, client = secure
    with pytest.raises(TransientError) as caught:
        client.send(https(server.port, "other.example", authority.pem))
    assert caught.value.code == "tls_certificate"


def test_a_connection_is_not_shared_between_names(secure, authority):
    """The address is the same, the verified name is not."""
    server, client = secure
    client.send(https(server.port, "partner.example", authority.pem))
    with pytest.raises(TransientError):
        client.send(https(server.port, "other.example", authority.pem))


def test_unknown_authority(secure, authority):
    server, client = secure
    client.send(https(server.port, "partner.example", authority.pem))
    with pytest.raises(TransientError) as caught:
        client.send(https(server.port, "partner.example"))
    assert caught.value.code == "tls_certificate"


def test_another_private_authority(secure):
    server, client = secure
    with pytest.raises(TransientError) as caught:
        client.send(https(server.port, "partner.example", Authority.make().pem))
    assert caught.value.code == "tls_certificate"


def test_plaintext_server_behind_https(client):
    def script(connection):
        connection.recv(1000)
        connection.sendall(respond(b"", "400 Bad Request"))

    with WireServer(script) as server, pytest.raises(TransientError) as caught:
        client.send(https(server.port, "127.0.0.1"))
    assert caught.value.code == "tls_error"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(authority, tmp_path):
    context = authority.server_context(tmp_path, "partner.example")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1"])))
    server = WireServer(answering(lambda *_: respond(b"ok")), tls=context)
    with server, pytest.raises(TransientError) as caught:
        client.send(https(server.port, "partner.example", authority.pem))
    assert caught.value.code == "tls_error"


def test_deadline_holds_over_tls(authority, tmp_path):
    def script(connection):
        read_request(connection)
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 1000:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    context = authority.server_context(tmp_path, "partner.example")
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1"])))
    with WireServer(script, tls=context) as server:
        request = replace(https(server.port, "partner.example", authority.pem), total_timeout=0.6)
        error, seconds = timed(lambda: client.send(request))
    assert isinstance(error, UnknownOutcomeError)
    assert error.code == "response_timeout"
    assert seconds < 0.6 + SLACK


def test_a_tls_server_that_does_not_read_ends_in_time(authority, tmp_path):
    context = authority.server_context(tmp_path, "partner.example")
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1"])))
    with WireServer(lambda connection: server.wait_stopped(10), tls=context) as server:
        request = replace(
            https(server.port, "partner.example", authority.pem),
            body=b"x" * 20_000_000,
            read_timeout=5.0,
            total_timeout=0.6,
        )
        error, seconds = timed(lambda: client.send(request))
    assert isinstance(error, TransientError)
    assert error.code == "send_timeout"
    assert seconds < 0.6 + SLACK


def test_an_authority_that_is_not_pem(client):
    with pytest.raises(ConfigurationError) as caught:
        client.send(https(8069, "127.0.0.1", "not a certificate"))
    assert caught.value.code == "tls_configuration"


# -- the caller's mistakes --------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "1\r\nX-B: 2"},
        {"X-A": "1\n"},
        {"X-A": "\0"},
        {"X A": "1"},
        {"": "1"},
        {"X-A": "\u20ac"},
        {"Host": "other"},
        {"content-length": "5"},
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_headers_cannot_break_out(client, headers):
    with pytest.raises(ConfigurationError) as caught:
        client.send(post(1, headers=headers))
    assert caught.value.code == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [{"method": "TRACE"}, {"method": "GET /x"}, {"total_timeout": 0}, {"max_response_bytes": -1}],
)
def test_unusable_requests(client, changes):
    with pytest.raises(ConfigurationError) as caught:
        client.send(post(1, **changes))
    assert caught.value.code == "invalid_request"


def test_nothing_secret_in_repr():
    request = post(1, b"patient data", headers={"Authorization": "Bearer hunter2"})
    assert "hunter2" not in repr(request)
    assert "patient" not in repr(request)
