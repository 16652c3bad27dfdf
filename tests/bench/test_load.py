"""The load generator against its own receiver, over real sockets."""

import socket
import threading

import pytest

from tests.bench import load


def test_each_request_is_sent_once_and_answered():
    requests = [load.request("/x", b"{}" * number, {"webhook-id": "1"}) for number in range(40)]
    with load.sink() as port:
        found = load.send(port, requests, connections=4)
    assert found.statuses == {202: 40}
    assert found.connects == 40  # the receiver closes each time, as a prefork worker does
    assert found.rate > 0


def test_a_connection_that_the_server_keeps_is_used_again():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer_twice, args=(server,), daemon=True).start()
        found = load.send(server.getsockname()[1], [load.request("/", b"a", {})] * 2, 1)
    assert found.statuses == {200: 1, 503: 1}
    assert found.connects == 1


def test_a_server_that_hangs_up_within_an_answer_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_hang_up, args=(server,), daemon=True).start()
        with pytest.raises(ConnectionError):
            load.send(server.getsockname()[1], [load.request("/", b"a", {})], 1)


def test_a_request_is_complete():
    assert load.request("/p", b"body", {"a": "b"}) == (
        b"POST /p HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n"
        b"Content-Type: application/json\r\nContent-Length: 4\r\na: b\r\n\r\nbody"
    )


def _answer_twice(server):
    connection, _address = server.accept()
    with connection:
        for status in (200, 503):
            connection.recv(65536)
            # the body comes in a packet of its own, as it may
            connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\n" % status)
            connection.sendall(b"ok")


def _hang_up(server):
    connection, _address = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
