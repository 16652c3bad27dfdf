"""The HTTP client ends in time, whatever the other side does or does not do."""

import socket
import time

from core_tools.errors import TransientError, UnknownOutcomeError

from tests.unit.http_exchange import OTHERWISE, SLACK, post, timed
from tests.unit.wire_server import WireServer, read_request


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
    with WireServer(lambda connection: server.wait_stopped(OTHERWISE)) as server:
        error, seconds = timed(lambda: client.send(post(server.port, read_timeout=0.3)))
    assert isinstance(error, UnknownOutcomeError)
    assert error.code == "response_timeout"
    assert seconds < 0.3 + SLACK


def test_a_server_that_does_not_read_ends_in_time(client):
    with WireServer(lambda connection: server.wait_stopped(OTHERWISE)) as server:
        request = post(server.port, b"x" * 20_000_000, read_timeout=0.3, total_timeout=0.6)
        error, seconds = timed(lambda: client.send(request))
    assert isinstance(error, TransientError)
    assert error.code == "send_timeout"
    assert seconds < 0.6 + SLACK


def test_a_handshake_that_never_comes_ends_at_the_connect_timeout(client):
    with WireServer(lambda connection: server.wait_stopped(OTHERWISE)) as server:
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
