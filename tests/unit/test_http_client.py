"""The HTTP client against real sockets: requests, responses, connections that are kept."""

import socket
import threading
import time

import pytest
from core_tools.errors import ConfigurationError
from core_tools.http_client import HttpClient
from core_tools.http_pool import ConnectionPool

from tests.unit.http_exchange import OTHERWISE, post
from tests.unit.wire_server import WireServer, answering, read_request, respond


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
    left = threading.Semaphore(0)

    def script(connection):
        read_request(connection)
        connection.sendall(respond(b"ok"))  # promises keep-alive, and leaves
        connection.shutdown(socket.SHUT_RDWR)
        left.release()

    with WireServer(script) as server:
        for _ in range(3):
            assert client.send(post(server.port)).status == 200
            assert left.acquire(timeout=OTHERWISE)
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
        barrier.wait(OTHERWISE)
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
