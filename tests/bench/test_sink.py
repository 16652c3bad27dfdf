"""The sink, over real sockets."""

import socket

import pytest

from tests.bench import load, sink


def test_each_request_is_counted_and_connections_stay_open():
    requests = [load.request("/hook", b"ab", {"webhook-id": f"{n % 3}"}) for n in range(12)]
    with sink.running() as receiver:
        found = load.send(receiver.port, requests, connections=4)
        assert receiver.received() == (12, 3)
    assert found.statuses == {202: 12}
    assert found.connects == 4


def test_a_request_in_pieces_is_one_request():
    request = load.request("/hook", b"0123456789", {})
    with (
        sink.running() as receiver,
        socket.create_connection(("127.0.0.1", receiver.port), 10) as connection,
    ):
        for piece in (request[:30], request[30:-4]):
            connection.sendall(piece)
            assert receiver.received() == (0, 0)
        connection.sendall(request[-4:])
        assert connection.recv(100).startswith(b"HTTP/1.1 202")
        assert receiver.received() == (1, 0)


def test_one_that_hangs_takes_requests_and_does_not_answer():
    with (
        sink.running(answers=False) as receiver,
        socket.create_connection(("127.0.0.1", receiver.port), 10) as connection,
    ):
        connection.sendall(load.request("/hook", b"x", {}))
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        assert receiver.received() == (1, 0)
