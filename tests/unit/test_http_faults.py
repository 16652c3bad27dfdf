"""The HTTP client against real sockets that misbehave in every way that matters."""

import socket
import struct
import time

import pytest
from core_tools.errors import TransientError, UnknownOutcomeError

from tests.unit.http_exchange import OTHERWISE, post
from tests.unit.wire_server import WireServer, answering, read_request, respond


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
        # A reset takes along what was sent and not read yet.
        time.sleep(0.5)
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
        server.wait_stopped(OTHERWISE)

    with WireServer(script) as server:
        request = post(server.port, b"x" * 8_000_000, read_timeout=0.5)
        assert client.send(request).status == 413
